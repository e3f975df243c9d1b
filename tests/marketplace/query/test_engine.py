"""A statement runs as one person: what they may read now, logged, within limits."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from data_products.lakehouse import Lakehouse
from marketplace.access.model import AuditFilter
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import (
    NoGrant,
    NothingPublished,
    NotOneSelect,
    QueryFailed,
    QueryTimedOut,
    QueryTooLarge,
    SandboxUnavailable,
    StatementUnreadable,
    TooManyQueries,
    UnknownPort,
)
from marketplace.query.limits import QuerySettings

COUNT = "select count(*) n from commercial.payments"


def children(process: int) -> list[int]:
    """Processes whose parent is `process`, dead ones too."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == process:
            found.append(int(stat.parent.name))
    return found


def zygote(room) -> int:
    """The process that the room's workers are forked from."""
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(os.getpid())}
    (found,) = [pid for pid, command in commands.items() if bytes(room.folder) in command]
    return found


def test_a_granted_port_is_read_at_its_served_version(room):
    room.grant(room.ada, "commercial.payments")

    result = room.ask("select supplier, sum(amount) total from commercial.payments group by 1")

    assert result.rows == 7
    assert result.ports == ("commercial.payments",)
    assert result.delta_versions == {"commercial.payments": 0}
    assert not result.truncated
    assert result.schema.field("total").type == pa.float64()


def test_a_new_version_is_seen_by_the_next_statement(room, world, tmp_path):
    table = pa.table({"supplier": ["Supplier 7"]})
    room.grant(room.ada, "commercial.suppliers")
    before = room.ask("from commercial.suppliers")

    room.publish("commercial.suppliers", table)
    after = room.ask("from commercial.suppliers")

    assert after.rows == before.rows + 1
    assert after.delta_versions["commercial.suppliers"] == (
        before.delta_versions["commercial.suppliers"] + 1
    )


@pytest.mark.requirement("ACC-04")
def test_approval_opens_and_revocation_closes_the_very_next_statement(room):
    with pytest.raises(NoGrant):
        room.ask(COUNT)
    grant = room.grant(room.ada, "commercial.payments")
    assert room.rows(COUNT) == [{"n": 3000}]

    room.store.revoke(grant, room.ada, "No longer needed", room.now)

    with pytest.raises(NoGrant):
        room.ask(COUNT)


@pytest.mark.requirement("ACC-04")
def test_an_expired_grant_gives_nothing(room, later):
    room.grant(room.ada, "commercial.payments", days=30)

    with pytest.raises(NoGrant) as refusal:
        room.ask(COUNT, now=later)

    assert refusal.value.way_on == "/access/requests/new?port=commercial.payments"


def test_another_persons_grant_gives_nothing(room):
    room.grant(room.ben, "commercial.payments")

    with pytest.raises(NoGrant):
        room.ask(COUNT)


def test_a_granted_port_without_a_version_says_so(room):
    room.grant(room.ada, "commercial.drafts")

    with pytest.raises(NothingPublished):
        room.ask("from commercial.drafts")


def test_an_unknown_port_is_answered_with_near_names(room):
    with pytest.raises(UnknownPort) as refusal:
        room.ask("from commercial.paymnts")

    assert refusal.value.near[0] == "commercial.payments"


def test_nobody_without_grants_sees_any_port(room):
    sql = "select table_name from information_schema.tables where table_schema != 'main'"

    assert room.rows(sql) == []


def test_only_granted_ports_are_listed(room):
    room.grant(room.ada, "commercial.suppliers")

    rows = room.rows("select table_schema, table_name from information_schema.tables")

    assert sorted(row["table_name"] for row in rows) == ["suppliers", "suppliers_v1"]
    assert {row["table_schema"] for row in rows} == {"commercial"}


@pytest.mark.requirement("ACC-04")
def test_every_statement_is_logged_with_what_it_read(room):
    room.grant(room.ada, "commercial.payments")
    room.ask(COUNT)

    (record,) = room.store.audit(AuditFilter(action="query.run"))

    assert (record.actor_id, record.resource, record.outcome) == (
        "ada", "commercial.payments", "done",
    )  # fmt: skip
    details = dict(record.details)
    assert details.pop("milliseconds") > 0
    assert details.pop("cpu_milliseconds") > 0
    assert details.pop("bytes") > 0
    assert details == {
        "sql": COUNT,
        "ports": ["commercial.payments"],
        "delta_versions": {"commercial.payments": 0},
        "purposes": {"commercial.payments": ["To measure what departments pay"]},
        "rows": 1,
        "truncated": False,
    }
    assert room.store.verify_audit().intact


