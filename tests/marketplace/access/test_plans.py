"""A plan opens by a measurement, is filled in by people, and closes by a later measurement."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.access.issue_errors import PlanClosed, PlanIncomplete, TargetNotMet
from marketplace.access.issue_model import RootCause
from marketplace.access.plan_book import ElementMeasured
from marketplace.access.plan_model import Measured, Planned, PlanStatus

PORT = "commercial.payments"


@pytest.fixture
def planned(now):
    due = now.date() + timedelta(days=30)
    cause, action = "The form lets it be empty.", "Make the field mandatory."
    return Planned(RootCause.SOURCE, cause, action, "team:finance", due)


def measure(store, now, score, is_met, days=0, element="amount"):
    at = now + timedelta(days=days)
    broken = () if is_met else ("schema[0].properties[3].required",)
    name = f"{element}{days}".ljust(64, "0")
    measured = Measured(score, is_met, broken, name, name, at)
    found = ElementMeasured(PORT, element, "100.0", measured)
    return store.plans.measure("pipeline", [found], at)


@pytest.mark.requirement("QUA-05")
def test_a_plan_lives_from_measurement_to_measurement(store, cast, now, planned):
    (opened,) = measure(store, now, "97.1", is_met=False)
    assert measure(store, now, "98.0", is_met=False, days=1) == ()
    with pytest.raises(PlanIncomplete):
        store.plans.close(opened.id, cast.sam, "It is good enough", now)
    filled = store.plans.fill_in(opened.id, cast.sam, planned, now)
    with pytest.raises(TargetNotMet):
        store.plans.close(opened.id, cast.sam, "It is good enough", now)
    (closed,) = measure(store, now, "100.0", is_met=True, days=2)

    assert opened.status(now) is PlanStatus.TO_PLAN
    assert filled.status(now) is PlanStatus.PLANNED
    assert closed.status(now) is PlanStatus.CLOSED
    assert [each.score for each in closed.measured] == ["97.1", "98.0", "100.0"]
    assert closed.planned == planned
    assert closed == store.plans.find(opened.id) == store.plans.everything()[0]
    assert store.verify_audit().intact
    with pytest.raises(PlanClosed):
        store.plans.fill_in(opened.id, cast.sam, planned, now)


def test_what_meets_its_target_opens_nothing(store, now):
    assert measure(store, now, "100.0", is_met=True) == ()
    assert store.plans.everything() == ()


def test_one_verdict_is_measured_once(store, now):
    measure(store, now, "97.1", is_met=False)
    measure(store, now, "97.1", is_met=False)

    (plan,) = store.plans.on_port(PORT)
    assert len(plan.measured) == 1


def test_a_met_target_waits_for_who_says_what_was_done(store, cast, now, planned):
    (opened,) = measure(store, now, "97.1", is_met=False)

    assert measure(store, now, "100.0", is_met=True, days=1) == ()

    store.plans.fill_in(opened.id, cast.sam, planned, now)
    closed = store.plans.close(opened.id, cast.sam, "Field is mandatory now", now)
    assert closed.status(now) is PlanStatus.CLOSED


def test_a_relapse_before_the_closure_keeps_it_open(store, cast, now, planned):
    (opened,) = measure(store, now, "97.1", is_met=False)
    measure(store, now, "100.0", is_met=True, days=1)
    measure(store, now, "99.0", is_met=False, days=2)
    store.plans.fill_in(opened.id, cast.sam, planned, now)

    with pytest.raises(TargetNotMet):
        store.plans.close(opened.id, cast.sam, "It was met once", now)


@pytest.mark.requirement("QUA-05")
def test_a_late_plan_is_overdue(store, cast, now, planned):
    (opened,) = measure(store, now, "97.1", is_met=False)
    unplanned = now + timedelta(days=15)
    assert store.plans.overdue(now + timedelta(days=14)) == ()
    assert store.plans.overdue(unplanned) == (opened,)

    filled = store.plans.fill_in(opened.id, cast.sam, planned, now)
    assert store.plans.overdue(unplanned) == ()
    assert store.plans.overdue(now + timedelta(days=31)) == (filled,)


@pytest.mark.parametrize(
    "fault",
    [
        {"root_cause": RootCause.UNKNOWN},
        {"cause": "?"},
        {"action": " "},
        {"owner": ""},
        {"due_on": None},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_an_incomplete_plan_is_refused(store, cast, now, planned, fault):
    (opened,) = measure(store, now, "97.1", is_met=False)
    if "due_on" in fault:
        fault = {"due_on": now.date() - timedelta(days=1)}

    with pytest.raises(PlanIncomplete):
        store.plans.fill_in(opened.id, cast.sam, replace(planned, **fault), now)


@pytest.mark.parametrize("table", ["improvement_plans", "improvement_plan_acts"])
def test_the_database_itself_keeps_plans(store, cast, now, planned, table):
    (opened,) = measure(store, now, "97.1", is_met=False)
    store.plans.fill_in(opened.id, cast.sam, planned, now)
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET actor_id = 'x'"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            store._database.write() as connection,
        ):
            connection.execute(text(change))
