"""An issue from a failed check to its closure, over the real application and real verdicts."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from marketplace.access.model import AuditFilter
from marketplace.config import Settings

PORT = "commercial.payments"
PAGES = ("/products/commercial/payments", "/products/commercial/payments/ports/payments")
WHY = "Seen in the monthly file."
ROWS = "select i::bigint as payment_id, 'Supplier ' || (i % 7) as supplier_name, "
GOOD = (
    f"{ROWS}'Office ' || (i % 3) as paid_by, (i * 1.25)::decimal(18,2) as amount, "
    "date '2026-01-01' + (i % 85)::integer as payment_date from range(1, 301) as t(i)"
)


@pytest.fixture
def settings(own_lake: Settings) -> Settings:
    """A lake of the test's own: one test publishes into it."""
    return own_lake


@pytest.fixture
def failed(app: Any) -> dict[str, str]:
    """The one check of the served version that failed: a warning."""
    rooms = app.state.rooms
    snapshot = rooms.lakehouse.snapshot(PORT, 1)
    kept = rooms.evidence.checks_of(PORT, 1, snapshot.metadata["candidate_hash"])[0]
    (result,) = [r for r in kept.verdict.results if r.outcome == "failed"]
    return {
        "port": PORT,
        "candidate": kept.verdict.candidate_hash,
        "verdict": kept.content_hash,
        "check": result.check_id,
    }


@pytest.fixture
def publish_good(app: Any, clock: Any, seed_folder: Any) -> Callable[[], Any]:
    """Publishes a version that passes the check, half an hour later; gives the access state."""
    rooms, seeded = app.state.rooms, sys.modules["web_seeded_lake"]
    lakehouse = Lakehouse(rooms.settings.lake, rooms.settings.quarantine)
    evidence = EvidenceStore(rooms.settings.evidence)

    def publish() -> Any:
        seeded.publish(lakehouse, evidence, seed_folder.registry, PORT, GOOD)
        clock.now += timedelta(minutes=30)
        return rooms.store

    return publish


def opened(person: Any, failed: dict[str, str], **more: str) -> str:
    said = {
        "title": "Offices are missing",
        "description": "Some payments have none.",
        "severity": "high",
    }
    response = person.post("/issues", **{**failed, **said, **more})
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


def grant(analyst: Any, steward: Any, port: str = PORT) -> None:
    asked = analyst.post("/access/requests", port=port, purpose="To count payments", days="30")
    steward.post(f"{asked.headers['location']}/decision", decision="approve", reason="")


def run(person: Any, **headers: str) -> Any:
    sent = {"csrf": person.token(), "sql": f"select * from {PORT} limit 3", **headers}
    return person.http.post("/query", data=sent, headers={"accept": "text/html"})


@pytest.mark.requirement("GOV-07", "QUA-06")
def test_an_issue_is_opened_routed_and_closed_by_a_later_verdict(
    steward: Any, analyst: Any, visitor: Any, failed: dict[str, str],
    publish_good: Callable[[], Any],
) -> None:  # fmt: skip
    grant(analyst, steward)
    form = steward.get(f"/issues/new?port={PORT}&candidate={failed['candidate']}"
                       f"&verdict={failed['verdict']}&check={failed['check']}")  # fmt: skip
    issue = opened(steward, failed)
    too_early = steward.post(f"{issue}/closure", reason=WHY)
    steward.post(f"{issue}/routing", root_cause="source", reason=WHY)
    routed = steward.json(issue)
    steward.post(f"{issue}/progress", status="fixed_at_source", reason=WHY)
    store = publish_good()
    closed = steward.post(f"{issue}/closure", reason="Loaded again, all are there")

    assert form.status_code == 200 and "Not kept:" in form.text
    assert too_early.status_code == 409 and "was not closed" in too_early.text
    assert routed["line"]["source_system"] == "payments_ledger"
    assert routed["assigned"] == ["Commercial owners"]
    assert closed.status_code == 303
    shown = visitor.json(issue)
    assert shown["line"]["status"] == "closed"
    assert shown["opened_by"] == "Signed in people see who"
    assert shown["history"][0]["verdict"] is not None
    every = analyst.json("/notifications")["notifications"]
    told = [line for line in every if line["kind"] != "request.decide"]
    assert [line["kind"] for line in told] == ["issue.close", "issue.open"]
    assert all(line["href"] == issue for line in told)
    assert store.verify_audit().intact


@pytest.mark.requirement("GOV-07")
def test_a_known_issue_shows_wherever_the_data_does(
    app: Any, steward: Any, analyst: Any, visitor: Any, failed: dict[str, str], tmp_path: Path
) -> None:
    grant(analyst, steward)
    before = [visitor.get(page).text for page in PAGES]
    issue = opened(steward, failed)
    said = "Known issue, severity high: Offices are missing."

    assert not any(said in page for page in before)
    for address in (*PAGES, "/search?words=payments", "/", "/issues"):
        assert "Offices are missing" in visitor.get(address).text, address
    cards = visitor.json("/search?words=payments")["results"]
    assert [n["href"] for card in cards for n in card["notices"] if n["kind"] == "issue"] == [issue]
    page = run(analyst)
    assert said in page.text
    csv = run(analyst, format="csv")
    assert said in csv.headers["x-data-notices"] and issue in csv.headers["x-data-notices"]
    assert "ISSUE" in csv.headers["content-disposition"]
    parquet = run(analyst, format="parquet")
    file = tmp_path / "export.parquet"
    file.write_bytes(parquet.content)
    assert said in pq.read_schema(file).metadata[b"notices"].decode()

    assert b"delta_versions" in pq.read_schema(file).metadata


