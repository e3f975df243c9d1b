"""People are told once of each thing, on both databases, and the audit log says who was told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from marketplace.access.model import AuditFilter, Notice

NOTICE = Notice(
    "quarantine.candidate", "commercial.payments", "c1:0", "Newer data failed its contract."
)
OWNERS, STEWARDS = "team:commercial-owners", "team:commercial-stewards"


@pytest.mark.requirement("QUA-03")
def test_each_recipient_is_told_once_of_a_subject(store, cast, now):
    first = store.notify("pipeline", NOTICE, [OWNERS, STEWARDS], now)
    again = store.notify("pipeline", NOTICE, [OWNERS, STEWARDS], now + timedelta(days=1))
    later = store.notify("pipeline", replace(NOTICE, subject="c1:1"), [OWNERS], now)

    assert [each.recipient for each in first] == [OWNERS, STEWARDS]
    assert again == ()
    assert len(later) == 1
    assert store.notifications_to(cast.sam) == (first[1],)
    assert store.notifications_to(cast.ada) == ()
    told = store.notifications_about("commercial.payments", ["quarantine.candidate"])
    assert {(each.recipient, each.subject, each.created_at) for each in told} == {
        (OWNERS, "c1:0", now),
        (STEWARDS, "c1:0", now),
        (OWNERS, "c1:1", now),
    }


def test_a_person_in_two_teams_reads_it_once(store, cast, now):
    owner_too = replace(cast.sam, teams=frozenset({"commercial-owners", "commercial-stewards"}))

    store.notify("pipeline", NOTICE, [OWNERS, STEWARDS], now)

    assert len(store.notifications_to(owner_too)) == 1


def test_the_audit_log_says_who_was_told_and_only_of_what_is_new(store, now):
    store.notify("pipeline", NOTICE, [OWNERS], now)
    store.notify("pipeline", NOTICE, [OWNERS], now)

    (record,) = store.audit(AuditFilter(action="notification.send"))

    assert (record.actor_id, record.resource) == ("pipeline", "commercial.payments")
    assert record.details == {
        "kind": "quarantine.candidate",
        "recipients": [OWNERS],
        "subject": "c1:0",
    }
    assert store.verify_audit().intact


@pytest.mark.parametrize(
    "change", ["UPDATE notifications SET message = 'x'", "DELETE FROM notifications"]
)
def test_what_was_told_is_never_changed(change, store, now):
    store.notify("pipeline", NOTICE, [OWNERS], now)

    with pytest.raises(DatabaseError, match="append-only"), store._database.write() as connection:
        connection.execute(text(change))
