"""Where sessions open, are seen in use and end: each opening and end is one audited act."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from marketplace.access import leavers, sessions
from marketplace.access.database import Database
from marketplace.access.issue_book import Acting
from marketplace.access.model import Actor, AuditEntry, Opening, Session
from marketplace.access.secret_keys import Entropy, new_secret

_NOTED_EVERY = timedelta(minutes=5)  # a use is one write; a page every second would be too many
_UNNOTICED = Opening()


class SessionBook:
    """The sessions of all people, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def open(self, actor_id: str, now: datetime, hours: int, how: Opening = _UNNOTICED) -> str:
        """Sign the actor in; the secret belongs in their cookie and nowhere else.

        Raises PersonHasLeft.
        """
        secret = new_secret("session", self._entropy).text
        details = {"hours": hours, **({"way": how.way} if how.way else {})}
        entry = AuditEntry(actor_id, "session.sign_in", actor_id, details=details)

        def change(connection: Connection) -> None:
            leavers.refuse_leaver(connection, actor_id)
            sessions.start(connection, secret, actor_id, (now, hours), how)

        self._act(entry, now, change)
        return secret

    def of_secret(self, secret: str, now: datetime) -> Session | None:
        """The standing session that the secret opens; None for a wrong, idle or ended one."""
        with self._database.read() as connection:
            return sessions.of_secret(connection, secret, now)

    def note_use(self, session: Session, now: datetime) -> None:
        """Keep that the session is in use, so that it does not end as idle.

        Written at most every five minutes, or every tenth of a shorter idle period.
        """
        if session.idle_minutes is None:
            return
        every = min(_NOTED_EVERY, timedelta(minutes=session.idle_minutes) / 10)
        if now - session.last_use < every:
            return
        with self._database.write() as connection:
            sessions.note_use(connection, session, now)

    def close(self, secret: str, now: datetime) -> None:
        """Sign out; a session that has ended already stays as it is."""
        session = self.of_secret(secret, now)
        if session is None:
            return
        entry = AuditEntry(session.actor_id, "session.sign_out", session.actor_id)
        self._act(entry, now, lambda c: sessions.close(c, session, session.actor_id, now))

    def standing_of(self, actor_id: str, now: datetime) -> tuple[Session, ...]:
        """Where the actor is signed in at `now`, newest first."""
        with self._database.read() as connection:
            return sessions.of_actor(connection, actor_id, now)

    def standing(self, now: datetime) -> tuple[Session, ...]:
        """Where anyone is signed in at `now`, newest first; for governance."""
        with self._database.read() as connection:
            return sessions.everyones(connection, now)

    def end(self, session_id: str, by: Actor, now: datetime) -> Session:
        """End one's own session, or as governance anyone's: its next request is refused.

        Raises UnknownSession or NotYourSession.
        """
        details = {"session": session_id[:12]}
        known = [each for each in self.standing(now) if each.id == session_id]
        subject = known[0].actor_id if known else by.id
        entry = AuditEntry(by.id, "session.end", subject, details=details)
        return self._act(entry, now, lambda c: sessions.end(c, session_id, by, now))

    def end_all(self, actor_id: str, by: Actor, now: datetime, but: str = "") -> int:
        """End all sessions of a person but the one with id `but`; how many there were.

        Raises NotYourSession for another person's, unless `by` is governance.
        """
        found = [each for each in self.standing_of(actor_id, now) if each.id != but]
        for each in found:
            self.end(each.id, by, now)
        return len(found)
