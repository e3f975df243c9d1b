"""Where grants are suspended, resumed and confirmed, and moves and conditions recorded."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from marketplace.access import grants, leavers, life_facts
from marketplace.access.database import Database
from marketplace.access.errors import AccessError
from marketplace.access.grant_life import (
    CONFIRM_DAYS,
    ON_HOLD,
    Fulfilment,
    GrantAct,
    GrantStep,
    Moved,
    Movement,
    review_date,
)
from marketplace.access.issue_book import Acting
from marketplace.access.life_errors import (
    AlreadySuspended,
    ConditionUnclear,
    FulfilmentEnded,
    GrantOver,
    NotDueYet,
    NotSuspended,
    NotYoursToKeep,
    NotYoursToRecord,
    UnknownFulfilment,
)
from marketplace.access.model import Actor, AuditEntry, Grant
from marketplace.access.requests import reason_of
from marketplace.access.rights import Tie, is_allowed
from marketplace.access.secret_keys import Entropy, new_id

LONGEST_CONDITION_DAYS = 5 * 366
_Found = TypeVar("_Found")
_CONDITION = re.compile(r"[a-z][a-z0-9_]{0,99}")
_NOUNS = {
    GrantStep.SUSPEND: "suspension",
    GrantStep.RESUME: "resumption",
    GrantStep.CONFIRM: "confirmation",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """A step that somebody takes on a grant, and who else could.

    `deciders` are the references of the port's owner and approvers; `review_days` is what its
    contract asks for until the next confirmation.
    """

    actor: Actor
    step: GrantStep
    reason: str
    deciders: Collection[str] = ()
    review_days: int | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """What is said of a person and a condition; from now on, for so many days."""

    actor_id: str
    condition: str
    evidence: str
    days: int


class LifeBook:
    """The lives of all grants, as append-only facts; each acts on the next statement."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def keep(self, grant_id: str, keeping: Keeping, now: datetime) -> Grant:
        """Suspend, resume or confirm a grant, and give it as it stands afterwards.

        Raises UnknownGrant, ReasonMissing, NotYoursToKeep, GrantOver, AlreadySuspended,
        NotSuspended or NotDueYet.
        """
        with self._database.read() as connection:
            known = grants.find(connection, grant_id)
        actor, step = keeping.actor, keeping.step
        reason = reason_of(keeping.reason, _NOUNS[step])
        details = {"grant_id": grant_id, "holder": known.actor_id, "reason": reason}
        entry = AuditEntry(actor.id, f"access.{step.value}", known.port, details=details)

        def change(connection: Connection) -> Grant:
            current = grants.find(connection, grant_id)
            if not may_keep(actor, current, keeping.deciders):
                raise NotYoursToKeep(current, tuple(keeping.deciders))
            _refuse(current, step, now)
            review_at = None
            if step is GrantStep.CONFIRM:
                review_at = review_date(now, keeping.review_days, current.expires_at)
            position = len(current.life.acts) + 1
            made = GrantAct(position, step, actor.id, reason, now, review_at)
            life_facts.add_act(connection, grant_id, made)
            return grants.find(connection, grant_id)

        return self._act(entry, now, change)

    def record(
        self, actor_id: str, movement: Movement, by: tuple[Actor, str], now: datetime
    ) -> Moved:
        """Keep that a person joined, moved or left; `by` is who says so, and why.

        A move holds their grants until each is confirmed; leaving ends them, and the person's
        sessions and tokens, at once. Raises ReasonMissing or NotYoursToRecord.
        """
        actor, said = by
        reason = reason_of(said, "record")
        details = {"person": actor_id, "movement": movement.value, "reason": reason}
        entry = AuditEntry(actor.id, f"person.{movement.value}", actor_id, details=details)
        moved = Moved(actor_id, movement, actor.id, reason, now)

        def change(connection: Connection) -> Moved:
            _refuse_recorder(actor, actor_id, f"record `{movement.value}`")
            life_facts.add_movement(connection, moved)
            if movement is Movement.LEFT:
                leavers.sign_out(connection, actor_id, actor.id, now)
            return moved

        return self._act(entry, now, change)

    def fulfil(self, met: Met, by: Actor, now: datetime) -> Fulfilment:
        """Keep that a person meets a condition: their held grants stand again at once.

        Raises ConditionUnclear or NotYoursToRecord.
        """
        kept = Fulfilment(
            id=new_id("met", self._entropy),
            actor_id=met.actor_id,
            condition=met.condition,
            evidence=met.evidence.strip(),
            recorded_by=by.id,
            met_from=now,
            met_until=now + timedelta(days=max(0, min(met.days, LONGEST_CONDITION_DAYS))),
        )
        details = {
            "person": met.actor_id,
            "condition": met.condition,
            "evidence": kept.evidence,
            "days": met.days,
        }
        entry = AuditEntry(by.id, "condition.met", met.actor_id, details=details)

        def change(connection: Connection) -> Fulfilment:
            _refuse_recorder(by, met.actor_id, "condition")
            _refuse_unclear(met)
            life_facts.add_fulfilment(connection, kept)
            return kept

        return self._act(entry, now, change)

    def unfulfil(self, fulfilment_id: str, by: tuple[Actor, str], now: datetime) -> Fulfilment:
        """Take back that a condition is met; `by` is who says so, and why.

        Raises UnknownFulfilment, ReasonMissing, NotYoursToRecord or FulfilmentEnded.
        """
        actor, said = by
        reason = reason_of(said, "end of the condition")
        known = self._fulfilment(fulfilment_id)
        details = {"person": known.actor_id, "condition": known.condition, "reason": reason}
        entry = AuditEntry(actor.id, "condition.end", known.actor_id, details=details)

        def change(connection: Connection) -> Fulfilment:
            _refuse_recorder(actor, known.actor_id, "condition")
            current = life_facts.fulfilment(connection, fulfilment_id)
            if current is None or current.ended_at is not None:
                raise FulfilmentEnded(fulfilment_id)
            life_facts.end_fulfilment(connection, fulfilment_id, (actor.id, reason, now))
            return life_facts.fulfilment(connection, fulfilment_id) or current

        return self._act(entry, now, change)

    def fulfilments_of(self, actor_id: str) -> tuple[Fulfilment, ...]:
        """Every condition that a person met or meets."""
        return self._read(lambda connection: life_facts.fulfilments_of(connection, actor_id))

    def movements_of(self, actor_id: str) -> tuple[Moved, ...]:
        """Every move of a person, oldest first."""
        return self._read(lambda connection: life_facts.movements_of(connection, actor_id))

    def has_left(self, actor_id: str) -> bool:
        """Whether a person has left and not come back."""
        return self._read(lambda connection: life_facts.has_left(connection, actor_id))

    def _fulfilment(self, fulfilment_id: str) -> Fulfilment:
        found = self._read(lambda connection: life_facts.fulfilment(connection, fulfilment_id))
        if found is None:
            raise UnknownFulfilment(fulfilment_id)
        return found

    def _read(self, query: Callable[[Connection], _Found]) -> _Found:
        with self._database.read() as connection:
            return query(connection)


