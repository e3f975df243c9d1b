"""Registered reference standards: members pass, everything else fails with count and examples."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contracts.documents import load_contract, warnings_in
from contracts.errors import InvalidContract
from contracts.model import Contract
from contracts.standards.bindings import Offer, offers_of
from contracts.standards.checks import OfferedStandard
from contracts.standards.lints import unknown_standards
from contracts.standards.register import Standard, column_of, shipped_standards
from contracts.verdict import CheckResult, Outcome

pytestmark = pytest.mark.requirement("INT-02")

Document = dict[str, Any]
Results = Callable[..., dict[str, CheckResult]]
CHECK = "schema[0].properties[2].customProperties.standard"
DUCKDB = duckdb.connect(config={"threads": 1})
STANDARDS = tuple(shipped_standards().values())
QUIET = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def country(document: Document) -> Document:
    column: Document = document["schema"][0]["properties"][2]
    return column


def bound(standard: str, **custom: Any) -> Callable[[Document], object]:
    said = {"standard": standard, **custom}
    entries = [{"property": name, "value": value} for name, value in said.items()]
    return lambda document: country(document).update(customProperties=entries)


def outside(standard: Standard, values: list[str]) -> list[str]:
    """The values that the standard's SQL finds outside."""
    query = f"SELECT c FROM (SELECT unnest(?::VARCHAR[]) AS c) WHERE {standard.violation('c')}"
    return [row[0] for row in DUCKDB.execute(query, [values]).fetchall()]


@st.composite
def members(draw: st.DrawFn, standard: Standard) -> str:
    """A value of the standard, made without its own pattern where it is a form."""
    if standard.codes:
        return draw(st.sampled_from(standard.codes))
    moment = draw(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)))
    if standard.id == "uprn":
        return str(draw(st.integers(1, 10**12 - 1))).zfill(draw(st.integers(1, 12)))
    if standard.id.startswith("gss-"):
        entities = re.findall(r"[A-Z]\d\d", standard.pattern or "")
        return f"{draw(st.sampled_from(entities))}{draw(st.integers(0, 999_999)):06d}"
    made = {
        "iso-8601-date": moment.date().isoformat(),
        "iso-8601-month": moment.date().isoformat()[:7],
        "iso-8601-time": moment.time().isoformat(),
        "iso-8601-date-time": f"{moment.isoformat()}{draw(st.sampled_from(['Z', '+01:00']))}",
        "iso-8601-duration": f"P{draw(st.integers(0, 99))}Y{draw(st.integers(0, 99))}DT5H",
    }
    return made[standard.id]


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda each: each.id)
@QUIET
@given(data=st.data())
def test_members_pass(standard: Standard, data: st.DataObject) -> None:
    values = data.draw(st.lists(members(standard), min_size=1, max_size=20))

    assert outside(standard, values) == []
    assert all(standard.has(value) for value in values)


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda each: each.id)
@QUIET
@given(data=st.data())
def test_a_member_with_a_changed_character_fails_unless_it_is_another_member(
    standard: Standard, data: st.DataObject
) -> None:
    signs = st.sampled_from("abcXYZ019 -_.:\n£é")
    changes = st.tuples(members(standard), st.integers(0, 40), signs)
    mutated = [
        member[: place % len(member)] + sign + member[place % len(member) + 1 :]
        for member, place, sign in data.draw(st.lists(changes, min_size=5, max_size=20))
    ]
    wrong = [value for value in mutated if not standard.has(value)]
    assume(wrong)

    assert outside(standard, wrong) == wrong


@pytest.mark.parametrize("standard", STANDARDS, ids=lambda each: each.id)
def test_its_examples_are_members_and_their_neighbours_are_not(standard: Standard) -> None:
    wrong = [f" {standard.examples[0]}", f"{standard.examples[0]}\n", "", "n/a"]

    assert outside(standard, list(standard.examples)) == []
    assert outside(standard, wrong) == wrong


