"""The service as its people feel it: start, pages, search, statements, approval and revocation."""

import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import httpx

from benchmarks.processes import ROOT, percentile, python
from benchmarks.table import Row
from marketplace.access.model import Decision
from marketplace.access.people import demo_people
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from marketplace.query.engine import QueryEngine
from marketplace.web.app import create_app

PORT = "commercial.payments"
PURPOSE = "To measure how long a statement takes."
STATEMENTS = {
    "count": "SELECT count(*) FROM {port}",
    "group": "SELECT publisher_id, sum(amount_gbp) FROM {port} GROUP BY ALL",
    "scan": "SELECT max(length(supplier_name)), sum(amount_gbp) FROM {port}",
}


def pages(folder: Path) -> list[Row]:
    """Start, memory, product page and search over HTTP."""
    home = folder / "sample"
    with served(home) as (client, process, ready_seconds):
        product = timed(lambda: client.get("/products/commercial/payments"), 200)
        search = timed(lambda: client.get("/search.json", params={"words": "payments"}), 200)
        memory = resident_mb(process.pid)
    return [
        Row("web ready after the summary", "<= 5 s", f"{ready_seconds:.1f} s", ""),
        Row("web process", "<= 300 MB", f"{memory:.0f} MB", "resident, after 400 pages"),
        Row("search p95", "<= 20 ms", f"{percentile(search, 0.95):.1f} ms", "over HTTP, 200 times"),
        Row(
            "product page p95", "<= 50 ms", f"{percentile(product, 0.95):.1f} ms", "HTML, 200 times"
        ),
    ]


def statements(folder: Path) -> list[Row]:
    """Statements in the sandbox against bare DuckDB on the same files, warm."""
    home = folder / ("real" if (folder / "real").is_dir() else "sample")
    settings = Settings(home=home)
    application = create_app(settings)
    rooms = application.state.rooms
    store: AccessStore = rooms.store
    engine: QueryEngine = rooms.engine
    analyst, steward = (demo_people(settings).by_id(name) for name in ("analyst", "steward"))
    assert analyst is not None and steward is not None
    contract = rooms.registry.port(PORT).contract
    rows: list[Row] = []
    try:
        now = datetime.now(UTC)
        request = store.requests.submit(analyst, Asked(PORT, PURPOSE, 1), None, now)
        decided = time.perf_counter()
        store.requests.decide(
            request.id, Decision(steward, True, "Agreed."), one_stage(contract.approvers), now
        )
        engine.run(analyst, f"SELECT * FROM {PORT} LIMIT 1", datetime.now(UTC)).table()
        first = time.perf_counter() - decided
        rows.append(Row("approval to first row", "<= 1 s", f"{first:.2f} s", "first statement"))
        rows += [against_bare(engine, analyst, rooms.lakehouse, name) for name in STATEMENTS]
        grant = store.grant_of(request.id)
        assert grant is not None
        store.revoke(grant.id, steward, "The measurement is over.", datetime.now(UTC))
        refused = "answered"
        try:
            engine.run(analyst, f"SELECT 1 FROM {PORT}", datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - its name is the figure
            refused = type(error).__name__
        rows.append(Row("statement after revocation", "refused", refused, ""))
    finally:
        engine.close()
        store.close()
    return rows


def against_bare(engine: QueryEngine, analyst: object, lakehouse: object, name: str) -> Row:
    """One statement, medians of 15 each, in turn."""
    snapshot = lakehouse.snapshot(PORT, 1)  # type: ignore[attr-defined]
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    bare_sql = STATEMENTS[name].format(port=lakehouse.relation(snapshot))  # type: ignore[attr-defined]
    sql = STATEMENTS[name].format(port=PORT)
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(16):
        bare.append(clocked(lambda: connection.execute(bare_sql).fetchall()))
        ours.append(clocked(lambda: engine.run(analyst, sql, datetime.now(UTC)).table()))  # type: ignore[arg-type]
    o, b = statistics.median(ours[1:]), statistics.median(bare[1:])
    over = (o - 1.1 * b) * 1000
    detail = f"{o * 1000:.0f} ms over {b * 1000:.0f} ms"
    return Row(f"sandbox, {name}: over 1.1x bare DuckDB", "<= 60 ms", f"{over:.0f} ms", detail)


@contextmanager
def served(home: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes], float]]:
    """The service over a home folder on a free port, with somebody signed in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "MARKETPLACE_HOME": str(home), "MARKETPLACE_PORT": str(port)}
    started = time.perf_counter()
    process = subprocess.Popen(
        python("-m", "marketplace.cli", "serve"),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            while True:
                try:
                    if client.get("/ready").status_code == 200:
                        break
                except httpx.TransportError:
                    if time.perf_counter() - started > 60:
                        raise
                time.sleep(0.05)
            yield client, process, time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def timed(ask: Callable[[], httpx.Response], times: int) -> list[float]:
    """Milliseconds of each call, the first ones left out."""
    for _ in range(5):
        ask().raise_for_status()
    return [1000 * clocked(ask) for _ in range(times)]


def clocked(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
