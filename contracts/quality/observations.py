"""Results of what the platform observes of every port beside its promises.

Their severity is never `error`, so that they warn and never keep a version back. What could not be
assessed is unchecked and says why; that is for information only.
"""

from dataclasses import dataclass

from contracts.check_model import CheckKind
from contracts.findings import Finding
from contracts.model import Severity
from contracts.quality.dimensions import places_of
from contracts.verdict import CheckResult, Outcome


@dataclass(frozen=True, slots=True)
class Observation:
    """What is looked at, described before anything is known of the outcome."""

    id: str
    kind: CheckKind
    title: str
    expected: str | None
    severity: Severity = Severity.WARNING
    column: str | None = None


def observed(observation: Observation, finding: Finding, seconds: float = 0.0) -> CheckResult:
    """The result of an observation, counted in both views by the dimension of its kind."""
    dimension = observation.kind.dimension
    places = places_of(dimension, dimension, None)
    return CheckResult(
        check_id=observation.id,
        title=observation.title,
        kind=observation.kind.value,
        property_name=observation.column,
        dimension=dimension,
        severity=observation.severity,
        informative=finding.outcome is Outcome.UNCHECKED,
        outcome=finding.outcome,
        checked_rows=finding.checked_rows,
        failing_rows=finding.failing_rows,
        observed=finding.observed,
        expected=observation.expected,
        detail=finding.detail,
        query=finding.query,
        seconds=round(seconds, 6),
        strategy_dimension=places.strategy.value,
        framework_dimension=places.framework.value,
    )


def not_assessed(observation: Observation, why: str) -> CheckResult:
    """An observation that could not be made, with the reason."""
    return observed(observation, Finding(Outcome.UNCHECKED, detail=why))