LOGGED = {
    "no_grant": ("from people.salaries", NoGrant, "denied", "people.salaries"),
    "not_one_select": ("drop table x", NotOneSelect, "denied", "query"),
    "unreadable": ("select 1 \0 \ud800", StatementUnreadable, "denied", "query"),
    "sandbox": ("from read_text('/etc/passwd')", QueryFailed, "denied", "query"),
    "syntax": ("selec 1", QueryFailed, "failed", "query"),
    "unknown": ("from commercial.nope", UnknownPort, "failed", "query"),
}


@pytest.mark.requirement("ACC-04")
@pytest.mark.parametrize(("sql", "error", "outcome", "resource"), LOGGED.values(), ids=LOGGED)
def test_denials_and_failures_are_logged(room, sql, error, outcome, resource):
    with pytest.raises(error) as refusal:
        room.ask(sql)

    (record,) = room.store.audit(AuditFilter(action="query.run"))
    assert (record.outcome, record.resource) == (outcome, resource)
    assert record.details["reason"] == str(refusal.value)
    assert record.details["sql"][:6] == sql[:6]
    assert "rows" not in record.details


HIDES_READS = [
    "select count(*) from query_table('commercial.payments')",
    "select count(*) from query('from commercial.payments')",
    "pivot commercial.payments on month using sum(amount) group by supplier",
]


@pytest.mark.parametrize("sql", HIDES_READS)
def test_what_hides_its_reads_is_logged_as_reading_all_it_sees(shared_engine_room, sql):
    result = shared_engine_room.ask(sql)

    assert result.ports == ("commercial.payments", "commercial.suppliers")


@pytest.mark.parametrize(
    "sql",
    [
        COUNT,
        "explain from commercial.payments",
        "with payments as (select 1) select * from commercial.payments, payments",
        "select count(*) from memory.commercial.payments",
        "summarize commercial.payments",
        "select (select max(amount) from Commercial.Payments)",
        "from commercial.payments, range(2) limit 1",
        "pivot commercial.payments on month in ('a') using sum(amount)",
    ],
)
def test_what_names_its_ports_is_logged_with_those_alone(shared_engine_room, sql):
    assert shared_engine_room.ask(sql).ports == ("commercial.payments",)


def test_a_failing_log_shows_no_rows(room, monkeypatch):
    room.grant(room.ada, "commercial.payments")
    room.store.close()
    (room.folder / "state.db").unlink()

    with pytest.raises(Exception, match=r"unable to open|no such table"):
        room.ask(COUNT)


def test_limits_can_be_tightened_and_not_widened(shared_engine_room):
    room = shared_engine_room
    tight = replace(room.limits, rows=10)
    wide = replace(room.limits, rows=10**9)

    assert room.ask("from range(100)", limits=tight).rows == 10
    assert room.ask("from range(100000)", limits=wide).rows == room.limits.rows


@pytest.mark.parametrize(("rows", "truncated"), [(9, False), (10, False), (11, True)])
def test_truncation_is_told_exactly(shared_engine_room, rows, truncated):
    room = shared_engine_room

    result = room.ask(f"from range({rows})", limits=replace(room.limits, rows=10))

    assert (result.rows, result.truncated) == (min(rows, 10), truncated)


def test_a_row_larger_than_a_result_is_refused(shared_engine_room):
    room = shared_engine_room

    with pytest.raises(QueryTooLarge, match="a row larger than the 1 MB"):
        room.ask("select repeat('x', 3000000)", limits=replace(room.limits, result_mb=1))


def test_a_result_can_be_read_twice_and_after_close(room):
    result = room.ask("select i from range(20000) t(i)")
    room.engine.close()

    assert result.table().num_rows == 20_000
    assert sum(batch.num_rows for batch in result.batches()) == 20_000


def test_an_empty_result_has_its_columns(shared_engine_room):
    result = shared_engine_room.ask("from commercial.suppliers where false")

    assert result.rows == 0
    assert result.table().schema.names == ["supplier"]


def test_messages_name_no_path(shared_engine_room):
    for sql in (
        "select nope from commercial.payments",
        "select supplier + 1 from commercial.payments",
    ):
        with pytest.raises(QueryFailed) as failure:
            shared_engine_room.ask(sql)
        assert str(shared_engine_room.lakehouse.table("commercial.payments", 1)) not in str(
            failure.value
        )


