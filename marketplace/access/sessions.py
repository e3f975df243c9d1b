"""Sessions: people who are signed in. The cookie holds the secret, the table its hash."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from marketplace.access.model import Session
from marketplace.access.secret_keys import hash_of
from marketplace.access.tables import session_closures, sessions


def start(connection: Connection, secret: str, actor_id: str, period: tuple[datetime, int]) -> None:
    """Keep a session. `period` is its start and its length in hours."""
    now, hours = period
    connection.execute(
        insert(sessions).values(
            id=hash_of(secret),
            actor_id=actor_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )


def of_secret(connection: Connection, secret: str, now: datetime) -> Session | None:
    """The standing session that the secret opens; None for a wrong, expired or closed one."""
    row = connection.execute(
        select(sessions)
        .select_from(sessions.outerjoin(session_closures))
        .where(sessions.c.id == hash_of(secret))
        .where(sessions.c.expires_at > now)
        .where(session_closures.c.session_id.is_(None))
    ).first()
    return None if row is None else Session(**row._asdict())


def close(connection: Connection, session: Session, now: datetime) -> None:
    """End a session."""
    connection.execute(insert(session_closures).values(session_id=session.id, closed_at=now))
