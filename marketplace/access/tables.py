"""The tables of the access state: append-only facts, and the one row that anchors the audit chain.

Grain: `requests`, `request_answers` (at most one per request), `request_acts` (one per act on an
open request), `decisions` (at most one per request), `grants` (at most one per request),
`revocations` (at most one per grant), `tokens`, `token_revocations`, `sessions`,
`session_uses` (one per noted use), `session_closures`,
`arrivals` (one per sign-in through the organisation),
`column_decisions` (one per steward's answer),
`notifications` (at most one per recipient, kind, port and subject), `quality_issues`,
`quality_issue_acts` (one per act on an issue), `improvement_plans`,
`improvement_plan_acts` (one per act on a plan), `audit` (one per action),
`audit_resources` (one per record and resource), `audit_head` (a single row). All times are UTC.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class UtcTimestamp(TypeDecorator[datetime]):
    """An aware UTC datetime on every database; a naive one is refused, never guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is stored; SQLite has no time zones, so it gets the UTC wall clock."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a zone cannot be stored: {value!r}. Pass UTC.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """The stored moment, in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text that every database keeps: no NUL, no half of a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """What is stored and compared with."""
        return None if value is None else plain(value)


def plain(text: str) -> str:
    """The text with what PostgreSQL and UTF-8 refuse replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def _moment(name: str) -> Column[datetime]:
    return Column(name, UtcTimestamp(), nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, PlainText, nullable=False)


def _optional(name: str) -> Column[str]:
    return Column(name, PlainText)


# In SQLite only INTEGER aliases the row id: a sequence read needs no second index.
_SEQUENCE = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()

requests = Table(
    "requests",
    metadata,
    Column("id", PlainText, primary_key=True),
    _text("actor_id"),
    _text("port"),
    _text("purpose"),
    Column("days", Integer, nullable=False),
    _moment("submitted_at"),
    Index("requests_by_actor", "actor_id", "submitted_at"),
    Index("requests_by_port", "port", "submitted_at"),
)

request_answers = Table(
    "request_answers",
    metadata,
    Column("request_id", PlainText, ForeignKey("requests.id"), primary_key=True),
    _text("answers"),
)

request_acts = Table(
    "request_acts",
    metadata,
    Column("request_id", PlainText, ForeignKey("requests.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("kind", "reason", "restriction", "conditions")),
    *(_optional(name) for name in ("review", "purpose")),
    Column("days", Integer),
    Column("review_days", Integer),
    Column("is_passed", Integer, nullable=False),
    _text("actor_id"),
    _moment("acted_at"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("request_id", PlainText, ForeignKey("requests.id"), primary_key=True),
    _text("outcome"),
    _text("actor_id"),
    _text("reason"),
    _moment("decided_at"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("request_id", PlainText, ForeignKey("requests.id"), nullable=False, unique=True),
    _text("actor_id"),
    _text("port"),
    _text("purpose"),
    _text("approved_by"),
    _moment("starts_at"),
    _moment("expires_at"),
    Column("restriction", PlainText, nullable=False, server_default=""),
    Column("review_at", UtcTimestamp()),
    Column("conditions", PlainText, nullable=False, server_default=""),
    Index("grants_by_actor", "actor_id", "expires_at"),
    Index("grants_by_port", "port", "expires_at"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("grant_id", PlainText, ForeignKey("grants.id"), primary_key=True),
    _text("actor_id"),
    _text("reason"),
    _moment("revoked_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", PlainText, primary_key=True),
    _text("secret_hash"),
    _text("actor_id"),
    _text("name"),
    _text("scope"),
    _moment("created_at"),
    _moment("expires_at"),
    Index("tokens_by_actor", "actor_id", "created_at"),
)

token_revocations = Table(
    "token_revocations",
    metadata,
    Column("token_id", PlainText, ForeignKey("tokens.id"), primary_key=True),
    _text("actor_id"),
    _moment("revoked_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", PlainText, primary_key=True),
    _text("actor_id"),
    _moment("created_at"),
    _moment("expires_at"),
    Column("idle_minutes", Integer),
    *(Column(name, PlainText, nullable=False, server_default="") for name in ("way", "agent")),
    Index("sessions_by_actor", "actor_id", "expires_at"),
)

session_uses = Table(
    "session_uses",
    metadata,
    Column("session_id", PlainText, ForeignKey("sessions.id"), primary_key=True),
    Column("seen_at", UtcTimestamp(), primary_key=True),
)

session_closures = Table(
    "session_closures",
    metadata,
    Column("session_id", PlainText, ForeignKey("sessions.id"), primary_key=True),
    _moment("closed_at"),
    Column("actor_id", PlainText, nullable=False, server_default=""),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("actor_id", "issuer", "name", "teams", "roles", "units")),
    _moment("arrived_at"),
    Index("arrivals_by_actor", "actor_id", "issuer", "arrived_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("recipient", "kind", "port", "subject", "message")),
    _moment("created_at"),
    UniqueConstraint("recipient", "kind", "port", "subject", name="told_once"),
    Index("notifications_by_recipient", "recipient", "created_at"),
    Index("notifications_by_port", "port", "created_at"),
)

quality_issues = Table(
    "quality_issues",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("port", "title", "description", "severity")),
    *(_optional(name) for name in ("check_id", "candidate_hash", "verdict_hash")),
    _text("actor_id"),
    _moment("opened_at"),
    Index("quality_issues_by_port", "port", "opened_at"),
)

quality_issue_acts = Table(
    "quality_issue_acts",
    metadata,
    Column("issue_id", PlainText, ForeignKey("quality_issues.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("status", "root_cause", "source_system", "assigned", "reason")),
    *(_optional(name) for name in ("accepted_until", "verdict_hash")),
    _text("actor_id"),
    _moment("acted_at"),
)

improvement_plans = Table(
    "improvement_plans",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("port", "element", "target", "score")),
    Column("is_met", Integer, nullable=False),
    *(_text(name) for name in ("broken", "candidate_hash", "verdict_hash")),
    _moment("measured_at"),
    _text("actor_id"),
    _moment("opened_at"),
    Index("improvement_plans_by_port", "port", "opened_at"),
)

improvement_plan_acts = Table(
    "improvement_plan_acts",
    metadata,
    Column("plan_id", PlainText, ForeignKey("improvement_plans.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *(_optional(name) for name in ("root_cause", "cause", "action", "owner", "due_on", "score")),
    Column("is_met", Integer),
    *(_optional(name) for name in ("broken", "candidate_hash", "verdict_hash")),
    Column("measured_at", UtcTimestamp()),
    _optional("reason"),
    _text("actor_id"),
    _moment("acted_at"),
)

column_decisions = Table(
    "column_decisions",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("port", "column_name", "outcome", "found", "candidate_hash")),
    _text("actor_id"),
    _text("reason"),
    _moment("decided_at"),
    Index("column_decisions_by_port", "port", "column_name", "decided_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
    _text("at"),  # ISO 8601 in UTC with microseconds: the very text that is hashed
    _text("actor_id"),
    _text("action"),
    _text("resource"),
    _text("outcome"),
    _text("details"),
    _text("previous_hash"),
    _text("hash"),
    Index("audit_by_actor", "actor_id", "sequence"),
)

audit_resources = Table(
    "audit_resources",
    metadata,
    Column("resource", PlainText, primary_key=True),
    Column(
        "sequence",
        _SEQUENCE,
        ForeignKey("audit.sequence"),
        primary_key=True,
        autoincrement=False,
    ),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", _SEQUENCE, nullable=False),
    _text("hash"),
)

APPEND_ONLY = tuple(table.name for table in metadata.sorted_tables if table is not audit_head)
