"""Sessions end when idle, at the latest when they expire, and when somebody ends them."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.access.errors import NotYourSession, UnknownScope, UnknownSession
from marketplace.access.model import AuditFilter, Opening, Session
from marketplace.access.scopes import LEAST, Scope, kept_scopes, scopes_of, text_of

IDLE = Opening("demo", "Firefox", idle_minutes=60)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.requirement("ACC-04")
def test_a_session_ends_after_an_hour_without_use(store, now):
    secret = store.open_session("ada", now, 12, IDLE)

    assert store.session(secret, now + minutes(59)) is not None
    assert store.session(secret, now + minutes(60)) is None


def test_use_keeps_a_session_until_it_expires(store, now):
    secret = store.open_session("ada", now, 2, IDLE)

    for passed in (40, 80, 119):
        session = store.session(secret, now + minutes(passed))
        store.sessions.note_use(session, now + minutes(passed))

    assert store.session(secret, now + minutes(119)) is not None
    assert store.session(secret, now + minutes(120)) is None


def test_a_use_is_noted_at_most_every_five_minutes(store, now):
    secret = store.open_session("ada", now, 12, IDLE)

    for passed in (1, 4, 6, 8, 10):
        moment = now + minutes(passed)
        store.sessions.note_use(store.session(secret, moment), moment)

    assert store.session(secret, now + minutes(10)).seen_at == now + minutes(6)


def test_a_session_without_an_idle_period_lasts_until_it_expires(store, now):
    secret = store.open_session("ada", now, 12)

    session = store.session(secret, now + minutes(719))

    assert session is not None
    store.sessions.note_use(session, now + minutes(719))
    assert store.session(secret, now + minutes(719)).seen_at is None


def test_a_person_lists_and_ends_their_sessions(store, cast, now):
    first = store.open_session("ada", now, 12, IDLE)
    store.open_session("ada", now + minutes(1), 12, IDLE)
    store.open_session("sam", now, 12, IDLE)

    newest, oldest = store.sessions.standing_of("ada", now + minutes(2))
    store.sessions.end(oldest.id, cast.ada, now + minutes(2))

    assert (newest.agent, newest.way) == ("Firefox", "demo")
    assert store.session(first, now + minutes(2)) is None
    assert store.sessions.standing_of("ada", now + minutes(2)) == (newest,)
    (record,) = store.audit(AuditFilter(action="session.end"))
    assert (record.actor_id, record.resource, record.outcome) == ("ada", "ada", "done")


def test_governance_ends_anyones_session_and_nobody_else_does(store, cast, now):
    secret = store.open_session("ada", now, 12, IDLE)
    (session,) = store.sessions.standing(now)

    with pytest.raises(NotYourSession) as refused:
        store.sessions.end(session.id, cast.sam, now)
    still = store.session(secret, now)
    store.sessions.end(session.id, cast.gwen, now)

    assert str(refused.value) == (
        f"Session `{session.id}` was not ended: it is another person's. "
        "Ask its owner or governance to."
    )
    assert still is not None
    assert store.session(secret, now) is None
    outcomes = [each.outcome for each in store.audit(AuditFilter(action="session.end"))]
    assert outcomes == ["done", "denied"]


def test_a_session_that_has_ended_is_unknown(store, cast, now):
    store.open_session("ada", now, 12, IDLE)
    (session,) = store.sessions.standing_of("ada", now)

    with pytest.raises(UnknownSession) as refused:
        store.sessions.end(session.id, cast.ada, now + minutes(60))

    assert str(refused.value) == (
        f"No session `{session.id}` stands: it has ended, or there never was one. "
        "Open it from the list of sessions."
    )


def test_all_sessions_but_one_end_at_once(store, cast, now):
    for _ in range(3):
        kept = store.open_session("ada", now, 12, IDLE)
    this = store.session(kept, now)

    ended = store.sessions.end_all("ada", cast.ada, now, but=this.id)

    assert ended == 2
    assert store.sessions.standing_of("ada", now) == (this,)


@given(
    hours=st.integers(1, 24),
    idle=st.none() | st.integers(5, 480),
    used_after=st.none() | st.integers(0, 24 * 60),
    asked_after=st.integers(0, 25 * 60),
)
@settings(max_examples=200, deadline=None)
def test_a_session_never_stands_past_its_limits(hours, idle, used_after, asked_after):
    start = datetime.fromisoformat("2026-04-06T09:30:00+00:00")
    seen = None if used_after is None else start + minutes(used_after)
    session = Session("s", "ada", start, start + timedelta(hours=hours), idle, seen_at=seen)

    stands = session.stands(start + minutes(asked_after))

    within = asked_after < hours * 60
    in_use = idle is None or asked_after < (used_after or 0) + idle
    assert stands == (within and in_use)


@given(st.sets(st.sampled_from(list(Scope))))
def test_scopes_are_kept_as_they_were_chosen(chosen):
    assert kept_scopes(text_of(chosen)) == chosen
    assert scopes_of([scope.value for scope in chosen]) == (chosen or LEAST)


def test_a_scope_that_there_is_not_is_refused_and_one_from_elsewhere_opens_nothing():
    with pytest.raises(UnknownScope) as refused:
        scopes_of(["query", "publish"])

    assert str(refused.value) == (
        "The token was not made: there is no scope `publish`. "
        "Choose among: `metadata`, `request`, `query`."
    )
    assert kept_scopes("publish delete") == frozenset()
