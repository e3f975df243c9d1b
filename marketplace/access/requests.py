"""Access requests and the decisions on them. Facts are added, never changed."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from marketplace.access.errors import (
    AlreadyDecided,
    AlreadyRequested,
    NotAnApprover,
    NotYourRequest,
    OwnRequest,
    PeriodOutOfRange,
    PurposeMissing,
    ReasonMissing,
    UnknownRequest,
)
from marketplace.access.model import AccessRequest, Actor, Decision, RequestStatus
from marketplace.access.tables import decisions, requests

SHORTEST_PURPOSE = 10
SHORTEST_REASON = 5
LONGEST_DAYS = 365


def clean(text: str) -> str:
    """The text without characters that no page or database shows."""
    return "".join(c for c in text.strip() if c.isprintable() or c in "\n\t").strip()


def purpose_of(text: str) -> str:
    """The purpose as it is kept. Raises PurposeMissing where it says too little."""
    purpose = clean(text)
    if len(purpose) < SHORTEST_PURPOSE:
        raise PurposeMissing(SHORTEST_PURPOSE)
    return purpose


def reason_of(text: str, what: str) -> str:
    """The reason as it is kept. Raises ReasonMissing where it says too little."""
    reason = clean(text)
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing(what, SHORTEST_REASON)
    return reason


def period_of(days: int, what: str = "request", longest: int = LONGEST_DAYS) -> int:
    """The period in days. Raises PeriodOutOfRange."""
    if not 1 <= days <= longest:
        raise PeriodOutOfRange(what, days, longest)
    return days


def submit(connection: Connection, request: AccessRequest) -> AccessRequest:
    """Keep an open request. Raises AlreadyRequested where the actor has one for this port."""
    mine = (requests.c.actor_id == request.actor_id) & (requests.c.port == request.port)
    existing = _select(connection, mine & decisions.c.request_id.is_(None))
    if existing:
        raise AlreadyRequested(existing[0])
    connection.execute(
        insert(requests).values(
            id=request.id,
            actor_id=request.actor_id,
            port=request.port,
            purpose=request.purpose,
            days=request.days,
            submitted_at=request.submitted_at,
        )
    )
    return request


def decide(
    connection: Connection,
    request_id: str,
    decision: Decision,
    approvers: Collection[str],
    now: datetime,
) -> AccessRequest:
    """Keep an approver's answer.

    `approvers` are the contract's references. Raises UnknownRequest, OwnRequest, NotAnApprover
    or AlreadyDecided; who may decide is settled before whether it can still be decided.
    """
    request = find(connection, request_id)
    named = tuple(approvers)
    if decision.actor.id == request.actor_id:
        raise OwnRequest(request, tuple(a for a in named if a != request.actor_id))
    if decision.actor.references.isdisjoint(named):
        raise NotAnApprover(request, named)
    outcome = RequestStatus.APPROVED if decision.approve else RequestStatus.REJECTED
    return _settle(connection, request, outcome, (decision.actor.id, decision.reason, now))


def withdraw(connection: Connection, request_id: str, actor: Actor, now: datetime) -> AccessRequest:
    """Take back one's own open request. Raises UnknownRequest, NotYourRequest, AlreadyDecided."""
    request = find(connection, request_id)
    if request.actor_id != actor.id:
        raise NotYourRequest(request)
    return _settle(connection, request, RequestStatus.WITHDRAWN, (actor.id, "", now))


def find(connection: Connection, request_id: str) -> AccessRequest:
    """The request as it stands. Raises UnknownRequest."""
    found = _select(connection, requests.c.id == request_id)
    if not found:
        raise UnknownRequest(request_id)
    return found[0]


def of_actor(connection: Connection, actor_id: str) -> tuple[AccessRequest, ...]:
    """Everything that the actor has asked for, newest first."""
    return _select(connection, requests.c.actor_id == actor_id)


def awaiting(
    connection: Connection, actor_id: str, ports: Iterable[str]
) -> tuple[AccessRequest, ...]:
    """Open requests of others for these ports, oldest first: who waits longest is served first."""
    is_open = decisions.c.request_id.is_(None)
    wanted = requests.c.port.in_(sorted(set(ports))) & (requests.c.actor_id != actor_id)
    return tuple(reversed(_select(connection, wanted & is_open)))


def _settle(
    connection: Connection,
    request: AccessRequest,
    outcome: RequestStatus,
    by: tuple[str, str, datetime],
) -> AccessRequest:
    if request.status is not RequestStatus.SUBMITTED:
        raise AlreadyDecided(request)
    actor_id, reason, now = by
    connection.execute(
        insert(decisions).values(
            request_id=request.id,
            outcome=outcome.value,
            actor_id=actor_id,
            reason=reason,
            decided_at=now,
        )
    )
    return find(connection, request.id)


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[AccessRequest, ...]:
    query: Select[Any] = (
        select(
            requests,
            decisions.c.outcome,
            decisions.c.actor_id.label("decided_by"),
            decisions.c.decided_at,
            decisions.c.reason,
        )
        .select_from(requests.outerjoin(decisions))
        .where(wanted)
        .order_by(requests.c.submitted_at.desc(), requests.c.id.desc())
    )
    return tuple(_request(row) for row in connection.execute(query))


def _request(row: Row[Any]) -> AccessRequest:
    return AccessRequest(
        id=row.id,
        actor_id=row.actor_id,
        port=row.port,
        purpose=row.purpose,
        days=row.days,
        submitted_at=row.submitted_at,
        status=RequestStatus(row.outcome or RequestStatus.SUBMITTED),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason or None,
    )