NOT_MEMBERS = {
    "iso-3166-1-alpha-2": ["UK", "gb", "XK", "EU", "GBR"],
    "iso-3166-1-alpha-3": ["UKM", "gbr", "GB"],
    "iso-3166-1-numeric": ["26", "000", "999"],
    "iso-4217": ["STG", "gbp", "BTC"],
    "iso-639-1": ["EN", "eng", "xx"],
    "iso-8601-date": ["2023-02-29", "29/02/2024", "2024-2-9", "20240229", "2024-02-30"],
    "iso-8601-month": ["2024-13", "Feb-24", "2024-00"],
    "iso-8601-date-time": ["2024-02-29 10:00:00", "2024-02-30T10:00:00Z", "2024-02-29T24:01:00Z"],
    "iso-8601-duration": ["P", "PT", "36 hours", "P1S"],
    "uprn": ["0", "000000000000", "1234567890123", "10002333695A", "-1"],
    "gss-code": ["E06", "E0600004", "X06000044", "E64000001", "e06000044", "00MR"],
    "gss-local-authority": ["E12000007", "E92000001"],
    "gss-region": ["E06000044", "W06000015"],
}


@pytest.mark.parametrize("name", NOT_MEMBERS)
def test_what_people_write_instead_is_outside(name: str) -> None:
    assert outside(shipped_standards()[name], NOT_MEMBERS[name]) == NOT_MEMBERS[name]


def test_the_lists_have_the_size_of_their_editions() -> None:
    assert len(column_of("iso_3166_1.csv", "alpha_2")) == 249
    assert len(set(column_of("iso_3166_1.csv", "numeric"))) == 249
    assert len(column_of("gss_entities.csv", "entity")) == 206
    assert {"E12", "W06", "S12", "N09"} <= set(column_of("gss_entities.csv", "entity"))
    assert len(column_of("iso_4217.csv", "code")) == 178
    assert len(column_of("iso_639.csv", "alpha_2")) == 183


def test_a_bound_column_passes_and_names_the_edition(check: Results) -> None:
    result = check(bound("iso-3166-1-alpha-2"))[CHECK]

    assert result.outcome is Outcome.PASSED
    assert result.title == "`country` is a two-letter country code of ISO 3166-1"
    assert "iso3166 3.0.0" in (result.detail or "")
    assert result.checked_rows == 100


def test_values_outside_fail_with_count_and_the_commonest_of_them(check: Results) -> None:
    result = check(
        bound("iso-3166-1-alpha-2"),
        "UPDATE invoices SET country = 'UK' WHERE country = 'GB'",
        "UPDATE invoices SET country = 'Eire' WHERE invoice_id = 4",
        "UPDATE invoices SET country = NULL WHERE invoice_id = 5",
    )[CHECK]

    assert result.outcome is Outcome.FAILED
    assert result.is_blocking
    assert (result.observed, result.failing_rows) == ("34 rows outside", 34)
    assert result.sample == ({"country": "UK", "rows": 33}, {"country": "Eire", "rows": 1})


def test_examples_of_a_guarded_column_are_masked(check: Results) -> None:
    def change(document: Document) -> None:
        bound("iso-4217")(document)
        country(document)["classification"] = "OFFICIAL-SENSITIVE"

    result = check(change)[CHECK]

    assert result.failing_rows == 100
    assert {row["country"] for row in result.sample} == {"[masked]"}


def test_a_uprn_may_be_kept_as_a_number(check: Results) -> None:
    def change(document: Document) -> None:
        entry = {"property": "standard", "value": "uprn"}
        document["schema"][0]["properties"][0]["customProperties"] = [entry]

    results = check(change, "UPDATE invoices SET invoice_id = -7 WHERE invoice_id = 7")

    assert results["schema[0].properties[0].customProperties.standard"].failing_rows == 1


REGISTER = Offer("country-register", "Register of countries", "finance.countries", "code")


def test_a_standard_of_a_port_is_held_against_its_published_version(check: Results) -> None:
    relation = "(SELECT unnest(['GB', 'FR']) AS code)"
    offered = {"country-register": OfferedStandard(REGISTER, relation, "Delta version 4")}

    result = check(bound("country-register"), offered=offered)[CHECK]

    assert result.outcome is Outcome.FAILED
    assert result.failing_rows == 33
    assert result.sample == ({"country": "DE", "rows": 33},)
    assert result.detail == (
        "Held against Register of countries: `finance.countries.code`, Delta version 4."
    )


def test_a_port_that_is_its_own_standard_is_held_against_the_candidate(check: Results) -> None:
    own = Offer("country-register", "Register of countries", "finance.invoices", "country")

    result = check(
        bound("country-register"),
        offered={"country-register": OfferedStandard(own, None, "not published")},
    )[CHECK]

    assert result.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        ({}, "No standard `country-register` is registered. Correct the name, or register it."),
        (
            {"country-register": OfferedStandard(REGISTER, None, "not published")},
            "`finance.countries` has no published version. Publish it first.",
        ),
    ],
    ids=["unknown", "unpublished"],
)
def test_what_cannot_be_looked_up_blocks(
    offered: dict[str, OfferedStandard], reason: str, check: Results
) -> None:
    result = check(bound("country-register"), offered=offered)[CHECK]

    assert result.outcome is Outcome.ERROR
    assert result.is_blocking
    assert result.detail == reason


