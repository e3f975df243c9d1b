"""The statistics of a Parquet file as Delta's log spells them, from what DuckDB's COPY returned."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from data_products.sql import quoted

_LONGEST_TEXT = 64  # characters; longer bounds would swell the log and prune nothing more
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


def delta_statistics(
    rows: int,
    found: Mapping[str, Mapping[str, str]],
    columns: Sequence[tuple[str, str]],
) -> str:
    """Delta's `stats` JSON for one file, about `columns` (name and DuckDB type) and no others.

    `found` is COPY's `column_statistics`. Bounds that are inexact, or that Delta cannot spell
    (nested, boolean and binary columns, columns with NaN, infinite or prehistoric dates), are left
    out: a reader then reads the file instead of skipping it.
    """
    low: dict[str, str] = {}
    high: dict[str, str] = {}
    nulls: dict[str, str] = {}
    for name, kind in columns:
        facts = found.get(quoted(name))
        if facts is None or "[" in kind or "(" in kind.removeprefix("DECIMAL("):
            continue
        if "null_count" in facts:
            nulls[name] = facts["null_count"]
        bounds = _bounds(facts, kind)
        if bounds is not None:
            low[name], high[name] = bounds
    return _object(
        {
            "numRecords": str(rows),
            "minValues": _object(low),
            "maxValues": _object(high),
            "nullCount": _object(nulls),
        }
    )


def columns_in(statistics: str) -> frozenset[str]:
    """Names of the columns that a `stats` JSON says something about."""
    document: dict[str, Any] = json.loads(statistics)
    parts = ("minValues", "maxValues", "nullCount")
    return frozenset(name for part in parts for name in document.get(part, {}))


def without(statistics: str, names: Collection[str]) -> str:
    """A `stats` JSON that says nothing about the columns `names`; numbers keep every digit."""
    if columns_in(statistics).isdisjoint(names):
        return statistics
    document: dict[str, Any] = json.loads(statistics, parse_float=_Number, parse_int=_Number)
    parts = {
        part: _object({name: _token(v) for name, v in values.items() if name not in names})
        for part, values in document.items()
        if isinstance(values, dict)
    }
    return _object({"numRecords": str(document["numRecords"]), **parts})


def permitted(
    columns: Sequence[tuple[str, str]],
    names: Collection[str] | None,
    partition_columns: Collection[str],
) -> tuple[tuple[str, str], ...]:
    """The columns whose statistics may be recorded: those in `names`, or all, less the partitions.

    Statistics stay in the log after the rows are deleted, so `names` leaves personal columns out.
    """
    return tuple(
        (name, kind)
        for name, kind in columns
        if name not in partition_columns and (names is None or name in names)
    )


class _Number(str):
    """A number of a JSON document, digit for digit."""

    __slots__ = ()


def _token(value: Any) -> str:
    return str(value) if isinstance(value, _Number) else json.dumps(value)


def _bounds(facts: Mapping[str, str], kind: str) -> tuple[str, str] | None:
    exact = facts.get("min_is_exact") == "true" and facts.get("max_is_exact") == "true"
    if not exact or facts.get("has_nan") == "true":
        return None
    token = _TOKENS.get("DECIMAL" if kind.startswith("DECIMAL(") else kind)
    if token is None:
        return None
    low, high = token(facts["min"]), token(facts["max"])
    return None if low is None or high is None else (low, high)


def _number(text: str) -> str | None:
    # As it stands, so that 38 digits stay 38 digits; "inf" is no JSON number.
    return text if _NUMBER.fullmatch(text) else None


def _text(text: str) -> str | None:
    return json.dumps(text) if len(text) <= _LONGEST_TEXT else None


def _date(text: str) -> str | None:
    return json.dumps(text) if _DAY.fullmatch(text) else None


def _instant(text: str) -> str | None:
    moment = _moment(text)
    if moment is None or moment.tzinfo is None:
        return None
    return json.dumps(moment.astimezone(UTC).isoformat().replace("+00:00", "Z"))


def _local_time(text: str) -> str | None:
    moment = _moment(text)
    return None if moment is None else json.dumps(moment.isoformat())


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # infinite, before the year 1 or after 9999: spelled by no ISO 8601
        return None


_TOKENS: Mapping[str, Callable[[str], str | None]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL"), _number),
    **dict.fromkeys(("FLOAT", "DOUBLE"), _number),
    "VARCHAR": _text,
    "DATE": _date,
    "TIMESTAMP WITH TIME ZONE": _instant,
    "TIMESTAMP": _local_time,
}


def _object(tokens: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{token}" for name, token in tokens.items()) + "}"
