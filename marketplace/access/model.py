"""Who acts, what they asked for, and what they may read, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from marketplace.access.grant_life import UNTOUCHED, Hindrance, Life
from marketplace.access.request_model import Answers, RequestAct, RequestActKind
from marketplace.access.restriction import WHOLE, Restriction


class Role(StrEnum):
    """What an actor is trusted with; marketplace/access/rights.py says what each may do."""

    READER = "reader"
    STEWARD = "steward"
    OWNER = "owner"
    CUSTODIAN = "custodian"
    UNIT_ADMINISTRATOR = "unit_administrator"
    GOVERNANCE = "governance"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ANALYST = READER  # the name that it had first


class ActorKind(StrEnum):
    """What an actor is."""

    PERSON = "person"
    TEAM = "team"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting: a person, a team or a service."""

    id: str
    name: str
    teams: frozenset[str]
    roles: frozenset[Role]
    kind: ActorKind = ActorKind.PERSON
    units: frozenset[str] = frozenset()  # business units that they administer or belong to

    @property
    def references(self) -> frozenset[str]:
        """How contracts name this actor: the id, and `team:<id>` of each team."""
        return frozenset({self.id, *(f"team:{team}" for team in self.teams)})


class RequestStatus(StrEnum):
    """Where an access request stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """An ask to read one port, for a purpose and a period."""

    id: str
    actor_id: str
    port: str  # unit.port
    purpose: str
    days: int
    submitted_at: datetime  # UTC
    status: RequestStatus
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    answers: Answers = field(default_factory=Answers)
    acts: tuple[RequestAct, ...] = ()  # oldest first

    def is_own_of(self, actor: Actor) -> bool:
        """Whether `actor` asks: in person, or through a team that does or whose service does."""
        return not actor.references.isdisjoint((self.actor_id, *self.answers.asked_for))

    @property
    def endorsements(self) -> tuple[RequestAct, ...]:
        """The approvals of stages that were not the last, oldest first."""
        return tuple(act for act in self.acts if act.kind is RequestActKind.ENDORSE)

    @property
    def stage(self) -> int:
        """How many stages have approved it so far."""
        return len(self.endorsements)

    @property
    def stage_started_at(self) -> datetime:
        """Since when the present stage has it, in UTC."""
        return self.endorsements[-1].at if self.endorsements else self.submitted_at


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing right of one actor on one port, for a purpose, until it expires or is revoked."""

    id: str
    request_id: str
    actor_id: str
    port: str
    purpose: str
    approved_by: str
    starts_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoke_reason: str | None = None
    restriction: Restriction = WHOLE
    review_at: datetime | None = None  # the first time it is to be confirmed; None: never
    conditions: tuple[str, ...] = ()  # that the decision set, beside the contract's
    life: Life = UNTOUCHED

    @property
    def confirm_by(self) -> datetime | None:
        """When it lapses unless it is confirmed; None: never."""
        return self.life.next_review(self.review_at)

    def stands(self, now: datetime, conditions: tuple[str, ...] = ()) -> bool:
        """Whether it gives a right at `now` (UTC) on a port with these conditions."""
        return self.hindrance(now, conditions) is None

    def hindrance(self, now: datetime, conditions: tuple[str, ...] = ()) -> Hindrance | None:
        """The first reason why it gives no right at `now`; None where it gives one."""
        confirm_by = self.confirm_by
        reasons = (
            (Hindrance.REVOKED, self.revoked_at is not None),
            (Hindrance.LEFT, self.life.has_left),
            (Hindrance.NOT_STARTED, now < self.starts_at),
            (Hindrance.EXPIRED, self.expires_at <= now),
            (Hindrance.LAPSED, confirm_by is not None and confirm_by <= now),
            (Hindrance.SUSPENDED, self.life.suspension is not None),
            (Hindrance.MOVED, self.life.moved_at is not None),
            (Hindrance.CONDITION, bool(self.unmet(now, conditions))),
        )
        return next((reason for reason, is_so in reasons if is_so), None)

    def unmet(self, now: datetime, conditions: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The conditions, its own and the port's, that its holder does not meet at `now`."""
        return self.life.unmet((*conditions, *self.conditions), now)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One link of the audit log's hash chain."""

    sequence: int
    at: datetime  # UTC
    actor_id: str
    action: str  # query.run, access.request, access.approve, access.revoke, session.sign_in ...
    resource: str  # unit.port, request id, ...
    outcome: str  # done, denied, failed
    details: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened, before it becomes a link of the chain.

    A `details["ports"]` list makes the record findable under each of those ports as well as
    under `resource`.
    """

    actor_id: str
    action: str
    resource: str
    outcome: str = "done"
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which audit records to read, newest first; absent fields do not restrict."""

    actor_id: str | None = None
    action: str | None = None
    resources: frozenset[str] | None = None  # any of these; an empty set matches nothing
    outcome: str | None = None
    since: datetime | None = None
    before_sequence: int | None = None  # the next page starts below this sequence
    after_sequence: int | None = None  # then oldest first, starting above this sequence
    limit: int = 100


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last link of the chain, as kept apart from the records themselves."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditVerification:
    """Whether the audit log is what was written, and the first record where it is not."""

    records: int
    head: ChainHead
    first_bad: int | None = None  # sequence
    fault: str | None = None

    @property
    def intact(self) -> bool:
        """Whether nothing was altered, removed or reordered."""
        return self.first_bad is None

    def blamed_for(self, sequence: int, fault: str) -> Self:
        """The same verification with a fault that lies outside the records."""
        return replace(self, first_bad=sequence, fault=f"Record {sequence} {fault}.")


@dataclass(frozen=True, slots=True)
class Decision:
    """An approver's answer to an access request; a refusal says why."""

    actor: Actor
    approve: bool
    reason: str
    restriction: Restriction = WHOLE  # what an approval shows
    days: int | None = None  # where an approval is for a shorter period than asked for
    conditions: tuple[str, ...] = ()  # that an approval sets beside the contract's
    review_days: int | None = None  # until the first confirmation; None: as for every grant
    purpose: str | None = None  # where it is for a narrower purpose than asked for
    expires_by: datetime | None = None  # UTC; whatever the period says


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether an action is allowed, why, and what to do where it is not."""

    allowed: bool
    reason: str
    way_on: str | None = None  # a sentence; None where it is allowed

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Token:
    """A machine's key to act as its owner; the secret itself is never kept."""

    id: str
    actor_id: str
    name: str
    scope: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it opens anything at `now` (UTC)."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Opening:
    """How a session begins."""

    way: str = ""  # demo, openid; empty for one that a command opens for itself
    agent: str = ""  # what the browser calls itself
    idle_minutes: int | None = None  # it ends after so long without use; None: never for that


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in; `id` is the hash of the secret in their cookie."""

    id: str
    actor_id: str
    created_at: datetime
    expires_at: datetime
    idle_minutes: int | None = None
    way: str = ""
    agent: str = ""
    seen_at: datetime | None = None  # the last use that was noted

    @property
    def last_use(self) -> datetime:
        """When it was last known to be in use."""
        return self.seen_at if self.seen_at is not None else self.created_at

    @property
    def ends_at(self) -> datetime:
        """When it ends if nobody uses it again."""
        if self.idle_minutes is None:
            return self.expires_at
        return min(self.expires_at, self.last_use + timedelta(minutes=self.idle_minutes))

    def stands(self, now: datetime) -> bool:
        """Whether it lets anyone in at `now` (UTC)."""
        return now < self.ends_at


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people are to be told about a port, before it is in the outbox."""

    kind: str  # quarantine.candidate, run.failed, quarantine.release, quarantine.discard
    port: str  # unit.port
    subject: str  # candidate hash, or the id of a run
    message: str


@dataclass(frozen=True, slots=True)
class Notification:
    """What a person or a team was told, and when."""

    id: str
    recipient: str  # person id or `team:<id>`
    kind: str
    port: str
    subject: str
    message: str
    created_at: datetime  # UTC
