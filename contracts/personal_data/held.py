"""The columns that a verdict holds for their steward, read back from its results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.check_model import CheckKind
from contracts.personal_data.decisions import ColumnDecision
from contracts.personal_data.kinds import PersonalKind
from contracts.verdict import CheckResult, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Likely:
    """What was found of one kind, as evidence keeps it."""

    kind: PersonalKind
    different_values: int
    looked_at: int
    masked_examples: str

    @property
    def share(self) -> float:
        """The share of the different values that were looked at."""
        return self.different_values / self.looked_at if self.looked_at else 0.0


@dataclass(frozen=True, slots=True)
class HeldColumn:
    """A column that keeps a candidate from being published until its steward decides."""

    port: str  # unit.port
    column: str
    candidate_hash: str
    found: tuple[Likely, ...]
    detail: str  # how much was looked at

    @property
    def shares(self) -> dict[str, float]:
        """What a decision on it covers: each kind's share."""
        return {each.kind.value: each.share for each in self.found}


def held_columns(
    verdict: Verdict, decisions: Iterable[ColumnDecision] = ()
) -> tuple[HeldColumn, ...]:
    """The columns that await a decision: held by the verdict, and not decided on since."""
    decided = {each.column for each in decisions if each.decided_at > verdict.checked_at}
    return tuple(
        _held(verdict, result)
        for result in verdict.results
        if result.kind == CheckKind.PERSONAL_DATA.value
        and result.outcome is Outcome.FAILED
        and result.property_name not in decided
    )


def _held(verdict: Verdict, result: CheckResult) -> HeldColumn:
    return HeldColumn(
        port=verdict.port,
        column=result.property_name or "",
        candidate_hash=verdict.candidate_hash,
        found=tuple(_likely(row) for row in result.sample),
        detail=result.detail or "",
    )


def _likely(row: Mapping[str, Any]) -> Likely:
    return Likely(
        kind=PersonalKind(row["looks_like"]),
        different_values=int(row["different_values"]),
        looked_at=int(row["looked_at"]),
        masked_examples=str(row["masked_examples"]),
    )
