"""Suspending, confirming, moving, conditions and emergencies over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.web.app import create_app

PORT = "commercial.payments"
PURPOSE = "To compare what departments pay the same suppliers"
SQL = f"select count(*) n from {PORT}"
STORY = "Payments stopped tonight, and suppliers are to be told"
COURSE = {"name": "data_protection_course", "title": "Data protection essentials"}


@pytest.fixture
def app(settings: Any, clock: Any, seed_folder: Any) -> Iterator[Any]:
    """The application, whose payments ask for nothing and open to engineers in an emergency."""
    made = create_app(
        settings, clock, with_custom(seed_folder.registry, emergencyAccess=["engineer"])
    )
    yield made
    made.state.rooms.engine.close()
    made.state.rooms.store.close()


def with_custom(registry: Any, **custom: Any) -> Any:
    """The registry with more custom properties in the contract of PORT."""
    products = []
    for product in registry.products:
        ports = tuple(
            replace(
                port, contract=replace(port.contract, custom={**port.contract.custom, **custom})
            )
            if port.contract.reference == PORT
            else port
            for port in product.output_ports
        )
        products.append(replace(product, output_ports=ports))
    return replace(registry, products=tuple(products))


@pytest.fixture
def governance(browser: Callable[[], Any]) -> Any:
    """Gwen, who oversees."""
    return browser().sign_in("governance")


@pytest.fixture
def engineer(browser: Callable[[], Any]) -> Any:
    """Emil, who runs the pipelines."""
    return browser().sign_in("engineer")


@pytest.fixture
def grant_id(app: Any, analyst: Any) -> str:
    """Ada's grant on PORT, which Sam approved."""
    rooms = app.state.rooms
    people, now = rooms.people, rooms.now()
    asked = rooms.store.requests.submit(
        people.by_id("analyst"), Asked(PORT, PURPOSE, 30), None, now
    )
    approvers = rooms.registry.port(PORT).contract.approvers
    rooms.store.requests.decide(
        asked.id, Decision(people.by_id("steward"), True, ""), one_stage(approvers), now
    )
    return str(rooms.store.grant_of(asked.id).id)


def status(person: Any) -> int:
    return int(person.post("/query", sql=SQL).status_code)


@pytest.mark.requirement("SEC-09")
def test_a_suspension_acts_on_the_next_statement_and_says_why(analyst, steward, grant_id):
    before = status(analyst)

    done = steward.post(f"/access/grants/{grant_id}/suspend", reason="An audit is under way")
    refused = analyst.post("/query", sql=SQL)
    line = analyst.json("/access/grants")["mine"][0]
    steward.post(f"/access/grants/{grant_id}/resume", reason="The audit has ended")

    assert (before, done.status_code, status(analyst)) == (200, 303, 200)
    assert "An audit is under way" in refused.text
    assert line["status"] == "suspended"
    assert "An audit is under way" in line["hold_reason"]


def test_the_holder_is_offered_no_step_and_is_refused_one(analyst, steward, grant_id):
    assert analyst.json("/access/grants")["mine"][0]["steps"] == []
    offered = steward.json("/access/grants")["others"][0]["steps"]

    refused = analyst.post(f"/access/grants/{grant_id}/suspend", reason="Let me stop it")

    assert [step["text"] for step in offered] == ["Suspend"]
    assert refused.status_code == 403


def test_a_stranger_is_not_told_that_a_grant_exists(engineer, grant_id):
    answered = engineer.post(f"/access/grants/{grant_id}/suspend", reason="Let me stop it")

    assert answered.status_code == 404


@pytest.mark.requirement("SEC-09")
def test_governance_records_a_move_and_the_approver_confirms(
    analyst, steward, governance, grant_id
):
    recorded = governance.post(
        "/access/movements", person="analyst", movement="moved", reason="New post since today"
    )
    during = status(analyst)
    steward.post(f"/access/grants/{grant_id}/confirm", reason="Still needs it in the new post")

    assert (recorded.status_code, during, status(analyst)) == (303, 403, 200)


@pytest.mark.requirement("SEC-09")
def test_a_leaver_is_signed_out_everywhere(analyst, governance, grant_id):
    governance.post(
        "/access/movements", person="analyst", movement="left", reason="Last day was today"
    )

    assert analyst.get("/access/grants").status_code == 303
    assert analyst.post("/sign-in", person="analyst").status_code == 403


def test_only_governance_records_moves_and_conditions(analyst, steward):
    moved = steward.post(
        "/access/movements", person="analyst", movement="left", reason="Last day was today"
    )
    met = analyst.post(
        "/access/conditions", person="analyst", condition="course", evidence="Me", days="9"
    )
    read = steward.get("/access/conditions?person=analyst")

    assert (moved.status_code, met.status_code, read.status_code) == (403, 403, 404)