def may_keep(actor: Actor, grant: Grant, deciders: Collection[str]) -> bool:
    """Whether the table of rights lets the actor: never the holder; `deciders` are references."""
    if actor.id == grant.actor_id:
        return False
    is_named = not actor.references.isdisjoint(deciders)
    met = {Tie.ANY, Tie.OWNER, Tie.APPROVER} if is_named else {Tie.ANY}
    return is_allowed(actor, "access.keep", met)


def steps_open(grant: Grant, now: datetime) -> tuple[GrantStep, ...]:
    """The steps that fit the grant as it stands at `now`."""
    found = []
    for step in GrantStep:
        try:
            _refuse(grant, step, now)
        except AccessError:
            continue
        found.append(step)
    return tuple(found)


def _refuse(grant: Grant, step: GrantStep, now: datetime) -> None:
    hindrance = grant.hindrance(now)
    if hindrance is not None and hindrance not in ON_HOLD:
        raise GrantOver(grant, hindrance)
    is_suspended = grant.life.suspension is not None
    if step is GrantStep.SUSPEND and is_suspended:
        raise AlreadySuspended(grant)
    if step is GrantStep.RESUME and not is_suspended:
        raise NotSuspended(grant)
    if step is GrantStep.CONFIRM and grant.life.moved_at is None:
        due = grant.confirm_by
        since = None if due is None else due - timedelta(days=CONFIRM_DAYS)
        if since is None or now < since:
            raise NotDueYet(grant, since)


def _refuse_recorder(by: Actor, about: str, what: str) -> None:
    if not is_allowed(by, "person.record", {Tie.ANY}) or by.id == about:
        raise NotYoursToRecord(what, about)


def _refuse_unclear(met: Met) -> None:
    if not _CONDITION.fullmatch(met.condition):
        fault = f"`{met.condition}` is no name of a condition"
        raise ConditionUnclear(fault, "Write it as contracts do, as in `data_protection_course`.")
    if not met.evidence.strip():
        raise ConditionUnclear("it has no evidence", "Say which record shows it.")
    if not 1 <= met.days <= LONGEST_CONDITION_DAYS:
        fault = f"its period is `{met.days}` days"
        raise ConditionUnclear(fault, f"Choose 1 to {LONGEST_CONDITION_DAYS}.")
