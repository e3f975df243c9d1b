"""Access in an emergency: a grant for hours that nobody decided on, told to all and reviewed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, insert, select, true

from marketplace.access import grants, leavers, notifications
from marketplace.access.database import Database
from marketplace.access.emergency_errors import (
    AlreadyReviewed,
    EmergencyPeriod,
    EmergencyUnexplained,
    EmergencyUnreviewed,
    NoEmergency,
    NotForEmergencies,
    NotYoursToReview,
)
from marketplace.access.issue_book import Acting
from marketplace.access.life_book import may_keep
from marketplace.access.life_tables import emergencies, emergency_reviews
from marketplace.access.model import Actor, AuditEntry, Grant, Notice, RequestStatus
from marketplace.access.requests import clean, reason_of
from marketplace.access.secret_keys import Entropy, new_id
from marketplace.access.tables import decisions, requests, revocations
from marketplace.access.tables import grants as grants_table

LONGEST_HOURS = 4
SHORTEST_STORY = 20
REVIEW_WITHIN = timedelta(days=3)
OPENED, REVIEWED = "access.break_glass", "access.review_emergency"  # acts, and kinds of notices
APPROVED_BY = "emergency"  # nobody: such a grant names no approver


@dataclass(frozen=True, slots=True)
class Emergency:
    """What somebody says has happened, and who is to know of it.

    `readers` are the references that the port's contract lists; `told` are references as well.
    """

    actor: Actor
    port: str
    story: str
    hours: int
    readers: Collection[str]
    told: Collection[str]


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer says of an emergency afterwards."""

    actor: Actor
    is_justified: bool
    reason: str
    deciders: Collection[str] = ()  # references of the port's owner and approvers


@dataclass(frozen=True, slots=True)
class OpenedEmergency:
    """Access that was taken in an emergency, and what came of its review."""

    grant: Grant
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    is_justified: bool | None = None
    reason: str = ""

    @property
    def review_by(self) -> datetime:
        """When it is to be reviewed."""
        return self.grant.starts_at + REVIEW_WITHIN


