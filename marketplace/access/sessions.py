"""Sessions: people who are signed in. The cookie holds the secret, the table its hash."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select

from marketplace.access.errors import NotYourSession, UnknownSession
from marketplace.access.model import Actor, Opening, Session
from marketplace.access.rights import Tie, is_allowed
from marketplace.access.secret_keys import hash_of
from marketplace.access.tables import session_closures, session_uses, sessions


def start(
    connection: Connection, secret: str, actor_id: str, period: tuple[datetime, int], how: Opening
) -> None:
    """Keep a session. `period` is its start and its length in hours."""
    now, hours = period
    connection.execute(
        insert(sessions).values(
            id=hash_of(secret),
            actor_id=actor_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
            idle_minutes=how.idle_minutes,
            way=how.way,
            agent=how.agent,
        )
    )


def of_secret(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The standing session that the secret opens; None for a wrong, idle, expired or closed one."""
    return next(iter(_standing(connection, sessions.c.id == hash_of(secret), now)), None)


def of_actor(connection: Connection, actor_id: str, now: datetime) -> tuple[Session, ...]:
    """The actor's standing sessions, newest first."""
    return _standing(connection, sessions.c.actor_id == actor_id, now)


def everyones(connection: Connection, now: datetime) -> tuple[Session, ...]:
    """Every standing session, newest first."""
    return _standing(connection, sessions.c.expires_at > now, now)


def note_use(connection: Connection, session: Session, now: datetime) -> None:
    """Keep that the session was used at `now`; an older moment than is kept changes nothing."""
    last = connection.execute(
        select(func.max(session_uses.c.seen_at)).where(session_uses.c.session_id == session.id)
    ).scalar()
    if last is None or last < now:
        connection.execute(insert(session_uses).values(session_id=session.id, seen_at=now))


def end(connection: Connection, session_id: str, by: Actor, now: datetime) -> Session:
    """End a session of one's own, or as governance anyone's.

    Raises UnknownSession where none stands with this id, and NotYourSession.
    """
    session = next(iter(_standing(connection, sessions.c.id == session_id, now)), None)
    if session is None:
        raise UnknownSession(session_id)
    if by.id != session.actor_id and not is_allowed(by, "session.oversee", {Tie.ANY}):
        raise NotYourSession(session_id)
    close(connection, session, by.id, now)
    return session


def close(connection: Connection, session: Session, actor_id: str, now: datetime) -> None:
    """End a session that stands."""
    connection.execute(
        insert(session_closures).values(session_id=session.id, closed_at=now, actor_id=actor_id)
    )


def _standing(
    connection: Connection, wanted: ColumnElement[bool], now: datetime
) -> tuple[Session, ...]:
    rows = connection.execute(_query(wanted, now))
    found = (Session(**row._asdict()) for row in rows)
    return tuple(session for session in found if session.stands(now))


def _query(wanted: ColumnElement[bool], now: datetime) -> Select[Any]:
    last_use = (
        select(func.max(session_uses.c.seen_at))
        .where(session_uses.c.session_id == sessions.c.id)
        .scalar_subquery()
    )
    return (
        select(sessions, last_use.label("seen_at"))
        .select_from(sessions.outerjoin(session_closures))
        .where(wanted)
        .where(sessions.c.expires_at > now)
        .where(session_closures.c.session_id.is_(None))
        .order_by(sessions.c.created_at.desc(), sessions.c.id)
    )