FAULTS: dict[str, tuple[Callable[[Document], object], str]] = {
    "another edition": (bound("iso-4217@1999"), "pins the edition `1999`"),
    "not text": (bound(["iso-4217"]), "names no standard"),  # type: ignore[arg-type]
    "an edition of a port": (bound("country-register@2"), "pins an edition of a standard"),
    "no type for it": (
        lambda d: d["schema"][0]["properties"][1].update(
            customProperties=[{"property": "standard", "value": "uprn"}]
        ),
        "is not kept in a number column",
    ),
    "an offer without id": (
        lambda d: country(d).update(
            customProperties=[{"property": "offersStandard", "value": {"title": "Countries"}}]
        ),
        "has no `id`",
    ),
    "a taken id": (
        lambda d: country(d).update(
            customProperties=[{"property": "offersStandard", "value": {"id": "uprn"}}]
        ),
        "is the id of a standard that ships",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_binding_that_means_nothing_is_a_fault(
    case: str, document: Document, write: Callable[..., Any]
) -> None:
    change, told = FAULTS[case]
    change(document)

    with pytest.raises(InvalidContract) as refused:
        load_contract(write(document))

    assert told in str(refused.value)


def test_the_shipped_edition_can_be_pinned(contract_with: Callable[..., Contract]) -> None:
    edition = shipped_standards()["iso-4217"].edition

    assert contract_with(bound(f"iso-4217@{edition}")).table.properties[2].name == "country"


def test_an_unknown_standard_is_told_with_the_nearest(
    contract_with: Callable[..., Contract],
) -> None:
    contract = contract_with(bound("iso-4271"))

    (fault,) = unknown_standards(contract, {})

    assert fault.fault == "`iso-4271` is not a registered standard."
    assert fault.remedy == "Did you mean `iso-4217`?"


def test_a_port_says_which_standards_it_offers(contract_with: Callable[..., Contract]) -> None:
    value = {"id": "country-register", "title": "Countries", "columnNames": ["country"]}
    contract = contract_with(
        lambda d: country(d).update(
            customProperties=[{"property": "offersStandard", "value": value}]
        )
    )

    assert list(offers_of(contract)) == [
        Offer("country-register", "Countries", "finance.invoices", "country", ("country",))
    ]


SUGGESTED: dict[str, tuple[Document, str | None]] = {
    "by its name": ({}, "`iso-3166-1-alpha-2` or `iso-3166-1-alpha-3` or `iso-3166-1-numeric`"),
    "by name and examples": ({"examples": ["GB", "IE"]}, "`iso-3166-1-alpha-2`,"),
    "not where examples are no codes": ({"examples": ["United Kingdom"]}, None),
    "by description and examples": (
        {"name": "money", "description": "The currency code of it.", "examples": ["GBP"]},
        "`iso-4217`",
    ),
    "not by a description alone": ({"name": "money", "description": "Its currency code."}, None),
    "by values that tell it alone": ({"name": "area", "examples": ["E12000007"]}, "`gss-code`"),
    "not where it says why": (
        {"customProperties": [{"property": "noStandard", "value": "Free text of the supplier"}]},
        None,
    ),
    "not where it is bound": (
        {"customProperties": [{"property": "standard", "value": "iso-3166-1-alpha-2"}]},
        None,
    ),
}


@pytest.mark.parametrize("case", SUGGESTED)
def test_a_column_that_looks_like_a_standard_raises_a_warning(
    case: str, contract_with: Callable[..., Contract]
) -> None:
    said, told = SUGGESTED[case]

    warnings = warnings_in(contract_with(lambda d: country(d).update(said)))

    assert [told in warning.fault for warning in warnings] == ([] if told is None else [True])  # type: ignore[operator]


def test_a_column_named_for_a_standard_of_a_port_raises_a_warning(
    contract_with: Callable[..., Contract],
) -> None:
    contract = contract_with(lambda d: country(d).update(name="paying_organisation_id"))
    register = Offer("bodies", "Bodies", "register.bodies", "id", ("organisation_id",))

    (warning,) = warnings_in(contract, {"bodies": register})

    assert "`paying_organisation_id` looks like `bodies`" in warning.fault
