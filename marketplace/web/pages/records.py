"""The logs: one's own, that of one's products, the whole audit log, and the rejected rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from marketplace.access.model import AuditRecord
from marketplace.web.formats import counted, seconds
from marketplace.web.pages.access import Named
from marketplace.web.pages.page import Choice, Link, Page

ACTIONS = {
    "query.run": "Ran a statement",
    "access.request": "Asked for access",
    "access.approve": "Approved a request",
    "access.reject": "Refused a request",
    "access.withdraw": "Withdrew a request",
    "access.revoke": "Revoked a grant",
    "access.suspend": "Suspended a grant",
    "access.resume": "Resumed a grant",
    "access.confirm": "Confirmed a grant",
    "access.break_glass": "Opened a port in an emergency",
    "access.review_emergency": "Reviewed an emergency",
    "person.joined": "Recorded that a person joined",
    "person.moved": "Recorded that a person moved",
    "person.left": "Recorded that a person left",
    "condition.met": "Recorded that a condition is met",
    "condition.end": "Recorded that a condition has ended",
    "session.sign_in": "Signed in",
    "session.sign_out": "Signed out",
    "person.arrive": "Arrived from the organisation's sign-in",
    "session.end": "Ended a session",
    "session.oversee": "Tried to open everyone's sessions",
    "token.use": "Used a token beyond its scopes",
    "token.create": "Made a token",
    "token.revoke": "Ended a token",
    "rejects.see": "Opened rejected rows",
    "quarantine.see": "Opened a candidate in quarantine",
    "quarantine.query": "Queried a candidate in quarantine",
    "quarantine.release": "Released a candidate",
    "quarantine.discard": "Discarded a candidate",
    "notification.send": "Told owners and stewards",
    "evidence.sample": "Opened failing rows",
    "issue.open": "Opened an issue",
    "issue.route": "Routed an issue",
    "issue.progress": "Worked on an issue",
    "issue.close": "Closed an issue",
    "issue.accept_risk": "Accepted a risk",
    "plan.open": "Opened an improvement plan",
    "plan.fill_in": "Filled in an improvement plan",
    "plan.measure": "Measured for an improvement plan",
    "plan.close": "Closed an improvement plan",
    "personal_data.decide": "Decided what a column holds",
    "alert.open": "Opened an alert",
    "alert.close": "Closed an alert",
    "canary.plant": "Recorded a planted row",
    "canary.end": "Ended a planted row",
    "audit.export": "Exported a log",
    "audit.see": "Tried to open the audit log",
    "log.see": "Tried to open a port's log",
    "access.see_request": "Tried to open a request",
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One audit record, readable."""

    sequence: int
    at: datetime
    actor: str
    action: str
    did: str
    resource: str
    outcome: str
    facts: str
    sql: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage(Page):
    """What the reader did."""

    template: ClassVar[str] = "log.html"
    section: ClassVar[str] = "access"
    records: tuple[RecordLine, ...]
    older: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsLogPage(Page):
    """Who used the ports that the reader answers for."""

    template: ClassVar[str] = "products_log.html"
    section: ClassVar[str] = "access"
    ports: tuple[Choice, ...]
    records: tuple[RecordLine, ...]
    older: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Whether the audit log is what was written."""

    intact: bool
    records: int
    fault: str
    head: str
    verified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(Page):
    """The whole audit log, filtered, with the state of its chain."""

    template: ClassVar[str] = "audit.html"
    section: ClassVar[str] = "audit"
    chain: Chain
    actions: tuple[Choice, ...]
    outcomes: tuple[Choice, ...]
    people: tuple[Choice, ...]
    records: tuple[RecordLine, ...]
    older: str


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many rows of one kind of file were rejected for one reason."""

    object: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be landed, as it was read."""

    object: str
    source_file: str
    line: int
    reason: str
    raw: str
    landed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectsPage(Page):
    """The rows of a source system that could not be landed."""

    template: ClassVar[str] = "rejects.html"
    section: ClassVar[str] = "rejects"
    source_system: str
    total: int
    reasons: tuple[ReasonCount, ...]
    rows: tuple[RejectedRow, ...]
    systems: tuple[Link, ...]
    newer: str
    older: str


def record_lines(records: Sequence[AuditRecord], named: Named) -> tuple[RecordLine, ...]:
    """`records` as lines, in their order."""
    return tuple(record_line(record, named) for record in records)


def record_line(record: AuditRecord, named: Named) -> RecordLine:
    """`record` as a line."""
    return RecordLine(
        sequence=record.sequence,
        at=record.at,
        actor=named(record.actor_id),
        action=record.action,
        did=ACTIONS.get(record.action, record.action),
        resource=record.resource,
        outcome=record.outcome,
        facts=_facts(record.details),
        sql=str(record.details.get("sql") or ""),
        hash=record.hash,
    )


def _facts(details: Mapping[str, Any]) -> str:
    """What of the details a reader wants first."""
    said = []
    if details.get("ports"):
        said.append(", ".join(str(port) for port in details["ports"]))
    if isinstance(details.get("rows"), int):
        said.append(counted(details["rows"], "row"))
    if isinstance(details.get("milliseconds"), int | float):
        said.append(seconds(details["milliseconds"] / 1000))
    for name in ("requester", "holder", "purpose", "reason", "name", "refused"):
        if details.get(name):
            said.append(f"{name}: {details[name]}")
    return "; ".join(said)


def choices(values: Sequence[tuple[str, str]], chosen: str, everything: str) -> tuple[Choice, ...]:
    """The values of one filter, `everything` first."""
    first = Choice("", everything, selected=not chosen)
    return (first, *(Choice(value, text, selected=value == chosen) for value, text in values))
