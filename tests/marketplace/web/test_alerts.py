"""Who answers sees alerts on their ports, overseers all, and nobody those about themselves."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.access.model import AuditEntry
from marketplace.access.watch import watch

PORT = "commercial.payments"


@pytest.fixture
def governance(browser: Callable[[], Any]) -> Any:
    """Gwen, who oversees."""
    return browser().sign_in("governance")


def alert_about(app: Any, actor_id: str) -> str:
    """Opens an alert about ten refusals; its id."""
    rooms = app.state.rooms
    for _ in range(10):
        entry = AuditEntry(actor_id, "query.run", PORT, "denied", {"ports": [PORT]})
        rooms.store.record(entry, rooms.now())
    contracts = {name: port.contract for name, port in rooms.registry.ports.items()}
    (alert,) = watch(rooms.store, contracts, rooms.now()).alerts
    return str(alert.id)


@pytest.mark.requirement("SEC-05")
def test_an_alert_is_seen_with_its_evidence_and_closed(
    app: Any, analyst: Any, owner: Any, governance: Any
) -> None:
    alert_id = alert_about(app, "analyst")

    page = owner.json(f"/alerts/{alert_id}")
    hidden = analyst.get(f"/alerts/{alert_id}")
    refused = owner.post(f"/alerts/{alert_id}/closure", finding="misuse", reason="I think so")
    closed = governance.post(
        f"/alerts/{alert_id}/closure", finding="explained", reason="An old script ran"
    )

    assert page["facts"] == {"denials": 10}
    assert len(page["records"]) == 10
    assert (hidden.status_code, refused.status_code, closed.status_code) == (404, 403, 303)
    assert governance.json("/alerts")["alerts"][0]["finding"] == "It is explained"
    assert analyst.json("/alerts")["alerts"] == []


def test_nobody_sees_or_closes_an_alert_about_themselves(app: Any, governance: Any) -> None:
    alert_id = alert_about(app, "governance")

    closed = governance.post(
        f"/alerts/{alert_id}/closure", finding="explained", reason="It was only me"
    )

    assert governance.json("/alerts")["alerts"] == []
    assert closed.status_code == 404


def test_planted_rows_are_for_governance(owner: Any, governance: Any) -> None:
    planted = governance.post(
        "/alerts/canaries", port=PORT, value="Albatross Trading 77", reason="Planted this month"
    )
    (line,) = governance.json("/alerts/canaries")["canaries"]
    seen = owner.get("/alerts/canaries")
    ended = governance.post(line["end"], reason="No longer in the data")

    assert (planted.status_code, seen.status_code, ended.status_code) == (303, 403, 303)
    assert "Albatross" not in seen.text
    assert governance.json("/alerts/canaries")["canaries"] == []


def test_a_finding_that_is_none_is_refused(app: Any, governance: Any) -> None:
    alert_id = alert_about(app, "analyst")

    answered = governance.post(f"/alerts/{alert_id}/closure", finding="", reason="An old script")

    assert answered.status_code == 422


@pytest.mark.parametrize("address", ["/alerts", "/alerts/canaries"])
def test_the_pages_are_drawn(app: Any, governance: Any, address: str) -> None:
    alert_id = alert_about(app, "analyst")

    for shown in (address, f"/alerts/{alert_id}"):
        page = governance.get(shown)

        assert page.status_code == 200
        assert page.text.count("<h1") == 1
