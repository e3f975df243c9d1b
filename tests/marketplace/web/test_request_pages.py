"""The request form, an approver's narrowing and the reviews: over HTTP and on the command line."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.model import AccessRole
from marketplace.cli import main
from marketplace.web.app import create_app

PORT = "commercial.payments"
PEOPLE = "people.learning_records"
PURPOSE = "To compare what departments pay the same suppliers"
OUTSIDE = {
    "for_whom": "other",
    "organisation": "Office of Examples",
    "agreement": "DSA-2026-14",
    "agreement_ends_on": "2026-05-01",
    "legal_power": "Digital Economy Act 2017, section 35",
    "data_protection": "Impact assessment DPIA-77, accepted",
    "security": "Held on an accredited platform in the UK",
    "disposal": "Deleted within thirty days of the end",
}


def ask(person: Any, port: str = PORT, **answers: str) -> str:
    """A request with answers; its id."""
    form = {"port": port, "purpose": PURPOSE, "days": "30", **answers}
    answered = person.post("/access/requests", **form)
    assert answered.status_code == 303, answered.text
    return answered.headers["location"].rsplit("/", 1)[1]


def grant_of(person: Any, request_id: str) -> Any:
    """What the request's page says of its grant."""
    return person.json(f"/access/requests/{request_id}")


@pytest.mark.requirement("ACC-03")
def test_the_form_is_filled_in_from_the_contract(analyst: Any) -> None:
    page = analyst.json(f"/access/requests/new?port={PEOPLE}")
    shown = analyst.get(f"/access/requests/new?port={PEOPLE}").text

    assert page["stages"] == [["People stewards (Sam Okoro)"]]
    assert page["within_days"] == 5
    assert [each["value"] for each in page["purposes"]] == ["Analysis of public spending"]
    assert page["purposes"][0]["selected"] is True
    assert [each["value"] for each in page["lawful_bases"]] == ["publicTask"]
    assert [each["value"] for each in page["columns"]] == ["record_id", "person_name", "course"]
    assert page["similar"] is None and page["agreement"] == []
    assert "Decisions about a person" in shown and "within 5 days" in shown


@pytest.mark.requirement("PRP-03")
def test_the_form_asks_at_most_eight_questions(analyst: Any) -> None:
    shown = analyst.get(f"/access/requests/new?port={PEOPLE}").text

    assert shown.count("govuk-fieldset__legend--m") + shown.count("govuk-label--m") <= 8


@pytest.mark.requirement("ACC-03")
def test_only_the_columns_that_are_asked_for_are_granted(analyst: Any, steward: Any) -> None:
    named = {"columns": "some", "column.payment_id": "on", "column.amount": "on"}
    request_id = ask(analyst, **named)
    steward.post(f"/access/requests/{request_id}/decision", decision="approve")

    refused = analyst.post("/query", sql=f"select supplier_name from {PORT}")
    answered = analyst.post("/query", sql=f"select amount from {PORT} order by 1 limit 1")

    assert grant_of(analyst, request_id)["granted"] == [
        "Every row.",
        "Without `paid_by`, `payment_date`, `supplier_name`.",
    ]
    assert (answered.status_code, refused.status_code) == (200, 400)


@pytest.mark.requirement("ACC-03")
def test_an_approver_narrows_columns_rows_period_and_purpose(analyst: Any, steward: Any) -> None:
    request_id = ask(analyst)
    offered = steward.json(f"/access/requests/{request_id}")["columns"]
    decided = steward.post(
        f"/access/requests/{request_id}/decision",
        decision="approve",
        days="7",
        narrower_purpose="Only yearly totals by supplier",
        row_column="payment_id",
        row_operator="at_most",
        row_values="100",
        **{"column.supplier_name": "hash", "column.paid_by": "hide"},
    )

    page = grant_of(analyst, request_id)
    assert decided.status_code == 303
    assert [choice["value"] for choice in offered[1]["choices"]] == [
        "show", "hash", "partial", "null", "hide",
    ]  # fmt: skip
    assert page["granted"] == [
        "Only rows where `payment_id` is at most `100`.",
        "`supplier_name` as a hash, the same for the same value.",
        "Without `paid_by`.",
    ]
    assert page["grant"]["purpose"] == "Only yearly totals by supplier"
    assert page["grant"]["expires_at"].startswith("2026-04-08")


