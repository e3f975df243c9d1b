"""A worker stays for its person's next statement, and for nothing and nobody else."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from marketplace.access.model import Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import NoGrant, QueryError
from marketplace.query.limits import QuerySettings, Stay

COUNT = "select count(*) n from commercial.payments"
# Every process counts its transactions from the same number: a higher one tells a worker that
# has served before.
TURN = "select txid_current() turn"


@pytest.fixture
def granted(room: Any) -> Any:
    """A room in which Ada and Ben may read the same port, and Ada has a worker that waits."""
    for actor in (room.ada, room.ben):
        room.grant(actor, "commercial.payments")
    assert turn(room) == turn(room, room.ben)  # the first of each
    return room


def turn(room: Any, actor: Any = None, **asked: Any) -> int:
    """The number of the statement in its process."""
    return int(room.ask(TURN, actor or room.ada, **asked).table()["turn"][0].as_py())


def test_a_worker_stays_for_its_persons_next_statement(granted):
    turns = [turn(granted) for _ in range(3)]

    assert turns == sorted(set(turns))
    assert granted.rows(COUNT) == [{"n": 3000}]


@pytest.mark.requirement("SEC-02")
def test_no_worker_serves_a_second_person(granted):
    firsts = [turn(granted, actor) for actor in (granted.ada, granted.ben)]
    seconds = [turn(granted, actor) for actor in (granted.ada, granted.ben)]

    # Both have taken the same steps, each in a process of their own.
    assert firsts[0] == firsts[1]
    assert seconds[0] == seconds[1] > firsts[0]


@pytest.mark.requirement("ACC-04")
def test_a_revoked_grant_gives_nothing_to_a_worker_that_waits(granted):
    assert granted.rows(COUNT) == [{"n": 3000}]
    (grant,) = granted.store.standing_grants("ada", granted.now)
    waits = turn(granted)

    granted.store.revoke(grant.id, granted.ada, "No longer needed", granted.now)

    with pytest.raises(NoGrant):
        granted.rows(COUNT)
    assert turn(granted) < waits
    assert granted.rows(COUNT, granted.ben) == [{"n": 3000}]


def test_an_expired_grant_gives_nothing_to_a_worker_that_waits(granted, later):
    assert granted.rows(COUNT) == [{"n": 3000}]

    with pytest.raises(NoGrant):
        granted.rows(COUNT, now=later)


def test_a_further_grant_is_served_by_another_worker(granted):
    waits = turn(granted)

    granted.grant(granted.ada, "commercial.suppliers")

    assert turn(granted) < waits
    assert granted.rows("select count(*) n from commercial.suppliers")[0]["n"] >= 7


def test_the_same_right_for_another_purpose_is_served_by_another_worker(granted):
    waits = turn(granted)
    request = granted.store.requests.submit(
        granted.ada,
        Asked("commercial.payments", "To answer a question in Parliament", 9),
        None,
        granted.now,
    )

    decision = Decision(granted.sam, approve=True, reason="")
    granted.store.requests.decide(
        request.id, decision, one_stage({"team:commercial-stewards"}), granted.now
    )

    assert turn(granted) < waits


def test_a_new_version_is_read_by_another_worker(granted):
    granted.grant(granted.ada, "commercial.suppliers")
    before = granted.rows("select count(*) n from commercial.suppliers")[0]["n"]
    waits = turn(granted)

    granted.publish("commercial.suppliers", pa.table({"supplier": ["A new one"]}))

    assert turn(granted) < waits
    assert granted.rows("select count(*) n from commercial.suppliers") == [{"n": before + 1}]


def test_other_limits_are_kept_by_another_worker(granted):
    waits = turn(granted)

    assert turn(granted, limits=replace(granted.limits, memory_mb=200)) < waits


# Each leaves something in DuckDB, or tries; the second statement looks for it.
LEAVE = {
    "a seed": ("select setseed(0.25)", "select random() a, random() b"),
    "a seed beside a port": (
        "select setseed(0.25), count(*) from commercial.payments",
        "select random() a, random() b",
    ),
    "a temporary type": (
        "pivot commercial.payments on month using sum(amount) group by supplier",
        "select type_name from duckdb_types() where not internal",
    ),
    "a log": (
        "select write_log('lighthouse', level := 'error')",
        "select message from duckdb_logs()",
    ),
    "an external resource": (
        "from register_external_resource_type('x', 'y', 'z')",
        "from duckdb_external_resource_types()",
    ),
    "a logger": ("from enable_logging('QueryLog')", "from duckdb_logs()"),
    "a table in a nested statement": (
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "select table_name from duckdb_tables()",
    ),
    "a prepared statement": (
        "prepare p as select 1",
        "from duckdb_prepared_statements() where statement not like '%duckdb_prepared%'",
    ),
    "a variable": ("set variable x = 1", "from duckdb_variables()"),
    "a time zone": (
        "set timezone = 'Asia/Tokyo'",
        "select 1 where current_setting('TimeZone') <> 'UTC'",
    ),
}  # fmt: skip


@pytest.mark.requirement("SEC-02")
@pytest.mark.parametrize(("leave", "look"), LEAVE.values(), ids=LEAVE)
def test_a_statement_finds_nothing_that_another_left(granted, leave, look):
    found = []
    for _ in range(2):
        with suppress(QueryError):
            granted.rows(leave)
        found.append(granted.rows(look))

    seeded = "random()" in look
    assert found[0] != found[1] if seeded else found == [[], []]


THROWN_AWAY = {
    "a failure": "select nothing from commercial.payments",
    "a refusal": "drop table x",
    "a file that was not given": "from read_text('/etc/passwd')",
    "what hides its reads": "from query('select 1')",
    "a table function": "from duckdb_settings()",
    "a pivot": "pivot commercial.payments on month using sum(amount) group by supplier",
    "too much memory": "select list(a.i) from range(30000000) a(i)",
    "a result that is large": "select repeat('x', 1000) from range(20000)",
}


@pytest.mark.parametrize("sql", THROWN_AWAY.values(), ids=THROWN_AWAY)
def test_a_worker_that_may_not_be_as_before_is_thrown_away(granted, sql):
    waits = turn(granted)

    with suppress(QueryError):
        granted.rows(sql)

    assert turn(granted) < waits


def test_a_worker_is_thrown_away_when_its_statement_ran_out_of_time(granted):
    short = replace(granted.limits, seconds=1)
    first, waits = turn(granted, limits=short), turn(granted, limits=short)

    with pytest.raises(QueryError):
        granted.ask("select count(*) from range(10000000000) a where a.range % 7 = 9", limits=short)

    assert turn(granted, limits=short) == first < waits


@pytest.mark.requirement("SEC-02")
def test_a_worker_that_waits_opens_nothing_but_its_own_files(granted, world):
    secret = next(world.lakehouse.table("people.salaries", 1).glob("*.parquet"))
    assert turn(granted) < turn(granted)

    for sql in (f"from '{secret}'", f"from read_parquet('{secret}')", "from people.salaries"):
        with pytest.raises(QueryError):
            granted.rows(sql)


def test_a_worker_that_was_killed_while_it_waited_is_replaced(granted):
    waits = turn(granted)

    for process in _workers(granted):
        os.kill(process, signal.SIGKILL)

    assert turn(granted) < waits
    assert granted.rows(COUNT) == [{"n": 3000}]


def test_a_result_stays_as_it_was_when_its_worker_goes_on(granted):
    first = granted.ask("select i, i * 2 twice from range(1000) t(i)")
    before = first.table()

    for _ in range(3):
        granted.ask("select i, 'other' twice from range(2000) t(i)")

    assert first.table().equals(before)


def test_every_statement_runs_in_utc(granted):
    zones = [granted.rows("select current_setting('TimeZone') zone") for _ in range(3)]

    assert zones == [[{"zone": "UTC"}]] * 3


def test_what_a_statement_used_is_its_own(granted):
    heavy = granted.ask("select count(*) from range(60000000) t(i) where i % 7 = 3")
    light = granted.ask("select 1")

    assert heavy.cpu_milliseconds > 5 * light.cpu_milliseconds


def test_a_worker_stays_for_so_many_statements(granted):
    with engine(granted, Stay(statements=2)) as ask:
        turns = [ask(granted.ada) for _ in range(4)]

    assert turns[0] == turns[2] < turns[1] == turns[3]


def test_a_worker_stays_for_so_many_seconds(granted):
    with engine(granted, Stay(seconds=0.001)) as ask:
        assert ask(granted.ada) == ask(granted.ada)


def test_only_so_many_workers_wait(granted):
    with engine(granted, Stay(workers=1)) as ask:
        turns = [ask(actor) for actor in (granted.ada, granted.ben, granted.ada)]

    assert len(set(turns)) == 1


def test_workers_that_wait_hold_so_much_memory_together(granted):
    with engine(granted, Stay(total_mb=-1)) as ask:
        assert ask(granted.ada) == ask(granted.ada)


def test_none_stays_where_none_may(granted):
    with engine(granted, Stay(workers=0)) as ask:
        assert ask(granted.ada) == ask(granted.ada)


@contextmanager
def engine(room: Any, stay: Stay) -> Iterator[Any]:
    """Asks for the turn of a person's statement in an engine whose workers stay like that."""
    settings = QuerySettings(scratch=room.folder / "other", limits=room.limits, spares=0, stay=stay)
    with QueryEngine(settings, room.lakehouse, room.registry, room.store) as made:
        yield lambda actor: made.run(actor, TURN, room.now).table()["turn"][0].as_py()


def _workers(room: Any) -> list[int]:
    """The processes that work in the room's folder."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        process = int(status.parent.name)
        with suppress(OSError):
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
            command = Path(f"/proc/{parent}/cmdline").read_bytes()
            if b"confinement.zygote" in command and bytes(room.folder) in command:
                found.append(process)
    return found
