"""What checking an increment, and checking many small ports, costs beside a full check.

`python -m benchmarks.contract_increments <tables>` prints CPU seconds within one process: of a full
check of the Delta table, of 1% more rows with all promises about the whole table still held (once
proved by the ranges of the files, once by the sketches of the keys), and of 100 small ports.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.contract_checks_contract import NOW
from benchmarks.contract_checks_run import MEMORY_MB, files_of
from benchmarks.contract_checks_tables import LINES_PER_ORDER, connect, lines_query
from benchmarks.processes import cost_of, python
from benchmarks.table import Row
from contracts.changed_rows import ChangedRows, settled_checks, settled_values
from contracts.documents import load_contract
from contracts.file_footers import columns_apart, footer_statistics
from contracts.key_sketches import KeptKeys, KeySketches, write_sketch
from contracts.model import Contract
from contracts.runner import CheckRun, run_checks
from contracts.verdict import CheckResult, Outcome, Verdict

RUNS = 3
PORTS, PORT_ROWS = 100, 10_000
KEY = ("order_id", "line_number")
KEY_CHECK = "schema[0].primaryKey"


def rows_of(tables: Path) -> list[Row]:
    """The figures of increments and of small ports."""
    cost = cost_of(python("-m", "benchmarks.contract_increments", str(tables)))
    found = json.loads(cost.output.splitlines()[-1])
    full, whole = found["full"], f"of {found['full']:.2f} s for the whole, in process"
    return [
        Row(
            "contract: 1% increment over the full check, ranges apart",
            "<= 5%",
            f"{100 * found['ranges'] / full:.1f}%",
            f"{1000 * found['ranges']:.0f} ms of CPU {whole}",
        ),
        Row(
            "contract: 1% increment, keys proved by their hashes",
            "",
            f"{100 * found['hashes'] / full:.1f}%",
            f"{1000 * found['hashes']:.0f} ms; writing the sketches once {found['sketches']:.2f} s",
        ),
        Row(
            f"contract: {PORTS} ports of {PORT_ROWS:,} rows",
            "<= 50 ms a port",
            f"{1000 * found['port']:.0f} ms",
            "CPU in process, 71 promises each",
        ),
    ]


def main() -> None:
    """Measures, and prints the seconds as JSON."""
    tables = Path(sys.argv[1])
    contract = load_contract(tables / "scratch" / "lines.v1.odcs.yaml")
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY_MB}MB'")
        connection.execute("SET threads = 2; SET preserve_insertion_order = false")
        connection.execute("SET temp_directory = ?", [f"{tables}/spill"])
        found = _increments(tables, contract, connection)
        found["port"] = _small_ports(tables, contract, connection)
    print(json.dumps(found))


def _increments(
    tables: Path, contract: Contract, connection: duckdb.DuckDBPyConnection
) -> dict[str, float]:
    kept, new = files_of(tables, "lines", "delta"), _increment(tables)
    types = _types(connection, kept)
    run = _run(tables, contract, connection, [*kept, new])
    base = _run(tables, contract, connection, kept)
    verdict = _verdict(contract, _checked(base, kept, types))
    started = time.process_time()
    folder = tables / "scratch" / "key_sketches"
    sketches = {
        file: write_sketch(connection, f"read_parquet('{file}')", KEY, folder) for file in kept
    }
    written = time.process_time() - started
    columns = tuple((name, types[name]) for name in KEY)
    keys = KeptKeys(folder, tuple(kept), {KEY_CHECK: KeySketches(columns, sketches)})

    def increment(*, by_ranges: bool) -> tuple[CheckResult, ...]:
        apart = columns_apart(connection, kept, [new], types) if by_ranges else frozenset()
        changed = ChangedRows(
            relation=f"read_parquet(['{new}'])",
            settled=settled_checks(verdict, contract),
            statistics=footer_statistics(connection, [new], types),
            only_added=True,
            apart=apart,
            keys=keys,
            unmoved=frozenset(run.references),
            observed=settled_values(verdict, contract),
        )
        return _checked(replace(run, changed=changed), [*kept, new], types)

    full = _checked(run, [*kept, new], types)
    for by_ranges in (True, False):
        assert _answers(increment(by_ranges=by_ranges)) == _answers(full)
    return {
        "full": _seconds(lambda: _checked(run, [*kept, new], types)),
        "ranges": _seconds(lambda: increment(by_ranges=True)),
        "hashes": _seconds(lambda: increment(by_ranges=False)),
        "sketches": written,
    }


def _small_ports(tables: Path, contract: Contract, connection: duckdb.DuckDBPyConnection) -> float:
    folder = tables / "ports"
    folder.mkdir(exist_ok=True)
    orders = PORT_ROWS // LINES_PER_ORDER
    paths = [str(folder / f"{number}.parquet") for number in range(PORTS)]
    with connect() as writer:
        for number, path in enumerate(paths):
            query = lines_query(number * orders + 1, (number + 1) * orders)
            writer.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    started = time.process_time()
    for path in paths:
        types = _types(connection, [path])
        results = _checked(_run(tables, contract, connection, [path]), [path], types)
        assert all(result.outcome is not Outcome.ERROR for result in results)
    return (time.process_time() - started) / PORTS


def _run(
    tables: Path, contract: Contract, connection: duckdb.DuckDBPyConnection, files: list[str]
) -> CheckRun:
    more = tables / "more_orders.parquet"
    orders = ", ".join(f"'{file}'" for file in (*files_of(tables, "orders", "parquet"), more))
    return CheckRun(
        connection=connection,
        relation=f"read_parquet({files})",
        contract=contract,
        now=datetime.fromisoformat(NOW),
        references={
            "bench.orders": f"read_parquet([{orders}])",
            "bench.parts": f"read_parquet('{tables}/parts.parquet')",
        },
    )


def _checked(run: CheckRun, files: list[str], types: dict[str, str]) -> tuple[CheckResult, ...]:
    return run_checks(replace(run, statistics=footer_statistics(run.connection, files, types)))


def _increment(tables: Path) -> str:
    """A file with 1% more lines, of orders that come after the others."""
    path = tables / "more_lines.parquet"
    with connect() as connection:
        source = f"read_parquet('{tables}/orders.parquet')"
        last = int(connection.execute(f"SELECT max(order_id) FROM {source}").fetchall()[0][0])
        first, last = last + 1, last + last // 100
        options = "(FORMAT parquet, COMPRESSION zstd)"
        connection.execute(f"COPY ({lines_query(first, last)}) TO '{path}' {options}")
        more = f"SELECT range AS order_id FROM range({first}, {last + 1})"
        connection.execute(f"COPY ({more}) TO '{tables}/more_orders.parquet' {options}")
    return str(path)


def _types(connection: duckdb.DuckDBPyConnection, files: list[str]) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE FROM read_parquet({files})").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def _verdict(contract: Contract, results: tuple[CheckResult, ...]) -> Verdict:
    return Verdict(
        port=contract.reference,
        contract_version=contract.version,
        contract_hash=contract.content_hash,
        candidate_hash="",
        run_id="bench",
        checked_at=datetime.fromisoformat(NOW),
        rows=0,
        results=results,
    )


def _answers(results: tuple[CheckResult, ...]) -> list[tuple[object, ...]]:
    return [(r.check_id, r.outcome, r.failing_rows, r.observed) for r in results]


def _seconds(measured: Callable[[], object]) -> float:
    found = []
    for _ in range(RUNS):
        started = time.process_time()
        measured()
        found.append(time.process_time() - started)
    return statistics.median(found)


if __name__ == "__main__":
    main()