def test_a_restriction_can_be_sent_as_json(analyst: Any, steward: Any) -> None:
    request_id = ask(analyst)
    address = f"/access/requests/{request_id}/decision"
    malformed = steward.post(address, decision="approve", restriction='{"rows": "true"}')
    unknown = {"rows": None, "masked": {"colour": "hash"}, "hidden": []}
    odd = steward.post(address, decision="approve", restriction=json.dumps(unknown))
    fits = json.dumps({**unknown, "masked": {"paid_by": "null"}})
    decided = steward.post(address, decision="approve", restriction=fits)

    assert (malformed.status_code, odd.status_code, decided.status_code) == (422, 422, 303)
    assert "there is no column" in odd.text
    assert grant_of(analyst, request_id)["granted"] == ["Every row.", "`paid_by` emptied."]
    denials = [r for r in steward.json("/log")["records"] if r["outcome"] == "denied"]
    assert len(denials) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("permitted_purpose", "Marketing"),
        ("lawful_basis", "because"),
        ("rows", "All of Wales"),
        ("columns", "colour"),
        ("columns", "some"),
        ("days", "366"),
        ("days", "ten"),
    ],
)
def test_an_answer_that_is_not_on_offer_names_its_field(
    analyst: Any, field: str, value: str
) -> None:
    form = {"port": PORT, "purpose": PURPOSE, "days": "30", field: value}

    answered = analyst.post("/access/requests", **form)

    assert answered.status_code == 422
    assert f'href="#{field}"' in answered.text
    assert analyst.json("/access/requests")["requests"] == []


@pytest.mark.requirement("CMP-07")
def test_another_organisation_answers_more_and_waits_for_three_reviews(
    analyst: Any, steward: Any, browser: Callable[[], Any]
) -> None:
    governance = browser().sign_in("governance")
    form = analyst.json(f"/access/requests/new?port={PORT}&for_whom=other")
    thin = {"port": PORT, "purpose": PURPOSE, "days": "30", **OUTSIDE, "security": ""}
    refused = analyst.post("/access/requests", **thin)
    request_id = ask(analyst, **OUTSIDE)
    address = f"/access/requests/{request_id}"
    early = steward.post(f"{address}/decision", decision="approve")
    inbox = governance.get("/access/inbox").text
    not_theirs = steward.post(f"{address}/reviews/legal", outcome="pass", reason="It is fine")
    for review in ("legal", "data_protection", "security"):
        reason = "Read in full and agreed"
        governance.post(f"{address}/reviews/{review}", outcome="pass", reason=reason)
    decided = steward.post(f"{address}/decision", decision="approve")

    assert len(form["agreement"]) == 7
    assert refused.status_code == 422 and 'href="#security"' in refused.text
    assert (early.status_code, not_theirs.status_code, decided.status_code) == (409, 403, 303)
    assert "legal review and data protection review and security review" in inbox
    page = grant_of(analyst, request_id)
    assert page["agreement"]["reference"] == "DSA-2026-14"
    assert page["grant"]["expires_at"].startswith("2026-05-01")
    assert [step["state"] for step in page["progress"]] == ["done"] * 5


@pytest.fixture
def two_stages(seed_folder: Any) -> Any:
    """The registry, with stewards and then owners deciding on payments, and terms of access."""
    terms = {
        "longestDays": 60,
        "decideWithinDays": 2,
        "hiddenColumns": ["paid_by"],
        "rows": [
            {"name": "Small", "column": "payment_id", "operator": "at_most", "values": [10]},
        ],
    }
    stages = (("team:commercial-stewards",), ("team:commercial-owners",))
    registry = seed_folder.registry
    products = []
    for product in registry.products:
        ports = []
        for port in product.output_ports:
            contract = port.contract
            if contract.reference == PORT:
                roles = (AccessRole("reader", "read", (*stages[0], *stages[1]), stages),)
                custom = {**contract.custom, "accessTerms": terms}
                contract = replace(contract, roles=roles, custom=custom)
            ports.append(replace(port, contract=contract))
        products.append(replace(product, output_ports=tuple(ports)))
    return replace(registry, products=tuple(products))


