"""The checks of one contract on 20 M rows: our engine, the bare scan, and other tools.

`python -m benchmarks contracts`. Each figure is the median by CPU seconds of three whole processes
(`CONTRACT_BENCH_RUNS`). `CONTRACT_BENCH_ROWS` makes the table smaller, `CONTRACT_BENCH_FOLDER`
keeps the tables and the tools' environments for the next run. A tool is installed by `uv` from its
pins in `benchmarks/peers`; one that cannot be installed is left out, and the table says why.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks import contract_increments
from benchmarks.contract_checks_contract import plain_checks, write_contract
from benchmarks.peers.plain_sql import violation
from benchmarks.processes import ROOT, Cost, cost_of, median_cost, python
from benchmarks.table import Row, show

ROWS = int(os.environ.get("CONTRACT_BENCH_ROWS", "20_000_000"))
RUNS = int(os.environ.get("CONTRACT_BENCH_RUNS", "3"))
FORMS = ("parquet", "delta")
COUNTED = ("required", "minimum", "maximum", "pattern", "maxLength", "reference")


@dataclass(frozen=True, slots=True)
class Peer:
    """Another tool, and how much less CPU than it we must take."""

    name: str
    module: str
    least: dict[str, float]  # form -> ratio; 0: shown for comparison


PEERS = (
    Peer("datacontract-cli", "datacontract", {"parquet": 4.0, "delta": 2.8}),
    Peer("Soda Core", "soda", {"parquet": 2.2, "delta": 2.2}),
    Peer("dbt tests", "dbt_tests", {"parquet": 2.2, "delta": 2.2}),
    Peer("pandera", "pandera_polars", {"parquet": 2.2}),
    Peer("polars", "polars_lazy", {"parquet": 0.0, "delta": 0.0}),
)


def contracts(scratch: Path) -> list[Row]:
    """The figures of section "Contracts" of docs/performance.md."""
    folder = Path(os.environ.get("CONTRACT_BENCH_FOLDER", scratch / "contracts"))
    tables = folder / f"rows_{ROWS}"
    cost_of(python("-m", "benchmarks.contract_checks_tables", str(tables), str(ROWS)))
    (tables / "scratch").mkdir(exist_ok=True)
    write_contract(tables / "scratch", [])
    (tables / "scratch" / "checks.json").write_text(json.dumps(plain_checks()))
    ours = {form: _engine(tables, "lines", form) for form in FORMS}
    rows = [_over_floor(tables, "lines", form, ours[form], 1.9) for form in FORMS]
    broken = {form: _engine(tables, "broken", form) for form in FORMS}
    rows += [_over_floor(tables, "broken", form, broken[form], 2.5) for form in FORMS]
    rows += contract_increments.rows_of(tables)
    for peer in PEERS:
        show(rows, stderr=True)  # what is known so far: the tools take many minutes
        rows += _peer_rows(peer, folder, tables, ours)
    return rows


def _engine(tables: Path, table: str, form: str) -> Cost:
    contract = str(tables / "scratch" / "lines.v1.odcs.yaml")
    command = python("-m", "benchmarks.contract_checks_run", contract, str(tables), table, form)
    return median_cost(RUNS, lambda: cost_of(command))


def _over_floor(tables: Path, table: str, form: str, ours: Cost, most: float) -> Row:
    command = python("-m", "benchmarks.contract_checks_floor", str(tables), table, form)
    floor = median_cost(RUNS, lambda: cost_of(command))
    ratio = ours.cpu_seconds / floor.cpu_seconds
    failed = len(_failing(ours))
    return Row(
        f"contract, {form}, {failed} of 34 checks violated: CPU over the bare scan",
        f"<= {most:g}x, <= 600 MB",
        f"{ratio:.2f}x, {ours.peak_mb:.0f} MB",
        f"{ours.cpu_seconds:.1f} s over {floor.cpu_seconds:.1f} s of CPU",
    )


def _peer_rows(peer: Peer, folder: Path, tables: Path, ours: dict[str, Cost]) -> list[Row]:
    interpreter = _installed(peer, folder)
    if isinstance(interpreter, str):
        return [Row(f"contract: {peer.name} over ours", "", "not measured", interpreter)]
    rows = []
    for form, least in peer.least.items():
        cost = _peer_cost(interpreter, peer, tables, "lines", form)
        ratio = cost.cpu_seconds / ours[form].cpu_seconds
        rows.append(
            Row(
                f"contract, {form}: CPU of {peer.name} over ours",
                f">= {least:g}x" if least else "",
                f"{ratio:.1f}x",
                f"{cost}; finds {len(_failing(cost))} violations",
            )
        )
    broken = _peer_cost(interpreter, peer, tables, "broken", "parquet", runs=1)
    return [*rows, _agreement(peer, broken, tables)]


def _peer_cost(
    interpreter: Path, peer: Peer, tables: Path, table: str, form: str, runs: int = RUNS
) -> Cost:
    module, scratch = f"benchmarks.peers.{peer.module}", str(tables / "scratch")
    command = [str(interpreter), "-m", module, str(tables), scratch, table, form]
    return median_cost(runs, lambda: cost_of(command))


def _agreement(peer: Peer, broken: Cost, tables: Path) -> Row:
    """Whether a tool counts what the plain query of each check counts on the violated table."""
    expected, found = _plain_counts(tables), _failing(broken)
    both = [name for name in expected if not isinstance(found.get(name, True), bool)]
    other = [name for name in both if found[name] != expected[name]]
    return Row(
        f"contract, violated: counts of {peer.name}",
        "the same",
        "the same" if both and not other else ", ".join(other) or "gives no counts",
        f"{len(both)} counts compared, {len(found)} checks failed",
    )


def _plain_counts(tables: Path) -> dict[str, int]:
    """What the plain query of each check about single rows counts on the violated table."""
    lines = f"read_parquet('{tables}/broken.parquet')"
    counts = {}
    with duckdb.connect() as connection:
        for check in plain_checks():
            column, parent = check["column"], check.get("parent")
            orphan = f"{column} NOT IN (SELECT {column} FROM '{tables}/{parent}.parquet')"
            condition = violation(check) or orphan
            if check["kind"] in COUNTED:
                query = f"SELECT count(*) FROM {lines} WHERE {condition}"
                counts[str(check["id"])] = int(connection.execute(query).fetchall()[0][0])
    return counts


def _failing(cost: Cost) -> dict[str, int | bool]:
    lines = [line for line in cost.output.splitlines() if line.startswith('{"failing"')]
    found: dict[str, int | bool] = json.loads(lines[-1])["failing"]
    return found


def _installed(peer: Peer, folder: Path) -> Path | str:
    """The tool's own Python, or why there is none."""
    home = folder.absolute() / "environments" / peer.module
    interpreter = home / "bin" / "python"
    if (home / "complete").exists():
        return interpreter
    pins = ROOT / "benchmarks" / "peers" / f"{peer.module}.txt"
    try:
        _run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(home))
        _run("uv", "pip", "install", "--quiet", "--python", str(interpreter), "-r", str(pins))
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        return f"it could not be installed: {reason.strip().splitlines()[-1]}"
    (home / "complete").touch()
    return interpreter


def _run(*command: str) -> Sequence[str]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()
