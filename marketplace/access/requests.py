"""Access requests and the decisions on them. Facts are added, never changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from marketplace.access import request_acts
from marketplace.access.errors import (
    AlreadyDecided,
    AlreadyRequested,
    NotAnApprover,
    NotYourRequest,
    OwnRequest,
    PeriodOutOfRange,
    PurposeMissing,
    ReasonMissing,
    RoleMissing,
    UnknownRequest,
)
from marketplace.access.model import AccessRequest, Actor, ActorKind, Decision, RequestStatus
from marketplace.access.narrowing import as_given
from marketplace.access.request_checks import check_agreement_holds
from marketplace.access.request_errors import (
    NotTheReviewer,
    ReviewNotNeeded,
    ReviewsMissing,
    SamePerson,
)
from marketplace.access.request_model import (
    Answers,
    RequestAct,
    RequestActKind,
    Review,
)
from marketplace.access.request_rules import Obstacle, RequestRules, obstacle_to
from marketplace.access.restriction_rules import refuse_unless_it_fits
from marketplace.access.rights import Tie, roles_for
from marketplace.access.tables import decisions, request_answers, requests

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
    request_acts.keep_answers(connection, request.id, request.answers)
    return request


def decide(
    connection: Connection,
    request_id: str,
    decision: Decision,
    rules: RequestRules,
    now: datetime,
) -> tuple[AccessRequest, Decision | None]:
    """Keep an approver's answer; with what the grant is made of where this was the last approval.

    Raises UnknownRequest, OwnRequest, NotAnApprover, RoleMissing, AlreadyDecided, SamePerson,
    ReviewsMissing, AgreementEnded or RestrictionRefused; who may decide is settled before whether
    it can still be.
    """
    request = find(connection, request_id)
    _check_right(decision.actor, request, rules, now)
    by = (decision.actor.id, decision.reason, now)
    if not decision.approve:
        return _settle(connection, request, RequestStatus.REJECTED, by), None
    if missing := rules.missing_reviews(request):
        raise ReviewsMissing(request, missing)
    check_agreement_holds(request, now)
    given = as_given(request, decision, rules)
    if rules.contract is not None:
        refuse_unless_it_fits(decision.restriction, rules.contract)
        refuse_unless_it_fits(given.restriction, rules.contract)
    if rules.is_last_stage(request):
        return _settle(connection, request, RequestStatus.APPROVED, by), given
    act = RequestAct(
        position=0,
        kind=RequestActKind.ENDORSE,
        actor_id=decision.actor.id,
        at=now,
        reason=decision.reason,
        restriction=decision.restriction,
        days=decision.days,
        purpose=decision.purpose,
        conditions=decision.conditions,
        review_days=decision.review_days,
    )
    request_acts.append(connection, request, act)
    return find(connection, request_id), None


def review(
    connection: Connection,
    request_id: str,
    given: tuple[Review, Decision],
    rules: RequestRules,
    now: datetime,
) -> AccessRequest:
    """Keep a review. Raises UnknownRequest, NotTheReviewer, ReviewNotNeeded, AlreadyDecided."""
    request = find(connection, request_id)
    kind, opinion = given
    reviewers = rules.reviewers_of(kind)
    is_named = not opinion.actor.references.isdisjoint(reviewers)
    is_person = opinion.actor.kind is ActorKind.PERSON
    if request.is_own_of(opinion.actor) or not is_named or not is_person:
        raise NotTheReviewer(request, kind, reviewers)
    if request.status is not RequestStatus.SUBMITTED:
        raise AlreadyDecided(request)
    if request.answers.agreement is None:
        raise ReviewNotNeeded(request)
    act = RequestAct(
        position=0,
        kind=RequestActKind.REVIEW,
        actor_id=opinion.actor.id,
        at=now,
        reason=opinion.reason,
        review=kind,
        is_passed=opinion.approve,
    )
    request_acts.append(connection, request, act)
    return find(connection, request_id)


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


def on_port(connection: Connection, port: str) -> tuple[AccessRequest, ...]:
    """Every request for a port, newest first."""
    return _select(connection, requests.c.port == port)


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


def _check_right(actor: Actor, request: AccessRequest, rules: RequestRules, now: datetime) -> None:
    obstacle = obstacle_to(actor, request, rules, now)
    named = rules.deciders(request, now)
    if obstacle is Obstacle.OWN:
        raise OwnRequest(request, tuple(name for name in named if name != request.actor_id))
    if obstacle is Obstacle.NOT_NAMED:
        raise NotAnApprover(request, named)
    if obstacle is Obstacle.ROLE:
        raise RoleMissing(request, roles_for("access.decide", {Tie.APPROVER}))
    if obstacle is Obstacle.SETTLED:
        raise AlreadyDecided(request)
    if obstacle is Obstacle.SAME_PERSON:
        raise SamePerson(request, named)


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
            request_answers.c.answers,
        )
        .select_from(requests.outerjoin(decisions).outerjoin(request_answers))
        .where(wanted)
        .order_by(requests.c.submitted_at.desc(), requests.c.id.desc())
    )
    rows = connection.execute(query).all()
    acts = request_acts.of_requests(connection, [row.id for row in rows])
    return tuple(_request(row, acts.get(row.id, ())) for row in rows)


def _request(row: Row[Any], acts: tuple[RequestAct, ...]) -> AccessRequest:
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
        answers=Answers.from_text(row.answers),
        acts=acts,
    )
