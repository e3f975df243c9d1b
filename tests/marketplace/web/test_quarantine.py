"""What failed is seen by who answers for it, released by its owner, and flagged everywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.access.facts import Action
from marketplace.access.model import AuditFilter
from marketplace.config import Settings

PORT = "commercial.supplier_spend"
PRODUCT = "/products/commercial/payments"
REASON = "Two offices of one name, checked by hand."


@pytest.fixture
def settings(own_lake: Settings) -> Settings:
    """A lake of the test's own: one test publishes into it."""
    return own_lake


@pytest.fixture
def address(seed_folder: Any) -> str:
    unit, name = PORT.split(".")
    return f"/quarantine/{unit}/{name}/{seed_folder.refused.candidate_hash}"


def records(app: Any, action: Action) -> list[tuple[str, str]]:
    found = app.state.rooms.store.audit(AuditFilter(action=action.value))
    return [(record.actor_id, record.outcome) for record in reversed(found)]


@pytest.mark.requirement("QUA-03")
def test_a_steward_sees_what_failed_and_queries_the_rows(
    steward: Any, address: str, app: Any
) -> None:
    listed = steward.json("/quarantine")["candidates"]
    page = steward.json(address)
    shown = steward.get(address)
    queried = steward.http.post(
        f"{address}/query",
        data={"csrf": steward.token(), "sql": f"select count(*) as n from {PORT}"},
        headers={"accept": "application/json"},
    ).json()

    assert [(line["port"], line["held_because"]) for line in listed] == [(PORT, "")]
    assert (page["rows"], page["served_rows"], page["served_version"]) == (8, 7, 0)
    assert [check["line"]["column"] for check in page["blocking"]]
    assert page["blocking"][0]["sample"][0]["supplier_name"] == "Supplier 1"
    assert page["may_release"] is False
    assert "Only an owner" in page["may_not_release_because"]
    assert shown.text.count("<h1") == 1 and "Discard it" in shown.text
    assert queried["answer"]["rows"] == [[8]]
    assert records(app, Action.SEE_QUARANTINE) == [("steward", "done")] * 2
    assert records(app, Action.QUERY_QUARANTINE) == [("steward", "done")]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from commercial.payments",
        "select * from read_parquet('/etc/passwd')",
        "delete from commercial.supplier_spend",
    ],
)
def test_a_statement_over_a_candidate_reads_nothing_else(
    sql: str, steward: Any, address: str, app: Any
) -> None:
    answered = steward.post(f"{address}/query", sql=sql)

    assert answered.status_code in {400, 403, 404}, answered.text
    assert "The statement did not run" in answered.text
    assert records(app, Action.QUERY_QUARANTINE)[0][1] in {"denied", "failed"}


ACTS = [
    ("", {"steward", "owner"}),
    ("/query", {"steward", "owner"}),
    ("/release", {"owner"}),
    ("/discard", {"steward", "owner"}),
]


@pytest.mark.requirement("QUA-03")
@pytest.mark.parametrize(("act", "allowed"), ACTS, ids=["see", "query", "release", "discard"])
@pytest.mark.parametrize("person", ["analyst", "steward", "owner", "governance", "engineer"])
def test_only_who_may_acts_on_a_candidate(
    act: str, allowed: set[str], person: str, browser: Callable[[], Any], address: str, app: Any
) -> None:
    someone = browser().sign_in(person)
    form = {"sql": f"select 1 from {PORT}", "reason": REASON}

    answered = someone.post(f"{address}{act}", **form) if act else someone.get(address)

    assert (answered.status_code in {200, 303}) is (person in allowed), answered.text
    if person not in allowed:
        assert answered.status_code == 403
        denied = Action.RELEASE if person == "steward" else Action.SEE_QUARANTINE
        assert (person, "denied") in records(app, denied)


def test_a_stranger_is_asked_to_sign_in(visitor: Any, address: str) -> None:
    assert visitor.get(address).status_code == 303
    assert visitor.get("/quarantine").status_code == 303


def test_who_answers_for_no_port_has_no_quarantine(analyst: Any) -> None:
    assert analyst.get("/quarantine").status_code == 404


@pytest.mark.requirement("QUA-03")
def test_a_released_version_says_so_everywhere_and_is_never_green(
    owner: Any, visitor: Any, address: str, app: Any
) -> None:
    answered = owner.post(f"{address}/release", reason=REASON)

    assert answered.status_code == 303
    assert answered.headers["location"] == f"{PRODUCT}/ports/supplier_spend"
    port = visitor.json(f"{PRODUCT}/ports/supplier_spend")["port"]
    told = f"Released by Oona Hale on 1 April 2026 despite 1 failed check: {REASON}"
    assert (port["delta_version"], port["rows"], port["quality"]) == (1, 8, "released")
    assert [notice["text"] for notice in port["notices"]] == [told]
    assert (
        port["scores"]["confidence"]["level"] != "high" if "confidence" in port["scores"] else True
    )
    assert told in visitor.get(PRODUCT).text
    assert told in visitor.get("/search").text
    assert records(app, Action.RELEASE) == [("owner", "begun"), ("owner", "done")]
    assert owner.json("/quarantine")["candidates"] == []
    assert "released a candidate" in owner.json("/notifications")["notifications"][0]["message"]
    assert owner.get(address).status_code == 404
    evidence = visitor.get(port["notices"][0]["href"]).text
    assert "did not keep its contract" in evidence and "Released by Oona Hale" in evidence


