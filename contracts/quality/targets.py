"""Targets for critical data: what each must reach, and whether a verdict's results do.

A critical element (`criticalDataElement: true`) must reach 100 unless its own custom property
`qualityTarget` says less; a contract's `qualityTarget` is about the port's overall score. However
low the target, a check of error severity that fails misses it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from contracts.checks import checks_for
from contracts.errors import DocumentFault
from contracts.model import Contract, Severity
from contracts.quality.not_assessed import reasons_of
from contracts.quality.scores import assess, points, shown_score, weight
from contracts.verdict import CheckResult, Outcome, Verdict

NAME = "qualityTarget"
WHOLE_PORT = ""  # the element of a target that the contract sets for everything
_BROKEN = frozenset({Outcome.FAILED, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Measurement:
    """How one critical element, or the whole port, stands against its target."""

    element: str  # a column, or WHOLE_PORT
    target: Fraction
    score: Fraction | None  # 0 to 100; None: nothing was executed
    broken: tuple[str, ...]  # ids of its checks that failed or could not run
    is_blocked: bool  # a check of error severity is among them

    @property
    def is_met(self) -> bool:
        """Whether the target is reached: what was not assessed reaches none."""
        return self.score is not None and self.score >= self.target and not self.is_blocked

    @property
    def shown(self) -> str:
        """The score as pages write it."""
        return "not assessed" if self.score is None else shown_score(self.score)

    @property
    def shown_target(self) -> str:
        """The target as pages write it."""
        return shown_score(self.target)


def measurements(contract: Contract, verdict: Verdict) -> tuple[Measurement, ...]:
    """Every target of the contract held against one verdict; elements first, in their order."""
    columns = {check.id: frozenset(check.columns) for check in checks_for(contract)}
    found = []
    for column in contract.table.properties:
        if column.is_critical:
            target = _number(column.custom.get(NAME))
            own = [r for r in verdict.results if column.name in _columns(r, columns)]
            found.append(_element(column.name, Fraction(100) if target is None else target, own))
    whole = _number(contract.custom.get(NAME))
    if whole is not None:
        found.append(_whole(contract, verdict, whole))
    return tuple(found)


def target_faults(contract: Contract) -> Iterator[DocumentFault]:
    """Targets that are no number from 0 to 100, and those of elements that are not critical."""
    places = [(f"customProperties.{NAME}", contract.custom, True)]
    if len(contract.objects) == 1:
        places += [(f"{c.path}.{NAME}", c.custom, c.is_critical) for c in contract.table.properties]
    for path, custom, is_critical in places:
        if NAME not in custom:
            continue
        if _number(custom[NAME]) is None:
            fault = f"`{custom[NAME]}` is no number from 0 to 100."
            yield DocumentFault(path, fault, "Write the score to reach, as in `98.5`.")
        if not is_critical:
            fault = "is about a column that is no critical data element."
            yield DocumentFault(path, fault, "Add `criticalDataElement: true`, or remove it.")


def _element(name: str, target: Fraction, results: list[CheckResult]) -> Measurement:
    earned, possible = Fraction(0), 0
    for result in results:
        found = points(result)
        if found is not None:
            earned += found * weight(result)
            possible += weight(result)
    score = 100 * earned / possible if possible else None
    return Measurement(name, target, score, _ids(results), _is_blocked(results))


def _whole(contract: Contract, verdict: Verdict, target: Fraction) -> Measurement:
    reasoned = [each.dimension.value for each in reasons_of(contract)]
    score = assess(verdict.results).overall(reasoned)
    results = list(verdict.results)
    return Measurement(WHOLE_PORT, target, score, _ids(results), _is_blocked(results))


def _columns(result: CheckResult, columns: dict[str, frozenset[str]]) -> frozenset[str]:
    own = {result.property_name} if result.property_name else set()
    return columns.get(result.check_id, frozenset()) | frozenset(own)


def _ids(results: list[CheckResult]) -> tuple[str, ...]:
    return tuple(result.check_id for result in results if result.outcome in _BROKEN)


def _is_blocked(results: list[CheckResult]) -> bool:
    return any(
        result.outcome in _BROKEN and result.severity is Severity.ERROR and not result.informative
        for result in results
    )


def _number(value: Any) -> Fraction | None:
    """The target; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        return None
    return found if 0 <= found <= 100 else None
