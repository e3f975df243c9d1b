"""Columns that look as if they held personal data nobody declared, for their stewards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.personal_data.decisions import ColumnDecision
from contracts.personal_data.held import HeldColumn, Likely
from marketplace.web import urls
from marketplace.web.formats import counted
from marketplace.web.pages.page import Link, Page

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class LikelyLine:
    """What was found of one kind; examples are masked."""

    kind: str
    sentence: str
    masked_examples: str


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One column that awaits a decision."""

    column: str
    description: str
    found: tuple[LikelyLine, ...]
    detail: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """What was decided on a column."""

    column: str
    outcome: str
    decided_by: str
    decided_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPortsPage(Page):
    """The ports of a steward with columns that await a decision."""

    template: ClassVar[str] = "held_ports.html"
    section: ClassVar[str] = "inbox"
    ports: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage(Page):
    """The held columns of one port, with the form for each, and what was decided before."""

    template: ClassVar[str] = "held.html"
    section: ClassVar[str] = "inbox"
    port: str
    columns: tuple[HeldLine, ...]
    decisions: tuple[DecisionLine, ...]
    decision: str  # where it is posted
    asked: str  # the column that faults are about


def held_line(held: HeldColumn, description: str) -> HeldLine:
    """A held column as a line."""
    return HeldLine(
        column=held.column,
        description=description,
        found=tuple(_likely(each) for each in held.found),
        detail=held.detail,
        evidence=urls.evidence(held.port, held.candidate_hash),
    )


def decision_lines(
    decisions: Sequence[ColumnDecision], named: Callable[[str], str]
) -> tuple[DecisionLine, ...]:
    """The decisions as lines, in their order."""
    return tuple(
        DecisionLine(
            column=each.column,
            outcome="personal" if each.is_personal else "not personal",
            decided_by=named(each.decided_by),
            decided_at=each.decided_at,
            reason=each.reason,
        )
        for each in decisions
    )


def _likely(found: Likely) -> LikelyLine:
    values = counted(found.looked_at, "different value")
    return LikelyLine(
        kind=found.kind.value,
        sentence=f"{found.different_values:,} of {values} look like {found.kind.plural}",
        masked_examples=found.masked_examples,
    )
