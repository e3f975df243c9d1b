"""The rows of one source file that are no rows, while it is read: line, raw text, reason."""

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.sources.text_tables import BLANK_ROW
from orchestration.sources.typed_values import literal

REJECTS = "landing_rejects"


def create_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    """Begins an empty table of rejects."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {REJECTS} (line BIGINT, raw VARCHAR, reason VARCHAR)"
    )


def insert_rejects(
    connection: duckdb.DuckDBPyConnection, faults: Iterable[tuple[int, str, str]]
) -> None:
    """Adds rejects: line, raw text, reason."""
    lines, raws, reasons = (
        (list(each) for each in zip(*faults, strict=True)) if faults else ([], [], [])
    )
    if lines:
        columns = [pa.array(lines, pa.int64()), pa.array(raws), pa.array(reasons)]
        insert(connection, REJECTS, columns)


def drop_blank_tail(connection: duckdb.DuckDBPyConnection, cells: str) -> int:
    """Takes the blank rows below the last other one out of the rejects; returns how many.

    `cells` names the table of the file's other rows, with `_line`. A sheet that was saved with its
    empty end has such rows by the ten thousand: 64,177 below 1,180 rows in one real file. They are
    no rows that anybody could have meant.
    """
    blank = f"reason = {literal(BLANK_ROW)}"
    dropped = connection.execute(
        f"DELETE FROM {REJECTS} WHERE {blank} AND line > (SELECT coalesce(max(line), 0) FROM ("
        f"SELECT max(_line) AS line FROM {cells} UNION ALL "
        f"SELECT max(line) FROM {REJECTS} WHERE NOT ({blank})))"
    ).fetchone()
    return int(dropped[0]) if dropped is not None else 0


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: "list[pa.Array[Any]]"
) -> None:
    """Adds columns of equal length to a table, by position."""
    named = pa.table(columns, [f"x{i}" for i in range(len(columns))])
    connection.register("landing_run", named)
    connection.execute(f"INSERT INTO {table} SELECT * FROM landing_run")
    connection.unregister("landing_run")
