"""The two views of quality, and the scores: honest, exact, never raised by what is worse."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checks import checks_for
from contracts.model import Severity
from contracts.quality.dimensions import (
    MAPPING,
    FrameworkDimension,
    StrategyDimension,
    places_of,
)
from contracts.quality.scores import assess, places_of_result, points, shown_score
from contracts.verdict import CheckResult, Outcome

ROOT = Path(__file__).parents[3]


def result(outcome: Outcome = Outcome.PASSED, **changes: Any) -> CheckResult:
    made = CheckResult(
        check_id="r",
        title="A rule",
        kind="sql",
        property_name=None,
        dimension="accuracy",
        severity=Severity.ERROR,
        informative=False,
        outcome=outcome,
        checked_rows=None,
        failing_rows=None,
        observed=None,
        expected=None,
        detail=None,
        query=None,
        seconds=0.0,
    )
    return replace(made, **changes)


@st.composite
def results(draw: st.DrawFn) -> CheckResult:
    checked = draw(st.none() | st.integers(0, 50))
    failing = None if checked is None else draw(st.none() | st.integers(0, checked))
    return result(
        draw(st.sampled_from(list(Outcome))),
        dimension=draw(st.sampled_from(list(MAPPING))),
        severity=draw(st.sampled_from(list(Severity))),
        kind=draw(st.sampled_from(["sql", "type", "required"])),
        informative=draw(st.booleans()),
        is_critical=draw(st.booleans()),
        checked_rows=checked,
        failing_rows=failing,
    )


some_results = st.lists(results(), max_size=8)


@pytest.mark.requirement("QUA-02")
@given(some_results)
def test_every_check_counts_once_in_each_view(found: list[CheckResult]) -> None:
    assessment = assess(found)

    assert sum(each.total for each in assessment.strategy) == len(found)
    assert sum(each.total for each in assessment.framework) == len(found)
    assert [each.dimension for each in assessment.strategy] == list(StrategyDimension)
    assert [each.dimension for each in assessment.framework] == list(FrameworkDimension)


@pytest.mark.requirement("QUA-02")
@given(some_results)
def test_a_dimension_has_a_score_exactly_where_a_check_was_executed(
    found: list[CheckResult],
) -> None:
    for each in (*assess(found).strategy, *assess(found).framework):
        assert each.is_assessed is (each.executed > 0)
        assert each.score is None or 0 <= each.score <= 100


@pytest.mark.requirement("QUA-02")
@given(some_results, results())
def test_an_unexecuted_check_leaves_the_scores_and_lowers_the_coverage(
    found: list[CheckResult], added: CheckResult
) -> None:
    unexecuted = replace(added, outcome=Outcome.UNCHECKED)

    before, after = assess(found), assess([*found, unexecuted])

    assert [e.score for e in before.strategy] == [e.score for e in after.strategy]
    assert [e.score for e in before.framework] == [e.score for e in after.framework]
    place = StrategyDimension(places_of_result(unexecuted).strategy)
    assert after.of(place).total == before.of(place).total + 1
    assert after.of(place).executed == before.of(place).executed


def _worse(one: CheckResult) -> list[CheckResult]:
    """The same result, come out worse, or left unchecked though it had passed."""
    broken = [replace(one, outcome=Outcome.ERROR)]
    if one.outcome is Outcome.PASSED:
        broken += [replace(one, outcome=Outcome.FAILED), replace(one, outcome=Outcome.UNCHECKED)]
    if one.outcome is Outcome.FAILED and one.failing_rows is not None and one.checked_rows:
        broken.append(replace(one, failing_rows=min(one.failing_rows + 1, one.checked_rows)))
    return broken if one.outcome in {Outcome.PASSED, Outcome.FAILED} else []


@pytest.mark.requirement("QUA-02")
@given(some_results, results())
def test_a_worse_outcome_never_raises_a_score(found: list[CheckResult], one: CheckResult) -> None:
    before = assess([*found, one])
    for worse in _worse(one):
        after = assess([*found, worse])

        for was, is_now in zip(
            (*before.strategy, *before.framework), (*after.strategy, *after.framework), strict=True
        ):
            assert was.score is None or is_now.score is None or is_now.score <= was.score
            assert not (was.score is None and is_now.score is not None)
        overall_before, overall_after = before.overall(), after.overall()
        assert overall_after is None or (
            overall_before is not None and overall_after <= overall_before
        )


def test_the_weights_are_severity_and_criticality() -> None:
    kept = result(severity=Severity.WARNING)
    broken = result(Outcome.FAILED, is_critical=True, checked_rows=4, failing_rows=2)

    accuracy = assess([kept, broken]).of(StrategyDimension.ACCURACY)

    # (1 x 2 + 1/4 x 4 x 2) / (2 + 8)
    assert accuracy.score == Fraction(40)
    assert (accuracy.executed, accuracy.failed, accuracy.total) == (2, 1, 2)


def test_many_types_do_not_hide_a_broken_rule() -> None:
    types = [result(kind="type", dimension="conformity") for _ in range(12)]
    rule = result(Outcome.FAILED, dimension="conformity")

    score = assess([*types, rule]).of(StrategyDimension.VALIDITY).score

    assert score == 75


def test_a_broken_promise_earns_at_most_a_half() -> None:
    nearly = result(Outcome.FAILED, checked_rows=20_000_000, failing_rows=1)

    assert points(nearly) < Fraction(1, 2)
    assert points(result(Outcome.FAILED)) == 0
    assert points(result(Outcome.ERROR, checked_rows=5, failing_rows=0)) == 0
    assert points(result(Outcome.UNCHECKED)) is None


def test_a_score_is_never_rounded_up() -> None:
    assert shown_score(Fraction(99_999, 1000)) == "99.9"
    assert shown_score(Fraction(100)) == "100.0"
    assert shown_score(Fraction(0)) == "0.0"


def test_there_is_no_overall_score_while_a_dimension_is_neither_assessed_nor_reasoned() -> None:
    five = [w for w in MAPPING if w not in {"coverage"}]
    assessment = assess([result(dimension=word) for word in five])

    assert assessment.overall() is None
    assert assessment.overall(["relevance"]) == 100


def test_a_rule_may_choose_its_dimension_of_the_strategy(contract_with: Any) -> None:
    rules = [
        {"type": "sql", "query": "select 1 from {object}", "mustBe": 1, "name": "chosen",
         "customProperties": [{"property": "strategyDimension", "value": "reliability"}]},
        {"type": "sql", "query": "select 1 from {object}", "mustBe": 1, "name": "both",
         "dimension": "conformity",
         "customProperties": [{"property": "strategyDimension", "value": "accuracy"}]},
        {"type": "sql", "query": "select 1 from {object}", "mustBe": 1, "name": "neither"},
    ]  # fmt: skip
    contract = contract_with(lambda d: d["schema"][0].update(quality=rules))

    placed = {
        check.title: (check.strategy_dimension, check.framework_dimension)
        for check in checks_for(contract)
    }

    assert placed["chosen"] == ("reliability", "consistency")
    assert placed["both"] == ("accuracy", "validity")
    assert placed["neither"] == ("validity", "validity")


def test_a_check_of_a_critical_element_is_critical(contract_with: Any) -> None:
    def mark(document: dict[str, Any]) -> None:
        document["schema"][0]["properties"][1]["criticalDataElement"] = True

    contract = contract_with(mark)

    critical = {check.property_name for check in checks_for(contract) if check.is_critical}

    assert critical == {"amount"}


def test_results_from_before_the_views_were_kept_are_placed_by_their_dimension() -> None:
    assert places_of_result(result(dimension="uniqueness")) == MAPPING["uniqueness"]
    assert places_of("", "coverage", None) == MAPPING["coverage"]


@pytest.mark.requirement("QUA-02")
def test_the_published_mapping_is_the_one_that_counts() -> None:
    text = (ROOT / "docs" / "explanation" / "quality.md").read_text(encoding="utf-8")

    for word, places in MAPPING.items():
        assert f"| `{word}` | {places.strategy.value} | {places.framework.value} |" in text
