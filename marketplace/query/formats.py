"""A result as CSV, JSON, Parquet or an Arrow stream: bytes, one batch at a time."""

import csv
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from marketplace.query.errors import UnsupportedFormat
from marketplace.query.result import QueryResult

_Column = Any  # pyarrow.Array of any type
_joined: Any = pc.binary_join_element_wise  # the stubs allow no mix of texts and arrays
Notes = Mapping[str, str]  # facts that travel with an export: marking, sample data, Delta version

_NEEDS_QUOTES = r'[",\r\n]|^$'  # an empty text is quoted, a missing value is not
_EXACT_IN_JSON = 2**53


def to_csv(result: QueryResult) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a header line; NULL is an empty field, empty text is `""`.

    Times are ISO 8601 in UTC, bytes are base64, lists and structs are JSON.
    """
    header = io.StringIO(newline="")
    csv.writer(header).writerow(result.schema.names)
    yield header.getvalue().encode()
    for batch in result.batches():
        if batch.num_rows == 0:
            continue
        fields = [_csv_fields(batch.column(i)) for i in range(batch.num_columns)]
        lines = _joined(*fields, ",").to_pylist()
        yield ("\r\n".join(lines) + "\r\n").encode()


def to_json(result: QueryResult, notes: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """One object: `columns` with names and types, `rows` as arrays in that order, and the facts.

    Decimals and whole numbers that a double cannot hold are strings, so that no digit is lost.
    """
    facts = {
        "columns": [{"name": f.name, "type": str(f.type)} for f in result.schema],
        "ports": list(result.ports),
        "delta_versions": dict(result.delta_versions),
        "row_count": result.rows,
        "truncated": result.truncated,
        "milliseconds": result.milliseconds,
        **(notes or {}),
    }
    yield json.dumps(facts, ensure_ascii=False)[:-1].encode() + b', "rows": ['
    separator = b""
    for row in json_rows(result):
        yield separator + json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
        separator = b",\n"
    yield b"]}"


def json_rows(result: QueryResult) -> Iterator[list[Any]]:
    """The rows as JSON values, in the order of the columns, whose names may repeat."""
    for batch in result.batches():
        columns = [_values(batch.column(i)) for i in range(batch.num_columns)]
        for values in zip(*columns, strict=True):
            yield [_json_value(value) for value in values]


def to_arrow(result: QueryResult, notes: Notes | None = None) -> Iterator[bytes]:
    """An Arrow IPC stream, with `notes` in the schema's metadata."""
    drain = _Drain()
    with pyarrow.ipc.new_stream(drain, _noted(result.schema, notes)) as writer:
        for batch in result.batches():
            writer.write_batch(batch)
            yield drain.taken()
    yield drain.taken()


def to_parquet(result: QueryResult, notes: Notes | None = None) -> Iterator[bytes]:
    """A Parquet file, with `notes` in its metadata.

    Raises UnsupportedFormat, before the first byte, where it cannot hold a column.
    """
    drain = _Drain()
    schema = _noted(result.schema, notes)
    _refuse_what_parquet_lacks(schema)
    return _parquet(result, schema, drain)


_Writer = Callable[[QueryResult], Iterator[bytes]]

FORMATS: Mapping[str, tuple[str, _Writer]] = {  # name: media type, writer
    "csv": ("text/csv; charset=utf-8; header=present", to_csv),
    "json": ("application/json", to_json),
    "parquet": ("application/vnd.apache.parquet", to_parquet),
    "arrow": ("application/vnd.apache.arrow.stream", to_arrow),
}


def _parquet(result: QueryResult, schema: pa.Schema, drain: Any) -> Iterator[bytes]:
    with pq.ParquetWriter(drain, schema, compression="snappy") as writer:
        for batch in result.batches():
            writer.write_batch(batch)
            yield drain.taken()
    yield drain.taken()


def _refuse_what_parquet_lacks(schema: pa.Schema) -> None:
    for field in schema:
        try:
            empty = pa.table({"a": pa.array([], field.type)})
            pq.write_table(empty, io.BytesIO())
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise UnsupportedFormat("Parquet", field.name, str(field.type)) from error


def _noted(schema: pa.Schema, notes: Notes | None) -> pa.Schema:
    return schema.with_metadata({**(schema.metadata or {}), **(notes or {})})


def _csv_fields(column: _Column) -> _Column:
    texts = _texts(column)
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = _joined('"', doubled, '"', "")
    needed = pc.match_substring_regex(texts, _NEEDS_QUOTES)
    return pc.fill_null(pc.if_else(needed, quoted, texts), "")


def _texts(column: _Column) -> _Column:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string())
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string())
    return pa.array([_text(value) for value in _values(column)], pa.string())


def _values(column: _Column) -> list[Any]:
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):  # nanoseconds, or years that Python's dates do not have
        return [_moment(value, column.type) for value in column.view(_width(column.type))]


def _moment(value: Any, kind: Any) -> str | None:
    if not value.is_valid:
        return None
    unit = "D" if pa.types.is_date(kind) else kind.unit
    zone = "Z" if pa.types.is_timestamp(kind) and kind.tz is not None else ""
    moment: Any = np.datetime64
    return f"{moment(value.as_py(), unit)}{zone}"


def _width(kind: Any) -> Any:
    return pa.int32() if kind.bit_width == 32 else pa.int64()


def _text(value: Any) -> str | None:
    if value is None:
        return None
    plain = _json_value(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _json_value(value: Any) -> Any:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT_IN_JSON else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        is_small = value == value.to_integral_value() and abs(value) <= _EXACT_IN_JSON
        exponent = value.as_tuple().exponent
        return int(value) if is_small and exponent == 0 else f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return _json_nested(value)


def _json_nested(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {str(key): _json_value(part) for key, part in value.items()}
    if isinstance(value, pa.MonthDayNano):
        return f"{value.months} months {value.days} days {value.nanoseconds / 1e9:g} seconds"
    if isinstance(value, list | tuple):
        return [_json_value(part) for part in value]
    return str(value)


class _Drain(io.RawIOBase):
    """A file that is only written to, and gives away what was written."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, part: Any) -> int:
        """Keep `part` until it is taken."""
        self._parts.append(bytes(part))
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        """How much was written so far, taken or not."""
        return self._written

    def taken(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
