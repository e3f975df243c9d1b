"""The table of rights: complete, and obeyed by the policy for every role, tie and action."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.access.facts import Action, Facts
from marketplace.access.issue_policy import IssueAction, IssueFacts, decide_issue
from marketplace.access.model import AccessRequest, Actor, ActorKind, Grant, RequestStatus, Role
from marketplace.access.policy import decide
from marketplace.access.request_rules import RequestRules
from marketplace.access.restriction import Restriction
from marketplace.access.rights import RIGHTS, ROLE_WORDS, TIE_WORDS, Tie, ties_of

NOW = datetime(2026, 4, 6, tzinfo=UTC)
PORT = "commercial.payments"
READS_DATA = {"query.run", "evidence.sample", "issue.rows", "rejects.see", "quarantine.query"}
MINE = {Tie.OWN, Tie.GRANT, Tie.WHOLE}  # one whole grant is all three
REQUEST = AccessRequest("req_1", "else", PORT, "A purpose", 30, NOW, RequestStatus.SUBMITTED)
GRANT = Grant("grant_1", "req_1", "else", PORT, "A purpose", "other", NOW, NOW + timedelta(days=30))


def someone(role: Role, kind: ActorKind = ActorKind.PERSON, **more: object) -> Actor:
    return replace(Actor("me", "Me", frozenset({"mine"}), frozenset({role}), kind), **more)


def facts_with(tie: Tie, action: str) -> tuple[Actor, Facts]:
    """What is known where `tie` alone connects `me` with the port."""
    named = ("team:mine",)
    actor = someone(Role.READER, units=frozenset({"commercial"} if tie is Tie.UNIT else ()))
    is_mine = {"actor_id": "me" if tie in MINE else "else"}
    facts = Facts(
        reference=PORT,
        approvers=named if tie is Tie.APPROVER else ("team:others",),
        owners=named if tie is Tie.OWNER else (),
        stewards=named if tie is Tie.STEWARD else (),
        custodians=named if tie is Tie.CUSTODIAN else (),
        is_hidden=action == "listing.see",
        request=None if action == "access.request" else replace(REQUEST, **is_mine),
        grants=(replace(GRANT, **is_mine),),
        now=NOW,
        rules=RequestRules((("team:others",),), deputies=named) if tie is Tie.INVOLVED else None,
    )
    if action == "access.revoke":
        facts = replace(facts, request=None)
    return actor, facts


def is_permitted(actor: Actor, action: str, facts: Facts) -> bool:
    if action in set(IssueAction):
        return bool(decide_issue(actor, IssueAction(action), IssueFacts(facts)))
    return bool(decide(actor, Action(action), facts))


def test_every_action_has_one_row_and_every_row_is_an_action():
    assert sorted(right.action for right in RIGHTS) == sorted(map(str, [*Action, *IssueAction]))
    assert len({right.action for right in RIGHTS}) == len(RIGHTS)


def test_every_role_and_tie_has_its_words():
    assert set(ROLE_WORDS) == set(Role)
    assert set(TIE_WORDS) == set(Tie)


@pytest.mark.requirement("GOV-03")
@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.action)
def test_the_policy_allows_what_the_table_says_and_nothing_else(right):
    for role, tie in product(Role, set(Tie) - {Tie.ASSIGNED}):
        actor, facts = facts_with(tie, right.action)
        actor = replace(actor, roles=frozenset({role}))
        met = {Tie.ANY, *(MINE if tie in MINE else {tie})}
        if right.action in {"access.decide", "access.keep"} and tie in MINE:
            met = set()  # nobody decides on their own

        allowed = is_permitted(actor, right.action, facts)

        assert allowed is (not met.isdisjoint(ties_of(actor, right.action))), (role, tie)


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.action)
def test_a_service_never_does_what_is_for_people(right):
    for role, kind in product(Role, ActorKind):
        actor = someone(role, kind)

        if right.people_only and kind is not ActorKind.PERSON:
            assert ties_of(actor, right.action) == frozenset()
        else:
            assert ties_of(actor, right.action) == ties_of(someone(role), right.action)


def test_no_role_reads_rows_without_a_grant_or_being_named():
    for right in RIGHTS:
        if right.action in READS_DATA:
            assert all(ties.isdisjoint({Tie.ANY, Tie.UNIT}) for ties in right.ties.values())


def test_failing_rows_are_not_shown_under_a_grant_that_leaves_some_out():
    part = replace(GRANT, actor_id="me", restriction=Restriction(hidden=frozenset({"amount"})))
    facts = Facts(PORT, grants=(part,), now=NOW)

    assert decide(someone(Role.READER), Action.QUERY_PORT, facts)
    assert not decide(someone(Role.READER), Action.SEE_SAMPLE, facts)
    assert not decide_issue(someone(Role.READER), IssueAction.SEE_ROWS, IssueFacts(facts))


def test_auditors_and_engineers_change_nothing_that_a_reader_may_not():
    sees = {right.action for right in RIGHTS if right.action.endswith((".see", "see_request"))}

    for right in RIGHTS:
        assert Role.ENGINEER not in right.ties
        assert Role.AUDITOR not in right.ties or right.action in sees


def test_an_action_without_a_row_is_nobodys():
    assert all(ties_of(someone(role), "grant.forge") == frozenset() for role in Role)


@pytest.mark.requirement("GOV-03")
def test_who_is_named_without_the_role_is_told_which_role_it_takes():
    actor, facts = facts_with(Tie.OWNER, "quarantine.release")

    refused = decide(actor, Action.RELEASE, facts)
    service = decide(someone(Role.OWNER, ActorKind.SERVICE), Action.RELEASE, facts)

    assert refused.reason == (
        "The contract of `commercial.payments` names you, and this takes the role `owner`."
    )
    assert refused.way_on == "Ask governance for the role."
    assert service.reason == "Only a person does this, not a team or a service."


UNITS = ("commercial", "people")
ACTORS = st.builds(
    Actor,
    st.just("me"),
    st.just("Me"),
    st.frozensets(st.sampled_from(["people-owners", "people-stewards", "people-approvers"])),
    st.frozensets(st.sampled_from(list(Role))),
    st.sampled_from(list(ActorKind)),
    st.frozensets(st.just("people")),
)
OVERSIGHT = {Role.GOVERNANCE, Role.AUDITOR}


@pytest.mark.requirement("SEC-10")
@given(ACTORS, st.sampled_from(RIGHTS))
def test_who_belongs_to_one_unit_has_no_right_in_another_without_a_grant(actor, right):
    theirs = Facts(
        reference=PORT,
        approvers=("team:commercial-approvers",),
        owners=("team:commercial-owners",),
        stewards=("team:commercial-stewards",),
        is_hidden=right.action == "listing.see",
        request=None if right.action in {"access.request", "access.revoke"} else REQUEST,
        grants=(GRANT,),
        now=NOW,
    )

    may = is_permitted(actor, right.action, theirs)

    assert not may or right.action == "access.request" or actor.roles & OVERSIGHT
