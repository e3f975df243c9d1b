"""The probe agrees with an honest marketplace, and finds each thing that was tampered with."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from marketplace.access.model import AuditFilter, Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.restriction import WHOLE, Restriction
from marketplace.access.store import AccessStore
from marketplace.query.engine import QueryEngine
from marketplace.query.incidents import DIFFERENCE, keep_report
from marketplace.query.probe import ProbedRooms, ProbeStore, probe
from marketplace.query.probe_report import DifferenceKind, ProbeReport
from marketplace.web.query_settings import query_settings

GRANTED, FOREIGN = "commercial.payments", "people.learning_records"


class Probed:
    """A marketplace of the test's own, with one grant of the analyst."""

    def __init__(self, rooms: ProbedRooms, store: AccessStore, file: Path, now: Any) -> None:
        self.rooms, self.store, self.file, self.now = rooms, store, file, now

    def grant(self, person: str, port: str, restriction: Restriction = WHOLE) -> str:
        """A standing grant; its id."""
        people = self.rooms.people
        asked = self.store.requests.submit(
            people.by_id(person), Asked(port, "To measure it all", 30), None, self.now
        )
        approvers = self.rooms.registry.port(port).contract.approvers
        steward = people.by_id("steward")
        decision = Decision(steward, approve=True, reason="", restriction=restriction)
        self.store.requests.decide(asked.id, decision, one_stage(approvers), self.now)
        return self.store.grant_of(asked.id).id

    def report(self) -> ProbeReport:
        """What a probe finds."""
        return probe(self.rooms, self.now)

    def found(self) -> set[tuple[DifferenceKind, str, str]]:
        """Kind, port and person of each difference."""
        return {(each.kind, each.port, each.actor_id) for each in self.report().differences}

    def tamper(self, sql: str, *values: Any) -> None:
        """Change the state's tables behind the marketplace's back."""
        with sqlite3.connect(self.file) as connection:
            triggers = connection.execute(
                "select name from sqlite_master where type = 'trigger'"
            ).fetchall()
            for (name,) in triggers:
                connection.execute(f'drop trigger "{name}"')
            connection.execute(sql, values)
        connection.close()


@pytest.fixture
def probed(seeded: Any, tmp_path: Path) -> Iterator[Probed]:
    """A copy of the lake, an access state, and an engine over them."""
    from marketplace.access.people import demo_people

    home, file = tmp_path / "home", tmp_path / "state.db"
    shutil.copytree(seeded.settings.home, home)
    settings = seeded.settings.model_copy(
        update={"home": home, "state_url": f"sqlite:///{file}", "query_timeout_seconds": 10}
    )
    lakehouse = type(seeded.lakehouse)(settings.lake, settings.quarantine)
    now = seeded_now(seeded)
    store, own = (kind.open(settings.database_url) for kind in (AccessStore, ProbeStore))
    with QueryEngine(query_settings(settings), lakehouse, seeded.registry, own) as engine:
        people = demo_people(settings)
        rooms = ProbedRooms(engine, own, seeded.registry, lakehouse, people)
        room = Probed(rooms, store, file, now)
        room.grant("analyst", GRANTED)
        yield room
    own.close()
    store.close()


def seeded_now(seeded: Any) -> Any:
    """The moment at which the lake was seeded."""
    verdict = seeded.evidence.latest(GRANTED, 1)
    return verdict.checked_at


@pytest.mark.requirement("SEC-02")
def test_an_honest_marketplace_agrees(probed: Probed) -> None:
    people = len(probed.rooms.people.all())

    report = probed.report()

    assert report.differences == () and report.uncompared == ()
    assert (report.actors, report.ports, report.compared) == (people, 3, 1)
    assert report.sessions == people * 3


@pytest.mark.requirement("SEC-02")
def test_a_probe_is_logged_as_itself(probed: Probed) -> None:
    probed.report()

    logged = probed.store.audit(AuditFilter(actor_id="access-probe", limit=1000))
    mine = probed.store.audit(AuditFilter(actor_id="analyst"))
    assert {record.action for record in logged} == {"probe.query"}
    assert {record.details["as"] for record in logged} == {
        person.id for person in probed.rooms.people.all()
    }
    assert {record.action for record in mine} == {"access.request"}


@pytest.mark.requirement("SEC-02")
def test_a_revoked_grant_gives_nothing_and_agrees(probed: Probed) -> None:
    holder = probed.rooms.people.by_id("analyst")
    grant = probed.store.grants_of("analyst")[0]
    probed.store.revoke(grant.id, holder, "The work has ended", probed.now)

    report = probed.report()

    assert (report.differences, report.compared) == ((), 0)


