"""The tables of alerts about unusual use and of planted rows, append-only.

Grain: `alerts` (at most one per kind, person and day), `alert_closures` (at most one per alert),
`canaries` (one per planted value), `canary_ends` (at most one per canary). All times are UTC.
"""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from marketplace.access.tables import PlainText, UtcTimestamp, metadata


def _text(name: str) -> Column[str]:
    return Column(name, PlainText, nullable=False)


alerts = Table(
    "alerts",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("kind", "actor_id", "day", "ports", "sentence", "evidence")),
    Column("opened_at", UtcTimestamp(), nullable=False),
    UniqueConstraint("kind", "actor_id", "day", name="alerted_once"),
    Index("alerts_by_time", "opened_at"),
)

alert_closures = Table(
    "alert_closures",
    metadata,
    Column("alert_id", PlainText, ForeignKey("alerts.id"), primary_key=True),
    *(_text(name) for name in ("finding", "actor_id", "reason")),
    Column("closed_at", UtcTimestamp(), nullable=False),
)

canaries = Table(
    "canaries",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("port", "value", "actor_id", "reason")),
    Column("planted_at", UtcTimestamp(), nullable=False),
    Index("canaries_by_port", "port"),
)

canary_ends = Table(
    "canary_ends",
    metadata,
    Column("canary_id", PlainText, ForeignKey("canaries.id"), primary_key=True),
    *(_text(name) for name in ("actor_id", "reason")),
    Column("ended_at", UtcTimestamp(), nullable=False),
)

ALERT_TABLES = (alerts, alert_closures, canaries, canary_ends)
