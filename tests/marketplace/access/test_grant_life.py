"""Who may suspend, confirm and record, what each refusal says, and that facts stay."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.access.emergencies import Emergency, Review
from marketplace.access.grant_life import GrantStep, Hindrance, Movement
from marketplace.access.life_book import Keeping, Met
from marketplace.access.life_errors import (
    AlreadySuspended,
    ConditionUnclear,
    FulfilmentEnded,
    GrantOver,
    NotDueYet,
    NotSuspended,
    NotYoursToKeep,
    NotYoursToRecord,
    PersonHasLeft,
    UnknownFulfilment,
)
from marketplace.access.life_tables import LIFE_TABLES
from marketplace.access.model import Actor, AuditFilter, Decision, Role
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage

DECIDERS = ("team:commercial-stewards",)
COURSE = Met("ada", "data_protection_course", "Learning record 17", 30)


def keeping(actor: Actor, step: GrantStep, reason: str = "Checked with the team") -> Keeping:
    return Keeping(actor, step, reason, DECIDERS)


def suspend(store, grant, actor, now):
    return store.life.keep(grant.id, keeping(actor, GrantStep.SUSPEND), now)


def test_the_holder_and_strangers_do_not_keep_a_grant(store, granted, cast, now):
    for actor in (cast.ada, cast.emil):
        with pytest.raises(NotYoursToKeep) as refused:
            suspend(store, granted, actor, now)

        assert str(refused.value) == (
            f"Grant `{granted.id}` was left as it is: only the owner or approvers of "
            "`commercial.payments`, or governance, suspend, resume and confirm it, and nobody "
            "their own. Ask one of: `team:commercial-stewards`."
        )
    assert store.standing_grants("ada", now) == (granted,)


def test_nobody_confirms_their_own_grant_through_a_team(store, cast, now):
    asked = store.requests.submit(
        cast.sam, Asked("commercial.payments", "Study what bodies spend", 365), None, now
    )
    store.requests.decide(asked.id, Decision(cast.sue, True, ""), one_stage(DECIDERS), now)
    grant = store.grant_of(asked.id)
    due = now + timedelta(days=175)

    with pytest.raises(NotYoursToKeep):
        store.life.keep(grant.id, keeping(cast.sam, GrantStep.CONFIRM), due)

    assert store.life.keep(grant.id, keeping(cast.sue, GrantStep.CONFIRM), due).stands(due)


def test_a_step_that_fits_no_state_is_refused(store, granted, cast, now):
    with pytest.raises(NotSuspended) as not_suspended:
        store.life.keep(granted.id, keeping(cast.sam, GrantStep.RESUME), now)
    suspend(store, granted, cast.sam, now)
    with pytest.raises(AlreadySuspended) as suspended:
        suspend(store, granted, cast.sue, now)

    kept = f"Grant `{granted.id}` was left as it is: it is"
    assert str(not_suspended.value) == f"{kept} not suspended. Nothing needs to be done."
    assert str(suspended.value) == (f"{kept} suspended already. Resume it, or revoke it for good.")


def test_a_confirmation_waits_until_it_is_due(store, granted, cast, now):
    with pytest.raises(NotDueYet) as never:
        store.life.keep(granted.id, keeping(cast.sam, GrantStep.CONFIRM), now)
    asked = store.requests.submit(
        cast.ada, Asked("commercial.tenders", "Study what bodies spend", 365), None, now
    )
    decision = Decision(cast.sam, True, "", review_days=90)
    store.requests.decide(asked.id, decision, one_stage(DECIDERS), now)
    with pytest.raises(NotDueYet) as early:
        store.life.keep(store.grant_of(asked.id).id, keeping(cast.sam, GrantStep.CONFIRM), now)

    assert "it has no review date. Nothing needs to be done" in str(never.value)
    assert "it is due from `05 June 2026`" in str(early.value)


@pytest.mark.requirement("SEC-09")
def test_a_lapsed_grant_is_not_brought_back(store, cast, now):
    asked = store.requests.submit(
        cast.ada, Asked("commercial.payments", "Study what bodies spend", 365), None, now
    )
    store.requests.decide(asked.id, Decision(cast.sam, True, ""), one_stage(DECIDERS), now)
    grant = store.grant_of(asked.id)
    late = now + timedelta(days=180)

    with pytest.raises(GrantOver) as refused:
        store.life.keep(grant.id, keeping(cast.sam, GrantStep.CONFIRM), late)

    assert grant.hindrance(late) is Hindrance.LAPSED
    assert str(refused.value) == (
        f"Grant `{grant.id}` was left as it is: it lapsed without a confirmation. Its holder can "
        "ask for `commercial.payments` again."
    )


def test_a_suspended_grant_can_still_be_revoked(store, granted, cast, now):
    suspend(store, granted, cast.sam, now)

    revoked = store.revoke(granted.id, cast.sam, "No longer needed", now, DECIDERS)

    assert revoked.hindrance(now) is Hindrance.REVOKED


@pytest.mark.requirement("SEC-09")
def test_a_leaver_is_signed_out_and_not_let_in_again(store, cast, now):
    session = store.open_session("ada", now, 12)
    _, token = store.create_token(cast.ada, "nightly load", 30, now)

    store.life.record("ada", Movement.LEFT, (cast.gwen, "Left on her last day"), now)

    assert store.session(session, now) is None
    assert store.token(token, now) is None
    with pytest.raises(PersonHasLeft) as refused:
        store.open_session("ada", now, 12)
    assert str(refused.value) == (
        "`ada` was not let in: they have left the organisation. Governance records it when "
        "somebody comes back."
    )
    store.life.record("ada", Movement.JOINED, (cast.gwen, "Came back"), now)
    assert store.session(store.open_session("ada", now, 12), now) is not None


def test_only_governance_records_and_nobody_their_own(store, cast, now):
    with pytest.raises(NotYoursToRecord) as refused:
        store.life.record("ada", Movement.MOVED, (cast.sam, "Moved to a team"), now)
    with pytest.raises(NotYoursToRecord):
        store.life.record("gwen", Movement.JOINED, (cast.gwen, "Here I am"), now)
    with pytest.raises(NotYoursToRecord):
        store.life.fulfil(COURSE, cast.ada, now)

    assert str(refused.value) == (
        "The record `moved` of `ada` was not recorded: governance records it, and nobody their "
        "own. Ask governance."
    )
    denied = store.audit(AuditFilter(outcome="denied"))
    assert [record.action for record in denied] == [
        "condition.met", "person.joined", "person.moved",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("met", "message"),
    [
        (
            Met("ada", "A course", "Record 1", 3),
            "The condition was not recorded: `A course` is no name of a condition. Write it as "
            "contracts do, as in `data_protection_course`.",
        ),
        (
            Met("ada", "course", "  ", 3),
            "The condition was not recorded: it has no evidence. Say which record shows it.",
        ),
        (
            Met("ada", "course", "Record 1", 0),
            "The condition was not recorded: its period is `0` days. Choose 1 to 1830.",
        ),
        (
            Met("ada", "course", "Record 1", 10**12),
            f"The condition was not recorded: its period is `{10**12}` days. Choose 1 to 1830.",
        ),
    ],
)
def test_an_unclear_condition_is_refused(store, cast, now, met, message):
    with pytest.raises(ConditionUnclear) as refused:
        store.life.fulfil(met, cast.gwen, now)

    assert str(refused.value) == message
    assert store.life.fulfilments_of("ada") == ()


def test_a_condition_is_taken_back_once(store, cast, now):
    met = store.life.fulfil(COURSE, cast.gwen, now)
    by = (cast.gwen, "Recorded by mistake")

    ended = store.life.unfulfil(met.id, by, now)

    assert not ended.holds(now)
    with pytest.raises(FulfilmentEnded) as again:
        store.life.unfulfil(met.id, by, now)
    with pytest.raises(UnknownFulfilment) as unknown:
        store.life.unfulfil("met_1", by, now)
    assert str(again.value) == (
        f"Condition `{met.id}` was left as it is: it was taken back already. Nothing needs to be "
        "done."
    )
    assert str(unknown.value) == (
        "There is no recorded condition `met_1`. Open it from the person's list."
    )


def test_the_database_refuses_to_change_what_happened(store, granted, cast, now):
    suspend(store, granted, cast.sam, now)
    store.life.record("ada", Movement.MOVED, (cast.gwen, "Moved to a team"), now)
    met = store.life.fulfil(COURSE, cast.gwen, now)
    store.life.unfulfil(met.id, (cast.gwen, "Recorded by mistake"), now)
    story = "Payments stopped tonight, and suppliers are to be told"
    asked = Emergency(cast.emil, granted.port, story, 1, ("emil",), ("gwen",))
    emergency = store.emergencies.open(asked, now)
    store.emergencies.review(emergency.id, Review(cast.gwen, True, "It was needed"), now)

    for table in LIFE_TABLES:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            store._database.write() as connection,
        ):
            connection.execute(text(f"DELETE FROM {table.name}"))
    assert store.verify_audit().intact


def test_every_step_is_in_the_audit_log(store, granted, cast, now):
    suspend(store, granted, cast.sam, now)
    store.life.keep(granted.id, keeping(cast.gwen, GrantStep.RESUME), now)

    resumed, suspended = store.audit(AuditFilter(resources=frozenset({granted.port}), limit=2))

    assert [resumed.action, suspended.action] == ["access.resume", "access.suspend"]
    assert suspended.details == {
        "grant_id": granted.id,
        "holder": "ada",
        "reason": "Checked with the team",
    }


def test_roles_do_not_replace_being_named(store, granted, now):
    owner = Actor("oona", "Oona", frozenset({"people-owners"}), frozenset({Role.OWNER}))

    with pytest.raises(NotYoursToKeep):
        suspend(store, granted, owner, now)