class EmergencyBook:
    """All access that was taken in emergencies, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def open(self, asked: Emergency, now: datetime) -> Grant:
        """Read a port at once, for hours; everybody who answers for it is told in the same act.

        Raises EmergencyUnexplained, EmergencyPeriod, NotForEmergencies, EmergencyUnreviewed or
        PersonHasLeft.
        """
        story, actor = clean(asked.story), asked.actor
        grant_id, request_id = new_id("grant", self._entropy), new_id("req", self._entropy)
        details = {"grant_id": grant_id, "hours": asked.hours, "reason": story}
        entry = AuditEntry(actor.id, OPENED, asked.port, details=details)

        def change(connection: Connection) -> Grant:
            _refuse(connection, asked, story)
            _add(connection, asked, (request_id, grant_id, story), now)
            message = (
                f"{actor.name} opened {asked.port} in an emergency for {asked.hours} hours: {story}"
            )
            self._tell(connection, (OPENED, grant_id, message), asked, now)
            return grants.find(connection, grant_id)

        return self._act(entry, now, change)

    def review(self, grant_id: str, review: Review, now: datetime) -> OpenedEmergency:
        """Say whether it was justified; what was not, ends at once.

        Raises ReasonMissing, NoEmergency, NotYoursToReview or AlreadyReviewed.
        """
        reason = reason_of(review.reason, "review")
        known = self.find(grant_id)
        details = {
            "grant_id": grant_id,
            "holder": known.grant.actor_id,
            "justified": review.is_justified,
            "reason": reason,
        }
        entry = AuditEntry(review.actor.id, REVIEWED, known.grant.port, details=details)

        def change(connection: Connection) -> OpenedEmergency:
            current = _select(connection, emergencies.c.grant_id == grant_id)[0]
            if not may_keep(review.actor, current.grant, review.deciders):
                raise NotYoursToReview(current.grant, tuple(review.deciders))
            if current.reviewed_by is not None:
                raise AlreadyReviewed(current.grant, current.reviewed_by)
            by = {"actor_id": review.actor.id, "reason": reason}
            connection.execute(
                insert(emergency_reviews).values(
                    grant_id=grant_id, is_justified=int(review.is_justified), at=now, **by
                )
            )
            if not review.is_justified and current.grant.revoked_at is None:
                connection.execute(
                    insert(revocations).values(grant_id=grant_id, revoked_at=now, **by)
                )
            return _select(connection, emergencies.c.grant_id == grant_id)[0]

        return self._act(entry, now, change)

    def find(self, grant_id: str) -> OpenedEmergency:
        """The emergency access with this grant. Raises NoEmergency."""
        found = self._read(emergencies.c.grant_id == grant_id)
        if not found:
            raise NoEmergency(grant_id)
        return found[0]

    def everything(self) -> tuple[OpenedEmergency, ...]:
        """All emergency access there was, newest first."""
        return self._read(true())

    def _read(self, wanted: ColumnElement[bool]) -> tuple[OpenedEmergency, ...]:
        with self._database.read() as connection:
            return _select(connection, wanted)

    def _tell(
        self,
        connection: Connection,
        said: tuple[str, str, str],
        asked: Emergency,
        now: datetime,
    ) -> None:
        kind, subject, message = said
        ids = [(new_id("note", self._entropy), name) for name in sorted(set(asked.told))]
        notifications.add(connection, Notice(kind, asked.port, subject, message), ids, now)


def _refuse(connection: Connection, asked: Emergency, story: str) -> None:
    """Raises what stands against it, before anything is written."""
    leavers.refuse_leaver(connection, asked.actor.id)
    if asked.actor.references.isdisjoint(asked.readers):
        raise NotForEmergencies(asked.port)
    if len(story) < SHORTEST_STORY:
        raise EmergencyUnexplained(SHORTEST_STORY)
    if not 1 <= asked.hours <= LONGEST_HOURS:
        raise EmergencyPeriod(asked.hours, LONGEST_HOURS)
    mine = (grants_table.c.actor_id == asked.actor.id) & emergency_reviews.c.grant_id.is_(None)
    open_ones = _select(connection, mine)
    if open_ones:
        raise EmergencyUnreviewed(open_ones[0].grant.id)


def _add(
    connection: Connection, asked: Emergency, kept: tuple[str, str, str], now: datetime
) -> None:
    """The request, the decision that nobody made, the grant, and that it was an emergency."""
    request_id, grant_id, story = kept
    purpose = f"Emergency: {story}"
    whose = {"actor_id": asked.actor.id, "port": asked.port, "purpose": purpose}
    connection.execute(insert(requests).values(id=request_id, days=1, submitted_at=now, **whose))
    connection.execute(
        insert(decisions).values(
            request_id=request_id,
            outcome=RequestStatus.APPROVED.value,
            actor_id=APPROVED_BY,
            reason="Opened in an emergency, to be reviewed",
            decided_at=now,
        )
    )
    connection.execute(
        insert(grants_table).values(
            id=grant_id,
            request_id=request_id,
            approved_by=APPROVED_BY,
            starts_at=now,
            expires_at=now + timedelta(hours=asked.hours),
            **whose,
        )
    )
    connection.execute(insert(emergencies).values(grant_id=grant_id, hours=asked.hours))


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[OpenedEmergency, ...]:
    query = (
        select(emergencies.c.grant_id, emergency_reviews)
        .select_from(
            emergencies.join(grants_table, grants_table.c.id == emergencies.c.grant_id).outerjoin(
                emergency_reviews, emergency_reviews.c.grant_id == emergencies.c.grant_id
            )
        )
        .where(wanted)
        .order_by(grants_table.c.starts_at.desc(), grants_table.c.id.desc())
    )
    return tuple(
        OpenedEmergency(
            grant=grants.find(connection, row[0]),
            reviewed_by=row.actor_id,
            reviewed_at=row.at,
            is_justified=None if row.is_justified is None else bool(row.is_justified),
            reason=row.reason or "",
        )
        for row in connection.execute(query).all()
    )
