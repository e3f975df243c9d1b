"""A statement's answer as CSV, Parquet, Arrow or JSON, with its marking in front."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from itertools import islice

from marketplace.query.formats import json_rows, to_arrow, to_csv, to_json, to_parquet
from marketplace.query.result import QueryResult
from marketplace.web.errors import NotAcceptable
from marketplace.web.pages.notices import PortNotice, one_line


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
    notices: tuple[PortNotice, ...] = ()
    served_until: datetime | None = None  # the first end of any port that was read


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
    if terms.served_until is not None:  # RFC 8594
        stood["Sunset"] = format_datetime(terms.served_until, usegmt=True)
    if terms.notices:
        stood["X-Data-Notices"] = one_line(terms.notices)
    if format_ is not Format.JSON:
        stood["Content-Disposition"] = f'attachment; filename="{file_name(result, terms, format_)}"'
    return stood


def file_name(result: QueryResult, terms: Terms, format_: Format) -> str:
    """`OFFICIAL_SAMPLE_commercial.payments_2026-11-22.csv`: marking first."""
    ports = "_".join(result.ports[:2]) or "query"
    kinds = sorted({notice.kind.upper() for notice in terms.notices})
    parts = [terms.marking, *(["SAMPLE"] if terms.is_sample else []), *kinds, ports]
    name = "_".join((*parts, f"{terms.written_at:%Y-%m-%d}"))
    return f"{''.join(sign for sign in name if sign.isalnum() or sign in '-_.')}.{format_.value}"


def written(result: QueryResult, terms: Terms, format_: Format) -> Iterator[bytes]:
    """The answer's bytes, batch by batch. Raises UnsupportedFormat before the first of them."""
    if format_ is Format.CSV:
        return to_csv(result)
    if format_ is Format.ARROW:
        return to_arrow(result, _notes(result, terms))
    if format_ is Format.PARQUET:
        return to_parquet(result, _notes(result, terms))
    return to_json(result, _said(terms))


def rows_of(result: QueryResult, most: int) -> tuple[tuple[object, ...], ...]:
    """The first `most` rows as values that JSON has."""
    return tuple(tuple(row) for row in islice(json_rows(result), most))


def _said(terms: Terms) -> dict[str, str]:
    return {
        "marking": terms.marking,
        "is_sample": str(terms.is_sample).lower(),
        "licences": ", ".join(terms.licences),
        "notices": one_line(terms.notices),
    }


def _notes(result: QueryResult, terms: Terms) -> dict[str, str]:
    """What a file's own metadata says of the data in it."""
    versions = json.dumps(dict(result.delta_versions))
    return {**_said(terms), "delta_versions": versions}