@pytest.mark.requirement("ETH-07")
@pytest.mark.parametrize("is_withheld", [True, False])
def test_small_numbers_are_looked_for_where_they_are_withheld(
    probed: Probed, tmp_path: Path, is_withheld: bool
) -> None:
    ruled = _withholding(probed.rooms.registry)
    served = ruled if is_withheld else probed.rooms.registry
    settings = replace(probed.rooms.engine._settings, scratch=tmp_path / "other")
    with QueryEngine(settings, probed.rooms.lakehouse, served, probed.rooms.store) as engine:
        rooms = replace(probed.rooms, engine=engine, registry=ruled)
        report = probe(rooms, probed.now)

    fault = "a session shows 9 small numbers that the contract withholds"
    assert [each.fault for each in report.differences] == ([] if is_withheld else [fault])
    assert report.uncompared == (f"what `analyst` is shown of `{GRANTED}`, less its small numbers",)


def _withholding(registry: Any) -> Any:
    """The registry, whose payments contract takes the payment's number for people."""
    cells = ["supplier_name", "amount", "payment_date", "paid_by"]
    rule = {"threshold": 10, "count": "payment_id", "cells": cells, "totals": []}

    def changed(port: Any) -> Any:
        if port.contract.reference != GRANTED:
            return port
        custom = {**port.contract.custom, "smallNumbers": rule}
        return replace(port, contract=replace(port.contract, custom=custom))

    products = tuple(
        replace(each, output_ports=tuple(map(changed, each.output_ports)))
        for each in registry.products
    )
    return replace(registry, products=products)


@pytest.mark.requirement("SEC-02")
def test_what_is_shown_in_part_is_held_by_its_columns_and_named(probed: Probed) -> None:
    hidden = Restriction(hidden=frozenset({"amount"}))
    probed.grant("engineer", GRANTED, hidden)

    report = probed.report()

    assert report.differences == ()
    assert report.uncompared == (
        "the rows and cells that `engineer` is shown of `commercial.payments`",
    )


@pytest.mark.requirement("SEC-02")
def test_a_hidden_column_that_is_shown_is_found(probed: Probed) -> None:
    probed.grant("engineer", GRANTED, Restriction(hidden=frozenset({"amount"})))
    real = probed.rooms.engine

    class Careless(QueryEngine):
        """An engine that shows everybody all columns."""

        def run(self, actor: Any, *more: Any, **named: Any) -> Any:
            return super().run(replace(actor, id="analyst"), *more, **named)

    settings = real._settings
    rooms = probed.rooms
    with Careless(settings, rooms.lakehouse, rooms.registry, rooms.store) as careless:
        report = probe(replace(rooms, engine=careless), probed.now)

    faults = {each.fault for each in report.differences if each.actor_id == "engineer"}
    assert "a session shows the column `amount`, which every grant hides" in faults


FORGED = (
    "insert into grants (id, request_id, actor_id, port, purpose, approved_by, starts_at, "
    "expires_at) select 'grant_forged', request_id || 'x', 'engineer', ?, purpose, approved_by, "
    "starts_at, expires_at from grants"
)


def _forge(room: Probed) -> None:
    room.tamper(FORGED, FOREIGN)


def _unrevoke(room: Probed) -> None:
    holder = room.rooms.people.by_id("analyst")
    grant = room.store.grants_of("analyst")[0]
    room.store.revoke(grant.id, holder, "The work has ended", room.now)
    room.tamper("delete from revocations")


def _served_file(room: Probed, port: str) -> Path:
    return Path(room.rooms.lakehouse.snapshot(port, 1).files[0])


def _rewrite_file(room: Probed, amount: str) -> None:
    file = _served_file(room, GRANTED)
    scratch = file.with_name("scratch.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * replace (({amount})::decimal(18,2) as amount) from '{file}') "
            f"to '{scratch}' (format parquet)"
        )
    scratch.replace(file)


def _flip_byte(room: Probed, port: str) -> None:
    file = _served_file(room, port)
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(content)


def _add_to_log(room: Probed) -> None:
    table = room.rooms.lakehouse.table(GRANTED, 1)
    stolen = room.rooms.lakehouse.snapshot(GRANTED, 1, 0).table_files[0]
    entry = table / "_delta_log" / f"{2:020}.json"
    add = {
        "path": stolen.path, "partitionValues": {}, "size": stolen.size_bytes,
        "modificationTime": 0, "dataChange": True, "stats": '{"numRecords": 200}',
    }  # fmt: skip
    commit = {"commitInfo": {"timestamp": 1_775_000_000_000, "operation": "WRITE"}}
    entry.write_text("\n".join(json.dumps(line) for line in (commit, {"add": add})))


