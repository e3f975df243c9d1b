"""One question, asked through every door: one answer, with one version, marking and terms."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.restriction import Comparison, Mask, Operator, Restriction
from marketplace.cli import main
from marketplace.cli.client import InProcess
from marketplace.client import Answer, Marketplace
from marketplace.web.terms import port_terms

PORT = "commercial.payments"
RECORDS = "people.learning_records"
PURPOSE = "To compare what departments pay the same suppliers"
QUESTIONS = [
    f"select supplier_name, amount, payment_date, paid_by from {PORT} order by payment_id limit 60",
    f"select paid_by, count(*) as lines, sum(amount) as paid from {PORT} group by all order by all",
    f"select record_id, person_name, course from {RECORDS} order by record_id",
    f"select course, amount from {PORT} p join {RECORDS} r on payment_id = record_id order by all",
    f"select supplier_name from {PORT} where false",
]
MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


@pytest.fixture
def granted(analyst: Any, steward: Any) -> Any:
    """Ada, with a grant on two ports."""
    for port in (PORT, RECORDS):
        asked = analyst.post("/access/requests", port=port, purpose=PURPOSE, days="30")
        steward.post(f"{asked.headers['location']}/decision", decision="approve")
    return analyst


@pytest.fixture
def secret(granted: Any) -> str:
    page = granted.post("/tokens", name="report", days="7", scope="query")
    found = re.search(r"mkt_[a-z0-9]+\.[\w-]+", page.text)
    assert found is not None
    return found.group()


@pytest.fixture
def client(app: Any, secret: str) -> Iterator[Marketplace]:
    with Marketplace("http://localhost", secret, transport=InProcess(app)) as opened:
        yield opened


@pytest.fixture
def command(
    app: Any, settings: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> Callable[[str], Any]:
    """`marketplace query run`, on the same state and clock; what it prints as JSON."""
    monkeypatch.setenv("MARKETPLACE_HOME", str(settings.home))
    monkeypatch.setenv("MARKETPLACE_PROJECT", str(settings.project))
    monkeypatch.setenv("MARKETPLACE_STATE_URL", settings.state_url)

    def run(sql: str) -> Any:
        arguments = ["query", "run", sql, "--as", "analyst", "--json"]
        monkeypatch.setattr("sys.argv", ["marketplace", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        assert not left.value.code
        return json.loads(capsys.readouterr().out)

    return run


Told = tuple[list[list[str]], dict[str, int], str, Any]  # rows as texts, versions, marking, terms


@pytest.mark.requirement("SEC-02")
@pytest.mark.requirement("REU-03")
@pytest.mark.requirement("ACC-01")
@pytest.mark.parametrize("sql", QUESTIONS, ids=["rows", "groups", "personal", "join", "empty"])
def test_every_door_gives_the_same_answer(
    sql: str, granted: Any, secret: str, client: Marketplace
) -> None:
    told = through_every_door(sql, granted, secret, client)

    first = told["interface, JSON"]
    assert first[1]
    assert [terms["port"] for terms in first[3]] == sorted(first[1])
    assert [terms["in_part"] for terms in first[3]] == [False] * len(first[3])
    for door, said in told.items():
        assert said == first, door


@pytest.mark.requirement("SEC-02")
def test_every_door_gives_the_same_part_of_a_port(
    app: Any, granted: Any, secret: str, client: Marketplace, clock: Any
) -> None:
    only_in_part(app, clock)
    sql = f"select * from {PORT} order by payment_id"

    told = through_every_door(sql, granted, secret, client)

    first = told["interface, JSON"]
    assert len(first[0]) == 3
    assert {row[1][:1] + row[1][-1:] for row in first[0]} == {"S1", "S2", "S3"}
    assert all(len(row) == 4 and row[1] != f"Supplier {row[1][-1]}" for row in first[0])
    assert first[3][0]["in_part"] is True
    assert "totals are of what you are shown" in granted.post("/query", sql=sql).text
    for door, said in told.items():
        assert said == first, door


def only_in_part(app: Any, clock: Any) -> None:
    """Ada's grant on payments, replaced by one of three rows, less a column, with one masked."""
    store, people = app.state.rooms.store, app.state.rooms.people
    ada, sam = people.by_id("analyst"), people.by_id("steward")
    approvers = app.state.rooms.registry.port(PORT).contract.approvers
    for held in store.standing_grants("analyst", clock()):
        if held.port == PORT:
            store.revoke(held.id, ada, "It is to be narrower.", clock())
    few = Comparison("payment_id", Operator.AT_MOST, ("3",))
    part = Restriction(few, {"supplier_name": Mask.PARTIAL}, frozenset({"paid_by"}))
    asked = store.requests.submit(ada, Asked(PORT, PURPOSE, 30), None, clock())
    decision = Decision(sam, approve=True, reason="", restriction=part)
    store.requests.decide(asked.id, decision, one_stage(approvers), clock())


