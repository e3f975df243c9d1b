"""The plain statement never says more than the scores, and the trend says what was served."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.model import Severity
from contracts.quality.confidence import ConfidenceLevel, Standing, confidence
from contracts.quality.dimensions import MAPPING
from contracts.quality.scores import assess
from contracts.quality.trend import MOST_POINTS, trend
from contracts.verdict import CheckResult, Outcome, Verdict

NOW = datetime(2026, 4, 1, tzinfo=UTC)
WORDS = [word for word in MAPPING if word != "uniqueness"]  # one for each strategy dimension


def result(dimension: str, outcome: Outcome, failing: int = 1) -> CheckResult:
    return CheckResult(
        check_id=dimension, title=dimension, kind="sql", property_name=None, dimension=dimension,
        severity=Severity.ERROR, informative=False, outcome=outcome, checked_rows=100,
        failing_rows=failing, observed=None, expected=None, detail=None, query=None, seconds=0.0,
    )  # fmt: skip


def verdict(number: int, results: Sequence[CheckResult]) -> Verdict:
    return Verdict(
        port="finance.invoices", contract_version="1.0.0", contract_hash="c",
        candidate_hash=f"{number:08x}", run_id="r", checked_at=NOW + timedelta(days=number),
        rows=1, results=tuple(results),
    )  # fmt: skip


ALL_KEPT = [result(word, Outcome.PASSED) for word in WORDS]


@pytest.mark.requirement("QUA-04")
@given(
    st.lists(st.sampled_from(list(Outcome)), min_size=6, max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_confidence_is_consistent_with_the_scores(
    outcomes: list[Outcome], is_stale: bool, is_late: bool
) -> None:
    found = assess([result(w, o) for w, o in zip(WORDS, outcomes, strict=True)])

    told = confidence(found, (), Standing(is_stale, is_late))

    scores = [each.score for each in found.strategy]
    known = [score for score in scores if score is not None]
    if None in scores:
        assert told.level is ConfidenceLevel.NOT_ESTABLISHED
        assert "not assessed" in told.statement
    if told.level is ConfidenceLevel.HIGH:
        assert min(known) >= 95 and not is_stale and not is_late
    if told.level is ConfidenceLevel.MODERATE:
        assert min(known) >= 80
    assert ("failed" in told.statement) == (Outcome.FAILED in outcomes or is_stale)


@pytest.mark.parametrize(
    ("changed", "standing", "statement"),
    [
        (
            {},
            Standing(),
            "You can rely on this data for what it is meant for. We assessed all 6 dimensions of "
            "quality. Every promise that was checked is kept.",
        ),
        (
            {"accuracy": Outcome.FAILED},
            Standing(),
            "Do not rely on this data without looking at what failed. We assessed all 6 dimensions "
            "of quality. The lowest, accuracy, scores 49.5 out of 100. 1 check failed.",
        ),
        (
            {"coverage": Outcome.UNCHECKED},
            Standing(),
            "Confidence is not established: relevance was not assessed. "
            "Every promise that was checked is kept.",
        ),
        (
            {},
            Standing(is_stale=True, is_late=True),
            "You can rely on most of this data: read first what failed. We assessed all 6 "
            "dimensions of quality. Every promise that was checked is kept. A newer version failed "
            "its checks and was not published: this is the last good one. Its newest event is "
            "older than promised.",
        ),
    ],
    ids=["all kept", "one broken", "one not assessed", "stale and late"],
)
def test_the_statement_in_words(
    changed: dict[str, Outcome], standing: Standing, statement: str
) -> None:
    found = assess([result(word, changed.get(word, Outcome.PASSED)) for word in WORDS])

    assert confidence(found, (), standing).statement == statement


def test_a_reason_of_the_owner_is_told() -> None:
    found = assess([each for each in ALL_KEPT if each.dimension != "coverage"])

    told = confidence(found, ["relevance"], Standing())

    assert told.level is ConfidenceLevel.HIGH
    assert "We assessed 5 of 6 dimensions of quality; for the rest its owner gives a reason." in (
        told.statement
    )


def test_nothing_checked_gives_no_confidence() -> None:
    told = confidence(None, (), Standing())

    assert told.level is ConfidenceLevel.NOT_ESTABLISHED
    assert told.statement.startswith("Nothing has been checked")


@pytest.mark.requirement("QUA-02")
def test_the_trend_runs_from_the_oldest_to_the_newest_and_keeps_gaps() -> None:
    broken = [replace(each, outcome=Outcome.FAILED) for each in ALL_KEPT]
    newest_first = [verdict(3, ALL_KEPT), verdict(2, ALL_KEPT[1:]), verdict(1, broken)]

    points = trend(newest_first, ())

    assert [point.overall for point in points] == ["49.5", None, "100.0"]
    assert points[1].strategy["accuracy"] is None
    assert points[2].framework["uniqueness"] is None


def test_the_trend_has_a_last_dozen_of_versions() -> None:
    points = trend((verdict(n, ALL_KEPT) for n in range(40, 0, -1)), ())

    assert len(points) == MOST_POINTS
    assert points[-1].candidate_hash == f"{40:08x}"
