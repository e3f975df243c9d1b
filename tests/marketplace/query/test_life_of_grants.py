"""Whatever happens to a grant or its holder acts on their very next statement."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from data_products.registry import Registry
from marketplace.access.grant_life import GrantStep, Movement
from marketplace.access.life_book import Keeping, Met
from marketplace.access.model import Actor, AuditFilter, Decision, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import GrantOnHold, NoGrant
from marketplace.query.limits import QuerySettings

GWEN = Actor("gwen", "Gwen Pryce", frozenset({"governance"}), frozenset({Role.GOVERNANCE}))
PORT = "commercial.payments"
COUNT = f"select count(*) n from {PORT}"
COURSE = {
    "name": "data_protection_course",
    "title": "Data protection essentials",
    "url": "https://learning.example.gov.uk/dp",
}


def keep(room, grant_id: str, step: GrantStep, now=None):
    keeping = Keeping(room.sam, step, "Checked with the team", ("team:commercial-stewards",))
    return room.store.life.keep(grant_id, keeping, now or room.now)


def has_rows(room, now=None) -> bool:
    return room.rows(COUNT, now=now or room.now) == [{"n": 3000}]


@pytest.mark.requirement("SEC-09")
def test_a_suspended_grant_gives_nothing_until_it_is_resumed(room):
    grant_id = room.grant(room.ada, PORT)
    assert has_rows(room)

    keep(room, grant_id, GrantStep.SUSPEND)

    with pytest.raises(GrantOnHold) as held:
        room.ask(COUNT)
    assert str(held.value) == (
        "Your grant on `commercial.payments` is on hold: it was suspended by `sam` "
        "(Checked with the team). Ask them."
    )
    keep(room, grant_id, GrantStep.RESUME)
    assert has_rows(room)


def test_a_statement_on_a_grant_on_hold_is_logged_as_denied(room):
    keep(room, room.grant(room.ada, PORT), GrantStep.SUSPEND)

    with pytest.raises(GrantOnHold):
        room.ask(COUNT)

    (record,) = room.store.audit(AuditFilter(action="query.run"))
    assert (record.outcome, record.resource) == ("denied", PORT)


def test_another_standing_grant_still_gives_the_port(room):
    suspended = room.grant(room.ada, PORT)
    room.grant(room.ada, PORT)

    keep(room, suspended, GrantStep.SUSPEND)

    assert has_rows(room)


@pytest.mark.requirement("SEC-09")
def test_a_grant_that_nobody_confirms_lapses_at_its_review_date(room):
    grant_id = room.grant(room.ada, PORT, days=365)
    review = room.store.grant(grant_id).confirm_by
    assert review == room.now + timedelta(days=180)

    assert has_rows(room, review - timedelta(seconds=1))
    with pytest.raises(NoGrant):
        room.ask(COUNT, now=review)


@pytest.mark.requirement("SEC-09")
def test_a_confirmed_grant_goes_on_to_its_next_review(room):
    grant_id = room.grant(room.ada, PORT, days=365)
    due = room.now + timedelta(days=170)

    confirmed = keep(room, grant_id, GrantStep.CONFIRM, due)

    assert confirmed.confirm_by == due + timedelta(days=180)
    assert has_rows(room, room.now + timedelta(days=181))


@pytest.mark.requirement("SEC-09")
def test_a_mover_reads_nothing_until_an_approver_confirms(room):
    grant_id = room.grant(room.ada, PORT)
    moved = room.now + timedelta(days=1)

    room.store.life.record("ada", Movement.MOVED, (GWEN, "Now in the policy team"), moved)

    with pytest.raises(GrantOnHold, match="an approver has to confirm it before `16 March 2026`"):
        room.ask(COUNT, now=moved)
    keep(room, grant_id, GrantStep.CONFIRM, moved + timedelta(days=1))
    assert has_rows(room, moved + timedelta(days=1))


@pytest.mark.requirement("SEC-09")
def test_the_grant_of_a_mover_lapses_where_nobody_confirms_it(room):
    room.grant(room.ada, PORT)
    room.store.life.record("ada", Movement.MOVED, (GWEN, "Now in the policy team"), room.now)

    with pytest.raises(NoGrant):
        room.ask(COUNT, now=room.now + timedelta(days=14))


@pytest.mark.requirement("SEC-09")
def test_a_leaver_reads_nothing_also_after_coming_back(room):
    room.grant(room.ada, PORT)
    room.store.life.record("ada", Movement.LEFT, (GWEN, "Left on her last day"), room.now)

    with pytest.raises(NoGrant):
        room.ask(COUNT)
    back = room.now + timedelta(days=1)
    room.store.life.record("ada", Movement.JOINED, (GWEN, "Came back for a year"), back)
    with pytest.raises(NoGrant):
        room.ask(COUNT, now=back)
    room.grant(room.ada, PORT, at=back + timedelta(days=1))
    assert has_rows(room, back + timedelta(days=1))


def conditioned(registry: Registry, conditions: object) -> Registry:
    """The registry with conditions in every contract."""
    (product,) = registry.products
    ports = tuple(
        replace(port, contract=replace(port.contract, custom={"accessConditions": conditions}))
        for port in product.output_ports
    )
    return Registry((replace(product, output_ports=ports),), ())


@pytest.fixture
def schooled(room) -> Iterator:
    """A room whose contracts ask for a course."""
    registry = conditioned(room.registry, [COURSE])
    settings = QuerySettings(room.folder / "schooled", room.limits, spares=1)
    with QueryEngine(settings, room.lakehouse, registry, room.store) as engine:
        yield replace(room, registry=registry, engine=engine)


@pytest.mark.requirement("LIT-02")
def test_a_lapsed_course_stops_the_grant_and_its_completion_brings_it_back(schooled):
    schooled.grant(schooled.ada, PORT)
    with pytest.raises(GrantOnHold) as held:
        schooled.ask(COUNT)
    assert str(held.value) == (
        "Your grant on `commercial.payments` is on hold: it needs what you do not have. Meet "
        "`data_protection_course` (Data protection essentials) at "
        "https://learning.example.gov.uk/dp."
    )

    course = Met("ada", "data_protection_course", "Learning record 17", 10)
    met = schooled.store.life.fulfil(course, GWEN, schooled.now)

    assert has_rows(schooled)
    with pytest.raises(GrantOnHold):
        schooled.ask(COUNT, now=schooled.now + timedelta(days=10))
    schooled.store.life.unfulfil(met.id, (GWEN, "Recorded by mistake"), schooled.now)
    with pytest.raises(GrantOnHold):
        schooled.ask(COUNT)


@pytest.mark.requirement("LIT-02")
def test_a_condition_of_the_decision_gates_the_grant_as_well(room):
    request = room.store.requests.submit(
        room.ada, Asked(PORT, "To measure what departments pay", 30), None, room.now
    )
    decision = Decision(room.sam, True, "", conditions=("sharing_agreement",))
    room.store.requests.decide(
        request.id, decision, one_stage({"team:commercial-stewards"}), room.now
    )

    with pytest.raises(GrantOnHold, match="Meet `sharing_agreement`: ask who approved"):
        room.ask(COUNT)

    agreed = Met("ada", "sharing_agreement", "Signed agreement 4", 365)
    room.store.life.fulfil(agreed, GWEN, room.now)
    assert has_rows(room)


@pytest.mark.parametrize("conditions", ["a course", [7], [{"title": "No name"}], [{"name": "A b"}]])
def test_conditions_that_cannot_be_read_open_nothing(room, conditions):
    room.grant(room.ada, PORT)
    registry = conditioned(room.registry, conditions)
    settings = QuerySettings(room.folder / "unread", room.limits, spares=1)

    with (
        QueryEngine(settings, room.lakehouse, registry, room.store) as engine,
        pytest.raises(GrantOnHold, match="cannot be read"),
    ):
        engine.run(room.ada, COUNT, room.now)