def test_a_release_without_a_reason_changes_nothing(owner: Any, address: str, app: Any) -> None:
    answered = owner.post(f"{address}/release", reason="ok")

    assert answered.status_code == 422
    assert "it stays with the data for good" in answered.text
    assert records(app, Action.RELEASE) == []
    assert len(owner.json("/quarantine")["candidates"]) == 1


def test_a_release_is_refused_when_the_table_has_moved_on(
    owner: Any, address: str, app: Any, seed_folder: Any, seeding: Any
) -> None:
    rooms = app.state.rooms
    sql = seeding.SPEND.replace("* 100", "* 200")
    seeding.publish(rooms.lakehouse, rooms.evidence, seed_folder.registry, PORT, sql)

    answered = owner.post(f"{address}/release", reason=REASON)

    assert answered.status_code == 409
    assert "Build and check it again" in answered.text
    assert records(app, Action.RELEASE) == [("owner", "begun"), ("owner", "failed")]
    assert owner.json(address)["may_not_release_because"] == (
        "Another version has been published since it was built."
    )


def test_a_discarded_candidate_leaves_its_evidence(
    steward: Any, address: str, app: Any, seed_folder: Any
) -> None:
    answered = steward.post(f"{address}/discard", reason="The file was cut short.")

    assert answered.status_code == 303
    assert steward.json("/quarantine")["candidates"] == []
    assert records(app, Action.DISCARD) == [("steward", "begun"), ("steward", "done")]
    evidence = f"/evidence/commercial/supplier_spend/{seed_folder.refused.candidate_hash}"
    assert steward.get(evidence).status_code == 200


@pytest.mark.requirement("QUA-03")
def test_the_last_good_version_is_flagged_stale_wherever_it_is_shown(
    visitor: Any, analyst: Any, steward: Any, seed_folder: Any
) -> None:
    asked = analyst.http.post(
        "/access/requests",
        data={"csrf": analyst.token(), "port": PORT, "purpose": "Study of spending", "days": "30"},
        headers={"accept": "application/json"},
    ).json()
    steward.post(f"/access/requests/{asked['id']}/decision", decision="approve", reason="")
    text = (
        "What is served is the last good version: newer data failed its contract on 1 April 2026."
    )
    evidence = f"/evidence/commercial/supplier_spend/{seed_folder.refused.candidate_hash}"

    cards = visitor.json("/search")["results"]
    port = visitor.json(f"{PRODUCT}/ports/supplier_spend")["port"]
    sql = f"select * from {PORT}"
    as_json = analyst.http.post(
        "/query",
        data={"csrf": analyst.token(), "sql": sql},
        headers={"accept": "application/json"},
    )
    as_file = analyst.post("/query", sql=sql, format="parquet")
    as_page = analyst.post("/query", sql=sql)

    (notice,) = [n for card in cards for n in card["notices"]]
    assert notice == {
        "port": PORT,
        "kind": "stale",
        "text": text,
        "href": evidence,
        "link": "See what failed",
    }
    assert port["notices"] == [notice]
    assert text in visitor.get("/search").text and text in visitor.get(PRODUCT).text
    line = f"{PORT}: {text} <{evidence}>"
    assert as_json.headers["x-data-notices"] == line
    assert as_json.json()["notices"] == line
    assert "STALE" in as_file.headers["content-disposition"]
    assert line.encode() in as_file.content
    assert text in as_page.text


@pytest.mark.requirement("QUA-08")
def test_freshness_is_what_it_is_when_the_page_is_read(visitor: Any, clock: Any) -> None:
    address = f"{PRODUCT}/ports/payments"
    before = visitor.json(address)["port"]["freshness"]
    clock.pass_days(60)
    after = visitor.json(address)["port"]

    assert (before, after["freshness"]) == ("fresh", "late")
    assert "It is stale: older than promised." in visitor.get(address).text
    found = visitor.json("/search?freshness=late")["results"]
    assert [card["reference"] for card in found] == ["commercial/payments"]


def test_a_personal_column_is_masked_in_quarantine(
    steward: Any, app: Any, seed_folder: Any, seeding: Any
) -> None:
    rooms, port = app.state.rooms, "people.learning_records"
    broken = seeding.RECORDS + " union all select 1, 'Nobody', 'Course 1'"
    judged = seeding.judge(rooms.lakehouse, rooms.evidence, seed_folder.registry, port, broken)
    rooms.lakehouse.quarantine(*judged)
    address = f"/quarantine/people/learning_records/{judged[1].candidate_hash}"

    page = steward.post(f"{address}/query", sql=f"select * from {port} order by record_id limit 3")

    assert page.status_code == 200, page.text
    assert "[masked]" in page.text and "Course 1" in page.text
    assert seeding.PERSONAL_VALUE not in page.text
    assert "Nobody" not in page.text