@pytest.mark.requirement("QUA-06")
def test_a_patch_stays_visible_as_debt(steward: Any, visitor: Any, failed: dict[str, str]) -> None:
    issue = opened(steward, failed)
    early = steward.post(f"{issue}/progress", status="patched_downstream", reason=WHY)
    steward.post(f"{issue}/routing", root_cause="source", reason=WHY)
    steward.post(f"{issue}/progress", status="patched_downstream", reason=WHY)
    closing = steward.post(f"{issue}/closure", reason=WHY)

    assert early.status_code == 409
    assert closing.status_code == 409 and "patched downstream" in closing.text
    (line,) = visitor.json("/issues")["known"]
    assert line["is_debt"] is True
    assert "The source still has the fault" in visitor.get(issue).text
    assert "patched here, and not fixed" in visitor.get(PAGES[0]).text


@pytest.mark.requirement("GOV-07")
def test_only_an_owner_accepts_a_risk_and_only_for_a_time(
    steward: Any, owner: Any, visitor: Any, failed: dict[str, str], clock: Any
) -> None:
    issue = opened(steward, failed)
    until = (clock.now + timedelta(days=20)).date().isoformat()
    refused = steward.post(f"{issue}/closure", reason=WHY, accept_until=until)
    wrong = owner.post(f"{issue}/closure", reason=WHY, accept_until="soon")
    past = owner.post(f"{issue}/closure", reason=WHY, accept_until="2020-01-01")
    accepted = owner.post(f"{issue}/closure", reason=WHY, accept_until=until)

    assert [r.status_code for r in (refused, wrong, past, accepted)] == [403, 422, 422, 303]
    assert "Offices are missing" not in visitor.get(PAGES[0]).text
    clock.pass_days(21)
    assert "Offices are missing" in visitor.get(PAGES[0]).text


def test_who_may_do_what(
    browser: Callable[[], Any], steward: Any, analyst: Any, failed: dict[str, str], app: Any
) -> None:
    engineer, governance = browser().sign_in("engineer"), browser().sign_in("governance")
    said = {"title": "Offices are missing", "description": "Some have none.", "severity": "low"}
    stranger = analyst.post("/issues", port=PORT, **said)
    grant(analyst, steward)
    reported = analyst.post("/issues", port=PORT, **said)
    issue = reported.headers["location"]
    acts = {
        "routing": {"root_cause": "platform", "reason": WHY},
        "progress": {"status": "acknowledged", "reason": WHY},
        "closure": {"reason": WHY},
    }
    for act, form in acts.items():
        for person in (analyst, engineer, governance):
            assert person.post(f"{issue}/{act}", **form).status_code == 403, act

    assert (stranger.status_code, reported.status_code) == (403, 303)
    assert steward.post(f"{issue}/routing", **acts["routing"]).status_code == 303
    # Routed to the custodian: engineering may work on it, and still not close it.
    assert engineer.post(f"{issue}/progress", **acts["progress"]).status_code == 303
    assert engineer.post(f"{issue}/closure", **acts["closure"]).status_code == 403
    assert [line["id"] for line in engineer.json("/issues")["mine"]] == [issue.rsplit("/", 1)[1]]
    assert steward.post(f"{issue}/closure", **acts["closure"]).status_code == 303
    denied = app.state.rooms.store.audit(AuditFilter(outcome="denied", action="issue.close"))
    assert [record.actor_id for record in denied] == [
        "engineer",
        "governance",
        "engineer",
        "analyst",
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"check": "schema[0].properties[0].required"},
        {"verdict": "0" * 64},
        {"candidate": "x"},
        {"check": "x" * 3000},
    ],
    ids=["passed", "unknown verdict", "unknown candidate", "too long"],
)
def test_only_a_check_that_failed_opens_an_issue(
    steward: Any, failed: dict[str, str], changed: dict[str, str]
) -> None:
    said = {"title": "Offices are missing", "description": "Some have none.", "severity": "low"}

    response = steward.post("/issues", **{**failed, **said, **changed})

    assert response.status_code == 422
    assert steward.json("/issues")["known"] == []


@pytest.mark.parametrize("form", [{}, {"title": "Offices are missing", "severity": "odd"}])
def test_a_form_that_lacks_something_comes_back_with_what_it_had(
    steward: Any, form: dict[str, str]
) -> None:
    response = steward.post("/issues", port=PORT, **form)

    assert response.status_code == 422
    assert "There is a problem" in response.text
    assert form.get("title", "") in response.text


def test_failing_rows_are_for_who_may_see_rows(
    app: Any, steward: Any, visitor: Any, analyst: Any, failed: dict[str, str]
) -> None:
    issue = opened(steward, failed)

    assert steward.json(issue)["check"]["sample"]
    for person in (visitor, analyst):
        shown = person.json(issue)
        assert shown["check"]["sample"] == [] and shown["sample_reason"]
    seen = app.state.rooms.store.audit(AuditFilter(action="evidence.sample"))
    assert {record.actor_id for record in seen} == {"steward"}


def test_one_check_has_one_open_issue(steward: Any, failed: dict[str, str]) -> None:
    opened(steward, failed)
    said = {"title": "Offices are missing", "description": "Some have none.", "severity": "low"}

    assert steward.post("/issues", **{**failed, **said}).status_code == 409
