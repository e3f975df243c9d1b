"""Who relies on a port by a grant: the people whom a change of its contract would meet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from data_products.consumers import Consumer, ConsumerKind, Readers, downstream_consumers
from data_products.registry import Registry
from marketplace.access.model import Grant
from marketplace.access.people import People


@dataclass(frozen=True, slots=True)
class Relations:
    """What is known of who uses what."""

    registry: Registry
    readers: Readers  # port -> the ports whose models read it
    people: People | None  # None where ids cannot be looked up


def consumers_of(
    port: str, grants: Iterable[Grant], relations: Relations, now: datetime
) -> tuple[Consumer, ...]:
    """Everybody who is known to rely on `port` at `now`: people first, then what is made of it."""
    granted = granted_consumers(grants, relations.people, now)
    return (*granted, *downstream_consumers(relations.registry, port, relations.readers))


def granted_consumers(
    grants: Iterable[Grant], people: People | None, now: datetime
) -> tuple[Consumer, ...]:
    """The holders of the grants that stand at `now`, one entry per grant."""
    return tuple(
        Consumer(
            kind=ConsumerKind.GRANT,
            name=grant.actor_id,
            reason=f"until {grant.expires_at:%d %B %Y}, to: {grant.purpose}",
            teams=_teams(grant.actor_id, people),
        )
        for grant in grants
        if grant.stands(now)
    )


def _teams(actor_id: str, people: People | None) -> tuple[str, ...]:
    actor = None if people is None else people.by_id(actor_id)
    return () if actor is None else tuple(sorted(f"team:{team}" for team in actor.teams))
