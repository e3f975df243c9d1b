"""Asking, deciding, querying and revoking over HTTP, and who is refused on the way."""

import io
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

PORT = "commercial.payments"
PURPOSE = "To compare what departments pay the same suppliers"
SQL = f"select supplier_name, amount from {PORT} order by payment_id limit 3"


def ask(person: Any, port: str = PORT) -> str:
    """A request, as its form sends it; its id."""
    answered = person.post("/access/requests", port=port, purpose=PURPOSE, days="30")
    assert answered.status_code == 303, answered.text
    return answered.headers["location"].rsplit("/", 1)[1]


def approve(steward: Any, request_id: str) -> Any:
    """Sam's approval."""
    return steward.post(f"/access/requests/{request_id}/decision", decision="approve")


def token_of(person: Any) -> str:
    """The secret of a new token, as its page shows it once."""
    page = person.post("/tokens", name="report", days="7", scope="query")
    assert page.status_code == 201
    return re.search(r"mkt_[a-z0-9]+\.[\w-]+", page.text).group()


def run(person: Any, secret: str, accept: str = "application/json", sql: str = SQL) -> Any:
    """A statement of a program."""
    headers = {"authorization": f"Bearer {secret}", "accept": accept}
    return person.http.post("/api/v1/query", json={"sql": sql}, headers=headers)


@pytest.mark.requirement("ACC-03")
@pytest.mark.requirement("ACC-04")
def test_a_grant_begins_with_its_approval_and_ends_with_its_revocation(
    analyst: Any, steward: Any
) -> None:
    secret = token_of(analyst)
    refused_before = run(analyst, secret)

    request_id = ask(analyst)
    listed = steward.get("/access/inbox").text
    approved = approve(steward, request_id)
    answered = run(analyst, secret)
    on_page = analyst.post("/query", sql=SQL)
    grant = analyst.json("/access/grants")["mine"][0]
    revoked = steward.post(f"/access/grants/{grant['id']}/revocation", reason="Purpose has ended")
    refused_after = run(analyst, secret)

    assert refused_before.status_code == 403
    assert refused_before.json()["error"]["code"] == "no_grant"
    assert "Ada Fenwick asks for commercial.payments" in listed
    assert approved.status_code == revoked.status_code == 303
    assert answered.json()["rows"][0] == ["Supplier 1", "1.25"]
    assert "Supplier 1" in on_page.text and "at Delta version 1" in on_page.text
    assert refused_after.status_code == 403
    assert "Supplier" not in refused_after.text


def test_an_expired_grant_refuses_the_next_statement(
    analyst: Any, steward: Any, clock: Any
) -> None:
    approve(steward, ask(analyst))
    assert analyst.post("/query", sql=SQL).status_code == 200

    clock.pass_days(31)
    secret_page = analyst.sign_in("analyst").post("/query", sql=SQL)

    assert secret_page.status_code == 403
    assert f"/access/requests/new?port={PORT}" in secret_page.text


def test_an_ungranted_port_offers_the_request_form_filled_in(analyst: Any) -> None:
    answered = analyst.post("/query", sql="select * from people.learning_records")

    form = analyst.get("/access/requests/new?port=people.learning_records").text

    assert answered.status_code == 403
    assert 'href="/access/requests/new?port=people.learning_records"' in answered.text
    assert 'name="port" value="people.learning_records"' in form
    assert "People stewards (Sam Okoro) will decide" in form


@pytest.mark.requirement("ACC-03")
def test_nobody_decides_on_their_own_request(steward: Any) -> None:
    request_id = ask(steward)

    answered = approve(steward, request_id)
    page = steward.get(f"/access/requests/{request_id}").text

    assert answered.status_code == 403
    assert "nobody decides on their own request" in answered.text
    assert "Send decision" not in page
    assert steward.json(f"/access/requests/{request_id}")["request"]["status"] == "submitted"


def test_only_an_approver_decides(analyst: Any, browser: Callable[[], Any]) -> None:
    request_id = ask(analyst)

    for person, status in (("engineer", 404), ("governance", 403)):
        assert approve(browser().sign_in(person), request_id).status_code == status
    assert analyst.json(f"/access/requests/{request_id}")["request"]["status"] == "submitted"


def test_a_refusal_needs_a_reason_and_shows_it(analyst: Any, steward: Any) -> None:
    request_id = ask(analyst)
    address = f"/access/requests/{request_id}/decision"

    without = steward.post(address, decision="refuse", reason="")
    steward.post(address, decision="refuse", reason="Use the published totals instead")
    page = analyst.get(f"/access/requests/{request_id}").text

    assert without.status_code == 422
    assert "why you refuse" in without.text
    assert "Use the published totals instead" in page


def test_a_form_with_faults_names_each_and_keeps_what_was_written(analyst: Any) -> None:
    answered = analyst.post("/access/requests", port=PORT, purpose="Too few", days="")

    assert answered.status_code == 422
    assert "<title>Error: " in answered.text
    assert 'href="#days"' in answered.text
    assert "Too few" in answered.text


def test_a_request_can_be_withdrawn_once(analyst: Any) -> None:
    request_id = ask(analyst)

    first = analyst.post(f"/access/requests/{request_id}/withdrawal")
    second = analyst.post(f"/access/requests/{request_id}/withdrawal")

    assert first.status_code == 303
    assert second.status_code == 409


