"""Who is shown a planted row is in the log with it, and raises an alert."""

import pytest

from marketplace.access.anomalies import AnomalyKind, anomalies
from marketplace.access.model import Actor, AuditFilter, Role

GWEN = Actor("gwen", "Gwen Pryce", frozenset({"governance"}), frozenset({Role.GOVERNANCE}))
PORT = "commercial.suppliers"


@pytest.fixture
def planted(room) -> str:
    """`Supplier 6` stands in a planted row."""
    room.grant(room.ada, PORT)
    by = (GWEN, "Planted for the test")
    return str(room.store.alerts.plant(PORT, "Supplier 6", by, room.now).id)


def last_details(room) -> dict:
    return dict(room.store.audit(AuditFilter(action="query.run", limit=1))[0].details)


@pytest.mark.requirement("SEC-05")
def test_an_answer_that_shows_a_planted_row_is_noticed(room, planted):
    room.rows(f"select supplier as s from {PORT}")

    assert last_details(room)["canaries"] == [planted]
    records = reversed(room.store.audit())
    assert [each.kind for each in anomalies(records, room.now)] == [AnomalyKind.CANARY]


@pytest.mark.parametrize(
    "sql",
    [
        f"select supplier from {PORT} where supplier <> 'Supplier 6'",
        f"select count(*) from {PORT}",
        f"select supplier from {PORT} where false",
    ],
)
def test_an_answer_without_it_is_not(room, planted, sql):
    room.rows(sql)

    assert "canaries" not in last_details(room)


def test_a_planted_row_is_found_in_texts_of_other_kinds(room, planted):
    room.rows(f"select supplier::enum('Supplier 6') s, 1 n from {PORT} where supplier='Supplier 6'")

    assert last_details(room)["canaries"] == [planted]
