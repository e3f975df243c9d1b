"""What holds for every comparison, whatever the contracts say."""

import copy
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from contracts.changes import Impact, columns, compare, comparison, contract_terms, objects
from contracts.changes.model import demanded_version, read_version
from contracts.changes.options import option_names
from contracts.changes.sql_words import normalised
from contracts.documents import read_document
from contracts.errors import NotComparable
from contracts.odcs_schemas import published

Build = Callable[..., dict[str, Any]]
ROOT = Path(__file__).parents[3]
CONTRACTS = sorted((ROOT / "contracts").glob("*/**/*.odcs.yaml"))
quietly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

names = st.sampled_from(["alpha", "beta", "gamma", "delta_1", "omega"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=4))
generated_columns = st.lists(
    st.fixed_dictionaries(
        {"name": names, "logicalType": st.sampled_from(["string", "integer", "number"])},
        optional={
            "id": names,
            "physicalType": st.sampled_from(["varchar", "bigint", "integer", "decimal(9,2)"]),
            "required": st.booleans(),
            "unique": st.booleans(),
            "primaryKey": st.booleans(),
            "description": st.text(max_size=5),
            "enum": st.lists(st.fixed_dictionaries({"value": scalars}), max_size=3),
            "logicalTypeOptions": st.dictionaries(
                st.sampled_from(["minimum", "maximum", "pattern", "maxLength", "odd"]), scalars
            ),
            "quality": st.lists(
                st.fixed_dictionaries(
                    {"metric": st.sampled_from(["nullValues", "invalidValues"])},
                    optional={
                        "name": names,
                        "mustBe": st.integers(0, 3),
                        "mustBeLessThan": st.integers(0, 3),
                        "severity": st.sampled_from(["error", "warning", "info"]),
                        "unit": st.sampled_from(["rows", "percent"]),
                        "arguments": st.fixed_dictionaries(
                            {"validValues": st.lists(scalars, max_size=3)}
                        ),
                    },
                ),
                max_size=2,
            ),
        },
    ),
    max_size=4,
)


def contract_of(generated: list[dict[str, Any]], version: str = "1.2.3") -> dict[str, Any]:
    table = {"name": "orders", "properties": generated}
    return {"id": "a", "kind": "DataContract", "version": version, "schema": [table]}


@pytest.mark.requirement("INT-05")
@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_a_contract_of_this_project_does_not_differ_from_itself(path: Path) -> None:
    assert compare(read_document(path), read_document(path)).changes == ()


@quietly
@given(generated=generated_columns)
def test_a_contract_does_not_differ_from_itself(generated: list[dict[str, Any]]) -> None:
    contract = contract_of(generated)

    assert compare(contract, copy.deepcopy(contract)).changes == ()


@pytest.mark.requirement("INT-05")
@quietly
@given(old=generated_columns, new=generated_columns)
def test_a_breaking_change_never_yields_a_minor_version(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> None:
    found = compare(contract_of(old), contract_of(new))

    breaks = any(change.impact is Impact.BREAKING for change in found.changes)
    assert breaks == (read_version(found.demanded_version)[0] == 2)
    assert all(change.reason and change.title and change.path for change in found.changes)


def test_no_value_of_a_contract_changes_unseen(edited: Build) -> None:
    unseen = set()
    for path in _leaves(edited()):
        new = edited()
        owner = _at(new, path[:-1])
        value = owner[path[-1]]
        owner[path[-1]] = not value if isinstance(value, bool) else f"{value}1"
        if path != ("version",) and not compare(edited(), new).changes:
            unseen.add(path[-1])

    assert unseen == {"primaryKeyPosition"}  # of the only column of the key


def test_a_key_that_nobody_knows_breaks_wherever_it_stands(edited: Build) -> None:
    harmless = []
    for path in _mappings(edited()):
        new = edited()
        _at(new, path)["nobodyKnows"] = "x"
        if compare(edited(), new).impact is not Impact.BREAKING:
            harmless.append("rule that blocks nothing" if "quality" in path else path[0])

    assert set(harmless) == {"customProperties", "team", "rule that blocks nothing"}


@quietly
@given(seed=st.integers(0, 10_000))
def test_lists_without_a_meaning_in_their_order_may_be_shuffled(seed: int, edited: Build) -> None:
    old, new = edited(), edited()
    shuffle = random.Random(seed).shuffle
    table = new["schema"][0]
    for part in (new["tags"], new["servers"], new["roles"], new["support"], table["quality"]):
        shuffle(part)
    for part in (new["slaProperties"], new["customProperties"], new["team"]["members"]):
        shuffle(part)
    shuffle(table["properties"][3]["quality"][0]["arguments"]["validValues"])

    assert compare(old, new).changes == ()


@pytest.mark.parametrize("name", ["amount", "country", "labels", "supplier_id"])
def test_a_renamed_column_costs_what_a_removed_and_an_added_one_cost(
    name: str, edited: Build
) -> None:
    def renamed(c: Any) -> None:
        c.column(name).update(name="other")

    def replaced(c: Any) -> None:
        c.drop("properties", name=name)
        c.table["properties"].append({"name": "other", "logicalType": "date"})

    assert compare(edited(), edited(renamed)).impact is compare(edited(), edited(replaced)).impact


def test_a_renamed_column_is_told_as_one_change_with_a_hint(edited: Build) -> None:
    found = compare(edited(), edited(lambda c: c.column("amount").update(name="total")))

    (change,) = found.changes
    assert change.title == "column `amount` renamed to `total`"
    assert "let them name `total`, or offer both" in change.reason


def test_a_column_is_known_by_its_id_before_its_name(edited: Build) -> None:
    def swap(c: Any) -> None:
        c.column("amount")["id"], c.column("line")["id"] = "x", "y"

    def swapped(c: Any) -> None:
        swap(c)
        first, second = c.column("amount"), c.column("line")
        first["name"], second["name"] = "line", "amount"

    titles = [c.title for c in compare(edited(swap), edited(swapped)).changes]

    assert "column `amount` renamed to `line`" in titles
    assert "column `line` renamed to `amount`" in titles


@pytest.mark.parametrize(
    ("old", "impact", "demanded"),
    [
        ("1.2.3", Impact.BREAKING, "2.0.0"),
        ("0.2.3", Impact.BREAKING, "0.3.0"),
        ("0.2.3", Impact.COMPATIBLE, "0.3.0"),
        ("0.2.3", Impact.EDITORIAL, "0.2.4"),
        ("1.2.3", None, "1.2.3"),
    ],
)
def test_the_demanded_version_follows_semantic_versioning(
    old: str, impact: Impact | None, demanded: str
) -> None:
    assert demanded_version(old, impact) == demanded


def test_a_version_that_goes_back_is_too_low(edited: Build) -> None:
    older = edited(lambda c: c.document.update(version="1.2.2"))

    assert not compare(edited(), older).is_version_enough


def test_a_reviewed_change_counts_as_its_author_judged_it(edited: Build) -> None:
    judgement = {
        "path": "schema.orders.country.logicalTypeOptions.pattern",
        "from": "1.2.3",
        "impact": "compatible",
        "reason": "The new pattern is the old one with fewer letters.",
    }

    def edit(c: Any) -> None:
        c.options("country").update(pattern="^[A-Y]+$")
        c.custom("reviewedChanges", [judgement])

    found = compare(edited(), edited(edit))

    assert found.impact is Impact.COMPATIBLE
    assert [c.judged for c in found.changes if c.judged] == [judgement["reason"]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "schema.orders.labels"),  # a change that leaves nothing to be judged
        ("from", "1.2.2"),
        ("impact", "small"),
        ("reason", "  "),
    ],
)
def test_a_judgement_that_does_not_fit_changes_nothing(key: str, value: str, edited: Build) -> None:
    judgement = {
        "path": "schema.orders.country.logicalTypeOptions.pattern",
        "from": "1.2.3",
        "impact": "compatible",
        "reason": "It is narrower.",
        key: value,
    }

    def edit(c: Any) -> None:
        c.drop("properties", name="labels")
        c.options("country").update(pattern="^[A-Y]+$")
        c.custom("reviewedChanges", [judgement])

    assert [c.judged for c in compare(edited(), edited(edit)).changes if c.judged] == []


