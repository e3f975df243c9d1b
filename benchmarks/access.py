"""The road from a grant to its rows: approval, warm statements, many analysts, bombs, decisions."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from benchmarks.processes import ROOT, percentile
from benchmarks.table import Row
from confinement.limits import Limits
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry, load_registry
from marketplace.access.facts import Action, Facts
from marketplace.access.model import Actor, Decision, Grant, Role
from marketplace.access.policy import decide
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.store import AccessStore
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import QueryError
from marketplace.query.limits import QuerySettings

PORT = "commercial.payments"
STEWARD = Actor("steward", "A steward", frozenset(), frozenset({Role.STEWARD}))
PURPOSE = "To measure how long a statement takes."
ROWS = 2_000_000
ANALYSTS, EACH = 50, 6
STATEMENTS = (
    f"SELECT supplier, sum(amount), count(*) FROM {PORT} GROUP BY supplier",
    f"SELECT month, avg(amount), max(supplier) FROM {PORT} WHERE amount > 50 GROUP BY month",
    f"SELECT count(DISTINCT supplier), sum(amount) FROM {PORT} WHERE month = 3",
)
BOMB = "SELECT count(*) FROM range(100000000000) t(i) WHERE i % 7 = 9"


@dataclass(frozen=True, slots=True)
class World:
    """One port with rows, and an engine over it."""

    lakehouse: Lakehouse
    registry: Registry
    store: AccessStore
    engine: QueryEngine

    def ask(self, actor: Actor, sql: str, limits: Limits | None = None) -> None:
        """One statement, all of its rows."""
        self.engine.run(actor, sql, datetime.now(UTC), limits).table()

    def granted(self, name: str) -> Actor:
        """A person who may read the port."""
        actor = Actor(name, name, frozenset(), frozenset({Role.ANALYST}))
        self.approve(self.request(actor))
        return actor

    def request(self, actor: Actor) -> str:
        """An open request."""
        return self.store.requests.submit(
            actor, Asked(PORT, PURPOSE, 2), None, datetime.now(UTC)
        ).id

    def approve(self, request_id: str) -> None:
        """The decision on it."""
        decision = Decision(STEWARD, approve=True, reason="")
        self.store.requests.decide(request_id, decision, one_stage({"steward"}), datetime.now(UTC))


def access(folder: Path) -> list[Row]:
    """Everything that this suite measures."""
    with world(folder / "access") as made:
        return [
            first_rows(made),
            *added_cost(made),
            many_analysts(made),
            beside_bombs(made),
            decisions(),
        ]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """A lake with one port of two million rows."""
    lakehouse = Lakehouse(folder / "lake", folder / "quarantine")
    registry = load_registry(ROOT)
    numbers = np.random.default_rng(1)
    rows = pa.table(
        {
            "payment_id": pa.array(np.arange(ROWS)),
            "supplier": pa.array([f"Supplier {i}" for i in range(5000)]).take(
                pa.array(numbers.integers(0, 5000, ROWS))
            ),
            "month": pa.array(numbers.integers(1, 13, ROWS)),
            "amount": pa.array(numbers.gamma(2.0, 100.0, ROWS)),
        }
    )
    major = registry.ports[PORT].contract.major
    write_deltalake(lakehouse.table(PORT, major), rows)
    store = AccessStore.open(f"sqlite:///{folder / 'state.db'}")
    settings = QuerySettings(scratch=folder / "scratch", wait_seconds=120.0)
    try:
        with QueryEngine(settings, lakehouse, registry, store) as engine:
            yield World(lakehouse, registry, store, engine)
    finally:
        store.close()


def first_rows(made: World) -> Row:
    """From an approval to the first row of a person who never asked before."""
    seconds = []
    for number in range(30):
        actor = Actor(f"new_{number}", "New", frozenset(), frozenset({Role.ANALYST}))
        request_id = made.request(actor)
        began = time.perf_counter()
        made.approve(request_id)
        made.ask(actor, f"SELECT * FROM {PORT} LIMIT 1")
        seconds.append(time.perf_counter() - began)
    took = percentile(seconds, 0.95) * 1000
    return Row("approval to first row p95", "<= 300 ms", f"{took:.0f} ms", "30 new people, cold")


def added_cost(made: World) -> list[Row]:
    """What the engine adds to bare DuckDB, in a worker that stayed; in turn with it."""
    actor, bare = made.granted("added"), bare_connection(made)
    rows = []
    for name, sql in (("small", f"SELECT 1 FROM {PORT} LIMIT 1"), ("group", STATEMENTS[0])):
        ours, theirs = [], []
        for _ in range(60):
            ours.append(clocked(lambda sql=sql: made.ask(actor, sql)))  # type: ignore[misc]
            theirs.append(clocked(lambda sql=sql: bare.sql(sql).to_arrow_table()))  # type: ignore[misc]
        mine, other = statistics.median(ours[5:]), statistics.median(theirs[5:])
        added = (mine - other) * 1000
        detail = f"{mine * 1000:.1f} ms over {other * 1000:.1f} ms, 55 times in turn"
        rows.append(
            Row(f"warm statement, {name}: added p50", "<= 10 ms", f"{added:.1f} ms", detail)
        )
    return rows


def many_analysts(made: World) -> Row:
    """Statements a second of fifty people at once, over those of bare DuckDB in one process."""
    people = [made.granted(f"analyst_{number}") for number in range(ANALYSTS)]
    bare = bare_connection(made)
    for actor in people:  # each has asked before
        made.ask(actor, "SELECT 1")
    failed: list[QueryError] = []

    def ours(number: int) -> None:
        try:
            made.ask(people[number % ANALYSTS], STATEMENTS[number % len(STATEMENTS)])
        except QueryError as error:
            failed.append(error)

    def theirs(number: int) -> None:
        bare.cursor().sql(STATEMENTS[number % len(STATEMENTS)]).to_arrow_table()

    rounds = []
    for _ in range(3):
        rate = [per_second(work, ANALYSTS) for work in (theirs, ours)]
        rounds.append((rate[1] / rate[0], *rate))
    share, bare_rate, rate = sorted(rounds)[1]
    detail = f"{rate:.1f} over {bare_rate:.1f} statements a second, {len(failed)} errors, 3 rounds"
    return Row("50 analysts at once, of bare DuckDB", ">= 80 %", f"{share * 100:.0f} %", detail)


def beside_bombs(made: World) -> Row:
    """What a statement takes beside another person's two bombs, over what it takes alone."""
    actor, bomber = made.granted("beside"), made.granted("bomber")
    sql = STATEMENTS[0]
    alone = statistics.median(clocked(lambda: made.ask(actor, sql)) for _ in range(25))
    threads = [threading.Thread(target=_bomb, args=(made, bomber)) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    beside = statistics.median(clocked(lambda: made.ask(actor, sql)) for _ in range(25))
    for statement in made.engine.running(bomber):
        made.engine.cancel(bomber, statement.id, datetime.now(UTC))
    for thread in threads:
        thread.join()
    detail = f"{beside * 1000:.0f} ms over {alone * 1000:.0f} ms, medians of 25"
    return Row("beside another's two bombs", "<= 2 x", f"{beside / alone:.1f} x", detail)


def decisions() -> Row:
    """The policy's decision for one of 10,000 people, with ten grants each."""
    now = datetime.now(UTC)
    people = [
        Actor(f"person_{number}", "A person", frozenset(), frozenset({Role.ANALYST}))
        for number in range(10_000)
    ]
    grants = {
        actor.id: tuple(
            Grant(
                id=f"grant_{actor.id}_{number}", request_id="r", actor_id=actor.id,
                port=f"unit_{number}.port", purpose=PURPOSE, approved_by="steward",
                starts_at=now, expires_at=now + timedelta(days=9),
            )
            for number in range(10)
        )
        for actor in people
    }  # fmt: skip
    took = []
    for number, actor in enumerate(people):
        facts = Facts(f"unit_{number % 12}.port", grants=grants[actor.id], now=now)
        began = time.perf_counter()
        decide(actor, Action.QUERY_PORT, facts)
        took.append(time.perf_counter() - began)
    p99 = percentile(took, 0.99) * 1000
    return Row("policy rule p99", "<= 5 ms", f"{p99:.3f} ms", "of 100,000 grants, in memory")


def bare_connection(made: World) -> duckdb.DuckDBPyConnection:
    """DuckDB with a view of the same files."""
    snapshot = made.lakehouse.snapshot(PORT, made.registry.ports[PORT].contract.major)
    assert snapshot is not None
    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    unit, _, port = PORT.partition(".")
    connection.execute(f"CREATE SCHEMA {unit}")
    connection.execute(f"CREATE VIEW {unit}.{port} AS FROM {made.lakehouse.relation(snapshot)}")
    return connection


def per_second(work: Callable[[int], None], at_once: int) -> float:
    """How many of `at_once * EACH` are done in a second."""
    with ThreadPoolExecutor(at_once) as threads:
        began = time.perf_counter()
        wanted: Sequence[int] = range(at_once * EACH)
        list(threads.map(work, wanted))
        return len(wanted) / (time.perf_counter() - began)


def clocked(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _bomb(made: World, bomber: Actor) -> None:
    with suppress(QueryError):
        made.ask(bomber, BOMB)
