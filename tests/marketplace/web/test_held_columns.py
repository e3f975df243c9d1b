"""A steward decides on a held column: on the page, in its JSON twin, and who may not."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from marketplace.web.app import create_app

pytestmark = pytest.mark.requirement("SEC-04")

PORT = "commercial.supplier_spend"
PAGE = "/held/commercial/supplier_spend"
PEOPLE = ("Aisha Khan", "Ben Carter", "Clare Foster", "Dan Evans", "Emma Hughes", "Fred Lowe")
HELD = " union all ".join(f"select '{name}' as supplier_name, 1.5 as total" for name in PEOPLE)


@pytest.fixture(scope="module")
def held_lake(seed_folder: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A lake whose newest candidate of one port holds undeclared names of people."""
    maker = sys.modules[type(seed_folder).__module__]
    seeded = maker.seed(tmp_path_factory.mktemp("held"))
    lakehouse = Lakehouse(seeded.settings.lake, seeded.settings.home / "quarantine")
    evidence = EvidenceStore(seeded.settings.evidence)
    verdict = maker.judge(lakehouse, evidence, seeded.registry, PORT, HELD)[1]
    assert not verdict.passed
    return seeded


@pytest.fixture
def app(held_lake: Any, clock: Any, tmp_path: Any) -> Iterator[Any]:
    state = f"sqlite:///{tmp_path / 'state.db'}"
    settings = held_lake.settings.model_copy(update={"state_url": state})
    made = create_app(settings, clock, held_lake.registry)
    yield made
    made.state.rooms.engine.close()
    made.state.rooms.store.close()


def test_the_steward_is_shown_what_was_found_and_nothing_that_tells_who(steward: Any) -> None:
    listed = steward.json("/held")
    page = steward.get(PAGE).text
    twin = steward.json(PAGE)

    assert [each["text"] for each in listed["ports"]] == [f"{PORT}: supplier_name"]
    assert "6 of 6 different values look like names of people" in page
    (found,) = twin["columns"][0]["found"]
    assert found["kind"] == "name"
    assert set(found["masked_examples"].replace(", ", " ").split()) <= {
        f"{letter}***" for letter in "ABCDEFKHL"
    }
    assert not any(name in page or name in str(twin) for name in PEOPLE)


def test_not_personal_is_recorded_and_the_column_awaits_nobody(
    steward: Any, app: Any, clock: Any
) -> None:
    said = steward.post(
        PAGE, column="supplier_name", decision="not_personal", reason="Characters of a novel."
    )

    after = steward.json(PAGE)

    assert (said.status_code, said.headers["location"]) == (303, PAGE)
    assert after["columns"] == []
    assert after["decisions"][0]["outcome"] == "not personal"
    assert after["decisions"][0]["decided_by"] == "Sam Okoro"
    assert app.state.rooms.store.column_decisions(PORT)[0].shares == {"name": 1.0}
    assert steward.json("/held")["ports"] == []


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"reason": "It is fine."}, "Choose whether the column holds personal data"),
        ({"decision": "not_personal", "reason": ""}, "Say in at least 5 characters how you know"),
        ({"decision": "personal", "reason": "x" * 1001}, "Say it in 1,000 characters or fewer"),
    ],
    ids=["no answer", "no reason", "too long"],
)
def test_a_form_that_says_too_little_is_given_back(
    form: dict[str, str], fault: str, steward: Any, app: Any
) -> None:
    answered = steward.post(PAGE, column="supplier_name", **form)

    assert answered.status_code == 422
    assert fault in answered.text
    assert app.state.rooms.store.column_decisions(PORT) == ()


def test_a_column_that_nobody_held_cannot_be_decided_on(steward: Any) -> None:
    answered = steward.post(PAGE, column="total", decision="personal", reason="To be safe.")

    assert answered.status_code == 404


def test_only_the_ports_steward_sees_and_decides(
    analyst: Any, visitor: Any, browser: Callable[[], Any], app: Any
) -> None:
    governance = browser().sign_in("governance")

    for person in (analyst, governance):
        assert person.get(PAGE).status_code == 403
        answered = person.post(PAGE, column="supplier_name", decision="personal", reason="Because")
        assert answered.status_code == 403
        assert person.json("/held")["ports"] == []
    assert visitor.get(PAGE).headers["location"].startswith("/sign-in")
    assert app.state.rooms.store.column_decisions(PORT) == ()


def test_the_evidence_shows_masked_examples_alone(steward: Any, held_lake: Any) -> None:
    evidence = EvidenceStore(held_lake.settings.evidence)
    candidate = evidence.latest(PORT, 1).candidate_hash

    page = steward.get(f"/evidence/commercial/supplier_spend/{candidate}").text

    assert "awaits a steward&#39;s decision" in page or "awaits a steward's decision" in page
    assert not any(name in page for name in PEOPLE)
