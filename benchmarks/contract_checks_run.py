"""One run of the engine on the benchmark's table: its results as JSON, and nothing else.

`python -m benchmarks.contract_checks_run <contract> <folder> <table> parquet|delta`.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.contract_checks_contract import NOW
from contracts.documents import load_contract
from contracts.file_footers import footer_statistics
from contracts.runner import CheckRun, run_checks
from contracts.verdict import Outcome

MEMORY_MB = 400


def main() -> None:
    """Checks the table and prints the counts."""
    document, folder, table, form = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = 'UTC'; SET threads = 2; SET memory_limit = '{MEMORY_MB}MB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET temp_directory = ?", [f"{folder}/spill"])
    files = files_of(Path(folder), table, form)
    relations = {name: relation_of(Path(folder), name, form) for name in (table, "orders", "parts")}
    described = connection.execute(f"DESCRIBE FROM {relations[table]}").fetchall()
    types = {str(row[0]): str(row[1]) for row in described}
    results = run_checks(
        CheckRun(
            connection=connection,
            relation=relations[table],
            contract=load_contract(Path(document)),
            now=datetime.fromisoformat(NOW),
            references={"bench.orders": relations["orders"], "bench.parts": relations["parts"]},
            statistics=footer_statistics(connection, files, types),
        )
    )
    failing = {
        result.check_id: result.failing_rows or True
        for result in results
        if result.outcome not in {Outcome.PASSED, Outcome.UNCHECKED}
    }
    print(json.dumps({"failing": failing}))


def relation_of(folder: Path, name: str, form: str) -> str:
    """A table as DuckDB reads it: one Parquet file, or the files of a Delta version."""
    listed = ", ".join(f"'{file}'" for file in files_of(folder, name, form))
    return f"read_parquet([{listed}])"


def files_of(folder: Path, name: str, form: str) -> list[str]:
    """The Parquet files of a table."""
    if form == "parquet":
        return [f"{folder}/{name}.parquet"]
    from deltalake import DeltaTable

    files = DeltaTable(folder / f"{name}_delta").file_uris()
    return [file.removeprefix("file://") for file in files]


if __name__ == "__main__":
    main()
