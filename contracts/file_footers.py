"""What the footers of Parquet files say, row group by row group: nulls, ranges, newest moments.

Footers have personal columns and kept files too, of which a Delta log or a candidate's manifest
says nothing. They are as true as their writer: pass files that this platform wrote.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from contracts.file_statistics import ColumnStatistics, TableStatistics
from contracts.sql_text import quoted_text
from contracts.type_words import is_integer

_EXACT = frozenset({"INT32", "INT64", "FIXED_LEN_BYTE_ARRAY"})  # how Parquet keeps such columns
_MOMENTS = frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Group:
    """What one row group says of one column."""

    file: str
    name: str
    kind: str
    rows: int
    nulls: int | None
    low: str | None
    high: str | None


def footer_statistics(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], types: Mapping[str, str]
) -> TableStatistics:
    """The statistics of all files together; `types` are the columns and DuckDB's words."""
    if not files:
        return TableStatistics(0, {name: ColumnStatistics(0) for name in types})
    groups = _groups(connection, files)
    rows = sum(group.rows for group in groups if group.name == groups[0].name)
    found: dict[str, list[_Group]] = {}
    for group in groups:
        found.setdefault(group.name, []).append(group)
    columns = {name: _column(found[name], types[name], rows) for name in types if name in found}
    return TableStatistics(rows, columns)


def columns_apart(
    connection: duckdb.DuckDBPyConnection,
    kept: Sequence[str],
    new: Sequence[str],
    types: Mapping[str, str],
) -> frozenset[str]:
    """Columns in which no new file's range meets that of a kept file.

    No value of such a column is in a new file and in a kept one too. Ranges that touch do meet, and
    what is not known exactly meets everything.
    """
    files = {str(file) for file in (*kept, *new)}
    found: dict[tuple[str, str], list[_Group]] = {}
    for group in _groups(connection, sorted(files)) if files else ():
        found.setdefault((group.file, group.name), []).append(group)
    return frozenset(
        name
        for name, column_type in types.items()
        if _are_apart(
            *([_column_of(found, file, name, column_type) for file in side] for side in (kept, new))
        )
    )


def _groups(connection: duckdb.DuckDBPyConnection, files: Iterable[str]) -> list[_Group]:
    listed = ", ".join(quoted_text(str(file)) for file in files)
    rows = connection.execute(
        "SELECT file_name, path_in_schema, type, row_group_num_rows, stats_null_count, "
        f"stats_min_value, stats_max_value FROM parquet_metadata([{listed}])"
    ).fetchall()
    return [_Group(*row) for row in rows]


def _column(groups: list[_Group], column_type: str, rows: int) -> ColumnStatistics:
    counts = [group.nulls for group in groups if group.nulls is not None]
    if len(counts) < len(groups) or sum(group.rows for group in groups) != rows:
        return ColumnStatistics(nulls=None)
    filled = [group for group in groups if group.nulls != group.rows]
    lows = [_value(group.low, group.kind, column_type) for group in filled]
    highs = [_value(group.high, group.kind, column_type) for group in filled]
    newest = [_microseconds(group, column_type) for group in filled]
    is_known = bool(filled) and None not in lows and None not in highs
    return ColumnStatistics(
        nulls=sum(counts),
        minimum=min(lows) if is_known else None,
        maximum=max(highs) if is_known else None,
        newest_us=max(us for us in newest if us is not None)
        if filled and None not in newest
        else None,
    )


def _column_of(
    found: Mapping[tuple[str, str], list[_Group]], file: str, name: str, column_type: str
) -> ColumnStatistics | None:
    """What one file says of a column; None where it has no value of it."""
    groups = found.get((file, name))
    if groups is None:
        return ColumnStatistics(None)
    rows = sum(group.rows for group in groups)
    column = _column(groups, column_type, rows)
    return None if column.nulls == rows else column


def _are_apart(
    kept: Iterable[ColumnStatistics | None], new: Iterable[ColumnStatistics | None]
) -> bool:
    older = [column for column in kept if column is not None]
    newer = [column for column in new if column is not None]
    if any(column.minimum is None for column in (*older, *newer)):
        return False
    return all(a.maximum < b.minimum or b.maximum < a.minimum for a in older for b in newer)


def _value(text: str | None, kind: str, column_type: str) -> Any:
    """The value where Parquet keeps it exactly, else None."""
    if text is None or kind not in _EXACT:
        return None
    if column_type == "DATE":
        return _day(text)
    is_number = is_integer(column_type) or column_type.startswith("DECIMAL")
    return Decimal(text) if is_number and _NUMBER.fullmatch(text) is not None else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # infinite, or beyond the years 1 to 9999
        return None


def _microseconds(group: _Group, column_type: str) -> int | None:
    """The newest moment of a group by the column's own clock; None where it is not exact."""
    if column_type not in _MOMENTS or group.kind != "INT64" or group.high is None:
        return None
    try:
        moment = datetime.fromisoformat(group.high)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return (moment - _EPOCH) // timedelta(microseconds=1)
