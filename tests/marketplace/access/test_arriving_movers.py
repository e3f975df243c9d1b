"""Who arrives without a team or unit that they had has moved, and their grants wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from marketplace.access.arrivals import Arrival
from marketplace.access.grant_life import Hindrance
from marketplace.access.model import AuditFilter

ISSUER = "https://login.example.gov.uk"


@pytest.fixture
def ada(cast):
    return replace(cast.ada, units=frozenset({"commercial"}))


@pytest.mark.requirement("SEC-09")
@pytest.mark.parametrize("lost", [{"teams": frozenset({"policy"})}, {"units": frozenset()}])
def test_losing_a_team_or_unit_is_a_move(store, granted, ada, now, lost):
    store.arrivals.keep(Arrival(ada, ISSUER, now))
    assert store.grant(granted.id).stands(now)

    store.arrivals.keep(Arrival(replace(ada, **lost), ISSUER, now + timedelta(days=1)))

    assert store.grant(granted.id).hindrance(now + timedelta(days=1)) is Hindrance.MOVED
    (record,) = store.audit(AuditFilter(action="person.moved"))
    assert record.actor_id == "service.sign_in"
    assert record.details["reason"].startswith("Arrived without ")


def test_joining_a_team_and_arriving_unchanged_is_no_move(store, granted, ada, now):
    more = replace(ada, teams=ada.teams | {"policy"}, units=ada.units | {"people"})

    for actor in (ada, ada, more, more):
        store.arrivals.keep(Arrival(actor, ISSUER, now))

    assert store.grant(granted.id).stands(now)
    assert store.life.movements_of("ada") == ()


def test_arrivals_through_another_issuer_are_not_compared(store, granted, ada, now):
    store.arrivals.keep(Arrival(ada, ISSUER, now))

    store.arrivals.keep(Arrival(replace(ada, teams=frozenset()), "https://other.example", now))

    assert store.grant(granted.id).stands(now)
