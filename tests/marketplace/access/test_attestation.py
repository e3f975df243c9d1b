"""What the audit log attests is what is stored; what is stored without it is named."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from marketplace.access.emergencies import Emergency, Review
from marketplace.access.grant_life import GrantStep, Movement
from marketplace.access.life_book import Keeping, Met
from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.restriction import Restriction

DECIDERS = ("team:commercial-stewards",)
PORT = "commercial.payments"


@pytest.fixture
def lived(store, granted, cast, now):
    """A grant with a life behind it: every act that there is."""
    for step, day in ((GrantStep.SUSPEND, 1), (GrantStep.RESUME, 2), (GrantStep.SUSPEND, 3)):
        keeping = Keeping(cast.sam, step, "Checked with the team", DECIDERS)
        store.life.keep(granted.id, keeping, now + timedelta(days=day))
    store.life.record("ada", Movement.MOVED, (cast.gwen, "Went to policy"), now)
    met = store.life.fulfil(Met("ada", "course", "Record 17", 30), cast.gwen, now)
    store.life.unfulfil(met.id, (cast.gwen, "Taken back"), now + timedelta(days=1))
    story = "Payments stopped tonight, and suppliers are to be told"
    asked = Emergency(cast.emil, PORT, story, 2, ("team:engineering",), ("team:governance",))
    opened = store.emergencies.open(asked, now)
    review = Review(cast.gwen, False, "There was no emergency")
    store.emergencies.review(opened.id, review, now + timedelta(minutes=5))
    return granted


def tamper(state_url, statement):
    """Change the tables behind the store's back, as their superuser can."""
    address = make_url(state_url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        if address.get_backend_name() == "sqlite":
            names = connection.execute(text("select name from sqlite_master where type='trigger'"))
            for (name,) in names.fetchall():
                connection.execute(text(f'drop trigger "{name}"'))
        else:
            connection.execute(text("set session_replication_role = replica"))
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.requirement("SEC-02")
def test_every_act_of_a_grants_life_is_attested(store, lived):
    attested = store.attestation.read()

    assert attested.faults == ()
    assert sorted(each.actor_id for each in attested.grants) == ["ada", "emil"]


@pytest.mark.requirement("SEC-02")
def test_a_narrowed_approval_is_attested_as_it_was_decided(store, cast, now):
    asked = store.requests.submit(
        cast.ada, Asked(PORT, "Study the spending of bodies", 30), None, now
    )
    shown = Restriction(hidden=frozenset({"amount"}))
    decision = Decision(cast.sam, True, "", restriction=shown, days=7)
    store.requests.decide(asked.id, decision, one_stage(DECIDERS), now)

    attested = store.attestation.read()

    (grant,) = attested.grants
    assert attested.faults == ()
    assert grant.restriction == shown.text()
    assert grant.expires_at == now + timedelta(days=7)


TAMPERED = {
    "suspension": (
        "delete from grant_acts where position = 3",
        ("ada", PORT, "`access.suspend` of 2026-04-09 09:30:00+00:00 is in the audit log, and is "
         "not stored"),
    ),
    "resumption": (
        "update grant_acts set step = 'resume' where position = 3",
        ("ada", PORT, "`access.resume` of 2026-04-09 09:30:00+00:00 is stored, and the audit log "
         "knows none"),
    ),
    "movement": (
        "delete from movements",
        ("ada", "", "`person.moved` of 2026-04-06 09:30:00+00:00 is in the audit log, and is not "
         "stored"),
    ),
    "course_for_longer": (
        "update fulfilments set met_until = '2031-04-06 09:30:00'",
        ("ada", "", "`condition.met course for 1826 days` of 2026-04-06 09:30:00+00:00 is stored, "
         "and the audit log knows none"),
    ),
    "course_given_back": (
        "delete from fulfilment_ends",
        ("ada", "", "`condition.end course` of 2026-04-07 09:30:00+00:00 is in the audit log, and "
         "is not stored"),
    ),
    "emergency_for_longer": (
        "update grants set expires_at = '2031-04-06 09:30:00' where actor_id = 'emil'",
        ("emil", PORT, "ends at `2031-04-06 09:30:00+00:00`, later than the decided "
         "`2026-04-06 11:30:00+00:00`"),
    ),
    "emergency_not_ended": (
        "delete from revocations",
        ("emil", PORT, "was revoked, and its revocation is not stored any more"),
    ),
}  # fmt: skip


@pytest.mark.requirement("SEC-02")
@pytest.mark.parametrize(("statement", "expected"), TAMPERED.values(), ids=TAMPERED)
def test_a_life_that_was_changed_is_named(store, state_url, lived, statement, expected):
    tamper(state_url, statement)

    faults = store.attestation.read().faults

    holder, port, fault = expected
    assert (holder, port) in {(each.actor_id, each.port) for each in faults}
    assert any(fault in each.fault for each in faults), faults
