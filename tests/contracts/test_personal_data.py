"""What looks like personal data that nobody declared holds a publication for its steward."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.checked_table import checked_table
from contracts.checks import checks_for
from contracts.model import Contract
from contracts.personal_data.decisions import ColumnDecision, latest_decision
from contracts.personal_data.detection import (
    MOST_NAMES,
    MOST_VALUES,
    Found,
    likely_personal,
)
from contracts.personal_data.forms import SIEVES, likely_part, secret_detectors
from contracts.personal_data.held import held_columns
from contracts.personal_data.kinds import PersonalKind, is_too_much
from contracts.personal_data.masks import masked
from contracts.personal_data.names import is_person_name
from contracts.personal_data.text_samples import MOST_ROWS, sample_query, text_sample
from contracts.runner import CheckRun, run_checks
from contracts.verdict import CheckResult, Outcome, Verdict

pytestmark = pytest.mark.requirement("SEC-04")

Document = dict[str, Any]
Results = Callable[..., dict[str, CheckResult]]
CHECK = "schema[0].properties[2].personalData"
NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
PEOPLE = [
    "Aisha Khan", "BEN CARTER", "Smith, John", "Dr Jane O'Neill", "Mr P Varga", "Grace Adeyemi",
    "Sarah Jane Taylor (HR Director)", "Tom Price - Head of Finance", "clare foster",
    "Anna-Marie Lewis", "José García", "Priya Patel, Company Secretary",
]  # fmt: skip
NOT_PEOPLE = [
    "Arthur Brown Limited", "Leeds City Council", "Department for Education", "Marine Energy",
    "Grant in Aid", "Milton Keynes North", "John Smith & Sons", "The Jane Foundation", "Smith",
    "St Mary's School", "GB", "2024-06-15", "10 Downing Street", "", "  ", "x" * 500,
    "Kingston upon Hull", "Robert Street Nursery", "Services", "Forest Heath", "A, B, C",
]  # fmt: skip
# Made from parts, so that no scanner takes this file's examples for keys of ours.
SECRETS = {
    "an AWS key": "AKIA" + "Q3EGT7XZJ4LMN2P5",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a password in an address": "https://reader:" + "hunter2@example.uk/files",
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
}
FORMS = {
    PersonalKind.EMAIL: ["jo.bloggs@example.gov.uk", "ask Jo (jo@example.org) for it"],
    PersonalKind.NATIONAL_INSURANCE: ["AB 12 34 56 C", "ab123456d"],
    PersonalKind.PHONE: ["020 7946 0958", "+44 7911 123456", "ring 0113 222 4444 after nine"],
    PersonalKind.SECRET: list(SECRETS.values()),
}
NOT_FORMS = {
    PersonalKind.EMAIL: ["@example", "a@b", "https://paygap@example", "jo at example.org"],
    PersonalKind.NATIONAL_INSURANCE: ["QQ123456C", "BG123456A", "AB123456E", "XAB123456C1"],
    PersonalKind.PHONE: ["04091535", "1037080564", "2024-02-29", "0000000000", "1.0203040506"],
    PersonalKind.SECRET: ["3f1c9a0e5b7d2468", "https://example.uk/a:b", "550e8400-e29b-41d4"],
}


@pytest.mark.parametrize("value", PEOPLE)
def test_names_of_people_are_known(value: str) -> None:
    assert is_person_name(value)


@pytest.mark.parametrize("value", NOT_PEOPLE)
def test_names_of_bodies_and_places_are_not_people(value: str) -> None:
    assert not is_person_name(value)


@pytest.mark.parametrize("kind", FORMS, ids=str)
def test_what_has_the_form_of_a_kind_is_found(kind: PersonalKind) -> None:
    assert all(likely_part(kind, value) for value in FORMS[kind])


@pytest.mark.parametrize("kind", NOT_FORMS, ids=str)
def test_what_nearly_has_it_is_not(kind: PersonalKind) -> None:
    assert [value for value in NOT_FORMS[kind] if likely_part(kind, value)] == []


def matches(kind: PersonalKind, value: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([value]), SIEVES[kind])[0].as_py())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_sieve_lets_every_secret_of_every_detector_through(data: st.DataObject) -> None:
    detector = data.draw(st.sampled_from(secret_detectors()))
    pattern = data.draw(st.sampled_from(list(detector.denylist)))
    flags = pattern.flags & ~re.UNICODE | re.ASCII
    value = data.draw(st.from_regex(re.compile(pattern.pattern, flags)))

    if likely_part(PersonalKind.SECRET, value):
        assert matches(PersonalKind.SECRET, value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii"), max_size=40), st.sampled_from(list(SIEVES)))
def test_the_sieve_never_hides_what_would_be_found(noise: str, kind: PersonalKind) -> None:
    for value in (noise, *(f"{noise} {each}" for each in FORMS[kind])):
        if likely_part(kind, value):
            assert matches(kind, value)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PEOPLE), st.sampled_from(list(PersonalKind)))
def test_a_mask_shows_initials_at_most(name: str, kind: PersonalKind) -> None:
    value = FORMS.get(kind, [name])[0]

    shown = masked(value, kind)

    assert value not in shown
    assert not re.search(r"[^\W\d_]{3,}|\d{3,}", shown)


def test_masks_look_like_this() -> None:
    shown = [masked(value, kind) for kind, value in (
        (PersonalKind.EMAIL, "jo.bloggs@example.gov.uk"),
        (PersonalKind.NAME, "Jane Doe"),
        (PersonalKind.NATIONAL_INSURANCE, "AB123456C"),
        (PersonalKind.PHONE, "020 7946 0958"),
        (PersonalKind.SECRET, "anything"),
    )]  # fmt: skip

    assert shown == ["j***@***.uk", "J*** D***", "A***", "***58", "***"]


@pytest.mark.parametrize(
    ("kind", "hits", "looked_at", "too_much"),
    [
        (PersonalKind.NAME, 4, 100, False),
        (PersonalKind.NAME, 5, 100, True),
        (PersonalKind.NAME, 14, 500, False),
        (PersonalKind.NAME, 15, 500, True),
        (PersonalKind.NAME, 2, 4, True),
        (PersonalKind.NAME, 1, 1, False),
        (PersonalKind.EMAIL, 1, 5000, True),
        (PersonalKind.SECRET, 1, 5000, True),
        (PersonalKind.PHONE, 2, 10, False),
        (PersonalKind.PHONE, 3, 5000, True),
    ],
)
def test_thresholds(kind: PersonalKind, hits: int, looked_at: int, too_much: bool) -> None:
    assert is_too_much(kind, hits, looked_at) is too_much


def test_more_values_than_are_looked_at_are_sampled_evenly_and_alike() -> None:
    values = pa.array([f"Body {i} Limited" for i in range(20_000)] + ["jo@example.uk"] * 20_000)

    first, second = likely_personal(values), likely_personal(values)

    assert first == second
    (found,) = first
    assert found.looked_at == MOST_VALUES
    assert found.hits == 200  # judged, of the 2,500 that were sifted


def test_a_text_column_without_declared_personal_data_promises_none(
    contract_with: Callable[..., Contract],
) -> None:
    ids = {
        check.id for check in checks_for(contract_with(lambda d: None))
        if check.kind.value == "personalData"
    }  # fmt: skip

    assert ids == {CHECK}


def declared(document: Document) -> None:
    value = {"category": "name"}
    entry = {"property": "personalData", "value": value}
    document["schema"][0]["properties"][2]["customProperties"] = [entry]
    document["customProperties"].append({"property": "lawfulBasis", "value": "public task"})


def test_a_declared_column_is_not_looked_at(contract_with: Callable[..., Contract]) -> None:
    assert CHECK not in {check.id for check in checks_for(contract_with(declared))}


def test_saying_that_there_is_none_declares_nothing(
    contract_with: Callable[..., Contract],
) -> None:
    def denied(document: Document) -> None:
        declared(document)
        for entry in document["schema"][0]["properties"]:
            for custom in entry.get("customProperties", []):
                custom["value"] = False

    assert CHECK in {check.id for check in checks_for(contract_with(denied))}


def test_a_list_of_accepted_promises_cannot_stand_for_the_steward(
    document: Document, write: Callable[..., Any], contract_with: Callable[..., Contract]
) -> None:
    entry = {"property": "informative", "value": ["country.personalData"]}

    with pytest.raises(Exception, match="names no promise of this contract"):
        contract_with(lambda d: d["customProperties"].append(entry))


NAMES = "UPDATE invoices SET country = ['Aisha Khan', 'Ben Carter', 'Clare Foster', 'Dan Evans', "
HOLDS_PEOPLE = f"{NAMES} 'Emma Hughes'][invoice_id % 5 + 1]"


def test_names_hold_the_candidate_with_masked_examples(check: Results) -> None:
    result = check(lambda d: None, HOLDS_PEOPLE)[CHECK]

    assert result.outcome is Outcome.FAILED
    assert result.is_blocking
    assert result.observed == (
        "5 of 5 values look like names of people: awaits a steward's decision"
    )
    assert result.detail == "Looked at 5 different values, all that there are."
    assert (result.checked_rows, result.failing_rows) == (100, 100)
    (row,) = result.sample
    assert (row["looks_like"], row["different_values"], row["looked_at"]) == ("name", 5, 5)
    assert re.fullmatch(r"([A-Z]\*\*\* [A-Z]\*\*\*(, )?){3}", row["masked_examples"])
    assert "Khan" not in repr(result)


def test_what_is_clean_says_how_much_was_looked_at(check: Results) -> None:
    change = "UPDATE invoices SET country = 'Body ' || invoice_id"

    result = check(lambda d: None, change)[CHECK]

    assert result.outcome is Outcome.PASSED
    assert result.observed == "nothing that looks like it"
    assert result.detail == "Looked at 100 different values, all that there are."
    assert result.sample == ()


def test_a_large_table_is_sampled_and_says_so(connection: Any, check: Results) -> None:
    many = 3 * MOST_ROWS
    statement = (
        f"INSERT INTO invoices SELECT i, 1, 'Body ' || i, TIMESTAMPTZ '2024-06-01 00:00:00+00' "
        f"FROM range(1000, {many}) r(i)"
    )

    result = check(lambda d: None, statement)[CHECK]

    assert result.checked_rows == MOST_ROWS
    assert result.detail == (
        f"Looked at 5,000 different values, a sample; for names at {MOST_NAMES} of them."
    )
    before = connection.execute("SELECT current_setting('preserve_insertion_order')").fetchone()
    assert before == (True,)


@pytest.mark.parametrize("rows", [MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS, 260_000])
def test_a_sample_is_what_its_query_gives(
    rows: int, contract_with: Callable[..., Contract]
) -> None:
    promised = contract_with(lambda d: None).table
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE made AS SELECT i AS country FROM range({rows}) r(i)")
        with checked_table(connection, "made", promised, False, None) as table:
            taken = text_sample(table, ("country",)).column("country").to_pylist()
            asked = connection.execute(sample_query(table, ("country",))).fetchall()

    assert taken == [value for (value,) in asked]
    assert len(set(taken)) == MOST_ROWS


def test_values_within_a_column_are_looked_at(check: Results) -> None:
    entry = {
        "name": "contacts", "logicalType": "array", "physicalType": "varchar[]",
        "description": "Whom to ask.",
        "items": {"name": "contact", "logicalType": "string", "physicalType": "varchar"},
    }  # fmt: skip
    statement = (
        "CREATE OR REPLACE TABLE invoices AS SELECT *, ['n/a', 'jo@example.uk'] AS contacts "
        "FROM invoices"
    )

    results = check(lambda d: d["schema"][0]["properties"].append(entry), statement)

    (held,) = [r for r in results.values() if r.kind == "personalData" and r.outcome == "failed"]
    assert held.property_name == "contacts[]"
    assert held.sample[0]["masked_examples"] == "j***@***.uk"


def decision(days: int = 1, **said: Any) -> ColumnDecision:
    facts = {
        "column": "country", "is_personal": False, "shares": {"name": 1.0},
        "decided_by": "sam", "reason": "Fictional people of a novel.",
    }  # fmt: skip
    return ColumnDecision(**{**facts, "decided_at": NOW + timedelta(days=days), **said})


def test_a_stewards_decision_lets_it_pass_and_is_named(check: Results) -> None:
    result = check(lambda d: None, HOLDS_PEOPLE, decisions=lambda: [decision()])[CHECK]

    assert result.outcome is Outcome.PASSED
    assert result.observed == "5 of 5 values look like names of people"
    assert result.detail == (
        "Decided by sam on 2024-06-16: not personal. Fictional people of a novel. "
        "Looked at 5 different values, all that there are."
    )


HELD_STILL = {
    "it says that it is personal": [decision(is_personal=True)],
    "it is about another column": [decision(column="other")],
    "it was on another kind": [decision(shares={"email": 1.0})],
    "it was on much less": [decision(shares={"name": 0.1})],
    "a later one says otherwise": [decision(days=1), decision(days=2, is_personal=True)],
}


@pytest.mark.parametrize("case", HELD_STILL)
def test_a_decision_reaches_no_further_than_what_was_decided(case: str, check: Results) -> None:
    result = check(lambda d: None, HOLDS_PEOPLE, decisions=lambda: HELD_STILL[case])[CHECK]

    assert result.outcome is Outcome.FAILED


def test_stewards_are_asked_only_where_something_was_found(check: Results) -> None:
    def never() -> list[ColumnDecision]:
        raise AssertionError("asked")

    assert check(lambda d: None, decisions=never)[CHECK].outcome is Outcome.PASSED


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_decision_covers_what_it_was_made_on_and_less(decided: float, now: float) -> None:
    of_people = decision(shares={"name": decided})
    found = Found(PersonalKind.NAME, round(now * 1000), 1000, ())

    assert not (found.share <= decided) or of_people.covers(found)
    assert not (found.share > 2 * decided + 0.011) or not of_people.covers(found)


def test_the_newest_decision_on_a_column_counts() -> None:
    first, second = decision(days=1), decision(days=3)

    assert latest_decision([second, first], "country") is second
    assert latest_decision([first], "amount") is None


def test_held_columns_are_read_back_from_the_verdict(
    connection: duckdb.DuckDBPyConnection, contract_with: Callable[..., Contract]
) -> None:
    connection.execute(HOLDS_PEOPLE)
    contract = contract_with(lambda d: None)
    results = run_checks(CheckRun(connection, "main.invoices", contract, NOW))
    verdict = Verdict("finance.invoices", "1.2.0", "c", "abc", "run", NOW, 100, results)

    (held,) = held_columns(verdict)

    assert (held.port, held.column, held.candidate_hash) == ("finance.invoices", "country", "abc")
    assert held.shares == {"name": 1.0}
    assert held_columns(verdict, [decision(days=1)]) == ()
    assert held_columns(verdict, [decision(days=-1)]) == (held,)
