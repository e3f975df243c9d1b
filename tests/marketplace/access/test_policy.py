"""Who may do what, and where a denial leads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.access.facts import Action, Facts
from marketplace.access.model import AccessRequest, Actor, Grant, RequestStatus, Role
from marketplace.access.policy import decide
from marketplace.access.restriction import Restriction

NOW = datetime(2026, 4, 6, tzinfo=UTC)
ADA = Actor("ada", "Ada", frozenset({"insight"}), frozenset({Role.ANALYST}))
SAM = Actor("sam", "Sam", frozenset({"commercial-stewards"}), frozenset({Role.STEWARD}))
PAT = Actor("pat", "Pat", frozenset({"people-stewards"}), frozenset({Role.STEWARD}))
GWEN = Actor("gwen", "Gwen", frozenset({"governance"}), frozenset({Role.GOVERNANCE}))
OLGA = Actor("olga", "Olga", frozenset(), frozenset({Role.OWNER}))
PORT = "commercial.payments"
PAYMENTS = Facts(
    reference=PORT,
    approvers=("team:commercial-stewards",),
    owners=("olga",),
    stewards=("team:commercial-stewards",),
    now=NOW,
)
ASKED = AccessRequest("req_1", "ada", PORT, "A purpose", 30, NOW, RequestStatus.SUBMITTED)
GRANT = Grant("grant_1", "req_1", "ada", PORT, "A purpose", "sam", NOW, NOW + timedelta(days=30))


def test_everyone_sees_a_listing_by_default():
    assert decide(None, Action.SEE_LISTING, PAYMENTS)
    assert decide(ADA, Action.SEE_LISTING, PAYMENTS)


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [(None, False), (ADA, False), (PAT, False), (SAM, True), (OLGA, True), (GWEN, True)],
)
def test_a_hidden_listing_reads_like_none_at_all(actor, allowed):
    permission = decide(actor, Action.SEE_LISTING, replace(PAYMENTS, is_hidden=True))

    assert permission.allowed is allowed
    assert PORT not in permission.reason + (permission.way_on or "")


def test_a_hidden_listing_is_seen_by_who_holds_a_grant():
    hidden = replace(PAYMENTS, is_hidden=True, grants=(GRANT,))

    assert decide(ADA, Action.SEE_LISTING, hidden)
    assert not decide(ADA, Action.REQUEST_ACCESS, replace(hidden, grants=()))


@pytest.mark.parametrize("action", [action for action in Action if action != Action.SEE_LISTING])
def test_nothing_else_is_allowed_without_signing_in(action):
    permission = decide(None, action, replace(PAYMENTS, request=ASKED, grants=(GRANT,)))

    assert not permission
    assert permission.way_on == "Sign in, then try again."


@pytest.mark.parametrize(
    ("grants", "reason"),
    [
        ((), "You have no grant on `commercial.payments`."),
        ((replace(GRANT, port="people.x"),), "You have no grant on `commercial.payments`."),
        ((replace(GRANT, actor_id="emil"),), "You have no grant on `commercial.payments`."),
        ((replace(GRANT, expires_at=NOW),), "Your grant on `commercial.payments` has expired."),
        ((replace(GRANT, revoked_at=NOW),), "Your grant on `commercial.payments` was revoked."),
    ],
    ids=["none", "other port", "other person", "expired", "revoked"],
)
def test_a_port_is_queried_under_a_standing_grant_only(grants, reason):
    denied = decide(ADA, Action.QUERY_PORT, replace(PAYMENTS, grants=grants))

    assert (denied.allowed, denied.reason) == (False, reason)
    assert denied.way_on == "Request access to `commercial.payments` with a purpose."
    assert decide(ADA, Action.QUERY_PORT, replace(PAYMENTS, grants=(*grants, GRANT)))


def test_no_role_replaces_a_grant():
    for actor in (SAM, GWEN, OLGA):
        assert not decide(actor, Action.QUERY_PORT, PAYMENTS)


def test_a_grant_is_no_right_where_the_time_is_unknown():
    assert not decide(ADA, Action.QUERY_PORT, replace(PAYMENTS, grants=(GRANT,), now=None))


def test_access_is_not_asked_for_twice_nor_where_nobody_decides():
    open_already = decide(ADA, Action.REQUEST_ACCESS, replace(PAYMENTS, request=ASKED))
    undecidable = decide(ADA, Action.REQUEST_ACCESS, replace(PAYMENTS, approvers=()))

    assert decide(ADA, Action.REQUEST_ACCESS, PAYMENTS)
    assert open_already.way_on == "Wait for its decision, or withdraw it."
    assert undecidable.way_on == "Ask `olga`."


@pytest.mark.requirement("ACC-03")
@pytest.mark.parametrize(
    ("actor", "request_", "allowed"),
    [
        (SAM, ASKED, True),
        (PAT, ASKED, False),
        (GWEN, ASKED, False),
        (OLGA, ASKED, False),
        (SAM, replace(ASKED, actor_id="sam"), False),
        (SAM, replace(ASKED, status=RequestStatus.APPROVED), False),
        (SAM, None, False),
    ],
)
def test_only_a_named_approver_decides_on_anothers_open_request(actor, request_, allowed):
    permission = decide(actor, Action.DECIDE, replace(PAYMENTS, request=request_))

    assert permission.allowed is allowed
    assert (permission.way_on is None) is allowed


def test_only_the_requester_withdraws():
    facts = replace(PAYMENTS, request=ASKED)

    assert decide(ADA, Action.WITHDRAW, facts)
    assert not decide(SAM, Action.WITHDRAW, facts)
    decided = replace(ASKED, status=RequestStatus.REJECTED)
    assert not decide(ADA, Action.WITHDRAW, replace(facts, request=decided))


@pytest.mark.parametrize(
    ("actor", "allowed"), [(ADA, True), (SAM, True), (OLGA, True), (GWEN, True), (PAT, False)]
)
def test_a_request_is_seen_by_its_parties(actor, allowed):
    assert decide(actor, Action.SEE_REQUEST, replace(PAYMENTS, request=ASKED)).allowed is allowed


@pytest.mark.parametrize(
    ("actor", "allowed"), [(ADA, True), (SAM, True), (OLGA, True), (GWEN, True), (PAT, False)]
)
def test_a_grant_is_revoked_by_its_parties(actor, allowed):
    assert decide(actor, Action.REVOKE, replace(PAYMENTS, grants=(GRANT,))).allowed is allowed


def test_a_grant_that_has_ended_is_not_revoked():
    ended = replace(GRANT, expires_at=NOW)

    assert not decide(SAM, Action.REVOKE, replace(PAYMENTS, grants=(ended,)))
    assert not decide(SAM, Action.REVOKE, PAYMENTS)


@pytest.mark.parametrize(
    ("action", "who"),
    [
        (Action.SEE_AUDIT, {"gwen"}),
        (Action.SEE_PORT_LOG, {"sam", "olga", "gwen"}),
        (Action.SEE_REJECTS, {"sam", "olga"}),
        (Action.SEE_SAMPLE, {"sam", "olga"}),
    ],
)
def test_records_are_seen_by_those_who_answer_for_them(action, who):
    allowed = {a.id for a in (ADA, SAM, PAT, GWEN, OLGA) if decide(a, action, PAYMENTS)}

    assert allowed == who


def test_a_grant_shows_the_failing_rows_of_its_port():
    assert decide(ADA, Action.SEE_SAMPLE, replace(PAYMENTS, grants=(GRANT,)))


ACTORS = st.builds(
    Actor,
    st.sampled_from(["ada", "sam", "olga", "gwen", "eve"]),
    st.just("Someone"),
    st.frozensets(st.sampled_from(["insight", "commercial-stewards", "x"])),
    st.frozensets(st.sampled_from(list(Role))),
)


@given(ACTORS, st.sampled_from(list(Action)), st.booleans(), st.booleans())
def test_every_denial_says_why_and_what_to_do(actor, action, has_request, has_grant):
    facts = replace(
        PAYMENTS, request=ASKED if has_request else None, grants=(GRANT,) if has_grant else ()
    )

    permission = decide(actor, action, facts)

    assert permission.reason.endswith(".")
    assert (permission.way_on is None) is permission.allowed


@given(ACTORS)
def test_nobody_ever_decides_on_their_own_request(actor):
    own = replace(ASKED, actor_id=actor.id)
    everyone = replace(PAYMENTS, approvers=tuple(actor.references), request=own)

    assert not decide(actor, Action.DECIDE, everyone)


@pytest.mark.requirement("SEC-02")
def test_failing_rows_are_not_for_a_grant_that_shows_a_part():
    part = replace(GRANT, restriction=Restriction(hidden=frozenset({"amount"})))

    assert not decide(ADA, Action.SEE_SAMPLE, replace(PAYMENTS, grants=(part,)))
    assert decide(ADA, Action.SEE_SAMPLE, replace(PAYMENTS, grants=(part, GRANT)))
