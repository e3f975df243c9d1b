"""Grants and their revocations. Whether a grant stands is derived from facts and the time."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select

from marketplace.access import life_facts
from marketplace.access.errors import AlreadyRevoked, NotYoursToRevoke, UnknownGrant
from marketplace.access.grant_life import Life, review_date
from marketplace.access.model import AccessRequest, Actor, Decision, Grant
from marketplace.access.restriction import AnyOf, Restriction
from marketplace.access.rights import Tie, is_allowed
from marketplace.access.tables import grants, revocations


def make(
    connection: Connection,
    grant_id: str,
    request: AccessRequest,
    decision: Decision,
    now: datetime,
) -> Grant:
    """The grant that an approved request gives, from now until its period has passed."""
    days = request.days if decision.days is None else decision.days
    expires_at = now + timedelta(days=days)
    if decision.expires_by is not None:
        expires_at = min(expires_at, decision.expires_by)
    connection.execute(
        insert(grants).values(
            id=grant_id,
            request_id=request.id,
            actor_id=request.actor_id,
            port=request.port,
            purpose=request.purpose if decision.purpose is None else decision.purpose,
            approved_by=request.decided_by,
            starts_at=now,
            expires_at=expires_at,
            restriction=decision.restriction.text(),
            review_at=review_date(now, decision.review_days, expires_at),
            conditions=json.dumps(decision.conditions) if decision.conditions else "",
        )
    )
    return find(connection, grant_id)


def standing(connection: Connection, actor_id: str, now: datetime) -> tuple[Grant, ...]:
    """What stands at `now`, found through indexes; contracts' conditions are not known here."""
    period = (grants.c.starts_at <= now) & (grants.c.expires_at > now)
    is_open = period & revocations.c.grant_id.is_(None)
    found = _select(connection, (grants.c.actor_id == actor_id) & is_open)
    return tuple(grant for grant in found if grant.stands(now))


def may_revoke(actor: Actor, grant: Grant, deciders: Collection[str]) -> bool:
    """Whether the table of rights lets the actor end it; `deciders` are the port's references."""
    names_them = not actor.references.isdisjoint(deciders)
    connected = {
        Tie.ANY: True,
        Tie.OWN: actor.id == grant.actor_id,
        Tie.OWNER: names_them,
        Tie.APPROVER: names_them or actor.id == grant.approved_by,
        Tie.UNIT: grant.port.partition(".")[0] in actor.units,
    }
    return is_allowed(actor, "access.revoke", {tie for tie, is_met in connected.items() if is_met})


def revoke(
    connection: Connection,
    grant_id: str,
    by: tuple[Actor, str, datetime],
    deciders: Collection[str],
) -> Grant:
    """End a grant. Raises UnknownGrant, NotYoursToRevoke or AlreadyRevoked."""
    grant = find(connection, grant_id)
    actor, reason, now = by
    if not may_revoke(actor, grant, deciders):
        raise NotYoursToRevoke(grant, tuple(deciders))
    if grant.revoked_at is not None:
        raise AlreadyRevoked(grant)
    connection.execute(
        insert(revocations).values(
            grant_id=grant_id, actor_id=actor.id, reason=reason, revoked_at=now
        )
    )
    return find(connection, grant_id)


def find(connection: Connection, grant_id: str) -> Grant:
    """The grant as it stands. Raises UnknownGrant."""
    found = _select(connection, grants.c.id == grant_id)
    if not found:
        raise UnknownGrant(grant_id)
    return found[0]


def of_request(connection: Connection, request_id: str) -> Grant | None:
    """The grant that a request gave; None where it gave none."""
    return next(iter(_select(connection, grants.c.request_id == request_id)), None)


def of_actor(connection: Connection, actor_id: str) -> tuple[Grant, ...]:
    """Every grant that the actor has or had, newest first."""
    return _select(connection, grants.c.actor_id == actor_id)


def on_port(connection: Connection, port: str) -> tuple[Grant, ...]:
    """Every grant that anyone has or had on the port, newest first."""
    return _select(connection, grants.c.port == port)


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Grant, ...]:
    query: Select[Any] = (
        select(
            grants,
            revocations.c.revoked_at,
            revocations.c.actor_id.label("revoked_by"),
            revocations.c.reason.label("revoke_reason"),
        )
        .select_from(grants.outerjoin(revocations))
        .where(wanted)
        .order_by(grants.c.starts_at.desc(), grants.c.id.desc())
    )
    rows = connection.execute(query).all()
    lives = life_facts.lives(connection, [(r.id, r.actor_id, r.starts_at) for r in rows])
    return tuple(_grant(row, lives[row.id]) for row in rows)


def _grant(row: Row[Any], life: Life) -> Grant:
    facts = row._asdict()
    return Grant(
        **{
            **facts,
            "restriction": _restriction(facts["restriction"]),
            "conditions": tuple(json.loads(facts["conditions"] or "[]")),
            "life": life,
        }
    )


def _restriction(kept: str) -> Restriction:
    """What was kept; where that is no restriction, one that shows no row."""
    try:
        return Restriction.from_text(kept)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Restriction(AnyOf(()))
