"""An improvement plan on its pages: seven steps, filled in by who answers, closed by measuring."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketplace.access.plan_book import ElementMeasured
from marketplace.access.plan_model import Measured

PORT = "commercial.payments"


@pytest.fixture
def measure(app: Any, clock: Any) -> Callable[[str, bool], None]:
    """What a run does after a check."""

    def found(score: str, is_met: bool) -> None:
        clock.now += timedelta(minutes=1)
        name = f"{clock.now:%H%M}".ljust(64, "0")
        measured = Measured(score, is_met, () if is_met else ("x",), name, name, clock.now)
        element = ElementMeasured(PORT, "supplier_name", "100.0", measured)
        app.state.rooms.store.plans.measure("pipeline", [element], clock.now)

    return found


@pytest.fixture
def form(clock: Any) -> dict[str, str]:
    return {
        "root_cause": "source",
        "cause": "The ledger lets it be empty.",
        "action": "Make the field mandatory.",
        "owner": "team:commercial-owners",
        "due_on": (clock.now + timedelta(days=30)).date().isoformat(),
    }


def steps(page: Any) -> list[bool]:
    return [step["is_done"] for step in page["steps"]]


@pytest.mark.requirement("QUA-05")
def test_the_seven_steps_are_evidenced_one_by_one(
    steward: Any, visitor: Any, measure: Callable[[str, bool], None], form: dict[str, str]
) -> None:
    measure("97.1", False)
    (line,) = visitor.json("/plans")["open"]
    opened = visitor.json(line["href"])
    filled = steward.post(f"{line['href']}/actions", **form)
    early = steward.post(f"{line['href']}/closure", reason="It is good enough")
    planned = visitor.json(line["href"])
    measure("100.0", True)
    closed = visitor.json(line["href"])

    assert [len(page["steps"]) for page in (opened, planned, closed)] == [7, 7, 7]
    assert steps(opened) == [True, True, True, True, False, True, False]
    assert (filled.status_code, early.status_code) == (303, 409)
    assert steps(planned)[4] is True and all(steps(closed))
    assert closed["line"]["status"] == "closed"
    assert "Make the field mandatory." in visitor.get(line["href"]).text


def test_only_who_answers_for_the_port_plans(
    browser: Callable[[], Any], steward: Any, measure: Callable[[str, bool], None],
    form: dict[str, str],
) -> None:  # fmt: skip
    measure("97.1", False)
    href = steward.json("/plans")["open"][0]["href"]
    allowed = {}
    for name in ("analyst", "engineer", "governance", "owner", "steward"):
        person = browser().sign_in(name)
        allowed[name] = person.post(f"{href}/actions", **form).status_code

    assert allowed == {
        "analyst": 403, "engineer": 403, "governance": 403, "owner": 303, "steward": 303,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("root_cause", "unknown"), ("cause", "?"), ("action", ""), ("owner", "team:x"),
     ("due_on", "soon"), ("due_on", "2020-01-01")],
)  # fmt: skip
def test_a_plan_that_lacks_something_comes_back(
    steward: Any, measure: Callable[[str, bool], None], form: dict[str, str], field: str, value: str
) -> None:
    measure("97.1", False)
    href = steward.json("/plans")["open"][0]["href"]

    response = steward.post(f"{href}/actions", **{**form, field: value})

    assert response.status_code == 422
    assert f'href="#{field}"' in response.text


@pytest.mark.requirement("QUA-05")
def test_a_late_plan_is_listed_first(
    visitor: Any, clock: Any, measure: Callable[[str, bool], None]
) -> None:
    measure("97.1", False)
    clock.pass_days(15)

    page = visitor.json("/plans")

    assert [line["status"] for line in page["overdue"]] == ["overdue"]
    assert page["open"] == []
