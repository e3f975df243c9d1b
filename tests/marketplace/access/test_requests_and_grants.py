"""Ask, decide, grant, expire, revoke: on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from marketplace.access.errors import (
    AlreadyDecided,
    AlreadyRequested,
    AlreadyRevoked,
    NotAnApprover,
    NotYourRequest,
    NotYoursToRevoke,
    OwnRequest,
    PeriodOutOfRange,
    PurposeMissing,
    ReasonMissing,
    RoleMissing,
    UnknownGrant,
    UnknownRequest,
)
from marketplace.access.model import Decision, RequestStatus
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage

PORT = "commercial.payments"
PURPOSE = "Study the spending of bodies"


@pytest.mark.requirement("ACC-03")
def test_an_approval_gives_a_grant_for_the_purpose_and_the_period(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, f"  {PURPOSE}\n", 30), None, now)

    decided = store.requests.decide(
        asked.id, Decision(cast.sam, True, "Fits the terms"), one_stage(approvers), now
    )

    grant = store.grant_of(asked.id)
    assert (decided.status, decided.decided_by) == (RequestStatus.APPROVED, "sam")
    assert (grant.actor_id, grant.port, grant.purpose) == ("ada", PORT, PURPOSE)
    assert grant.expires_at == now + timedelta(days=30)
    assert store.standing_grants("ada", now) == (grant,)
    assert store.grants_on(PORT) == store.grants_of("ada") == (grant,)


@pytest.mark.requirement("ACC-03")
def test_a_refusal_keeps_its_reason_and_gives_no_grant(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    store.requests.decide(
        asked.id, Decision(cast.sam, False, "Use the summary port"), one_stage(approvers), now
    )

    assert store.requests.find(asked.id).status is RequestStatus.REJECTED
    assert store.requests.find(asked.id).reason == "Use the summary port"
    assert store.grant_of(asked.id) is None
    assert store.standing_grants("ada", now) == ()


@pytest.mark.requirement("ACC-03")
def test_a_refusal_without_a_reason_is_not_recorded(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(ReasonMissing) as refused:
        store.requests.decide(
            asked.id, Decision(cast.sam, False, " no "), one_stage(approvers), now
        )

    assert str(refused.value) == (
        "The refusal was not recorded: its reason has fewer than 5 characters. "
        "Say why, so that the person knows what to do next."
    )
    assert store.requests.find(asked.id).status is RequestStatus.SUBMITTED


@pytest.mark.requirement("ACC-03")
def test_nobody_decides_on_their_own_request_also_through_their_team(store, cast, now, approvers):
    asked = store.requests.submit(cast.sam, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(OwnRequest) as refused:
        store.requests.decide(
            asked.id, Decision(cast.sam, True, ""), one_stage((*approvers, "sam")), now
        )

    assert str(refused.value) == (
        f"Request `{asked.id}` was not decided: it is your own, and nobody decides on their own "
        "request, also not for their team. Ask one of: `team:commercial-stewards`."
    )
    assert store.standing_grants("sam", now) == ()
    assert store.requests.awaiting(cast.sam, {PORT: one_stage(approvers)}, now) == ()
    assert (
        store.requests.decide(
            asked.id, Decision(cast.sue, True, ""), one_stage(approvers), now
        ).decided_by
        == "sue"
    )


@pytest.mark.requirement("ACC-03")
def test_only_approvers_that_the_contract_names_decide(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    for actor in (cast.gwen, cast.emil):
        with pytest.raises(NotAnApprover) as refused:
            store.requests.decide(asked.id, Decision(actor, True, ""), one_stage(approvers), now)

    assert str(refused.value) == (
        f"Request `{asked.id}` was not decided: you are not an approver of "
        "`commercial.payments`. Ask one of: `team:commercial-stewards`."
    )
    with pytest.raises(NotAnApprover, match="ask governance to correct it"):
        store.requests.decide(asked.id, Decision(cast.sam, True, ""), one_stage(()), now)
    assert store.grants_on(PORT) == ()


def test_a_denied_decision_is_in_the_audit_log(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(NotAnApprover):
        store.requests.decide(asked.id, Decision(cast.emil, True, ""), one_stage(approvers), now)

    newest = store.audit()[0]
    assert (newest.actor_id, newest.action, newest.outcome) == ("emil", "access.approve", "denied")
    assert newest.details["refused"] == "NotAnApprover"


def test_a_person_can_be_named_as_approver(store, cast, now):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    store.requests.decide(asked.id, Decision(cast.gwen, True, ""), one_stage(("gwen",)), now)

    assert len(store.standing_grants("ada", now)) == 1


@pytest.mark.requirement("GOV-03")
def test_who_is_named_approver_without_the_role_decides_nothing(store, cast, now):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(RoleMissing) as refused:
        store.requests.decide(asked.id, Decision(cast.emil, True, ""), one_stage(("emil",)), now)

    assert str(refused.value) == (
        f"Request `{asked.id}` was not decided: the contract of `commercial.payments` names you, "
        "and deciding takes one of the roles: `steward`, `owner`, `unit_administrator`, "
        "`governance`. Ask governance for the role, or another approver to decide."
    )
    assert store.standing_grants("ada", now) == ()


def test_a_decided_request_cannot_be_decided_again(store, granted, cast, now, approvers):
    request_id = granted.request_id

    with pytest.raises(AlreadyDecided) as refused:
        store.requests.decide(
            request_id, Decision(cast.sue, False, "Second thoughts"), one_stage(approvers), now
        )
    with pytest.raises(AlreadyDecided):
        store.requests.withdraw(request_id, cast.ada, now)

    assert str(refused.value) == (
        f"Request `{request_id}` was left as it is: `sam` decided on it (approved). "
        "A grant can be revoked; otherwise ask for a new request."
    )
    assert store.requests.find(request_id).status is RequestStatus.APPROVED


def test_of_simultaneous_decisions_exactly_one_counts(store, cast, now, approvers):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)
    start = Barrier(6)

    def decide(number: int) -> str:
        start.wait()
        actor = cast.sam if number % 2 else cast.sue
        try:
            decision = Decision(actor, number % 3 == 0, "Because of the terms")
            return store.requests.decide(asked.id, decision, one_stage(approvers), now).status.value
        except AlreadyDecided:
            return "late"

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(decide, range(6)))

    assert outcomes.count("late") == 5
    assert store.requests.find(asked.id).status.value in outcomes
    assert len(store.grants_on(PORT)) == outcomes.count("approved")
    assert store.verify_audit().intact


def test_of_simultaneous_requests_exactly_one_is_kept(store, cast, now):
    start = Barrier(4)

    def submit(_: int) -> str:
        start.wait()
        try:
            return store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now).id
        except AlreadyRequested as refused:
            return refused.existing.id

    with ThreadPoolExecutor(4) as pool:
        named = set(pool.map(submit, range(4)))

    assert named == {request.id for request in store.requests.of_actor("ada")}
    assert len(named) == 1


def test_a_second_open_request_names_the_first(store, cast, now):
    first = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(AlreadyRequested) as refused:
        store.requests.submit(cast.ada, Asked(PORT, "Another good purpose", 10), None, now)

    assert str(refused.value) == (
        f"No second request for `commercial.payments` was made: request `{first.id}` is still "
        "open. Wait for its decision, or withdraw it and ask again."
    )
    store.requests.submit(cast.ada, Asked("people.workforce_monthly", PURPOSE, 30), None, now)
    store.requests.submit(cast.emil, Asked(PORT, PURPOSE, 30), None, now)


def test_a_withdrawn_request_makes_room_for_another(store, cast, now, approvers):
    first = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    store.requests.withdraw(first.id, cast.ada, now)
    second = store.requests.submit(
        cast.ada, Asked(PORT, PURPOSE, 30), None, now + timedelta(minutes=1)
    )

    assert [r.id for r in store.requests.of_actor("ada")] == [second.id, first.id]
    assert store.requests.find(first.id).status is RequestStatus.WITHDRAWN
    with pytest.raises(AlreadyDecided):
        store.requests.decide(first.id, Decision(cast.sam, True, ""), one_stage(approvers), now)


def test_only_the_requester_withdraws(store, cast, now):
    asked = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)

    with pytest.raises(NotYourRequest) as refused:
        store.requests.withdraw(asked.id, cast.sam, now)

    assert str(refused.value) == (
        f"Request `{asked.id}` was not withdrawn: it is another person's. "
        "Only who submitted it withdraws it; an approver can refuse it."
    )


@pytest.mark.parametrize("days", [1, 365])
def test_a_request_may_last_from_a_day_to_a_year(store, cast, now, days):
    assert store.requests.submit(cast.ada, Asked(PORT, PURPOSE, days), None, now).days == days


@pytest.mark.parametrize("days", [0, -1, 366, 100_000])
def test_a_period_outside_a_year_is_refused(store, cast, now, days):
    with pytest.raises(PeriodOutOfRange) as refused:
        store.requests.submit(cast.ada, Asked(PORT, PURPOSE, days), None, now)

    assert str(refused.value) == (
        f"The request was not made: its period is `{days}` days. "
        "Choose a whole number of days from 1 to 365."
    )


@pytest.mark.parametrize("purpose", ["", "   \n\t  ", "because", "\x00\x01" * 20])
def test_a_request_says_what_it_is_for(store, cast, now, purpose):
    with pytest.raises(PurposeMissing) as refused:
        store.requests.submit(cast.ada, Asked(PORT, purpose, 30), None, now)

    assert str(refused.value) == (
        "The request was not submitted: its purpose has fewer than 10 characters. "
        "Say what you will find out or do with the data, and for whom."
    )
    assert store.requests.of_actor("ada") == ()
    assert store.audit() == ()


def test_an_approver_sees_open_requests_of_their_ports_oldest_first(store, cast, now, approvers):
    other = "people.learning_records"
    first = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, now)
    second = store.requests.submit(
        cast.emil, Asked(PORT, PURPOSE, 30), None, now + timedelta(minutes=1)
    )
    store.requests.submit(cast.emil, Asked(other, PURPOSE, 30), None, now)
    ports = {PORT: one_stage(approvers), other: one_stage(["team:people-stewards"])}

    assert store.requests.awaiting(cast.sam, ports, now) == (first, second)
    store.requests.decide(first.id, Decision(cast.sam, True, ""), one_stage(approvers), now)
    assert store.requests.awaiting(cast.sue, ports, now) == (second,)
    assert store.requests.awaiting(cast.ada, ports, now) == ()


@pytest.mark.requirement("ACC-03")
def test_a_grant_stands_until_the_moment_it_expires(store, granted):
    last_moment = granted.expires_at - timedelta(microseconds=1)

    assert store.standing_grants("ada", last_moment) == (granted,)
    assert store.standing_grants("ada", granted.expires_at) == ()
    assert store.standing_grants("ada", granted.starts_at - timedelta(seconds=1)) == ()
    assert store.standing_grants("emil", last_moment) == ()


@pytest.mark.parametrize("who", ["sam", "gwen", "ada", "sue"])
def test_approver_governance_holder_and_deciders_revoke(store, granted, cast, now, approvers, who):
    store.revoke(granted.id, getattr(cast, who), "No longer needed", now, approvers)

    revoked = store.grant(granted.id)
    assert (revoked.revoked_by, revoked.revoke_reason) == (who, "No longer needed")
    assert store.standing_grants("ada", now) == ()


def test_nobody_else_revokes(store, granted, cast, now, approvers):
    with pytest.raises(NotYoursToRevoke) as refused:
        store.revoke(granted.id, cast.emil, "I want it so", now, approvers)

    assert str(refused.value) == (
        f"Grant `{granted.id}` was not revoked: only its holder, its approver, the owner or "
        "approvers of `commercial.payments`, or governance revoke it. "
        "Ask one of: `team:commercial-stewards`."
    )
    assert store.standing_grants("ada", now) == (granted,)
    assert store.audit()[0].outcome == "denied"


def test_a_grant_is_revoked_once(store, granted, cast, now):
    store.revoke(granted.id, cast.sam, "The project has ended", now)

    with pytest.raises(AlreadyRevoked) as refused:
        store.revoke(granted.id, cast.gwen, "The project has ended", now)

    assert str(refused.value) == (
        f"Grant `{granted.id}` was left as it is: `sam` has already revoked it. "
        "Nothing needs to be done."
    )


def test_a_revocation_says_why(store, granted, cast, now):
    with pytest.raises(ReasonMissing):
        store.revoke(granted.id, cast.sam, "", now)


def test_what_is_not_there_is_named(store, cast, now, approvers):
    odd = "req_\x00\ud800"

    with pytest.raises(UnknownRequest) as no_request:
        store.requests.find("req_1")
    with pytest.raises(UnknownGrant) as no_grant:
        store.revoke("grant_1", cast.gwen, "Some reason", now)
    with pytest.raises(UnknownRequest):
        store.requests.decide(odd, Decision(cast.sam, True, ""), one_stage(approvers), now)

    assert str(no_request.value) == (
        "There is no access request `req_1`. Open it from your list of requests."
    )
    assert str(no_grant.value) == "There is no grant `grant_1`. Open it from the list of grants."


def test_a_renewal_may_be_asked_for_while_a_grant_stands(store, granted, cast, approvers):
    later: datetime = granted.expires_at - timedelta(days=1)
    again = store.requests.submit(cast.ada, Asked(PORT, PURPOSE, 30), None, later)

    store.requests.decide(again.id, Decision(cast.sue, True, ""), one_stage(approvers), later)

    assert len(store.standing_grants("ada", later)) == 2
    assert len(store.standing_grants("ada", granted.expires_at)) == 1


def test_state_outlives_its_store(state_url, store, granted, now):
    from marketplace.access.store import AccessStore

    another = AccessStore.open(state_url)

    assert another.standing_grants("ada", now) == (granted,)
    assert another.verify_audit().intact
    another.close()