@pytest.mark.requirement("LIT-02")
def test_a_condition_opens_and_closes_a_grant(settings, clock, seed_folder, governance):
    app = create_app(settings, clock, with_custom(seed_folder.registry, accessConditions=[COURSE]))
    rooms = app.state.rooms
    asked = rooms.store.requests.submit(
        rooms.people.by_id("analyst"), Asked(PORT, PURPOSE, 30), None, rooms.now()
    )
    sam = rooms.people.by_id("steward")
    approvers = rooms.registry.port(PORT).contract.approvers
    rooms.store.requests.decide(
        asked.id, Decision(sam, True, ""), one_stage(approvers), rooms.now()
    )
    ada = type(governance)(app).sign_in("analyst")

    def opened() -> tuple[int, int, bool]:
        """What a statement and failing rows answer, and whether the query page offers the port."""
        rows = ada.get(f"/evidence/{PORT.replace('.', '/')}/results/json").status_code
        return status(ada), rows, PORT in ada.get("/query").text

    said, before = ada.post("/query", sql=SQL), opened()
    governance.post(
        "/access/conditions", person="analyst", condition=COURSE["name"], evidence="7", days="9"
    )
    during = opened()
    clock.pass_days(9)
    ada.sign_in("analyst")

    assert "Data protection essentials" in said.text
    assert before == opened() == (403, 403, False)
    assert during == (200, 200, True)
    ada.http.close()
    rooms.engine.close()
    rooms.store.close()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"person": "", "condition": "a", "evidence": "b", "days": "1"}, "person"),
        ({"person": "nobody", "condition": "a", "evidence": "b", "days": "1"}, "person"),
        ({"person": "analyst", "condition": "a", "evidence": "b", "days": "-1"}, "days"),
        ({"person": "analyst", "condition": "a", "evidence": "b", "days": "\u00b2"}, "days"),
    ],
)
def test_a_faulty_condition_is_refused_by_field(governance, form, field):
    answered = governance.http.post(
        "/access/conditions",
        data={"csrf": governance.token(), **form},
        headers={"accept": "application/json"},
    )

    assert answered.status_code == 422
    assert list(answered.json()["error"]["fields"]) == [field]


def test_an_emergency_opens_is_told_and_is_ended_by_its_review(engineer, owner, analyst):
    listed = engineer.json("/access/emergencies")
    opened = engineer.post("/access/emergencies", port=PORT, reason=STORY, hours="2")
    during = status(engineer)
    told = [each["kind"] for each in owner.json("/notifications")["notifications"]]
    (line,) = owner.json("/access/emergencies")["emergencies"]
    hidden = analyst.json("/access/emergencies")["emergencies"]
    own = engineer.post(line["review"], justified="yes", reason="I needed it")
    reviewed = owner.post(line["review"], justified="no", reason="It was a test, no emergency")

    assert [choice["value"] for choice in listed["ports"]] == [PORT]
    assert (opened.status_code, during) == (303, 200)
    assert "access.break_glass" in told
    assert hidden == []
    assert (own.status_code, reviewed.status_code, status(engineer)) == (403, 303, 403)


def test_nobody_else_opens_a_port_in_an_emergency(analyst):
    answered = analyst.post("/access/emergencies", port=PORT, reason=STORY, hours="1")

    assert answered.status_code == 403
    assert status(analyst) == 403


def test_a_hidden_port_opens_in_an_emergency_like_none(settings, clock, seed_folder, governance):
    hiding = with_custom(seed_folder.registry, metadataRestricted=True)
    app = create_app(settings, clock, hiding)
    ada = type(governance)(app).sign_in("analyst")

    def refusal(port: str) -> tuple[int, str]:
        sent = {"csrf": ada.token(), "port": port, "reason": STORY, "hours": "1"}
        headers = {"accept": "application/json"}
        answered = ada.http.post("/access/emergencies", data=sent, headers=headers)
        return answered.status_code, answered.json()["error"]["message"].replace(port, "?")

    found = refusal(PORT)
    assert found == refusal(f"{PORT}x") and found[0] == 404
    ada.http.close()
    app.state.rooms.engine.close()
    app.state.rooms.store.close()


@pytest.mark.parametrize("address", ["/access/conditions", "/access/emergencies", "/access/grants"])
def test_the_pages_are_drawn_for_everybody(
    analyst, governance, steward, engineer, grant_id, address
):
    for person in (analyst, governance, steward, engineer):
        page = person.get(address)

        assert page.status_code == 200
        assert page.text.count("<h1") == 1
