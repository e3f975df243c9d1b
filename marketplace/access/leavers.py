"""What ends at once when a person leaves: their sessions and their tokens."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from marketplace.access import life_facts
from marketplace.access.life_errors import PersonHasLeft
from marketplace.access.tables import session_closures, sessions, token_revocations, tokens


def sign_out(connection: Connection, actor_id: str, by: str, now: datetime) -> None:
    """Close every session and token of the person that still stands."""
    closed, ended = select(session_closures.c.session_id), select(token_revocations.c.token_id)
    open_sessions = select(sessions.c.id).where(
        (sessions.c.actor_id == actor_id) & sessions.c.id.not_in(closed)
    )
    for row in connection.execute(open_sessions).all():
        values = {"session_id": row.id, "closed_at": now, "actor_id": by}
        connection.execute(insert(session_closures).values(values))
    open_tokens = select(tokens.c.id).where(
        (tokens.c.actor_id == actor_id) & tokens.c.id.not_in(ended)
    )
    for row in connection.execute(open_tokens).all():
        values = {"token_id": row.id, "actor_id": by, "revoked_at": now}
        connection.execute(insert(token_revocations).values(values))


def refuse_leaver(connection: Connection, actor_id: str) -> None:
    """Raises PersonHasLeft for somebody who has left and not come back."""
    if life_facts.has_left(connection, actor_id):
        raise PersonHasLeft(actor_id)
