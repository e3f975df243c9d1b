"""A statement's answer as CSV, Parquet, Arrow or JSON, with its marking in front."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from marketplace.query.errors import UnsupportedFormat
from marketplace.query.result import QueryResult
from marketplace.web.errors import NotAcceptable
from marketplace.web.twin import plain


class Format(StrEnum):
    """What an answer can be written as."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


MEDIA = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
    Format.ARROW: "application/vnd.apache.arrow.stream",
}
NAMES = {Format.CSV: "CSV", Format.PARQUET: "Parquet", Format.ARROW: "Arrow", Format.JSON: "JSON"}
_ANY = {"*/*", "application/*", ""}


@dataclass(frozen=True, slots=True)
class Terms:
    """What every copy of the data says of itself."""

    marking: str
    licences: tuple[str, ...]
    is_sample: bool
    written_at: datetime


def format_of(accept: str) -> Format:
    """The first offered format that an Accept header names; JSON where it takes anything.

    Raises NotAcceptable.
    """
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in _ANY:
            return Format.JSON
        for offered, media in MEDIA.items():
            if kind == media:
                return offered
    raise NotAcceptable(tuple(MEDIA.values()))


def marking_of(markings: Sequence[str]) -> str:
    """The marking of what combines these: the most sensitive one."""
    return max(markings, key=lambda marking: ("SENSITIVE" in marking, marking), default="OFFICIAL")


def headers(result: QueryResult, terms: Terms, format_: Format) -> dict[str, str]:
    """What stands beside the answer: marking, versions, rows, the name of the file."""
    versions = ", ".join(f"{port}@{version}" for port, version in result.delta_versions.items())
    stood = {
        "X-Data-Marking": terms.marking,
        "X-Row-Count": str(result.rows),
        "X-Truncated": str(result.truncated).lower(),
        "X-Data-Versions": versions,
        "X-Query-Milliseconds": str(result.milliseconds),
    }
    if terms.is_sample:
        stood["X-Data-Sample"] = "true"
    if format_ is not Format.JSON:
        stood["Content-Disposition"] = f'attachment; filename="{file_name(result, terms, format_)}"'
    return stood


def file_name(result: QueryResult, terms: Terms, format_: Format) -> str:
    """`OFFICIAL_SAMPLE_commercial.payments_2026-11-22.csv`: marking first."""
    ports = "_".join(result.ports[:2]) or "query"
    parts = [terms.marking, *(["SAMPLE"] if terms.is_sample else []), ports]
    name = "_".join((*parts, f"{terms.written_at:%Y-%m-%d}"))
    return f"{''.join(sign for sign in name if sign.isalnum() or sign in '-_.')}.{format_.value}"


def written(result: QueryResult, terms: Terms, format_: Format) -> Iterator[bytes]:
    """The answer's bytes. Raises UnsupportedFormat before the first of them.

    JSON and CSV are streamed; Parquet needs its footer and is built whole.
    """
    if format_ is Format.CSV:
        refused = [field for field in result.schema if pa.types.is_nested(field.type)]
        if refused:
            raise UnsupportedFormat("CSV", refused[0].name, str(refused[0].type))
        return _csv(result)
    if format_ is Format.ARROW:
        return _arrow(result, terms)
    if format_ is Format.PARQUET:
        return iter([_parquet(result, terms)])
    return _json(result, terms)


def facts(result: QueryResult, terms: Terms) -> dict[str, object]:
    """What is said of an answer, without its rows."""
    return {
        "marking": terms.marking,
        "is_sample": terms.is_sample,
        "licences": list(terms.licences),
        "ports": list(result.ports),
        "delta_versions": dict(result.delta_versions),
        "row_count": result.rows,
        "truncated": result.truncated,
        "milliseconds": result.milliseconds,
        "columns": [{"name": field.name, "type": str(field.type)} for field in result.schema],
    }


def rows_of(result: QueryResult, most: int) -> tuple[tuple[object, ...], ...]:
    """The first `most` rows as values."""
    rows: list[tuple[object, ...]] = []
    for batch in result.batches():
        columns = [column.to_pylist() for column in batch.slice(0, most - len(rows)).columns]
        rows += list(zip(*columns, strict=True))
        if len(rows) >= most:
            break
    return tuple(rows)


def _csv(result: QueryResult) -> Iterator[bytes]:
    """RFC 4180 in UTF-8; a header also where there are no rows."""
    yield _csv_bytes(pa.Table.from_batches([], result.schema), header=True)
    for batch in result.batches():
        yield _csv_bytes(pa.Table.from_batches([batch]), header=False)


def _csv_bytes(table: pa.Table, header: bool) -> bytes:
    sink = io.BytesIO()
    pyarrow.csv.write_csv(
        table, sink, pyarrow.csv.WriteOptions(include_header=header, quoting_style="needed")
    )
    return sink.getvalue()


def _marked(schema: pa.Schema, terms: Terms, result: QueryResult) -> pa.Schema:
    kept: Mapping[bytes, bytes] = schema.metadata or {}
    said = json.dumps(
        {
            "marking": terms.marking,
            "is_sample": terms.is_sample,
            "licences": list(terms.licences),
            "delta_versions": dict(result.delta_versions),
        }
    )
    return schema.with_metadata({**kept, b"marketplace": said.encode()})


def _arrow(result: QueryResult, terms: Terms) -> Iterator[bytes]:
    sink = io.BytesIO()
    schema = _marked(result.schema, terms, result)
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for batch in result.batches():
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
            yield _taken(sink)
    yield _taken(sink)


def _taken(sink: io.BytesIO) -> bytes:
    chunk = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return chunk


def _parquet(result: QueryResult, terms: Terms) -> bytes:
    sink = io.BytesIO()
    schema = _marked(result.schema, terms, result)
    with pyarrow.parquet.ParquetWriter(sink, schema) as writer:
        for batch in result.batches():
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
    return sink.getvalue()


def _json(result: QueryResult, terms: Terms) -> Iterator[bytes]:
    head = json.dumps(facts(result, terms), ensure_ascii=False, separators=(",", ":"))
    yield head[:-1].encode() + b',"rows":['
    first = True
    for batch in result.batches():
        columns = [column.to_pylist() for column in batch.columns]
        rows = [plain(list(row)) for row in zip(*columns, strict=True)]
        if rows:
            text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))[1:-1]
            yield (b"" if first else b",") + text.encode()
            first = False
    yield b"]}"