def test_anothers_request_reads_like_none(steward: Any, browser: Callable[[], Any]) -> None:
    request_id = ask(steward)
    engineer = browser().sign_in("engineer")

    hidden = engineer.get(f"/access/requests/{request_id}")
    missing = engineer.get("/access/requests/req_nothing")

    assert hidden.status_code == missing.status_code == 404
    assert hidden.text.replace(request_id, "x").count("There is no access request") == 1


@pytest.mark.requirement("ACC-02")
@pytest.mark.requirement("SEC-01")
def test_every_format_gives_the_same_rows_with_its_marking(analyst: Any, steward: Any) -> None:
    approve(steward, ask(analyst))
    secret = token_of(analyst)
    expected = [{"supplier_name": f"Supplier {i}", "amount": f"{i * 1.25:.2f}"} for i in (1, 2, 3)]

    as_json = run(analyst, secret)
    as_csv = run(analyst, secret, "text/csv")
    as_parquet = run(analyst, secret, "application/vnd.apache.parquet")
    as_arrow = run(analyst, secret, "application/vnd.apache.arrow.stream")

    def texts(table: pa.Table) -> list[dict[str, str]]:
        return [{k: str(v) for k, v in row.items()} for row in table.to_pylist()]

    names = [column["name"] for column in as_json.json()["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in as_json.json()["rows"]]
    parquet = pyarrow.parquet.read_table(io.BytesIO(as_parquet.content))
    arrow = pyarrow.ipc.open_stream(as_arrow.content).read_all()
    assert rows == texts(parquet) == texts(arrow) == expected
    assert as_csv.text.splitlines()[1] == "Supplier 1,1.25"
    assert arrow.schema.metadata[b"marking"] == b"OFFICIAL"
    for answered in (as_json, as_csv, as_parquet, as_arrow):
        assert answered.headers["x-data-marking"] == "OFFICIAL"
        assert answered.headers["x-data-sample"] == "true"
        assert answered.headers["x-data-versions"] == f"{PORT}@1"
    named = as_csv.headers["content-disposition"]
    assert named == f'attachment; filename="OFFICIAL_SAMPLE_{PORT}_2026-04-01.csv"'


def test_a_download_from_the_page_is_marked(analyst: Any, steward: Any) -> None:
    approve(steward, ask(analyst, "people.learning_records"))

    sql = "select course from people.learning_records"
    answered = analyst.post("/query", sql=sql, format="csv")

    assert answered.headers["content-type"].startswith("text/csv")
    assert 'filename="OFFICIAL-SENSITIVE_SAMPLE_people' in answered.headers["content-disposition"]


def test_a_statement_that_fails_offers_the_way_on(analyst: Any, steward: Any) -> None:
    approve(steward, ask(analyst))
    secret = token_of(analyst)

    wrong = run(analyst, secret, sql=f"select nothing_here from {PORT}")
    two = run(analyst, secret, sql="select 1; select 2")
    unknown = run(analyst, secret, sql="select * from commercial.payment")

    assert wrong.status_code == 400
    assert wrong.json()["error"]["code"] == "query_failed"
    assert "/" not in wrong.json()["error"]["message"]
    assert two.json()["error"]["code"] == "not_one_select"
    assert unknown.status_code == 404
    assert PORT in unknown.json()["error"]["message"]


def test_an_unoffered_format_is_refused_before_the_statement_runs(
    analyst: Any, browser: Callable[[], Any]
) -> None:
    answered = run(analyst, token_of(analyst), accept="image/png")

    assert answered.status_code == 406
    assert answered.json()["error"]["code"] == "not_acceptable"
    records = browser().sign_in("auditor").json("/audit?action=query.run")["records"]
    assert records == []


def test_a_token_is_shown_once_and_ends_when_it_is_ended(analyst: Any) -> None:
    secret = token_of(analyst)
    page = analyst.get("/tokens").text
    token = analyst.json("/tokens")["tokens"][0]

    analyst.post(token["revocation"])

    assert secret not in page
    assert run(analyst, secret).status_code == 401


def test_logs_show_ones_own_acts_and_those_on_ones_products(
    analyst: Any, steward: Any, browser: Callable[[], Any]
) -> None:
    approve(steward, ask(analyst))
    analyst.post("/query", sql=SQL)

    mine = [record["action"] for record in analyst.json("/log")["records"]]
    products = steward.json("/log/products")["records"]
    chain = browser().sign_in("auditor").json("/audit")["chain"]

    assert mine[:2] == ["query.run", "access.request"]
    assert any(r["actor"] == "Ada Fenwick" and r["action"] == "query.run" for r in products)
    assert chain["intact"] is True
    assert browser().sign_in("engineer").json("/log/products")["records"] == []


@pytest.mark.requirement("GOV-04")
def test_the_audit_page_says_when_the_chain_is_broken(
    analyst: Any, browser: Callable[[], Any], settings: Any
) -> None:
    import sqlite3

    ask(analyst)
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as state:
        for (trigger,) in state.execute("select name from sqlite_master where type='trigger'"):
            state.execute(f"drop trigger {trigger}")
        state.execute("update audit set outcome='denied' where action='access.request'")
    state.close()

    page = browser().sign_in("auditor").get("/audit").text

    assert "The audit log is not what was written" in page


def test_the_most_used_product_is_on_the_home_page(analyst: Any, steward: Any, clock: Any) -> None:
    approve(steward, ask(analyst))
    analyst.post("/query", sql=SQL)
    clock.pass_days(1)

    used = analyst.json("/")["most_used"]

    assert [line["reference"] for line in used] == ["commercial/payments"]
