"""Exact statistics of files that we wrote, as proof of what the files hold.

Only what is exact in Delta's `stats` is taken: row and null counts, and the range of integers,
decimals and dates. Text may be truncated there, timestamps lose digits, NaN is in no range.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from contracts.sql_text import quoted_text
from contracts.type_words import is_integer

_EXACT = frozenset({"INT32", "INT64", "FIXED_LEN_BYTE_ARRAY"})  # how Parquet keeps such columns
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What every file together says of one column; None where one of them does not say it."""

    nulls: int | None
    minimum: Any = None
    maximum: Any = None


@dataclass(frozen=True, slots=True)
class TableStatistics:
    """Rows and columns of all files of one table."""

    rows: int
    columns: Mapping[str, ColumnStatistics]


def table_statistics(files: Iterable[str], types: Mapping[str, str]) -> TableStatistics | None:
    """The statistics of all files, each given as Delta's `stats` JSON; `types` are DuckDB's words.

    None where a file has none. Partition columns and nested columns are not in `stats`: nothing
    is known of them.
    """
    read = [_read(text) for text in files]
    if any(stats is None for stats in read):
        return None
    known = [stats for stats in read if stats is not None]
    return TableStatistics(
        rows=sum(int(stats["numRecords"]) for stats in known),
        columns={name: _column(name, column_type, known) for name, column_type in types.items()},
    )


def footer_statistics(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], types: Mapping[str, str]
) -> TableStatistics:
    """The statistics in the footers of Parquet files, row group by row group.

    Footers have personal columns and kept files too, of which a Delta log or a candidate's manifest
    says nothing. They are as true as their writer: pass files that this platform wrote.
    """
    if not files:
        return TableStatistics(0, {name: ColumnStatistics(0) for name in types})
    listed = ", ".join(quoted_text(file) for file in files)
    groups = connection.execute(
        "SELECT path_in_schema, type, row_group_num_rows, stats_null_count, stats_min_value, "
        f"stats_max_value, column_id FROM parquet_metadata([{listed}])"
    ).fetchall()
    found: dict[str, list[_Group]] = {}
    for name, kind, rows, nulls, low, high, _ in groups:
        if name in types:
            found.setdefault(name, []).append((kind, rows, nulls, low, high))
    rows = sum(int(group[2]) for group in groups if group[6] == 0)
    columns = {
        name: _footer_column(found[name], types[name], rows) for name in types if name in found
    }
    return TableStatistics(rows, columns)


_Group = tuple[str, int, int | None, str | None, str | None]


def _footer_column(groups: list[_Group], column_type: str, rows: int) -> ColumnStatistics:
    counts = [nulls for _, _, nulls, _, _ in groups if nulls is not None]
    if len(counts) < len(groups) or sum(group[1] for group in groups) != rows:
        return ColumnStatistics(nulls=None)
    filled = [group for group in groups if (group[2] or 0) < group[1]]
    lows = [_footer_value(low, kind, column_type) for kind, _, _, low, _ in filled]
    highs = [_footer_value(high, kind, column_type) for kind, _, _, _, high in filled]
    is_known = bool(filled) and None not in lows and None not in highs
    return ColumnStatistics(
        nulls=sum(counts),
        minimum=min(lows) if is_known else None,
        maximum=max(highs) if is_known else None,
    )


def _footer_value(text: str | None, kind: str, column_type: str) -> Any:
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


def _read(text: str) -> dict[str, Any] | None:
    stats = json.loads(text, parse_float=Decimal) if text else None
    return stats if isinstance(stats, dict) and "numRecords" in stats else None


def _column(name: str, column_type: str, files: list[dict[str, Any]]) -> ColumnStatistics:
    nulls = [stats.get("nullCount", {}).get(name) for stats in files]
    if any(not isinstance(count, int) for count in nulls):
        return ColumnStatistics(nulls=None)
    filled = [s for s, count in zip(files, nulls, strict=True) if count < s["numRecords"]]
    lows = [_exact(stats.get("minValues", {}).get(name), column_type) for stats in filled]
    highs = [_exact(stats.get("maxValues", {}).get(name), column_type) for stats in filled]
    is_known = bool(filled) and None not in lows and None not in highs
    return ColumnStatistics(
        nulls=sum(nulls),
        minimum=min(lows) if is_known else None,
        maximum=max(highs) if is_known else None,
    )


def _exact(value: Any, column_type: str) -> Any:
    """The value where Delta keeps it exactly, else None."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        is_number = is_integer(column_type) or column_type.startswith("DECIMAL")
        return Decimal(value) if is_number else None
    if column_type == "DATE" and isinstance(value, str):
        return date.fromisoformat(value)
    return None
