"""Arrivals: what the organisation's sign-in said of a person, each time that it sent them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from marketplace.access import life_facts
from marketplace.access.database import Database
from marketplace.access.grant_life import Moved, Movement
from marketplace.access.issue_book import Acting
from marketplace.access.model import Actor, AuditEntry, Role
from marketplace.access.secret_keys import Entropy, new_id
from marketplace.access.tables import arrivals

SIGN_IN = "service.sign_in"  # who records moves that the organisation's sign-in shows


@dataclass(frozen=True, slots=True)
class Arrival:
    """A person with the teams and roles that they had at `at` (UTC)."""

    actor: Actor
    issuer: str
    at: datetime


class ArrivalBook:
    """The arrivals of all people, as append-only facts; the last one of a person counts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def keep(self, arrival: Arrival) -> None:
        """Keep an arrival. The audit log says with which teams and roles.

        Who lost a team or a unit since the last one has moved: their grants wait for a
        confirmation. That is kept first, so that a fault in between leaves nothing open.
        """
        actor = arrival.actor
        before = self.latest(actor.id, arrival.issuer)
        if before is not None:
            self._keep_move(before.actor, arrival)
        teams, roles = sorted(actor.teams), sorted(role.value for role in actor.roles)
        units = sorted(actor.units)
        details = {"issuer": arrival.issuer, "teams": teams, "roles": roles, "units": units}
        entry = AuditEntry(actor.id, "person.arrive", actor.id, details=details)
        values = {
            "id": new_id("arrival", self._entropy),
            "actor_id": actor.id,
            "issuer": arrival.issuer,
            "name": actor.name,
            "teams": "\n".join(teams),
            "roles": "\n".join(roles),
            "units": "\n".join(units),
            "arrived_at": arrival.at,
        }

        def change(connection: Connection) -> None:
            connection.execute(insert(arrivals).values(values))

        self._act(entry, arrival.at, change)

    def _keep_move(self, before: Actor, arrival: Arrival) -> None:
        lost = sorted((before.teams - arrival.actor.teams) | (before.units - arrival.actor.units))
        if not lost:
            return
        reason = f"Arrived without {', '.join(lost)}"
        moved = Moved(arrival.actor.id, Movement.MOVED, SIGN_IN, reason, arrival.at)
        details = {"person": moved.actor_id, "movement": moved.movement.value, "reason": reason}
        entry = AuditEntry(SIGN_IN, "person.moved", moved.actor_id, details=details)
        self._act(entry, arrival.at, lambda connection: life_facts.add_movement(connection, moved))

    def latest(self, actor_id: str, issuer: str) -> Arrival | None:
        """The person's last arrival through the issuer; None where there was none."""
        wanted = (arrivals.c.actor_id == actor_id) & (arrivals.c.issuer == issuer)
        query = _newest_first().where(wanted).limit(1)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _arrival(row)

    def everyone(self, issuer: str) -> tuple[Actor, ...]:
        """Everyone who has arrived through the issuer, as they last did, by id."""
        with self._database.read() as connection:
            rows = connection.execute(_newest_first().where(arrivals.c.issuer == issuer)).all()
        known: dict[str, Actor] = {}
        for row in rows:
            known.setdefault(row.actor_id, _arrival(row).actor)
        return tuple(known[actor_id] for actor_id in sorted(known))


def _newest_first() -> Select[Any]:
    return select(arrivals).order_by(arrivals.c.arrived_at.desc(), arrivals.c.id.desc())


def _arrival(row: Row[Any]) -> Arrival:
    """A role that this release does not know gives nothing."""
    known = {role.value for role in Role}
    roles = frozenset(Role(word) for word in row.roles.split("\n") if word in known)
    teams = frozenset(filter(None, row.teams.split("\n")))
    units = frozenset(filter(None, row.units.split("\n")))
    actor = Actor(row.actor_id, row.name, teams, roles, units=units)
    return Arrival(actor, row.issuer, row.arrived_at)
