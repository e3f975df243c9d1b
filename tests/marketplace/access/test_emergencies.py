"""Access in an emergency: only whom the contract lists, for hours, told to all, reviewed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from marketplace.access.emergencies import Emergency, Review
from marketplace.access.emergency_errors import (
    AlreadyReviewed,
    EmergencyPeriod,
    EmergencyUnexplained,
    EmergencyUnreviewed,
    NoEmergency,
    NotForEmergencies,
    NotYoursToReview,
)
from marketplace.access.grant_life import Hindrance, Movement
from marketplace.access.life_errors import PersonHasLeft
from marketplace.access.model import AuditFilter

PORT = "commercial.payments"
STORY = "Payments stopped tonight, and suppliers are to be told"
DECIDERS = ("team:commercial-stewards",)
TOLD = ("team:commercial-stewards", "team:commercial-owners", "team:governance")


@pytest.fixture
def asked(cast) -> Emergency:
    return Emergency(cast.emil, PORT, STORY, 2, ("team:engineering",), TOLD)


@pytest.mark.requirement("ACC-03")
def test_an_emergency_opens_a_port_for_hours(store, asked, now):
    grant = store.emergencies.open(asked, now)

    assert store.standing_grants("emil", now + timedelta(minutes=119)) == (grant,)
    assert store.standing_grants("emil", now + timedelta(hours=2)) == ()
    assert grant.approved_by == "emergency"


def test_everybody_who_answers_is_told_and_it_is_logged(store, asked, now, cast):
    grant = store.emergencies.open(asked, now)

    told = store.notifications_about(PORT, ("access.break_glass",))
    assert sorted(each.recipient for each in told) == sorted(TOLD)
    assert told[0].message == (
        f"Emil opened commercial.payments in an emergency for 2 hours: {STORY}"
    )
    (record,) = store.audit(AuditFilter(action="access.break_glass"))
    assert record.details == {"grant_id": grant.id, "hours": 2, "reason": STORY}


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (
            {"readers": ()},
            NotForEmergencies,
            "Nothing was opened: the contract of `commercial.payments` does not list you under "
            "`emergencyAccess`. Ask for access, and tell an approver that it is urgent.",
        ),
        (
            {"story": "Help"},
            EmergencyUnexplained,
            "Nothing was opened: what happened is told in fewer than 20 characters. Say what the "
            "emergency is, and what the data is needed for.",
        ),
        (
            {"hours": 5},
            EmergencyPeriod,
            "Nothing was opened: its period is `5` hours. Choose a whole number of hours from 1 "
            "to 4.",
        ),
    ],
)
def test_an_emergency_that_does_not_fit_opens_nothing(store, asked, now, fault, error, message):
    with pytest.raises(error) as refused:
        store.emergencies.open(replace(asked, **fault), now)

    assert str(refused.value) == message
    assert store.standing_grants("emil", now) == ()
    (record,) = store.audit()
    assert (record.action, record.outcome) == ("access.break_glass", "denied")


def test_no_second_emergency_before_the_review(store, asked, now, cast):
    first = store.emergencies.open(asked, now)
    later = now + timedelta(days=1)

    with pytest.raises(EmergencyUnreviewed) as refused:
        store.emergencies.open(asked, later)
    store.emergencies.review(first.id, Review(cast.sam, True, "It was needed", DECIDERS), later)

    assert str(refused.value) == (
        f"Nothing was opened: your emergency access `{first.id}` still awaits its review. Ask an "
        "owner or governance to review it first."
    )
    assert store.emergencies.open(asked, later).stands(later)


def test_an_emergency_that_was_not_justified_ends_at_once(store, asked, now, cast):
    grant = store.emergencies.open(asked, now)

    reviewed = store.emergencies.review(
        grant.id, Review(cast.gwen, False, "A test is no emergency"), now
    )

    assert reviewed.grant.hindrance(now) is Hindrance.REVOKED
    assert (reviewed.reviewed_by, reviewed.is_justified) == ("gwen", False)
    with pytest.raises(AlreadyReviewed) as again:
        store.emergencies.review(grant.id, Review(cast.gwen, True, "It was after all"), now)
    assert str(again.value) == (
        f"Grant `{grant.id}` was left as it is: `gwen` has already reviewed it. Nothing needs to "
        "be done."
    )


def test_nobody_reviews_their_own_emergency(store, asked, now, cast, granted):
    own = replace(asked, actor=cast.sam, readers=DECIDERS)
    grant = store.emergencies.open(own, now)

    with pytest.raises(NotYoursToReview) as refused:
        store.emergencies.review(grant.id, Review(cast.sam, True, "I needed it", DECIDERS), now)
    with pytest.raises(NoEmergency) as none:
        store.emergencies.review(granted.id, Review(cast.gwen, True, "It was needed"), now)

    assert str(refused.value) == (
        "Nothing was reviewed: only the owner or approvers of `commercial.payments`, or "
        "governance, review emergency access, and nobody their own. Ask one of: "
        "`team:commercial-stewards`."
    )
    assert str(none.value) == (
        f"Nothing was reviewed: grant `{granted.id}` was not given in an emergency. Open it from "
        "the list of emergencies."
    )


def test_a_leaver_opens_nothing(store, asked, now, cast):
    store.life.record("emil", Movement.LEFT, (cast.gwen, "Left on his last day"), now)

    with pytest.raises(PersonHasLeft):
        store.emergencies.open(asked, now)


def test_emergencies_are_listed_with_their_reviews(store, asked, now, cast):
    grant = store.emergencies.open(asked, now)

    (found,) = store.emergencies.everything()

    assert found.grant == grant
    assert found.review_by == now + timedelta(days=3)
    assert found.reviewed_by is None
