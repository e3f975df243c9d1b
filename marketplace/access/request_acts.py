"""What is kept of a request beside its line: answers, endorsements and reviews. Only added."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from marketplace.access.model import AccessRequest
from marketplace.access.request_model import Answers, RequestAct, RequestActKind, Review
from marketplace.access.restriction import Restriction
from marketplace.access.tables import request_acts, request_answers

_MOST_IDS = 500  # in one statement: SQLite takes 32,766 parameters, older ones 999


def keep_answers(connection: Connection, request_id: str, answers: Answers) -> None:
    """Keep what the form asked; nothing where nothing was said."""
    if text := answers.text():
        connection.execute(insert(request_answers).values(request_id=request_id, answers=text))


def append(connection: Connection, request: AccessRequest, act: RequestAct) -> None:
    """Keep an act as the next one of its request."""
    connection.execute(
        insert(request_acts).values(
            request_id=request.id,
            position=len(request.acts) + 1,
            kind=act.kind.value,
            reason=act.reason,
            restriction=act.restriction.text(),
            review=None if act.review is None else act.review.value,
            purpose=act.purpose,
            days=act.days,
            conditions=json.dumps(act.conditions),
            review_days=act.review_days,
            is_passed=int(act.is_passed),
            actor_id=act.actor_id,
            acted_at=act.at,
        )
    )


def of_requests(connection: Connection, ids: Sequence[str]) -> Mapping[str, tuple[RequestAct, ...]]:
    """The acts on each of the requests, oldest first."""
    found: dict[str, tuple[RequestAct, ...]] = {}
    for start in range(0, len(ids), _MOST_IDS):
        query = (
            select(request_acts)
            .where(request_acts.c.request_id.in_(ids[start : start + _MOST_IDS]))
            .order_by(request_acts.c.position)
        )
        for row in connection.execute(query):
            found[row.request_id] = (*found.get(row.request_id, ()), _act(row))
    return found


def _act(row: Row[Any]) -> RequestAct:
    return RequestAct(
        position=row.position,
        kind=RequestActKind(row.kind),
        actor_id=row.actor_id,
        at=row.acted_at,
        reason=row.reason,
        review=None if row.review is None else Review(row.review),
        is_passed=bool(row.is_passed),
        restriction=Restriction.from_text(row.restriction),
        days=row.days,
        purpose=row.purpose,
        conditions=tuple(json.loads(row.conditions)),
        review_days=row.review_days,
    )
