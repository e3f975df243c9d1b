"""Every row of the decision table, and its symmetric cases: impact, gates, and any composition."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from contracts.changes import Gate, Impact, compare
from contracts.changes.model import demanded_version

Build = Callable[..., dict[str, Any]]
MAJOR, MINOR, PATCH = Impact.BREAKING, Impact.COMPATIBLE, Impact.EDITORIAL
P, G, R = Gate.PRODUCER, Gate.GOVERNANCE, Gate.REVIEW

NOTE = {"name": "note", "logicalType": "string", "physicalType": "varchar"}
RULE = {"name": "New", "metric": "rowCount", "mustBeGreaterThan": 1}
KEY = {"type": "foreignKey", "to": "countries.code"}
VALUES = "Countries are those we trade with"


def values(*allowed: str) -> Callable[[Any], object]:
    return lambda c: c.column("country")["quality"][0]["arguments"].update(
        validValues=list(allowed)
    )


def retarget(to: str) -> Callable[[Any], object]:
    return lambda c: c.column("supplier_id")["relationships"][0].update(to=to)


def rename(document: Any, **changes: Any) -> None:
    document.column("amount").update(changes)


# change, edit, impact, gates of the change that demands most
ROWS: list[tuple[str, Callable[[Any], object], Impact, set[Gate]]] = [
    ("field added, optional", lambda c: c.table["properties"].append(NOTE), MINOR, set()),
    (
        "field added, required",
        lambda c: c.table["properties"].append({**NOTE, "required": True}),
        MINOR,
        {P},
    ),
    ("field removed", lambda c: c.drop("properties", name="labels"), MAJOR, set()),
    ("field renamed", lambda c: rename(c, name="total"), MAJOR, set()),
    ("physicalName changed only", lambda c: rename(c, physicalName="amt"), MAJOR, {R}),
    ("field order changed", lambda c: c.table["properties"].reverse(), PATCH, set()),
    ("nested field removed", lambda c: c.column("address")["properties"].pop(), MAJOR, set()),
    ("nested field added", lambda c: c.column("address")["properties"].append(NOTE), MINOR, set()),
    (
        "array item type changed",
        lambda c: c.column("labels")["items"].update(logicalType="integer"),
        MAJOR,
        set(),
    ),
    (
        "logicalType integer->number",
        lambda c: c.column("line").update(logicalType="number"),
        MAJOR,
        set(),
    ),
    (
        "logicalType integer->string",
        lambda c: c.column("line").update(logicalType="string"),
        MAJOR,
        set(),
    ),
    (
        "logicalType timestamp->date",
        lambda c: c.column("ordered_at").update(logicalType="date"),
        MAJOR,
        set(),
    ),
    (
        "physicalType bigint->int",
        lambda c: c.column("line").update(physicalType="integer"),
        MAJOR,
        set(),
    ),
    ("decimal widened", lambda c: rename(c, physicalType="decimal(15,2)"), MINOR, set()),
    ("decimal narrowed", lambda c: rename(c, physicalType="decimal(8,2)"), MAJOR, set()),
    ("required off->on", lambda c: c.column("country").update(required=True), MINOR, {P}),
    ("required on->off", lambda c: c.column("line").update(required=False), MAJOR, set()),
    ("unique off->on", lambda c: c.column("line").update(unique=True), MINOR, {P}),
    ("unique on->off", lambda c: c.column("country").pop("unique"), MAJOR, set()),
    ("primaryKey removed", lambda c: c.column("order_id").pop("primaryKey"), MAJOR, set()),
    (
        "primaryKey column added",
        lambda c: c.column("line").update(primaryKey=True, primaryKeyPosition=2),
        MAJOR,
        set(),
    ),
    ("validValues widened", values("a", "b", "c", "d"), MAJOR, set()),
    ("validValues narrowed", values("a", "b"), MINOR, {P}),
    (
        "enum added",
        lambda c: c.column("supplier_id").update(enum=[{"value": "x"}]),
        MINOR,
        {P},
    ),
    ("minimum raised", lambda c: c.options("amount").update(minimum=5), MINOR, {P}),
    ("minimum lowered", lambda c: c.options("amount").update(minimum=-5), MAJOR, set()),
    ("maximum raised", lambda c: c.options("amount").update(maximum=2000), MAJOR, set()),
    ("maximum lowered", lambda c: c.options("amount").update(maximum=500), MINOR, {P}),
    ("minimum removed", lambda c: c.options("amount").pop("minimum"), MAJOR, set()),
    ("maxLength raised", lambda c: c.options("country").update(maxLength=9), MAJOR, set()),
    ("maxLength lowered", lambda c: c.options("country").update(maxLength=2), MINOR, {P}),
    ("pattern changed", lambda c: c.options("country").update(pattern="^[a-z]+$"), MAJOR, {R}),
    ("pattern removed", lambda c: c.options("country").pop("pattern"), MAJOR, set()),
    ("threshold relaxed", lambda c: c.rule("Many").update(mustBeGreaterThan=50), MAJOR, set()),
    ("threshold tightened", lambda c: c.rule("Many").update(mustBeGreaterThan=500), MINOR, {P}),
    (
        "percent relaxed",
        lambda c: c.rule("Few empty").update(mustBeLessOrEqualTo=10),
        MAJOR,
        set(),
    ),
    ("unit percent->rows", lambda c: c.rule("Few empty").update(unit="rows"), MAJOR, {R}),
    ("rule added", lambda c: c.table["quality"].append(RULE), MINOR, {P}),
    ("rule removed", lambda c: c.drop("quality", name="Many"), MAJOR, set()),
    ("rule removed, warning", lambda c: c.drop("quality", name="Odd"), PATCH, set()),
    ("rule removed, text", lambda c: c.drop("quality", name="In words"), PATCH, set()),
    ("severity error->warning", lambda c: c.rule("Many").update(severity="warning"), MAJOR, set()),
    ("severity (none)->info", lambda c: c.rule("Few empty").update(severity="info"), MAJOR, set()),
    (
        "sql query changed",
        lambda c: c.rule("Amounts are made of lines").update(
            query="SELECT count(*) FROM {object} WHERE amount < 1"
        ),
        MAJOR,
        {R},
    ),
    (
        "sql query written otherwise",
        lambda c: c.rule("Amounts are made of lines").update(
            query="select count( * ) as n\nfrom {object} AS orders_ where orders_.AMOUNT<0 -- none"
        ),
        PATCH,
        set(),
    ),
    (
        "text changed",
        lambda c: c.rule("In words").update(description="They differ much."),
        PATCH,
        set(),
    ),
    (
        "dimension changed",
        lambda c: c.rule("Amounts are made of lines").update(dimension="accuracy"),
        PATCH,
        set(),
    ),
    ("rule renamed only", lambda c: c.rule("Many").update(name="At least some"), PATCH, set()),
    ("FK added", lambda c: c.column("country").update(relationships=[KEY]), MINOR, {P}),
    ("FK removed", lambda c: c.column("supplier_id").pop("relationships"), MAJOR, set()),
    ("FK retargeted", retarget("payees.payee_id"), MAJOR, set()),
    ("freshness relaxed", lambda c: c.level("freshness").update(value=48), MAJOR, set()),
    ("freshness tightened", lambda c: c.level("freshness").update(value=12), MINOR, {P}),
    ("freshness removed", lambda c: c.drop("slaProperties", property="freshness"), MAJOR, set()),
    ("latency relaxed", lambda c: c.level("latency").update(value=8), MAJOR, set()),
    ("retention 3y->1y", lambda c: c.level("retention").update(value=1), MAJOR, set()),
    ("retention 3y->5y", lambda c: c.level("retention").update(value=5), MINOR, {G}),
    ("availability lowered", lambda c: c.level("availability").update(value=95), MAJOR, set()),
    (
        "endOfSupport earlier",
        lambda c: c.level("endOfSupport").update(value="2029-01-01"),
        MAJOR,
        set(),
    ),
    (
        "classification raised",
        lambda c: c.column("country").update(classification="restricted"),
        MAJOR,
        {G},
    ),
    (
        "classification lowered",
        lambda c: c.column("country").update(classification="public"),
        MINOR,
        {G},
    ),
    ("criticalDataElement off", lambda c: rename(c, criticalDataElement=False), MINOR, {G}),
    (
        "encryptedName changed",
        lambda c: c.column("country").update(encryptedName="other"),
        MAJOR,
        set(),
    ),
    ("partitioned off", lambda c: c.column("line").pop("partitioned"), PATCH, set()),
    (
        "transformLogic changed",
        lambda c: c.column("country").update(transformLogic="lower(country)"),
        MINOR,
        {R},
    ),
    ("transformLogic of a CDE", lambda c: rename(c, transformLogic="a * b"), MAJOR, {R}),
    ("description changed", lambda c: rename(c, description="Pounds."), PATCH, set()),
    ("businessName changed", lambda c: rename(c, businessName="Total"), PATCH, set()),
    ("examples changed", lambda c: rename(c, examples=[1]), PATCH, set()),
    ("tags changed", lambda c: c.document["tags"].append("new"), PATCH, set()),
    (
        "granularity changed",
        lambda c: c.table.update(dataGranularityDescription="One row per order."),
        MAJOR,
        {R},
    ),
    (
        "schema object added",
        lambda c: c.document["schema"].append({"name": "lines", "properties": [NOTE]}),
        MINOR,
        set(),
    ),
    (
        "schema object removed",
        lambda c: c.document.update(schema=[{"name": "others", "properties": [NOTE]}]),
        MAJOR,
        set(),
    ),
    ("schema object renamed", lambda c: c.table.update(name="purchases"), MAJOR, set()),
    ("schema physicalName changed", lambda c: c.table.update(physicalName="o"), MAJOR, {R}),
    ("physicalType table->view", lambda c: c.table.update(physicalType="view"), MINOR, set()),
    ("server path changed", lambda c: c.document["servers"][0].update(path="x"), MAJOR, {R}),
    ("server format changed", lambda c: c.document["servers"][0].update(format="csv"), MAJOR, {R}),
    ("server removed", lambda c: c.drop("servers", server="copy"), MAJOR, set()),
    ("role removed", lambda c: c.drop("roles", role="analyst"), MAJOR, set()),
    ("support channel removed", lambda c: c.drop("support", channel="chat"), MINOR, set()),
    ("price raised", lambda c: c.document["price"].update(priceAmount=12), MAJOR, {G}),
    (
        "team member changed",
        lambda c: c.document["team"]["members"][0].update(username="team:others"),
        PATCH,
        set(),
    ),
    (
        "status active->deprecated",
        lambda c: c.document.update(status="deprecated"),
        MINOR,
        set(),
    ),
    ("status active->retired", lambda c: c.document.update(status="retired"), MAJOR, set()),
    (
        "description.usage changed",
        lambda c: c.document["description"].update(usage="Totals by year."),
        MINOR,
        {R},
    ),
    ("customProperties changed", lambda c: c.custom("colour", "green"), PATCH, set()),
    ("version only", lambda c: c.document.update(version="1.2.4"), PATCH, set()),
]

SYMMETRIC: list[tuple[str, Callable[[Any], object], Impact, set[Gate]]] = [
    (
        "exclusive minimum instead of minimum",
        lambda c: (
            c.options("amount").pop("minimum"),
            c.options("amount").update(exclusiveMinimum=0),
        ),
        MINOR,
        {P},
    ),
    (
        "minimum instead of exclusive one",
        lambda c: c.options("amount").update(exclusiveMaximum=500),
        MINOR,
        {P},
    ),
    ("minLength lowered", lambda c: c.options("country").update(minLength=1), MAJOR, set()),
    ("minLength raised", lambda c: c.options("country").update(minLength=3), MINOR, {P}),
    ("minItems raised", lambda c: c.options("labels").update(minItems=2), MINOR, {P}),
    ("minItems lowered", lambda c: c.options("labels").update(minItems=0), MAJOR, set()),
    ("maxItems raised", lambda c: c.options("labels").update(maxItems=9), MAJOR, set()),
    ("maxItems lowered", lambda c: c.options("labels").update(maxItems=3), MINOR, {P}),
    ("uniqueItems off", lambda c: c.options("labels").pop("uniqueItems"), MAJOR, set()),
    ("multipleOf coarser", lambda c: c.options("amount").update(multipleOf=2), MINOR, {P}),
    ("multipleOf finer", lambda c: c.options("amount").update(multipleOf=0.3), MAJOR, set()),
    ("multipleOf removed", lambda c: c.options("amount").pop("multipleOf"), MAJOR, set()),
    (
        "minProperties added",
        lambda c: c.options("address").update(minProperties=1),
        MINOR,
        {P},
    ),
    ("required keys added", lambda c: c.options("address").update(required=["town"]), MINOR, {P}),
    ("format changed", lambda c: c.options("country").update(format="email"), MAJOR, set()),
    ("timezone changed", lambda c: c.options("ordered_at").update(timezone=False), MAJOR, set()),
    (
        "defaultTimezone changed",
        lambda c: c.options("ordered_at").update(defaultTimezone="Europe/London"),
        MAJOR,
        set(),
    ),
    (
        "semanticType column->measure",
        lambda c: c.column("line").update(semanticType="measure"),
        MAJOR,
        set(),
    ),
    (
        "vector dimensions changed",
        lambda c: c.options("labels").update(dimensions=3),
        MAJOR,
        set(),
    ),
    (
        "map value added",
        lambda c: c.column("line").update(map={"value": {"logicalType": "string"}}),
        MAJOR,
        set(),
    ),
    (
        "synonyms changed",
        lambda c: c.column("line").update(synonyms=[{"synonym": "row"}]),
        PATCH,
        set(),
    ),
    ("context changed", lambda c: c.table.update(context="Orders."), PATCH, set()),
    ("deprecated set", lambda c: c.column("line").update(deprecated=True), MINOR, set()),
    (
        "FK to a new major",
        lambda c: c.column("supplier_id")["relationships"][0].update(
            to="../finance/suppliers.v2.odcs.yaml#/schema/suppliers/properties/supplier_id"
        ),
        MAJOR,
        set(),
    ),
    ("dataProduct changed", lambda c: c.document.update(dataProduct="other"), MINOR, set()),
    ("tenant added", lambda c: c.document.update(tenant="cabinet"), MINOR, set()),
    ("id changed", lambda c: c.document.update(id="finance.orders.v9"), MAJOR, set()),
    ("apiVersion upgraded", lambda c: c.document.update(apiVersion="v3.2.0"), PATCH, set()),
    ("frequency lower", lambda c: c.level("frequency").update(value=1, unit="m"), MAJOR, set()),
    ("frequency higher", lambda c: c.level("frequency").update(value=12, unit="h"), MINOR, {P}),
    (
        "timeOfAvailability later",
        lambda c: c.level("timeOfAvailability").update(value="11:00-08:00"),
        MAJOR,
        set(),
    ),
    ("schedule of a rule", lambda c: c.rule("Many").update(schedule="0 2 * * *"), PATCH, set()),
    (
        "validValues -> enum with the same set",
        lambda c: c.column("country").update(
            quality=[], enum=[{"value": "c"}, {"value": "a"}, {"value": "b"}]
        ),
        PATCH,
        set(),
    ),
    (
        "validValues -> wider enum",
        lambda c: c.column("country").update(quality=[], enum=[{"value": word} for word in "abcd"]),
        MAJOR,
        set(),
    ),
    (
        "endOfSupport later",
        lambda c: c.level("endOfSupport").update(value="2031-01-01"),
        MINOR,
        set(),
    ),
    ("server added", lambda c: c.document["servers"].append({"server": "x"}), MINOR, set()),
    (
        "role added",
        lambda c: c.document["roles"].append({"role": "x", "access": "read"}),
        MINOR,
        set(),
    ),
    ("price lowered", lambda c: c.document["price"].update(priceAmount=8), MINOR, {G}),
    (
        "marking raised",
        lambda c: c.custom("sensitive", True),
        MAJOR,
        {G},
    ),
    ("access opened", lambda c: c.custom("accessRights", "OPEN"), MINOR, {G}),
    ("access narrowed", lambda c: c.custom("accessRights", "COMMERCIAL"), MAJOR, {G}),
    ("licence changed", lambda c: c.custom("licence", "other"), MAJOR, {G, R}),
    ("purpose removed", lambda c: c.custom("permittedPurposes", ["Audit"]), MAJOR, {G}),
    (
        "purpose added",
        lambda c: c.custom("permittedPurposes", ["Analysis", "Audit", "Study"]),
        MINOR,
        {G},
    ),
    ("use prohibited", lambda c: c.custom("prohibitedUses", ["Marketing", "Sale"]), MAJOR, {G}),
    (
        "bound to a standard",
        lambda c: c.custom("standard", "iso-3166", c.column("country")),
        MINOR,
        {P},
    ),
    ("coverage promised", lambda c: c.custom("requiredCoverage", [{"x": 1}]), MINOR, {P}),
    ("updates rarer", lambda c: c.custom("updateFrequency", "monthly"), MAJOR, set()),
    (
        "disposal changed",
        lambda c: c.custom("retention", {"trigger": "order", "disposalAction": "archive"}),
        MAJOR,
        {G, R},
    ),
    (
        "declared personal",
        lambda c: c.custom("personalData", {"category": "name"}, c.column("country")),
        MAJOR,
        {G, R},
    ),
    (
        "list declared open",
        lambda c: c.custom("openEnum", True, c.column("country")),
        MAJOR,
        set(),
    ),
    ("unit first said", lambda c: c.custom("unit", "GBP", c.column("amount")), MINOR, {R}),
    (
        "promise no longer executed",
        lambda c: c.custom("informative", True, c.rule("Many")),
        MAJOR,
        set(),
    ),
    (
        "promise listed as informative",
        lambda c: c.custom("informative", ["slaProperties.freshness"]),
        MAJOR,
        {R},
    ),
    (
        "domain changed",  # here a part of the table's name, not only its place in a catalogue
        lambda c: c.document.update(domain="treasury"),
        MAJOR,
        set(),
    ),
    ("unknown key", lambda c: c.document.update(sla="gold"), MAJOR, {R}),
    ("unknown key of a column", lambda c: rename(c, maskedBy="x"), MAJOR, {R}),
    ("unknown option", lambda c: c.options("amount").update(parity="even"), MAJOR, {R}),
    ("unknown status", lambda c: c.document.update(status="lost"), MAJOR, {R}),
    (
        "unknown argument of a rule",
        lambda c: c.column("country")["quality"][0]["arguments"].update(case="upper"),
        MAJOR,
        {R},
    ),
    (
        "unknown service level",
        lambda c: c.level("availability").update(value="mostly"),
        MAJOR,
        {R},
    ),
]
CASES = [*ROWS, *SYMMETRIC]


@pytest.mark.requirement("INT-05")
@pytest.mark.parametrize(
    ("edit", "impact", "gates"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_change_is_classified_as_the_table_says(
    edit: Callable[[Any], object], impact: Impact, gates: set[Gate], edited: Build
) -> None:
    found = compare(edited(), edited(edit))

    assert found.impact is impact, [str(change) for change in found.changes]
    assert {gate for c in found.of(impact) for gate in c.gates} == gates
    assert found.demanded_version == {MAJOR: "2.0.0", MINOR: "1.3.0", PATCH: "1.2.4"}[impact]


@pytest.mark.requirement("INT-05")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(chosen=st.lists(st.sampled_from(CASES), min_size=2, max_size=4, unique_by=lambda c: c[0]))
def test_changes_together_demand_what_the_greatest_of_them_demands(
    chosen: list[tuple[str, Callable[[Any], object], Impact, set[Gate]]], edited: Build
) -> None:
    single = [_touched(compare(edited(), edited(case[1]))) for case in chosen]
    others = [(a, b) for i, a in enumerate(single) for b in single[i + 1 :]]
    assume(not any(_is_within(x, y) for a, b in others for x in a for y in b))

    try:
        together = compare(edited(), edited(*[case[1] for case in chosen]))
    except StopIteration:  # one edit takes away what another one edits
        reject()

    greatest = max((case[2] for case in chosen), key=lambda impact: impact.rank)
    assert together.impact is greatest, [case[0] for case in chosen]
    assert together.demanded_version == demanded_version("1.2.3", greatest)


def _touched(found: Any) -> set[str]:
    """The column, rule or section that a change is in: two edits of one are no longer single."""
    return {".".join(change.path.split(".")[:3]) for change in found.changes}


def _is_within(first: str, second: str) -> bool:
    return f"{first}.".startswith(f"{second}.") or f"{second}.".startswith(f"{first}.")