def test_nobody_holds_every_place(room):
    settings = QuerySettings(
        room.folder / "narrow", room.limits, at_once=2, at_once_per_actor=1, wait_seconds=0.2
    )
    bomb = "select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)"
    limits = replace(room.limits, seconds=3)
    with (
        QueryEngine(settings, room.lakehouse, room.registry, room.store) as engine,
        ThreadPoolExecutor(1) as people,
    ):
        running = people.submit(engine.run, room.ada, bomb, room.now, limits)
        time.sleep(0.5)

        with pytest.raises(TooManyQueries, match="`1` of your statements"):
            engine.run(room.ada, "select 1", room.now)
        assert engine.run(room.ben, "select 1", room.now).rows == 1

        assert isinstance(running.exception(), QueryTimedOut)


def test_many_people_ask_at_once(room):
    for actor in (room.ada, room.ben):
        room.grant(actor, "commercial.payments")

    with ThreadPoolExecutor(6) as people:
        answers = list(
            people.map(lambda i: room.rows(COUNT, [room.ada, room.ben][i % 2]), range(24))
        )

    assert answers == [[{"n": 3000}]] * 24


def test_a_killed_zygote_is_started_again(room):
    room.rows("select 1 a")
    before = zygote(room)

    os.kill(before, signal.SIGKILL)

    # Somebody else's: Ada's own worker could still be answering while it is ended.
    assert room.rows("select 1 a", room.ben) == [{"a": 1}]
    assert zygote(room) != before


def test_a_statement_survives_the_end_of_the_zygote(room):
    room.rows("select 1 a")
    slow = "select count(*) n from range(400000000) t(i) where hash(i) % 7 = 8"
    timer = threading.Timer(0.15, os.kill, (zygote(room), signal.SIGKILL))
    timer.start()

    assert room.rows(slow) == [{"n": 0}]
    timer.join()


def test_killed_spares_are_replaced(room):
    room.rows("select 1 a")
    for _ in range(5):
        time.sleep(0.1)
        for spare in children(zygote(room)):
            os.kill(spare, signal.SIGKILL)

        assert room.rows("select 1 a") == [{"a": 1}]


def test_closing_leaves_no_process_and_no_file(room):
    room.rows("select 1 a")
    process = zygote(room)
    workers = children(process)

    room.engine.close()

    assert not any(Path(f"/proc/{pid}").exists() for pid in [process, *workers])
    assert process not in children(os.getpid())
    assert list((room.folder / "scratch").iterdir()) == []


def test_folders_may_be_relative(room, tmp_path, monkeypatch):
    monkeypatch.chdir(room.lakehouse.table("commercial.payments", 1).parents[3])
    lakehouse = Lakehouse(Path("lake"), Path("quarantine"))
    settings = QuerySettings(Path("relative"), room.limits)
    room.grant(room.ada, "commercial.payments")

    with QueryEngine(settings, lakehouse, room.registry, room.store) as engine:
        assert engine.run(room.ada, COUNT, room.now).table().to_pylist() == [{"n": 3000}]


def test_a_closed_engine_runs_nothing(room):
    room.engine.close()

    with pytest.raises(SandboxUnavailable, match="the query engine is closed"):
        room.ask("select 1")


def test_what_a_crashed_engine_left_is_swept(room):
    left = room.folder / "scratch" / "query-left"
    left.mkdir()
    (left / "rows").write_text("old")
    settings = QuerySettings(room.folder / "scratch", room.limits)

    with QueryEngine(settings, room.lakehouse, room.registry, room.store) as engine:
        assert engine.run(room.ada, "select 1", room.now).rows == 1
        assert not left.exists()
        assert room.rows("select 1 a") == [{"a": 1}]


def test_dead_workers_are_not_left_as_zombies(room):
    for _ in range(5):
        room.rows("select 1 a")

    states = [
        Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        for pid in children(zygote(room))
    ]
    assert "Z" not in states


@pytest.mark.requirement("SEC-07")
def test_a_worker_inherits_no_environment_and_no_file_of_the_web_process(room):
    room.rows("select 1 a")
    time.sleep(0.3)

    for process in (zygote(room), *children(zygote(room))):
        assert Path(f"/proc/{process}/environ").read_bytes() == b""
    for worker in children(zygote(room)):
        opened = {str(file.readlink()) for file in Path(f"/proc/{worker}/fd").iterdir()}
        sockets = {name for name in opened if name.startswith("socket:")}
        assert len(sockets) == 1
        assert opened - sockets == {"/dev/null"}


def test_grants_on_later_days_are_future_rights_only(room):
    room.grant(room.ada, "commercial.payments", at=room.now + timedelta(days=2))

    with pytest.raises(NoGrant):
        room.ask(COUNT)
