"""Scores of a verdict by dimension, in exact arithmetic. The formula: docs/explanation/quality.md.

A dimension's score is 100 times the weighted mean of its checks' points. A kept promise has 1
point, a broken one half the share of rows that keep it, one that could not be executed none. What
is unchecked by design has no weight, so it neither raises nor lowers a score; it lowers the stated
coverage. A dimension without an executed check has no score at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from contracts.model import Severity
from contracts.quality.dimensions import FrameworkDimension, Places, StrategyDimension, places_of
from contracts.verdict import CheckResult, Outcome

SEVERITY_WEIGHTS: Mapping[Severity, int] = {
    Severity.ERROR: 4,
    Severity.WARNING: 2,
    Severity.INFO: 1,
}
CRITICAL_FACTOR = 2  # for checks that read a critical data element
# Kept by construction once a table can be read at all: they weigh as information, or sixty of them
# would hide the one rule that matters.
STRUCTURAL_KINDS = frozenset({"column", "extraColumns", "type", "timezone", "personalData"})
_EXECUTED = frozenset({Outcome.PASSED, Outcome.FAILED})


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """One dimension of one view. `score` is None where no check of it was executed."""

    dimension: str
    score: Fraction | None  # 0 to 100
    executed: int
    total: int
    failed: int
    could_not_run: int

    @property
    def is_assessed(self) -> bool:
        """Whether there is a score."""
        return self.score is not None


@dataclass(frozen=True, slots=True)
class Assessment:
    """Both views of one verdict's results."""

    strategy: tuple[DimensionScore, ...]
    framework: tuple[DimensionScore, ...]

    def of(self, dimension: StrategyDimension) -> DimensionScore:
        """The strategy's view of one dimension."""
        return next(each for each in self.strategy if each.dimension == dimension.value)

    def overall(self, reasoned: Iterable[str] = ()) -> Fraction | None:
        """The mean of the strategy's dimensions, each counting once.

        None while a dimension is neither assessed nor, in `reasoned`, said not to be applicable by
        its owner: what nobody looked at can not make a better mean.
        """
        excused = frozenset(reasoned)
        if any(not each.is_assessed and each.dimension not in excused for each in self.strategy):
            return None
        scores = [each.score for each in self.strategy if each.score is not None]
        return Fraction(sum(scores)) / len(scores) if scores else None


def assess(results: Sequence[CheckResult]) -> Assessment:
    """The scores of these results; every result counts once in each view."""
    placed = [(places_of_result(result), result) for result in results]
    return Assessment(
        strategy=tuple(
            _score(each, [r for places, r in placed if places.strategy is each])
            for each in StrategyDimension
        ),
        framework=tuple(
            _score(each, [r for places, r in placed if places.framework is each])
            for each in FrameworkDimension
        ),
    )


def places_of_result(result: CheckResult) -> Places:
    """Where a result counts; verdicts from before the views were kept are placed by dimension."""
    if result.strategy_dimension and result.framework_dimension:
        return Places(
            StrategyDimension(result.strategy_dimension),
            FrameworkDimension(result.framework_dimension),
        )
    return places_of(result.dimension, "conformity", None)


def weight(result: CheckResult) -> int:
    """What a result weighs: by severity, twice where a critical data element is read."""
    is_slight = result.informative or result.kind in STRUCTURAL_KINDS
    base = SEVERITY_WEIGHTS[Severity.INFO if is_slight else result.severity]
    return base * (CRITICAL_FACTOR if result.is_critical else 1)


def points(result: CheckResult) -> Fraction | None:
    """From 0 to 1, None for what is unchecked by design.

    Kept is 1. Broken is at most a half: half the share of rows that keep the promise, nothing where
    rows are not what was counted. What should have been executed and could not be is 0.
    """
    if result.outcome is Outcome.UNCHECKED:
        return None
    if result.outcome is Outcome.PASSED:
        return Fraction(1)
    if result.outcome is Outcome.ERROR or not result.checked_rows or result.failing_rows is None:
        return Fraction(0)
    failing = min(max(result.failing_rows, 0), result.checked_rows)
    return Fraction(result.checked_rows - failing, 2 * result.checked_rows)


def shown_score(score: Fraction) -> str:
    """A score with one decimal, rounded down: 100 is shown for 100 alone."""
    tenths = int(score * 10)
    return f"{tenths // 10}.{tenths % 10}"


def _score(dimension: StrEnum, results: Sequence[CheckResult]) -> DimensionScore:
    executed = sum(result.outcome in _EXECUTED for result in results)
    earned, possible = Fraction(0), 0
    for result in results:
        found = points(result)
        if found is not None:
            earned += found * weight(result)
            possible += weight(result)
    return DimensionScore(
        dimension=dimension.value,
        score=100 * earned / possible if executed else None,
        executed=executed,
        total=len(results),
        failed=sum(result.outcome is Outcome.FAILED for result in results),
        could_not_run=sum(result.outcome is Outcome.ERROR for result in results),
    )