def through_every_door(sql: str, granted: Any, secret: str, client: Marketplace) -> dict[str, Told]:
    """What each door tells of one question."""
    headers = {"authorization": f"Bearer {secret}"}

    def of_api(accept: str) -> Any:
        return granted.http.post(
            "/api/v1/query", json={"sql": sql}, headers={**headers, "accept": accept}
        )

    return {
        "interface, JSON": from_json(of_api("application/json")),
        "page, JSON": from_json(
            granted.http.post(
                "/query",
                json={"sql": sql},
                headers={"accept": "application/json", "x-csrf-token": granted.token()},
            )
        ),
        **{f"interface, {name}": FILES[name](of_api(media)) for name, media in MEDIA.items()},
        **{f"download, {name}": FILES[name](download(granted, sql, name)) for name in MEDIA},
        "client": from_client(client.query(sql)),
    }


def test_the_command_gives_what_the_interface_gives(
    granted: Any, secret: str, command: Callable[[str], Any], clock: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("marketplace.cli.client.create_app", at_the_same_time(clock))
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json"}

    for sql in QUESTIONS[:2]:
        by_command = command(sql)
        by_interface = granted.http.post("/api/v1/query", json={"sql": sql}, headers=headers)

        assert from_document(by_command) == from_json(by_interface)


def test_the_page_shows_version_marking_and_terms(granted: Any) -> None:
    page = granted.post("/query", sql=QUESTIONS[3]).text

    assert "at Delta version 1" in page and "at Delta version 0" in page
    assert "Marked OFFICIAL-SENSITIVE" in page
    assert page.count("Decisions about a person") == 2
    assert PURPOSE in page
    assert "Open Government Licence v3.0" in page


@pytest.mark.requirement("REU-03")
def test_terms_too_long_for_a_header_are_shortened_there_and_whole_in_the_file(
    granted: Any, steward: Any, secret: str
) -> None:
    for number in range(4):
        asked = granted.post(
            "/access/requests", port=PORT, purpose=f"{number} {'long reason ' * 150}", days="30"
        )
        steward.post(f"{asked.headers['location']}/decision", decision="approve")
    headers = {"authorization": f"Bearer {secret}"}

    answered = granted.http.post(
        "/api/v1/query",
        json={"sql": QUESTIONS[0]},
        headers={**headers, "accept": MEDIA["parquet"]},
    )

    line = json.loads(answered.headers["x-data-terms"])
    whole = from_parquet_file(answered)[3]
    assert len(answered.headers["x-data-terms"]) < 6000
    assert line == [{**{k: whole[0][k] for k in line[0] if k != "cut"}, "cut": True}]
    assert len(whole[0]["granted_for"]) == 5


@pytest.mark.requirement("ETH-07")
def test_the_terms_say_below_which_number_cells_are_withheld(app: Any) -> None:
    contract = app.state.rooms.registry.port(PORT).contract
    rule = {"threshold": 10, "count": "people", "cells": ["body"], "totals": []}

    counting = replace(contract, custom={**contract.custom, "smallNumbers": rule})

    assert port_terms(counting, 1, ()).small_numbers == 10
    assert port_terms(contract, 1, ()).small_numbers is None


def at_the_same_time(clock: Any) -> Callable[..., Any]:
    from marketplace.web.app import create_app

    return lambda settings: create_app(settings, clock)


def download(person: Any, sql: str, format_: str) -> Any:
    """A file from the query page."""
    return person.post("/query", sql=sql, format=format_)


def from_json(answered: Any) -> Told:
    told = from_document(answered.json())
    assert from_headers(answered) == told[1:]
    return told


def from_document(document: Any) -> Told:
    rows = [[_text(value) for value in row] for row in document["rows"]]
    return rows, document["delta_versions"], document["marking"], document["terms"]


def from_csv(answered: Any) -> Told:
    lines = list(csv.reader(io.StringIO(answered.text, newline="")))
    versions, marking, terms = from_headers(answered)
    return lines[1:], versions, marking, terms


def from_parquet_file(answered: Any) -> Told:
    return _from_table(pyarrow.parquet.read_table(io.BytesIO(answered.content)))


def from_parquet(answered: Any) -> Told:
    told = from_parquet_file(answered)
    assert from_headers(answered) == told[1:]
    return told


def from_arrow(answered: Any) -> Told:
    told = _from_table(pyarrow.ipc.open_stream(answered.content).read_all())
    assert from_headers(answered) == told[1:]
    return told


FILES = {"csv": from_csv, "parquet": from_parquet, "arrow": from_arrow}


def from_client(answer: Answer) -> Told:
    told = _from_table(answer.arrow())
    assert told[1] == answer.delta_versions
    assert told[2] == answer.marking
    assert told[0] == [[_text(value) for value in row.values()] for row in answer.rows()]
    frame = answer.polars()
    assert told[0] == [[_text(value) for value in row] for row in frame.iter_rows()]
    return told


def from_headers(answered: Any) -> tuple[dict[str, int], str, Any]:
    named = (part.split("@") for part in answered.headers["x-data-versions"].split(", "))
    versions = {port: int(version) for port, version in named}
    return (
        versions,
        answered.headers["x-data-marking"],
        json.loads(answered.headers["x-data-terms"]),
    )


def _from_table(table: pa.Table) -> Told:
    said = table.schema.metadata
    rows = [[_text(value) for value in row.values()] for row in table.to_pylist()]
    versions = json.loads(said[b"delta_versions"])
    return rows, versions, said[b"marking"].decode(), json.loads(said[b"terms"])


def _text(value: Any) -> str:
    return "" if value is None else str(value)
