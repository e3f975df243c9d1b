"""Where quality issues are opened, routed, worked on and closed: one audited act each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from marketplace.access import issues
from marketplace.access.database import Database
from marketplace.access.issue_errors import IssueTextMissing, RiskPeriod
from marketplace.access.issue_model import (
    Issue,
    IssueAct,
    IssueReport,
    IssueStatus,
    Routing,
)
from marketplace.access.model import Actor, AuditEntry
from marketplace.access.requests import clean, reason_of
from marketplace.access.secret_keys import Entropy, new_id

SHORTEST_TITLE, LONGEST_TITLE = 8, 200
SHORTEST_TEXT, LONGEST_TEXT = 10, 4000
LONGEST_RISK = 365  # days
_Result = TypeVar("_Result")


class Acting(Protocol):
    """Makes a change and its audit record in one transaction; a refusal is recorded alone."""

    def __call__(
        self, entry: AuditEntry, now: datetime, change: Callable[[Connection], _Result], /
    ) -> _Result:
        """What the change gives."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act that is to be done on an issue."""

    actor: Actor
    status: IssueStatus | None  # None: it stays where it is
    reason: str
    routing: Routing | None = None
    accepted_until: date | None = None
    verdict_hash: str = ""


class IssueBook:
    """The quality issues of all ports, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def open(self, actor: Actor, report: IssueReport, now: datetime) -> Issue:
        """Open an issue. Raises IssueTextMissing or AlreadyOpened."""
        kept = replace(
            report,
            title=_text("title", report.title, SHORTEST_TITLE, LONGEST_TITLE),
            description=_text("description", report.description, SHORTEST_TEXT, LONGEST_TEXT),
        )
        issue = Issue(new_id("issue", self._entropy), kept, actor.id, now)
        details = {
            "issue_id": issue.id,
            "title": kept.title,
            "severity": kept.severity.value,
            "check": kept.check.check_id if kept.check else None,
            "verdict": kept.check.verdict_hash if kept.check else None,
        }
        entry = AuditEntry(actor.id, "issue.open", report.port, details=details)
        return self._act(entry, now, lambda connection: issues.add(connection, issue))

    def step(self, issue_id: str, step: Step, now: datetime) -> Issue:
        """Do an act on an issue, and give it as it stands afterwards.

        Raises UnknownIssue, ReasonMissing, RiskPeriod, and what `issues.stepped` refuses.
        """
        known = self.find(issue_id)
        reason = reason_of(step.reason, "act on the issue")
        if step.accepted_until is not None:
            _refuse_period(step.accepted_until, now)
        details = {"issue_id": issue_id, "reason": reason, **_said(step)}
        entry = AuditEntry(step.actor.id, _action(step), known.port, details=details)

        def change(connection: Connection) -> Issue:
            current = issues.find(connection, issue_id)
            act = IssueAct(
                position=len(current.acts) + 1,
                status=step.status or current.status(now),
                routing=step.routing or current.routing,
                reason=reason,
                actor_id=step.actor.id,
                at=now,
                accepted_until=step.accepted_until,
                verdict_hash=step.verdict_hash,
            )
            return issues.append(connection, current, act)

        return self._act(entry, now, change)

    def find(self, issue_id: str) -> Issue:
        """The issue as it stands. Raises UnknownIssue."""
        with self._database.read() as connection:
            return issues.find(connection, issue_id)

    def on_port(self, port: str) -> tuple[Issue, ...]:
        """Every issue on a port, newest first."""
        with self._database.read() as connection:
            return issues.on_port(connection, port)

    def everything(self) -> tuple[Issue, ...]:
        """Every issue, newest first."""
        with self._database.read() as connection:
            return issues.everything(connection)

    def known(self, now: datetime) -> dict[str, tuple[Issue, ...]]:
        """For each port, the issues that its users have to be told of at `now`."""
        return by_port([each for each in self.everything() if each.is_known(now)])


def by_port(found: Sequence[Issue]) -> dict[str, tuple[Issue, ...]]:
    """Issues by their port, in their order."""
    grouped: dict[str, tuple[Issue, ...]] = {}
    for issue in found:
        grouped[issue.port] = (*grouped.get(issue.port, ()), issue)
    return grouped


def _text(part: str, text: str, shortest: int, longest: int) -> str:
    kept = clean(text)
    if not shortest <= len(kept) <= longest:
        raise IssueTextMissing(part, shortest, longest)
    return kept


def _refuse_period(until: date, now: datetime) -> None:
    if not 0 <= (until - now.date()).days <= LONGEST_RISK:
        raise RiskPeriod(until, LONGEST_RISK)


def _action(step: Step) -> str:
    if step.accepted_until is not None:
        return "issue.accept_risk"
    if step.status is IssueStatus.CLOSED:
        return "issue.close"
    return "issue.route" if step.routing is not None else "issue.progress"


def _said(step: Step) -> dict[str, object]:
    """What of an act the audit log keeps."""
    said: dict[str, object] = {}
    if step.status is not None:
        said["status"] = step.status.value
    if step.routing is not None:
        said["root_cause"] = step.routing.root_cause.value
        said["source_system"] = step.routing.source_system
        said["assigned"] = list(step.routing.assigned)
    if step.accepted_until is not None:
        said["accepted_until"] = step.accepted_until.isoformat()
    if step.verdict_hash:
        said["verdict"] = step.verdict_hash
    return said
