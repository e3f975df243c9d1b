"""Two stages, deputies, narrowing and agreements: who decides on what, and what comes of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from marketplace.access.errors import (
    AlreadyDecided,
    NotAnApprover,
    OwnRequest,
    PeriodOutOfRange,
    RestrictionRefused,
)
from marketplace.access.model import (
    AccessRequest,
    Actor,
    ActorKind,
    Decision,
    RequestStatus,
    Role,
)
from marketplace.access.narrowing import narrowed
from marketplace.access.request_errors import (
    AgreementEnded,
    AgreementIncomplete,
    AnswerRefused,
    NotTheReviewer,
    ReviewNotNeeded,
    ReviewsMissing,
    SamePerson,
    StageMoved,
)
from marketplace.access.request_model import Answers, Asked, Review, SharingAgreement
from marketplace.access.request_rules import Obstacle, RequestRules, obstacle_to
from marketplace.access.restriction import AllOf, Comparison, Mask, Operator, Restriction

PORT = "commercial.payments"
PURPOSE = "Study the spending of bodies"
STEWARDS, OWNERS, DEPUTIES = ("team:commercial-stewards",), ("team:owners",), ("team:deputies",)
ONE = RequestRules(stages=(STEWARDS,), deputies=DEPUTIES)
TWO = RequestRules(stages=(STEWARDS, OWNERS), deputies=DEPUTIES, within_days=3)
SINCE = Comparison("payment_date", Operator.AT_LEAST, ("2025-01-01",))
AGREEMENT = SharingAgreement(
    organisation="Office of Examples",
    reference="DSA-2026-14",
    ends_on=date(2026, 4, 20),
    legal_power="Digital Economy Act 2017, section 35",
    data_protection="Impact assessment DPIA-77, accepted in March",
    security="Held on an accredited platform in the UK",
    disposal="Deleted within thirty days of the end",
)


def member(name: str, *teams: str) -> Actor:
    return Actor(name, name.title(), frozenset(teams), frozenset({Role.OWNER}))


OONA = member("oona", "owners")
BOTH = member("bo", "commercial-stewards", "owners")
DEE = member("dee", "deputies")


def asked(answers: Answers | None = None, days: int = 30) -> Asked:
    return Asked(PORT, PURPOSE, days, answers or Answers())


@pytest.mark.requirement("ACC-03")
def test_two_stages_give_a_grant_only_after_both(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), TWO, now)

    first = store.requests.decide(made.id, Decision(cast.sam, True, "Fits"), TWO, now)
    after_first = store.standing_grants("ada", now)
    second = store.requests.decide(made.id, Decision(OONA, True, ""), TWO, now)

    assert (first.status, first.stage, after_first) == (RequestStatus.SUBMITTED, 1, ())
    assert second.status is RequestStatus.APPROVED
    assert [grant.approved_by for grant in store.standing_grants("ada", now)] == ["oona"]
    assert [record.action for record in store.audit()][:2] == ["access.approve", "access.endorse"]


@pytest.mark.requirement("ACC-03")
def test_stages_are_decided_in_their_order(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), TWO, now)

    with pytest.raises(NotAnApprover):
        store.requests.decide(made.id, Decision(OONA, True, ""), TWO, now)
    store.requests.decide(made.id, Decision(cast.sam, True, ""), TWO, now)
    with pytest.raises(NotAnApprover):
        store.requests.decide(made.id, Decision(cast.sue, True, ""), TWO, now)

    assert store.grants_on(PORT) == ()


@pytest.mark.requirement("ACC-03")
def test_one_person_never_decides_at_both_stages(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), TWO, now)
    store.requests.decide(made.id, Decision(BOTH, True, ""), TWO, now)

    with pytest.raises(SamePerson) as refused:
        store.requests.decide(made.id, Decision(BOTH, True, ""), TWO, now)

    assert str(refused.value) == (
        f"Request `{made.id}` was not decided: you have approved its first stage, and its "
        "contract asks for two people. Ask another of: `team:owners`."
    )
    assert store.grants_on(PORT) == ()


def test_of_simultaneous_approvals_each_counts_for_the_stage_that_it_saw(store, cast, now):
    people = [replace(BOTH, id=f"bo{number}") for number in range(4)]
    made = store.requests.submit(cast.ada, asked(), TWO, now)
    start = Barrier(len(people))

    def approve(actor: Actor) -> str:
        start.wait()
        try:
            store.requests.decide(made.id, Decision(actor, True, ""), TWO, now)
        except (StageMoved, AlreadyDecided) as refused:
            return type(refused).__name__
        return "done"

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = list(pool.map(approve, people))

    done = [r.action for r in store.audit() if r.outcome == "done" and r.action != "access.request"]
    assert outcomes.count("done") == len(done) <= 2
    assert done.count("access.endorse") == 1
    assert done.count("access.approve") == len(store.grants_on(PORT))
    assert store.verify_audit().intact


def test_a_stage_that_has_moved_on_is_said_so() -> None:
    request = AccessRequest(
        "req_1", "ada", PORT, PURPOSE, 30, datetime.min, RequestStatus.SUBMITTED
    )

    assert str(StageMoved(request)) == (
        "Request `req_1` was not decided: another approver has just approved this stage. "
        "Open it again to see whether the next one is yours."
    )


def test_the_second_stage_can_refuse(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), TWO, now)
    store.requests.decide(made.id, Decision(cast.sam, True, ""), TWO, now)

    refused = store.requests.decide(made.id, Decision(OONA, False, "Too wide a use"), TWO, now)

    assert (refused.status, refused.reason) == (RequestStatus.REJECTED, "Too wide a use")
    assert store.grants_on(PORT) == ()


@pytest.mark.requirement("GOV-03")
def test_a_deputy_decides_only_once_the_stage_is_overdue(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), ONE, now)
    due = now + timedelta(days=5)

    with pytest.raises(NotAnApprover):
        store.requests.decide(
            made.id, Decision(DEE, True, ""), ONE, due - timedelta(microseconds=1)
        )
    waiting = store.requests.awaiting(DEE, {PORT: ONE}, due)
    decided = store.requests.decide(made.id, Decision(DEE, True, ""), ONE, due)

    assert [each.id for each in waiting] == [made.id]
    assert decided.decided_by == "dee"


def test_each_stage_has_its_own_time(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), TWO, now)
    second_day = now + timedelta(days=2)
    store.requests.decide(made.id, Decision(cast.sam, True, ""), TWO, second_day)

    with pytest.raises(NotAnApprover):
        store.requests.decide(made.id, Decision(DEE, True, ""), TWO, now + timedelta(days=4))

    assert TWO.due_at(store.requests.find(made.id)) == second_day + timedelta(days=3)


@pytest.mark.requirement("ACC-03")
@pytest.mark.parametrize("team", ["commercial-stewards", "owners", "deputies"])
def test_nobody_decides_what_their_team_or_they_as_deputy_asked_for(store, now, team):
    asking = Actor(f"team:{team}", team, frozenset(), frozenset())
    rules = replace(ONE, stages=((*STEWARDS, *OWNERS),))
    made = store.requests.submit(asking, asked(), rules, now)
    own = store.requests.submit(DEE, asked(), rules, now)
    late = now + timedelta(days=6)

    with pytest.raises(OwnRequest):
        store.requests.decide(made.id, Decision(member("x", team), True, ""), rules, late)
    with pytest.raises(OwnRequest):
        store.requests.decide(own.id, Decision(DEE, True, ""), rules, late)

    assert store.grants_on(PORT) == ()
    assert store.audit()[0].outcome == "denied"


@pytest.mark.requirement("ACC-03")
def test_nobody_decides_what_a_service_of_their_team_asked_for(store, cast, now):
    service = Actor(
        "loader", "Loader", frozenset({"commercial-stewards"}), frozenset(), ActorKind.SERVICE
    )
    made = store.requests.submit(service, asked(), ONE, now)

    with pytest.raises(OwnRequest):
        store.requests.decide(made.id, Decision(cast.sam, True, ""), ONE, now)

    assert store.requests.awaiting(cast.sam, {PORT: ONE}, now) == ()
    assert store.requests.find(made.id).answers.asked_for == ("loader", "team:commercial-stewards")


@pytest.mark.requirement("ACC-03")
def test_no_roles_and_teams_let_a_requester_decide(now):
    every = frozenset(name.removeprefix("team:") for name in TWO.involved)
    asking = Actor("ada", "Ada", every, frozenset(Role))
    request = AccessRequest("r", "ada", PORT, PURPOSE, 30, now, RequestStatus.SUBMITTED)

    for days in range(9):
        moment = now + timedelta(days=days)
        assert obstacle_to(asking, request, TWO, moment) is Obstacle.OWN


def test_an_approval_narrows_columns_rows_period_and_purpose(store, cast, now):
    made = store.requests.submit(cast.ada, asked(), ONE, now)
    shown = Restriction(rows=SINCE, masked={"supplier": Mask.HASH}, hidden=frozenset({"note"}))
    decision = Decision(cast.sam, True, "", shown, days=7, purpose="Only the yearly totals")

    store.requests.decide(made.id, decision, ONE, now)

    grant = store.grant_of(made.id)
    assert (grant.restriction, grant.purpose) == (shown, "Only the yearly totals")
    assert grant.expires_at == now + timedelta(days=7)
    assert store.audit()[0].details["restriction"] == shown.text()


def test_what_contract_requester_and_both_stages_leave_out_stays_out(store, cast, now):
    rules = replace(TWO, offered=Restriction(hidden=frozenset({"secret"})))
    wanted = Answers(restriction=Restriction(rows=SINCE))
    made = store.requests.submit(cast.ada, asked(wanted), rules, now)
    first = Restriction(masked={"supplier": Mask.HASH})
    second = Restriction(masked={"supplier": Mask.PARTIAL}, hidden=frozenset({"note"}))

    store.requests.decide(made.id, Decision(cast.sam, True, "", first, 20), rules, now)
    store.requests.decide(made.id, Decision(OONA, True, "", second, 25), rules, now)

    grant = store.grant_of(made.id)
    assert grant.restriction == Restriction(
        rows=SINCE, masked={"supplier": Mask.NULL}, hidden=frozenset({"secret", "note"})
    )
    assert grant.expires_at == now + timedelta(days=20)


def test_an_approval_is_never_for_longer_than_asked(store, cast, now):
    made = store.requests.submit(cast.ada, asked(days=10), ONE, now)

    with pytest.raises(PeriodOutOfRange) as refused:
        store.requests.decide(made.id, Decision(cast.sam, True, "", days=11), ONE, now)

    assert str(refused.value) == (
        "The approval was not made: its period is `11` days. "
        "Choose a whole number of days from 1 to 10."
    )


def test_narrowing_keeps_every_predicate_and_prefers_hiding():
    other = Comparison("amount", Operator.LESS, (10,))
    one = Restriction(rows=SINCE, masked={"a": Mask.HASH, "b": Mask.HASH})
    two = Restriction(rows=other, masked={"a": Mask.HASH}, hidden=frozenset({"b"}))

    assert narrowed((one, two)) == Restriction(
        rows=AllOf((SINCE, other)), masked={"a": Mask.HASH}, hidden=frozenset({"b"})
    )
    assert narrowed((one, one)) == one
    assert narrowed(()).is_whole


def test_an_answer_that_the_contract_does_not_offer_is_refused(store, cast, now):
    rules = replace(ONE, permitted=("Audit", "Analysis"))

    with pytest.raises(AnswerRefused) as refused:
        store.requests.submit(cast.ada, asked(Answers("Marketing")), rules, now)

    assert str(refused.value) == (
        "The request was not submitted: `Marketing` is no answer to `permitted_purpose`. "
        "Choose from `Audit`, `Analysis`, or leave it out."
    )
    assert store.requests.of_actor("ada") == ()
    assert store.audit()[0].outcome == "denied"


def test_answers_are_kept_as_they_were_given(store, cast, now):
    given = Answers("Audit", "public task", "", Restriction(rows=SINCE), True, AGREEMENT)

    made = store.requests.submit(cast.ada, asked(given), None, now)

    assert store.requests.find(made.id).answers == given
    assert Answers.from_text(given.text()) == given
    assert Answers().text() == ""


@pytest.mark.requirement("CMP-07")
def test_another_organisation_gets_nothing_before_three_passed_reviews(store, cast, now):
    made = store.requests.submit(cast.ada, asked(Answers(agreement=AGREEMENT)), ONE, now)
    passed, failed = (Decision(cast.gwen, ok, "Looked at in full") for ok in (True, False))
    approval = Decision(cast.sam, True, "")

    with pytest.raises(ReviewsMissing) as refused:
        store.requests.decide(made.id, approval, ONE, now)
    for review in Review:
        store.requests.review(made.id, review, passed, ONE, now)
    store.requests.review(made.id, Review.SECURITY, failed, ONE, now)
    with pytest.raises(ReviewsMissing, match="`security`"):
        store.requests.decide(made.id, approval, ONE, now)
    store.requests.review(made.id, Review.SECURITY, passed, ONE, now)
    store.requests.decide(made.id, approval, ONE, now)

    assert str(refused.value) == (
        f"Request `{made.id}` was not approved: it is another organisation's, and it lacks a "
        "passed review: `legal`, `data_protection`, `security`. Wait for the reviewers, or "
        "refuse it."
    )
    assert store.grant_of(made.id).expires_at == datetime(2026, 4, 21, tzinfo=now.tzinfo)


@pytest.mark.requirement("CMP-07")
def test_a_review_waits_for_its_reviewers_and_the_decision_for_the_reviews(store, cast, now):
    made = store.requests.submit(cast.ada, asked(Answers(agreement=AGREEMENT)), ONE, now)

    assert store.requests.awaiting(cast.sam, {PORT: ONE}, now) == ()
    assert [each.id for each in store.requests.awaiting(cast.gwen, {PORT: ONE}, now)] == [made.id]


@pytest.mark.requirement("CMP-07")
def test_a_review_is_for_its_reviewers_and_never_of_ones_own_request(store, cast, now):
    own = store.requests.submit(cast.gwen, asked(Answers(agreement=AGREEMENT)), ONE, now)
    inside = store.requests.submit(cast.ada, asked(), ONE, now)

    for actor in (cast.sam, cast.gwen):
        with pytest.raises(NotTheReviewer) as refused:
            opinion = Decision(actor, True, "Looked at in full")
            store.requests.review(own.id, Review.LEGAL, opinion, ONE, now)
    with pytest.raises(ReviewNotNeeded) as not_needed:
        opinion = Decision(cast.gwen, True, "Looked at in full")
        store.requests.review(inside.id, Review.LEGAL, opinion, ONE, now)

    assert str(refused.value) == (
        f"The `legal` review of request `{own.id}` was not recorded: it is not yours to give. "
        "Ask another of: `team:governance`."
    )
    assert str(not_needed.value) == (
        f"No review of request `{inside.id}` was recorded: it is not another organisation's. "
        "Decide on it without one."
    )


@pytest.mark.requirement("CMP-07")
def test_an_incomplete_or_ended_agreement_is_refused(store, cast, now):
    thin = replace(AGREEMENT, security="yes", disposal="")
    over = replace(AGREEMENT, ends_on=date(2026, 4, 5))

    with pytest.raises(AgreementIncomplete) as incomplete:
        store.requests.submit(cast.ada, asked(Answers(agreement=thin)), ONE, now)
    with pytest.raises(AgreementEnded) as ended:
        store.requests.submit(cast.ada, asked(Answers(agreement=over)), ONE, now)

    assert str(incomplete.value) == (
        "The request was not submitted: for another organisation the sharing agreement must be "
        "complete, and `security`, `disposal` say too little. Fill them in."
    )
    assert str(ended.value) == (
        "Nothing was granted: sharing agreement `DSA-2026-14` ended on `2026-04-05`, and access "
        "ends with its agreement. Ask again under one that holds."
    )
    assert store.requests.of_actor("ada") == ()


def test_a_settled_request_takes_no_review(store, cast, now):
    made = store.requests.submit(cast.ada, asked(Answers(agreement=AGREEMENT)), ONE, now)
    store.requests.withdraw(made.id, cast.ada, now)

    with pytest.raises(AlreadyDecided):
        opinion = Decision(cast.gwen, True, "Looked at in full")
        store.requests.review(made.id, Review.LEGAL, opinion, ONE, now)


def test_a_decision_that_does_not_fit_the_port_changes_nothing(
    store: Any, cast: Any, now: datetime, payments_rules: RequestRules
) -> None:
    made = store.requests.submit(cast.ada, asked(), payments_rules, now)
    odd = Restriction(hidden=frozenset({"colour"}))

    with pytest.raises(RestrictionRefused, match="there is no column `colour`"):
        store.requests.decide(made.id, Decision(cast.sam, True, "", odd), payments_rules, now)
    hides_all = Restriction(hidden=frozenset({"payment_id"}))
    with pytest.raises(RestrictionRefused, match="every column is hidden"):
        store.requests.decide(made.id, Decision(cast.sam, True, "", hides_all), payments_rules, now)

    assert store.requests.find(made.id).status is RequestStatus.SUBMITTED
    assert store.grants_on(PORT) == ()
    assert store.audit()[0].details["refused"] == "RestrictionRefused"


@pytest.fixture
def payments_rules() -> RequestRules:
    """Rules of a contract with two columns, of which one is never given."""
    from contracts.model import Contract, Property, SchemaObject

    columns = tuple(
        Property(name, "string", "varchar", "", "") for name in ("payment_id", "supplier")
    )
    contract = Contract(
        "c", "payments", "commercial", "1.0.0", "active", "", "", "", "",
        objects=(SchemaObject("payments", "", columns),), service_levels=(), team=(), roles=(),
        support=(), tags=(), custom={}, content_hash="",
    )  # fmt: skip
    offered = Restriction(hidden=frozenset({"supplier"}))
    return replace(ONE, offered=offered, contract=contract)
