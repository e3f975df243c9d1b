"""What holds a grant back, as the audit log tells of it, against what is stored.

Who takes out a suspension, or puts in a course that nobody took, opens a port again.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from marketplace.access.life_tables import fulfilment_ends, fulfilments, grant_acts, movements
from marketplace.access.tables import audit

_STEPS = ("access.suspend", "access.resume", "access.confirm")
_MOVES = ("person.joined", "person.moved", "person.left")
_MET, _UNMET = "condition.met", "condition.end"
_Event = tuple[str, str, datetime]  # whom or what it is about, what happened, when (UTC)


def life_faults(connection: Connection) -> Iterator[tuple[str, str]]:
    """The id of a grant or a person, and how what is stored of it differs from the log."""
    told, stored = Counter(_told(connection)), Counter(_stored(connection))
    for (about, event, at), count in (stored - told).items():
        yield about, f"{_times(event, count)} of {at} is stored, and the audit log knows none"
    for (about, event, at), count in (told - stored).items():
        yield about, f"{_times(event, count)} of {at} is in the audit log, and is not stored"


def _times(event: str, count: int) -> str:
    return f"`{event}`" if count == 1 else f"`{event}` ({count} times)"


def _told(connection: Connection) -> Iterator[_Event]:
    actions = (*_STEPS, *_MOVES, _MET, _UNMET)
    wanted = audit.c.action.in_(actions) & (audit.c.outcome == "done")
    for row in connection.execute(select(audit).where(wanted)):
        yield _event(row, json.loads(row.details))


def _event(row: Row[Any], details: dict[str, Any]) -> _Event:
    at = datetime.fromisoformat(row.at)
    if row.action in _STEPS:
        return str(details["grant_id"]), row.action, at
    if row.action in _MOVES:
        return str(details["person"]), row.action, at
    days = f" for {details['days']} days" if row.action == _MET else ""
    return str(details["person"]), f"{row.action} {details['condition']}{days}", at


def _stored(connection: Connection) -> Iterator[_Event]:
    for row in connection.execute(select(grant_acts)):
        yield row.grant_id, f"access.{row.step}", row.at
    for row in connection.execute(select(movements)):
        yield row.actor_id, f"person.{row.movement}", row.at
    joined = select(fulfilments, fulfilment_ends.c.ended_at).select_from(
        fulfilments.outerjoin(fulfilment_ends)
    )
    for row in connection.execute(joined):
        days = (row.met_until - row.met_from).days
        yield row.actor_id, f"{_MET} {row.condition} for {days} days", row.met_from
        if row.ended_at is not None:
            yield row.actor_id, f"{_UNMET} {row.condition}", row.ended_at
