"""A verdict is kept as JSON and told in a sentence."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.model import Severity
from contracts.service_levels import Period, read_period
from contracts.verdict import CheckResult, Outcome, Verdict, from_document, to_document

WORDS = st.text(max_size=5)
COUNTS = st.none() | st.integers(0, 9)
RESULTS = st.builds(
    CheckResult,
    check_id=WORDS,
    title=WORDS,
    kind=WORDS,
    property_name=st.none() | WORDS,
    dimension=WORDS,
    severity=st.sampled_from(Severity),
    informative=st.booleans(),
    outcome=st.sampled_from(Outcome),
    checked_rows=COUNTS,
    failing_rows=COUNTS,
    observed=st.none() | WORDS,
    expected=st.none() | WORDS,
    detail=st.none() | WORDS,
    query=st.none() | WORDS,
    seconds=st.floats(0, 9),
    sample=st.lists(st.dictionaries(WORDS, WORDS | COUNTS, max_size=2), max_size=2).map(tuple),
)
VERDICTS = st.builds(
    Verdict,
    port=WORDS,
    contract_version=WORDS,
    contract_hash=WORDS,
    candidate_hash=WORDS,
    run_id=WORDS,
    checked_at=st.datetimes(timezones=st.timezones()),
    rows=st.integers(0, 9),
    results=st.lists(RESULTS, max_size=3).map(tuple),
    base_version=COUNTS,
    facts=st.dictionaries(WORDS, WORDS, max_size=2),
)


@given(verdict=VERDICTS)
def test_a_verdict_survives_json(verdict: Verdict) -> None:
    document = json.loads(json.dumps(to_document(verdict)))

    again = from_document(document)

    assert to_document(again) == to_document(verdict)
    assert (again.results, again.passed) == (verdict.results, verdict.passed)


def result(title: str, outcome: Outcome, **facts: str) -> CheckResult:
    return CheckResult(
        check_id=title,
        title=title,
        kind="unique",
        property_name=None,
        dimension="uniqueness",
        severity=Severity.ERROR,
        informative=False,
        outcome=outcome,
        checked_rows=3,
        failing_rows=None,
        observed=facts.get("observed"),
        expected=None,
        detail=facts.get("detail"),
        query=None,
        seconds=0.0,
    )


def test_the_summary_names_what_blocks(now: datetime) -> None:
    results = (
        result("`id` is unique", Outcome.FAILED, observed="2 rows"),
        result("Amounts add up", Outcome.ERROR, detail="It ran too long."),
        result("`id` is in the table", Outcome.PASSED),
    )
    verdict = Verdict("finance.invoices", "1.2.0", "h", "c", "r", now, 1204, results)

    assert verdict.summary == (
        "`finance.invoices` 1.2.0 on 1,204 rows: 1 of 3 checks passed, 1 failed, 1 could not be "
        "executed. Blocking: `id` is unique (2 rows); Amounts add up (It ran too long)."
    )


def test_the_summary_of_a_kept_contract_is_short(now: datetime) -> None:
    kept = (result("`id` is unique", Outcome.PASSED),)
    verdict = Verdict("finance.invoices", "1.2.0", "h", "c", "r", now, 3, kept)

    assert verdict.summary == "`finance.invoices` 1.2.0 on 3 rows: 1 of 1 checks passed."


PERIODS = {
    (1, "m"): "2024-02-29",
    (1, "min"): "2024-01-31",
    ("2", "days"): "2024-02-02",
    (1.5, "y"): "2025-07-31",
    (1, "w"): "2024-02-07",
    (100_000, "y"): "9999-12-31",
}


@pytest.mark.parametrize("words", PERIODS, ids=str)
def test_periods_follow_the_calendar(words: tuple[str | float, str]) -> None:
    period = read_period(*words)

    assert period is not None
    assert period.after(datetime(2024, 1, 31)).date().isoformat() == PERIODS[words]


@pytest.mark.parametrize("words", [(0, "d"), (-1, "d"), ("x", "d"), (1, "moons"), (1.5, "m")])
def test_what_is_no_period_is_none(words: tuple[str | float, str]) -> None:
    assert read_period(*words) is None
    assert str(Period(1, "day")) == "1 day"
