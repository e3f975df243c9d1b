"""Stewards' decisions on columns that look as if they held personal data nobody declared."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from contracts.personal_data.decisions import ColumnDecision
from contracts.personal_data.held import HeldColumn
from marketplace.access.errors import NotTheSteward
from marketplace.access.model import Actor
from marketplace.access.tables import column_decisions

PERSONAL, NOT_PERSONAL = "personal", "not_personal"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a steward says of a held column, and why."""

    actor: Actor
    is_personal: bool
    reason: str

    @property
    def outcome(self) -> str:
        """The answer as it is kept."""
        return PERSONAL if self.is_personal else NOT_PERSONAL


def add(
    connection: Connection,
    decision_id: str,
    held: HeldColumn,
    answer: Answer,
    by: tuple[Collection[str], datetime],
) -> ColumnDecision:
    """Keep an answer; a later one on the same column counts instead.

    `by` has the references of the port's stewards, and the time. Raises NotTheSteward.
    """
    stewards, now = by
    if answer.actor.references.isdisjoint(stewards):
        raise NotTheSteward(held.port, tuple(stewards))
    connection.execute(
        insert(column_decisions).values(
            id=decision_id,
            port=held.port,
            column_name=held.column,
            outcome=answer.outcome,
            found=json.dumps(held.shares, sort_keys=True),
            candidate_hash=held.candidate_hash,
            actor_id=answer.actor.id,
            reason=answer.reason,
            decided_at=now,
        )
    )
    return ColumnDecision(
        held.column, answer.is_personal, held.shares, answer.actor.id, now, answer.reason
    )


def on_port(connection: Connection, port: str) -> tuple[ColumnDecision, ...]:
    """Every decision on a port's columns, newest first."""
    query = (
        select(column_decisions)
        .where(column_decisions.c.port == port)
        .order_by(column_decisions.c.decided_at.desc(), column_decisions.c.id.desc())
    )
    return tuple(map(_decision, connection.execute(query)))


def _decision(row: Row[Any]) -> ColumnDecision:
    return ColumnDecision(
        column=row.column_name,
        is_personal=row.outcome == PERSONAL,
        shares=json.loads(row.found),
        decided_by=row.actor_id,
        decided_at=row.decided_at,
        reason=row.reason,
    )