TAMPERED: dict[str, tuple[Callable[[Probed], None], set[tuple[str, str, str]]]] = {
    "a_grant_put_in": (
        _forge,
        {("grant", FOREIGN, "engineer"), ("shown", FOREIGN, "engineer")},
    ),
    "a_grant_of_another_holder": (
        lambda room: room.tamper("update grants set actor_id = 'engineer'"),
        {("grant", GRANTED, "engineer"), ("shown", GRANTED, "engineer")},
    ),
    "a_grant_of_another_port": (
        lambda room: room.tamper("update grants set port = ?", FOREIGN),
        {("grant", FOREIGN, "analyst"), ("shown", FOREIGN, "analyst")},
    ),
    "a_grant_that_never_ends": (
        lambda room: room.tamper("update grants set expires_at = '2099-01-01 00:00:00.000000'"),
        {("grant", GRANTED, "analyst")},
    ),
    "a_grant_taken_out": (
        lambda room: room.tamper("delete from grants"),
        {("grant", GRANTED, "analyst")},
    ),
    "a_revocation_taken_out": (
        _unrevoke,
        {("grant", GRANTED, "analyst"), ("shown", GRANTED, "analyst")},
    ),
    "a_restriction_that_nobody_decided": (
        lambda room: room.tamper(
            "update grants set restriction = ?",
            '{"hidden":["amount"],"masked":{},"rows":null}',
        ),
        {("grant", GRANTED, "analyst")},
    ),
    "a_restriction_that_is_none": (
        lambda room: room.tamper("update grants set restriction = 'x'"),
        {("grant", GRANTED, "analyst"), ("not_shown", GRANTED, "analyst")},
    ),
    "a_decision_in_the_log": (
        lambda room: room.tamper(
            "update audit set details = replace(details, 'analyst', 'owner') "
            "where action = 'access.approve'"
        ),
        {("log", "", ""), ("grant", GRANTED, "analyst"), ("shown", GRANTED, "analyst")},
    ),
    "a_file": (
        lambda room: _rewrite_file(room, "amount * 2"),
        {("files", GRANTED, "")},
    ),
    "a_file_of_an_ungranted_port": (
        lambda room: _flip_byte(room, FOREIGN),
        {("files", FOREIGN, "")},
    ),
    "a_file_taken_out": (
        lambda room: _served_file(room, GRANTED).unlink(),
        {("files", GRANTED, "")},
    ),
    "a_file_added_in_the_log": (
        _add_to_log,
        {("files", GRANTED, "")},
    ),
}


QUICK = ("a_grant_put_in", "a_revocation_taken_out", "a_file")


@pytest.mark.requirement("SEC-02")
@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        pytest.param(*case, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for name, case in TAMPERED.items()
    ],
)
def test_what_was_tampered_with_is_found(
    tamper: Callable[[Probed], None], expected: set[tuple[str, str, str]], probed: Probed
) -> None:
    tamper(probed)

    found = probed.found()

    assert expected <= found, found


@pytest.mark.requirement("SEC-05")
def test_a_difference_is_an_incident_told_once(probed: Probed) -> None:
    _forge(probed)
    people = probed.rooms.people.all()

    for _ in range(2):
        keep_report(probed.store, probed.rooms.registry, people, probed.report())

    told = probed.store.notifications_to(probed.rooms.people.by_id("governance"))
    steward = probed.store.notifications_to(probed.rooms.people.by_id("steward"))
    last = probed.store.audit(AuditFilter(action="access.probe"))[0]
    assert {each.kind for each in told} == {DIFFERENCE}
    assert len(told) == len({each.subject for each in told}) == 2
    assert {each.port for each in steward} == {FOREIGN}
    assert last.outcome == "failed" and len(last.details["differences"]) == 2


def test_a_difference_that_is_gone_at_the_second_look_is_none(probed: Probed) -> None:
    real = probed.rooms.store.verify_audit
    looks = iter([replace(real(), first_bad=1, fault="Record 1 was being written."), real()])

    class Settling(ProbeStore):
        """A state that is whole by the second look."""

        def verify_audit(self, witness: Any = None) -> Any:
            return next(looks)

    settling = Settling.open(f"sqlite:///{probed.file}")
    report = probe(replace(probed.rooms, store=settling), probed.now)
    settling.close()

    assert report.differences == ()