@pytest.mark.requirement("ACC-03")
def test_two_people_decide_under_the_terms_of_the_contract(
    settings: Any, clock: Any, two_stages: Any, browser_of: Callable[[Any], Callable[[str], Any]]
) -> None:
    as_person = browser_of(create_app(settings, clock, two_stages))
    analyst, steward, owner = (as_person(name) for name in ("analyst", "steward", "owner"))
    form = analyst.json(f"/access/requests/new?port={PORT}")
    too_long = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="90")
    request_id = ask(analyst, rows="Small")
    address = f"/access/requests/{request_id}/decision"
    early = owner.post(address, decision="approve")
    steward.post(address, decision="approve", **{"column.supplier_name": "hash"})
    between = analyst.post("/query", sql=f"select amount from {PORT}")
    again = steward.post(address, decision="approve")
    waiting = owner.json("/access/inbox")["waiting"]
    owner.post(address, decision="approve", days="5")

    page = grant_of(analyst, request_id)
    answered = analyst.post("/query", sql=f"select count(*) as n from {PORT}")
    assert [len(stage) for stage in form["stages"]] == [1, 1]
    assert form["withheld"] == ["paid_by"]
    assert [choice["value"] for choice in form["periods"]] == ["30", "60"]
    assert too_long.status_code == 422
    assert (early.status_code, again.status_code, between.status_code) == (403, 403, 403)
    assert [entry["what"] for entry in waiting] == ["decision, stage 2 of 2"]
    assert page["granted"] == [
        "Only rows where `payment_id` is at most `10`.",
        "`supplier_name` as a hash, the same for the same value.",
        "Without `paid_by`.",
    ]
    assert page["grant"]["expires_at"].startswith("2026-04-06")
    assert ">10<" in answered.text


@pytest.fixture
def browser_of(browser: Callable[[], Any]) -> Iterator[Callable[[Any], Callable[[str], Any]]]:
    """For an application: a person's browser, signed in to it."""
    apps, browsers = [], []
    kind = type(browser())

    def of(app: Any) -> Callable[[str], Any]:
        apps.append(app)

        def signed_in(name: str) -> Any:
            browsers.append(kind(app))
            return browsers[-1].sign_in(name)

        return signed_in

    yield of
    for each in browsers:
        each.http.close()
    for app in apps:
        app.state.rooms.engine.close()
        app.state.rooms.store.close()


def test_progress_and_the_inbox_say_what_is_due_and_when(
    analyst: Any, steward: Any, clock: Any
) -> None:
    request_id = ask(analyst)
    before = analyst.json(f"/access/requests/{request_id}")
    clock.pass_days(6)
    inbox = steward.sign_in("steward").json("/access/inbox")["waiting"]

    assert [step["state"] for step in before["progress"]] == ["done", "waiting"]
    assert before["due_at"].startswith("2026-04-06") and not before["is_overdue"]
    assert [entry["is_overdue"] for entry in inbox] == [True]


def test_those_who_are_next_are_told_and_so_is_the_requester(analyst: Any, steward: Any) -> None:
    request_id = ask(analyst)
    told = steward.get("/notifications").text
    steward.post(f"/access/requests/{request_id}/decision", decision="approve")

    assert "asks for" in told
    assert "was approved" in analyst.get("/notifications").text


def test_earlier_requests_are_told_in_figures_without_who_asked(
    analyst: Any, steward: Any, browser: Callable[[], Any]
) -> None:
    for person in ("owner", "governance", "engineer"):
        request_id = ask(browser().sign_in(person))
        steward.post(f"/access/requests/{request_id}/decision", decision="approve")

    page = analyst.json(f"/access/requests/new?port={PORT}")

    assert page["similar"] == {
        "approved": 3, "refused": 0, "median_hours": 0.0, "usual_days": 30,
    }  # fmt: skip


def test_requests_are_narrowed_and_reviewed_on_the_command_line(
    seed_folder: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(seed_folder.settings.home, tmp_path / "home")
    monkeypatch.setenv("MARKETPLACE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(seed_folder.settings.project))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["marketplace", "request", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
            raise SystemExit(0)
        return int(left.value.code or 0), capsys.readouterr().out

    later = {**OUTSIDE, "agreement_ends_on": "2099-01-01"}
    answers = [part for name, value in later.items() for part in ("--answer", f"{name}={value}")]
    purpose = ("--purpose", PURPOSE)
    made = json.loads(run("submit", PORT, "--as", "analyst", *purpose, *answers, "--json")[1])
    reviewed = [
        run("review", made["id"], name, "--pass", "--as", "governance", "--reason", "Read in full")
        for name in ("legal", "data_protection", "security")
    ]
    narrowed = ("--narrow", "paid_by=hide", "--days", "3")
    decided = run("approve", made["id"], "--as", "steward", *narrowed)
    misused = run("approve", made["id"], "--as", "steward", "--narrow", "paid_by")

    assert [code for code, _ in reviewed] == [0, 0, 0]
    assert decided == (0, f"{made['id']}: approved\n")
    assert misused[0] == 2
