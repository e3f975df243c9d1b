"""Exact statistics of files that we wrote, as proof of what the files hold.

Only what is exact in Delta's `stats` is taken: row and null counts, and the range of integers,
decimals and dates. Text may be truncated there, timestamps lose digits, NaN is in no range.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.type_words import is_integer


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """What every file together says of one column; None where one of them does not say it."""

    nulls: int | None
    minimum: Any = None
    maximum: Any = None
    newest_us: int | None = None  # of a temporal column: microseconds since 1970 by its own clock


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
