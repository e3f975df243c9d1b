"""Candidates in quarantine as pages: the list, and one with its verdict, its rows and the acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from data_products.publishing_rules import unreleasable
from data_products.quarantine import Quarantined
from marketplace.web import urls
from marketplace.web.errors import Problem
from marketplace.web.pages.checks import Evidence, Tally, evidence_of, tally
from marketplace.web.pages.page import Link, Page
from marketplace.web.pages.query import Answer

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One candidate in a list."""

    port: str
    href: str
    candidate_hash: str
    checked_at: datetime
    rows: int
    blocking: int
    checks: int
    held_because: str  # why it cannot be released; empty where it can


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage(Page):
    """The candidates of the ports that the reader answers for."""

    template: ClassVar[str] = "quarantine.html"
    section: ClassVar[str] = "quarantine"
    candidates: tuple[CandidateLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePage(Page):
    """One candidate: what was found, its rows to query, and release or discard."""

    template: ClassVar[str] = "candidate.html"
    section: ClassVar[str] = "quarantine"
    port: str
    product: Link
    candidate_hash: str
    run_id: str
    checked_at: datetime
    contract_version: str
    rows: int
    new_rows: int
    base_version: int | None
    served_version: int | None
    served_rows: int | None
    tally: Tally
    blocking: tuple[Evidence, ...]
    evidence: str
    is_whole: bool
    may_release: bool
    may_not_release_because: str
    release: str
    discard: str
    query: str
    sql: str
    answer: Answer | None = None
    problem: Problem | None = None
    longest: int = LONGEST_REASON


def candidate_line(found: Quarantined, served_version: int | None) -> CandidateLine:
    """`found` as a line."""
    verdict = found.verdict
    return CandidateLine(
        port=verdict.port,
        href=urls.candidate(verdict.port, verdict.candidate_hash),
        candidate_hash=verdict.candidate_hash,
        checked_at=verdict.checked_at,
        rows=verdict.rows,
        blocking=len(verdict.blocking),
        checks=len(verdict.results),
        held_because=held_because(found, served_version),
    )


def held_because(found: Quarantined, served_version: int | None) -> str:
    """Why nobody can release the candidate as things stand; empty where its owner can."""
    if found.missing:
        return "Some of its files are gone. The next run builds it again."
    if found.candidate.base_version != served_version:
        return "Another version has been published since it was built."
    held = unreleasable(found.verdict)
    if held:
        return f"No reason stands in for a broken promise of this kind: {held[0].title}."
    return ""


def blocking_evidence(found: Quarantined) -> tuple[Evidence, ...]:
    """What keeps the candidate from being published, with masked failing rows."""
    return tuple(each for each in evidence_of(found.verdict, True) if each.line.is_blocking)


def tally_of(found: Quarantined) -> Tally:
    """All checks of the candidate, counted."""
    return tally(found.verdict)
