"""The access state: requests, decisions, grants, keys and the audit log, as append-only facts.

Every change and its audit record are one transaction; a denied attempt is recorded as well.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from contracts.personal_data.decisions import ColumnDecision
from contracts.personal_data.held import HeldColumn
from marketplace.access import (
    audit,
    column_decisions,
    grants,
    notifications,
    requests,
    tokens,
    verification,
)
from marketplace.access.alert_book import AlertBook
from marketplace.access.anchor import HeadAnchor
from marketplace.access.arrivals import ArrivalBook
from marketplace.access.attestation import AttestationBook
from marketplace.access.column_decisions import Answer
from marketplace.access.database import Database, sqlite_file
from marketplace.access.emergencies import EmergencyBook
from marketplace.access.errors import AccessError
from marketplace.access.issue_book import IssueBook
from marketplace.access.life_book import LifeBook
from marketplace.access.model import (
    Actor,
    AuditEntry,
    AuditFilter,
    AuditRecord,
    AuditVerification,
    ChainHead,
    Grant,
    Notice,
    Notification,
    Opening,
    Session,
    Token,
)
from marketplace.access.plan_book import PlanBook
from marketplace.access.request_book import RequestBook
from marketplace.access.scopes import LEAST, Scope, text_of
from marketplace.access.secret_keys import Entropy, new_id, new_secret
from marketplace.access.session_book import SessionBook

_Result = TypeVar("_Result")


class AccessStore:
    """The one door to the access state; safe to share between threads and between processes."""

    def __init__(self, database: Database, anchor: HeadAnchor | None, entropy: Entropy) -> None:
        self._database = database
        self._anchor = anchor
        self._entropy = entropy
        self.issues = IssueBook(database, self._act, entropy)
        self.plans = PlanBook(database, self._act, entropy)
        self.life = LifeBook(database, self._act, entropy)
        self.sessions = SessionBook(database, self._act, entropy)
        self.requests = RequestBook(database, self._act, entropy)
        self.emergencies = EmergencyBook(database, self._act, entropy)
        self.alerts = AlertBook(database, self._act, entropy)
        self.attestation = AttestationBook(database)
        self.arrivals = ArrivalBook(database, self._act, entropy)

    @classmethod
    def open(cls, url: str, entropy: Entropy = secrets.token_bytes) -> Self:
        """The state at an SQLAlchemy URL (SQLite or PostgreSQL), migrated to this release.

        Beside an SQLite file stands `<file>.audit-head`, the anchor of the audit chain.
        Raises StateTooNew when a later release has written the state.
        """
        file = sqlite_file(make_url(url))
        anchor = None if file is None else HeadAnchor(file.with_name(f"{file.name}.audit-head"))
        return cls(Database.open(url), anchor, entropy)

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    # Grants

    def standing_grants(self, actor_id: str, now: datetime) -> tuple[Grant, ...]:
        """What the actor may read at `now`: one indexed query, fresh on every call."""
        with self._database.read() as connection:
            return grants.standing(connection, actor_id, now)

    def revoke(
        self,
        grant_id: str,
        actor: Actor,
        reason: str,
        now: datetime,
        deciders: Collection[str] = (),
    ) -> Grant:
        """End a grant; the very next statement is refused.

        Its holder, who approved it and governance may always; `deciders` are the references of
        the port's owner and approvers. Raises UnknownGrant, ReasonMissing, NotYoursToRevoke or
        AlreadyRevoked.
        """
        grant = self.grant(grant_id)
        kept = requests.reason_of(reason, "revocation")
        details = {"grant_id": grant_id, "holder": grant.actor_id, "reason": kept}
        entry = AuditEntry(actor.id, "access.revoke", grant.port, details=details)
        by = (actor, kept, now)
        return self._act(
            entry, now, lambda connection: grants.revoke(connection, grant_id, by, deciders)
        )

    def grant(self, grant_id: str) -> Grant:
        """The grant as it stands. Raises UnknownGrant."""
        with self._database.read() as connection:
            return grants.find(connection, grant_id)

    def grant_of(self, request_id: str) -> Grant | None:
        """The grant that a request gave; None where it gave none."""
        with self._database.read() as connection:
            return grants.of_request(connection, request_id)

    def grants_of(self, actor_id: str) -> tuple[Grant, ...]:
        """Every grant that the actor has or had, newest first."""
        with self._database.read() as connection:
            return grants.of_actor(connection, actor_id)

    def grants_on(self, port: str) -> tuple[Grant, ...]:
        """Every grant that anyone has or had on the port, newest first."""
        with self._database.read() as connection:
            return grants.on_port(connection, port)

    # Tokens and sessions

    def create_token(
        self, actor: Actor, name: str, days: int, now: datetime, scopes: Collection[Scope] = LEAST
    ) -> tuple[str, str]:
        """A token's id and its secret, which is shown this once; by default it reads metadata.

        Raises TokenNameMissing or PeriodOutOfRange (at most 90 days).
        """
        kept = tokens.name_of(name)
        requests.period_of(days, "token", tokens.LONGEST_DAYS)
        secret = new_secret("mkt", self._entropy)
        details = {"name": kept, "days": days, "scope": text_of(scopes)}
        entry = AuditEntry(actor.id, "token.create", secret.id, details=details)
        owner, period = (actor.id, kept), (now, days)
        self._act(entry, now, lambda c: tokens.create(c, secret, owner, scopes, period))
        return secret.id, secret.text

    def token(self, secret: str, now: datetime) -> Token | None:
        """The standing token that the secret opens, with its scope; None otherwise."""
        with self._database.read() as connection:
            return tokens.of_secret(connection, secret, now)

    def tokens_of(self, actor_id: str) -> tuple[Token, ...]:
        """Every token that the actor has made, newest first."""
        with self._database.read() as connection:
            return tokens.of_actor(connection, actor_id)

    def revoke_token(self, token_id: str, actor: Actor, now: datetime) -> Token:
        """End one's own token. Raises UnknownToken or NotYourToken."""
        entry = AuditEntry(actor.id, "token.revoke", token_id)
        return self._act(
            entry, now, lambda connection: tokens.revoke(connection, token_id, actor, now)
        )

    def open_session(
        self, actor_id: str, now: datetime, hours: int, how: Opening | None = None
    ) -> str:
        """Sign the actor in; the secret belongs in their cookie and nowhere else.

        Raises PersonHasLeft.
        """
        return self.sessions.open(actor_id, now, hours, how or Opening())

    def session(self, secret: str, now: datetime) -> Session | None:
        """The standing session that the secret opens; None for a wrong, idle or ended one."""
        return self.sessions.of_secret(secret, now)

    def close_session(self, secret: str, now: datetime) -> None:
        """Sign out; a session that has ended already stays as it is."""
        self.sessions.close(secret, now)

    # Notifications

    def notify(
        self, actor_id: str, notice: Notice, recipients: Collection[str], now: datetime
    ) -> tuple[Notification, ...]:
        """Tell person ids and `team:<id>`s something, each once; gives what is new.

        The audit log says who was told; nothing new is no record.
        """
        ids = [(new_id("note", self._entropy), name) for name in sorted(set(recipients))]
        record = None
        with self._database.write() as connection:
            made = notifications.add(connection, notice, ids, now)
            if made:
                told = [each.recipient for each in made]
                details = {"kind": notice.kind, "subject": notice.subject, "recipients": told}
                entry = AuditEntry(actor_id, "notification.send", notice.port, details=details)
                record = audit.append(connection, entry, now)
        if record is not None:
            self._anchor_at(record)
        return made

    def notifications_to(self, actor: Actor) -> tuple[Notification, ...]:
        """What the actor and their teams were told, newest first."""
        with self._database.read() as connection:
            return notifications.to(connection, actor.references)

    def notifications_about(self, port: str, kinds: Collection[str]) -> tuple[Notification, ...]:
        """What anyone was told about a port, oldest first."""
        with self._database.read() as connection:
            return notifications.about(connection, port, kinds)

    # Columns that look as if they held personal data

    def decide_column(
        self, held: HeldColumn, answer: Answer, stewards: Collection[str], now: datetime
    ) -> ColumnDecision:
        """Keep a steward's answer on a held column. Raises ReasonMissing or NotTheSteward.

        `stewards` are the references that the port's contract names.
        """
        kept = replace(answer, reason=requests.reason_of(answer.reason, "decision"))
        decision_id = new_id("column", self._entropy)
        details = {
            "column": held.column,
            "outcome": kept.outcome,
            "reason": kept.reason,
            "found": {kind: round(share, 6) for kind, share in held.shares.items()},
            "candidate": held.candidate_hash,
        }
        entry = AuditEntry(answer.actor.id, "personal_data.decide", held.port, details=details)
        by = (tuple(stewards), now)
        return self._act(entry, now, lambda c: column_decisions.add(c, decision_id, held, kept, by))

    def column_decisions(self, port: str) -> tuple[ColumnDecision, ...]:
        """Every decision on a port's columns, newest first."""
        with self._database.read() as connection:
            return column_decisions.on_port(connection, port)

    # The audit log

    def record(self, entry: AuditEntry, now: datetime) -> AuditRecord:
        """Append to the audit log what happened outside this store: statements, denials."""
        with self._database.write() as connection:
            record = audit.append(connection, entry, now)
        self._anchor_at(record)
        return record

    def audit(self, wanted: AuditFilter | None = None) -> tuple[AuditRecord, ...]:
        """The records that fit, newest first."""
        with self._database.read() as connection:
            return audit.find(connection, wanted if wanted is not None else AuditFilter())

    def verify_audit(self, witness: ChainHead | None = None) -> AuditVerification:
        """Whether the audit log is whole, and the first record where it is not.

        `witness` is a head that was kept elsewhere (an earlier verification shows it); without
        one, the anchor file beside an SQLite state is used.
        """
        if witness is not None or self._anchor is None:
            with self._database.read() as connection:
                return verification.verify(connection, witness)
        # Read before the records: appends in between put the chain ahead of it, never behind.
        anchored = self._anchor.read()
        with self._database.read() as connection:
            found = verification.verify(connection, anchored)
        if anchored is None and found.intact and found.records > 0:
            fault = f"its anchor file `{self._anchor.path.name}` is missing or unreadable"
            return found.blamed_for(found.records, f"cannot be vouched for: {fault}")
        return found

    def _act(
        self, entry: AuditEntry, now: datetime, change: Callable[[Connection], _Result]
    ) -> _Result:
        """Make a change and its audit record in one transaction; record a refusal alone."""
        refusal: AccessError | None = None
        with self._database.write() as connection:
            try:
                result = change(connection)
            except AccessError as refused:  # refused before anything was written
                refusal = refused
                denied = {**entry.details, "refused": type(refused).__name__}
                entry = replace(entry, outcome="denied", details=denied)
            record = audit.append(connection, entry, now)
        self._anchor_at(record)
        if refusal is not None:
            raise refusal
        return result

    def _anchor_at(self, record: AuditRecord) -> None:
        if self._anchor is not None:
            self._anchor.write(ChainHead(record.sequence, record.hash))
