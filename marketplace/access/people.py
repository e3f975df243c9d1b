"""Who can act: the demo people on a laptop, or whom the organisation's own sign-in sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from marketplace.access.arrivals import ArrivalBook
from marketplace.access.errors import PeopleUnavailable
from marketplace.access.model import Actor, Role
from marketplace.config import Environment, Settings


class People(Protocol):
    """Where actors come from: the demo people, or an identity provider."""

    def by_id(self, actor_id: str) -> Actor | None:
        """The person with this id; None where there is none (any more)."""

    def all(self) -> tuple[Actor, ...]:
        """Everyone who can be shown by name."""

    def is_current(self, actor_id: str, now: datetime) -> bool:
        """Whether what is known of the person is recent enough for a program to act for them."""


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """A fixed set of people."""

    people: Mapping[str, Actor]

    def by_id(self, actor_id: str) -> Actor | None:
        """The person with this id; None where there is none."""
        return self.people.get(actor_id)

    def all(self) -> tuple[Actor, ...]:
        """Everyone, in the order in which they were named."""
        return tuple(self.people.values())

    def is_current(self, actor_id: str, now: datetime) -> bool:  # noqa: ARG002
        """Whether the person is known: what is known of them does not age."""
        return actor_id in self.people


@dataclass(frozen=True, slots=True)
class ArrivedPeople:
    """Whom the organisation's sign-in has sent, with the teams and roles of their last arrival."""

    arrivals: ArrivalBook
    issuer: str
    current_days: int

    def by_id(self, actor_id: str) -> Actor | None:
        """The person as they last arrived; None for who never did, or through another issuer."""
        arrival = self.arrivals.latest(actor_id, self.issuer)
        return None if arrival is None else arrival.actor

    def all(self) -> tuple[Actor, ...]:
        """Everyone who has ever arrived, by id."""
        return self.arrivals.everyone(self.issuer)

    def is_current(self, actor_id: str, now: datetime) -> bool:
        """Whether the person arrived within the last days: groups are only read on arrival."""
        arrival = self.arrivals.latest(actor_id, self.issuer)
        return arrival is not None and now < arrival.at + timedelta(days=self.current_days)


def demo_people(settings: Settings) -> KnownPeople:
    """The eight fictional people, one of each role, that the demo is signed in as.

    Raises PeopleUnavailable in production, where people sign in through the organisation (an id of
    theirs must never meet a demo person's), and where the settings switch them off.
    """
    if settings.environment is Environment.PRODUCTION:
        raise PeopleUnavailable("the marketplace runs in production")
    if settings.oidc_issuer is not None:
        raise PeopleUnavailable("the organisation's own sign-in is connected")
    if not settings.demo_people:
        raise PeopleUnavailable("the setting `MARKETPLACE_DEMO_PEOPLE` is false")
    return KnownPeople({person.id: person for person in _DEMO})


def known_people(settings: Settings) -> People | None:
    """Whom ids mean, where this process may know it; None in production."""
    try:
        return demo_people(settings)
    except PeopleUnavailable:
        return None


_STEWARDED = ("commercial", "people", "insight", "machinery-of-government")
_ADMINISTERED = frozenset({"commercial", "people"})
_DEMO = (
    Actor("analyst", "Ada Fenwick", frozenset({"insight"}), frozenset({Role.READER})),
    Actor(
        "steward",
        "Sam Okoro",
        frozenset(f"{unit}-stewards" for unit in _STEWARDED),
        frozenset({Role.STEWARD}),
    ),
    Actor(
        "owner",
        "Oona Hale",
        frozenset(f"{unit}-owners" for unit in _STEWARDED),
        frozenset({Role.OWNER}),
    ),
    Actor("governance", "Gwen Pryce", frozenset({"governance"}), frozenset({Role.GOVERNANCE})),
    Actor("engineer", "Emil Novak", frozenset({"engineering"}), frozenset({Role.ENGINEER})),
    Actor("custodian", "Cato Lindqvist", frozenset({"engineering"}), frozenset({Role.CUSTODIAN})),
    Actor(
        "administrator",
        "Uma Castell",
        frozenset({"commercial-administrators", "people-administrators"}),
        frozenset({Role.UNIT_ADMINISTRATOR}),
        units=_ADMINISTERED,
    ),
    Actor("auditor", "Axel Thorne", frozenset({"audit"}), frozenset({Role.AUDITOR})),
)