def test_what_is_no_contract_in_form_is_refused(edited: Build) -> None:
    broken = edited(lambda c: c.document.update(schema="orders"))

    with pytest.raises(NotComparable) as refused:
        compare(edited(), broken)

    assert str(refused.value) == (
        "The contracts were not compared: the new one does not have the form of an ODCS document. "
        "Run `marketplace contract lint` on both."
    )


@pytest.mark.parametrize(
    ("model", "judged"),
    [
        (OpenDataContractStandard, comparison.judged_keys()),
        (SchemaObject, objects.judged_keys()),
        (SchemaProperty, columns.judged_keys()),
    ],
    ids=["contract", "schema object", "property"],
)
def test_every_key_of_the_standard_has_a_rule(model: Any, judged: frozenset[str]) -> None:
    known = {field.alias or name for name, field in model.model_fields.items()}

    assert known - judged == set()


def test_every_custom_property_that_the_platform_reads_has_a_rule() -> None:
    read = re.compile(r"""custom(?:\.get\(|\[)"([A-Za-z]+)\"""")
    folders = ("contracts", "data_products", "marketplace")
    texts = [path.read_text() for name in folders for path in (ROOT / name).rglob("*.py")]
    known = {name for text in texts for name in read.findall(text)}

    assert {"accessRights", "personalData"} <= known
    assert known - contract_terms.judged_names() == set()


def test_every_option_of_a_logical_type_has_a_rule() -> None:
    options: set[str] = set()
    for edition in ("3.1.0", "3.2.0"):
        for clause in published(edition)["$defs"]["SchemaBaseProperty"]["allOf"]:
            then = clause.get("then", {}).get("properties", {}).get("logicalTypeOptions", {})
            options |= set(then.get("properties", {}))

    assert options - set(option_names()) == set()


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("select count(*) from {object}", "SELECT count( * )\nFROM {object} -- all", True),
        ("select 1 from {object} a where a.x = 1", "select 1 from {object} b where b.x = 1", True),
        ("select 1 from {object} where x = 'A'", "select 1 from {object} where x = 'a'", False),
        ("select 1 from {object} where x < 1", "select 1 from {object} where x <= 1", False),
        (
            "select 1 from {object} a, {object} b where a.x = b.y",
            "select 1 from {object} b, {object} a where a.x = b.y",
            False,
        ),
        ("select max(x) as n from {object}", "select max(x) from {object}", True),
        ("select 'a", "select  'a", True),
        ("select 'a", "select 'b", False),
    ],
)
def test_sql_is_compared_by_what_it_asks(before: str, after: str, is_same: bool) -> None:
    assert (normalised(before) == normalised(after)) is is_same


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        return [leaf for key in keys for leaf in _leaves(value[key], (*path, key))]
    return [path]


def _mappings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    below = [found for key in keys for found in _mappings(value[key], (*path, key))]
    return [path, *below] if isinstance(value, dict) else below


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value
