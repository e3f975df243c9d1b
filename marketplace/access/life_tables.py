"""The tables of what happens to grants and their holders, append-only.

Grain: `grant_acts` (one per suspension, resumption or confirmation), `movements` (one per joining,
move or leaving of a person), `fulfilments` (one per person, condition and period),
`fulfilment_ends` (at most one per fulfilment), `emergencies` (one per grant that was taken in an
emergency), `emergency_reviews` (at most one per emergency). All times are UTC.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from marketplace.access.tables import PlainText, UtcTimestamp, metadata


def _text(name: str) -> Column[str]:
    return Column(name, PlainText, nullable=False)


grant_acts = Table(
    "grant_acts",
    metadata,
    Column("grant_id", PlainText, ForeignKey("grants.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("step", "actor_id", "reason")),
    Column("at", UtcTimestamp(), nullable=False),
    Column("review_at", UtcTimestamp()),
)

movements = Table(
    "movements",
    metadata,
    Column("actor_id", PlainText, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    *(_text(name) for name in ("movement", "recorded_by", "reason")),
    Column("at", UtcTimestamp(), nullable=False),
)

fulfilments = Table(
    "fulfilments",
    metadata,
    Column("id", PlainText, primary_key=True),
    *(_text(name) for name in ("actor_id", "condition", "evidence", "recorded_by")),
    Column("met_from", UtcTimestamp(), nullable=False),
    Column("met_until", UtcTimestamp(), nullable=False),
    Index("fulfilments_by_actor", "actor_id", "condition"),
)

fulfilment_ends = Table(
    "fulfilment_ends",
    metadata,
    Column("fulfilment_id", PlainText, ForeignKey("fulfilments.id"), primary_key=True),
    *(_text(name) for name in ("ended_by", "reason")),
    Column("ended_at", UtcTimestamp(), nullable=False),
)

emergencies = Table(
    "emergencies",
    metadata,
    Column("grant_id", PlainText, ForeignKey("grants.id"), primary_key=True),
    Column("hours", Integer, nullable=False),
)

emergency_reviews = Table(
    "emergency_reviews",
    metadata,
    Column("grant_id", PlainText, ForeignKey("grants.id"), primary_key=True),
    Column("is_justified", Integer, nullable=False),
    *(_text(name) for name in ("actor_id", "reason")),
    Column("at", UtcTimestamp(), nullable=False),
)

LIFE_TABLES = (
    grant_acts,
    movements,
    fulfilments,
    fulfilment_ends,
    emergencies,
    emergency_reviews,
)
