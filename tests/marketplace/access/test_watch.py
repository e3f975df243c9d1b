"""Alerts open once, with evidence; reviews and lost access are told once to who answers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from contracts.documents import load_contract
from marketplace.access.alert_book import Finding
from marketplace.access.alert_errors import (
    AlertClosed,
    CanaryUnclear,
    NotYoursToClose,
    UnknownAlert,
    UnknownCanary,
)
from marketplace.access.alert_tables import ALERT_TABLES
from marketplace.access.emergencies import Emergency
from marketplace.access.grant_life import Movement
from marketplace.access.model import AuditEntry, AuditFilter, Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.watch import watch

ROOT = Path(__file__).parents[3]
PORT = "commercial.payments"
DECIDERS = ("team:commercial-stewards",)


@pytest.fixture(scope="module")
def contracts():
    return {PORT: load_contract(ROOT / "contracts" / "commercial" / "payments.v1.odcs.yaml")}


@pytest.fixture
def refused(store, cast, now):
    """Ada was refused ten times in ten minutes."""
    for minute in range(10):
        entry = AuditEntry("ada", "query.run", PORT, "denied", {"ports": [PORT]})
        store.record(entry, now + timedelta(minutes=minute))
    return now + timedelta(minutes=10)


def told(store, kind):
    return sorted(each.recipient for each in store.notifications_about(PORT, (kind,)))


@pytest.mark.requirement("SEC-05")
def test_a_burst_of_refusals_opens_one_alert_with_evidence(store, contracts, refused):
    first = watch(store, contracts, refused)
    again = watch(store, contracts, refused + timedelta(minutes=5))

    (alert,) = first.alerts
    assert again.alerts == again.told == ()
    assert (alert.actor_id, alert.ports) == ("ada", (PORT,))
    assert alert.evidence == {"denials": 10, "sequences": list(range(1, 11))}
    assert store.alerts.everything() == (alert,)
    assert told(store, "alert.open") == ["team:commercial-owners", "team:governance"]
    (record,) = store.audit(AuditFilter(action="alert.open"))
    assert record.details["evidence"]["sequences"] == list(range(1, 11))


def test_nobody_is_told_of_an_alert_about_themselves(store, contracts, now):
    for minute in range(10):
        entry = AuditEntry("team:commercial-owners", "query.run", PORT, "denied", {"ports": [PORT]})
        store.record(entry, now + timedelta(minutes=minute))

    watch(store, contracts, now + timedelta(minutes=10))

    assert told(store, "alert.open") == ["team:governance"]


@pytest.mark.requirement("SEC-05")
def test_governance_says_what_came_of_an_alert_once(store, contracts, refused, cast):
    (alert,) = watch(store, contracts, refused).alerts
    by = (cast.gwen, "A script had an old name of the port")

    closed = store.alerts.close(alert.id, Finding.EXPLAINED, by, refused)

    assert (closed.finding, closed.closed_by) == (Finding.EXPLAINED, "gwen")
    with pytest.raises(AlertClosed) as again:
        store.alerts.close(alert.id, Finding.MISUSE, by, refused)
    with pytest.raises(UnknownAlert) as unknown:
        store.alerts.close("alert_1", Finding.MISUSE, by, refused)
    assert str(again.value) == (
        f"Alert `{alert.id}` was left as it is: `gwen` has already closed it. Nothing needs to be "
        "done."
    )
    assert str(unknown.value) == ("There is no alert `alert_1`. Open it from the list of alerts.")


def test_who_may_not_and_whom_it_is_about_close_nothing(store, contracts, refused, cast):
    (alert,) = watch(store, contracts, refused).alerts
    about_ada = replace(cast.gwen, id="ada")

    for actor in (cast.sam, cast.emil, about_ada):
        with pytest.raises(NotYoursToClose) as denied:
            store.alerts.close(alert.id, Finding.EXPLAINED, (actor, "Nothing to see"), refused)

    assert str(denied.value) == (
        "The alert was left as it is: governance decides on it, and nobody on what is about "
        "themselves. Ask governance."
    )
    assert store.alerts.find(alert.id).finding is None


@pytest.mark.requirement("SEC-09")
def test_a_review_is_asked_for_and_lost_access_is_told(store, contracts, cast, now):
    asked = store.requests.submit(cast.ada, Asked(PORT, "Study what bodies spend", 365), None, now)
    store.requests.decide(asked.id, Decision(cast.sam, True, ""), one_stage(DECIDERS), now)

    early = watch(store, contracts, now + timedelta(days=149))
    due = watch(store, contracts, now + timedelta(days=150))
    late = watch(store, contracts, now + timedelta(days=180))
    again = watch(store, contracts, now + timedelta(days=181))

    assert early.told == again.told == ()
    assert [notice.message for notice in due.told] == [
        "Access of ada to commercial.payments lapses on 03 October 2026 unless it is confirmed"
    ]
    assert [notice.message for notice in late.told] == [
        "ada lost access to commercial.payments: was not confirmed in time"
    ]
    assert told(store, "access.lapsed") == ["ada", "team:commercial-owners"]


@pytest.mark.requirement("SEC-09")
def test_the_owner_sees_that_a_leaver_lost_access(store, granted, contracts, cast, now):
    store.life.record("ada", Movement.LEFT, (cast.gwen, "Left on her last day"), now)

    found = watch(store, contracts, now)

    assert [notice.message for notice in found.told] == [
        "ada lost access to commercial.payments: has left"
    ]


def test_an_emergency_that_nobody_reviews_is_told(store, contracts, cast, now):
    story = "Payments stopped tonight, and suppliers are to be told"
    store.emergencies.open(Emergency(cast.emil, PORT, story, 1, ("emil",), ("gwen",)), now)

    assert watch(store, contracts, now + timedelta(days=2)).told == ()
    assert len(watch(store, contracts, now + timedelta(days=3)).told) == 1
    assert "team:governance" in told(store, "access.emergency_unreviewed")


def test_a_canary_is_known_until_it_is_forgotten(store, cast, now):
    by = (cast.gwen, "Planted in the test rows")

    planted = store.alerts.plant(PORT, "Albatross Trading 77", by, now)

    assert store.alerts.canaries_in((PORT,)) == (planted,)
    assert store.alerts.canaries_in(("people.salaries",)) == ()
    store.alerts.unplant(planted.id, by, now)
    assert store.alerts.canaries_in((PORT,)) == ()
    with pytest.raises(UnknownCanary) as unknown:
        store.alerts.unplant(planted.id, by, now)
    assert str(unknown.value) == (
        f"There is no canary `{planted.id}` that still counts. Open it from the list."
    )
    assert "Albatross" not in str(store.audit())


@pytest.mark.parametrize("value", ["", "short", "x" * 201])
def test_a_canary_that_tells_nothing_is_refused(store, cast, now, value):
    with pytest.raises(CanaryUnclear) as refused:
        store.alerts.plant(PORT, value, (cast.gwen, "Planted for the test"), now)
    with pytest.raises(NotYoursToClose):
        store.alerts.plant(PORT, "Albatross Trading", (cast.sam, "Planted for the test"), now)

    assert str(refused.value) == (
        "No canary was recorded: its value must have 8 to 200 characters. Choose a text that "
        "stands in the planted row and nowhere else."
    )


def test_the_database_keeps_alerts_and_canaries(store, contracts, refused, cast):
    (alert,) = watch(store, contracts, refused).alerts
    by = (cast.gwen, "A script had an old name")
    store.alerts.close(alert.id, Finding.EXPLAINED, by, refused)
    store.alerts.unplant(store.alerts.plant(PORT, "Albatross 77", by, refused).id, by, refused)

    for table in ALERT_TABLES:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            store._database.write() as connection,
        ):
            connection.execute(text(f"DELETE FROM {table.name}"))
