"""How much of the files a statement would read, estimated before it runs.

An estimate, and rather too high: bytes of the columns that DuckDB's plan reads, in the files that
it keeps, as the files' own footers tell them. What filters skip within a file is not known before.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from confinement.guard import Admitted
from confinement.view import View

_MB = 1024 * 1024
# Where all files together are this much smaller than the limit, no plan is made: it takes time,
# and a statement that reads them more often than that has its seconds to end it.
_CLEARLY_SMALLER = 16
# What stands above a scan that ends as soon as the result has as many rows as it may have.
_PASSES_ON = frozenset({"PROJECTION", "LIMIT", "STREAMING_LIMIT"})
_FILES = re.compile(r"(\d+)/(\d+)")


def scanned_mb(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    admitted: Admitted,
    views: Sequence[View],
    limit_mb: int,
) -> int:
    """Megabytes that the statement would read; 0 where that is clearly below the limit."""
    explains = sql[: len(sql) - len(admitted.text)]
    if explains and "analyze" not in explains.casefold():
        return 0  # it reads nothing
    read = _views_read(admitted, views)
    whole = sum(_bytes_of(view) for view in read)
    if whole * _CLEARLY_SMALLER <= limit_mb * _MB:
        return 0
    try:
        asked = connection.execute(f"EXPLAIN (FORMAT json) {admitted.text}")
        plan = json.loads(asked.fetchall()[0][1])
    except (duckdb.Error, ValueError, IndexError, RecursionError):
        return whole // _MB  # no plan: everything, once
    columns = [_column_bytes(connection, view) for view in read]
    # The rows of EXPLAIN ANALYZE are not cut: it runs to its end.
    scans = _scans(plan, ends_early=not explains)
    return round(sum(_scan_bytes(scan, columns) for scan in scans) / _MB)


def _views_read(admitted: Admitted, views: Sequence[View]) -> list[View]:
    """The views that it names, each port once; every one where it hides what it reads."""
    named = {(unit.casefold(), port.casefold()) for unit, port in admitted.named.relations}
    every = not admitted.named.is_complete
    by_files = {
        view.files: view
        for view in views
        if every or (view.unit.casefold(), view.port.casefold()) in named
    }
    return list(by_files.values())


def _bytes_of(view: View) -> int:
    return sum(Path(file).stat().st_size for file in view.files)


def _scans(nodes: Sequence[Mapping[str, Any]], ends_early: bool) -> Iterator[Mapping[str, Any]]:
    """The scans that read their files to the end, or until enough rows pass a filter."""
    for node in nodes:
        name = str(node.get("name", "")).strip()
        facts = node.get("extra_info") or {}
        if "PARQUET" in name and not (ends_early and "Filters" not in facts):
            yield facts
        yield from _scans(node.get("children", ()), ends_early and name in _PASSES_ON)


def _scan_bytes(scan: Mapping[str, Any], views: Sequence[Mapping[str, int]]) -> float:
    """Of one scan, whose port the plan does not name: the most that any port would take."""
    projected = scan.get("Projections") or []
    names = [projected] if isinstance(projected, str) else list(projected)
    kept = _FILES.search(str(scan.get("Scanning Files", "")))
    share = int(kept[1]) / max(int(kept[2]), 1) if kept else 1.0
    return max((sum(view.get(name, 0) for name in names) for view in views), default=0) * share


def _column_bytes(connection: duckdb.DuckDBPyConnection, view: View) -> dict[str, int]:
    """Compressed bytes of each column in all files of a view, by its name in the files."""
    files = [file for file in view.files if file.endswith(".parquet")]
    if not files:
        return {}
    found = connection.execute(
        "SELECT split_part(path_in_schema, ', ', 1), sum(total_compressed_size) "
        "FROM parquet_metadata(?) GROUP BY 1",
        [files],
    ).fetchall()
    return {str(name): int(size) for name, size in found}
