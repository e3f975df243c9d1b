"""A statement's answer as CSV, Parquet, Arrow or JSON, with its marking in front."""

import json
from collections.abc import Iterator
from email.utils import format_datetime
from enum import StrEnum
from itertools import islice

from marketplace.query.formats import json_rows, to_arrow, to_csv, to_json, to_parquet
from marketplace.query.result import QueryResult
from marketplace.web.errors import NotAcceptable
from marketplace.web.pages.notices import one_line
from marketplace.web.pages.terms import Terms
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
_LONGEST_HEADER = 6000  # proxies refuse 8 KB of headers in all


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


def headers(result: QueryResult, terms: Terms, format_: Format) -> dict[str, str]:
    """What stands beside the answer: marking, versions, rows, the name of the file."""
    versions = ", ".join(f"{port}@{version}" for port, version in result.delta_versions.items())
    stood = {
        "X-Data-Marking": terms.marking,
        "X-Row-Count": str(result.rows),
        "X-Truncated": str(result.truncated).lower(),
        "X-Data-Versions": versions,
        "X-Data-Terms": _terms_line(terms),
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
    return to_json(result, {**_said(terms), "terms": plain(terms.ports)})


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
    return {
        **_said(terms),
        "delta_versions": json.dumps(dict(result.delta_versions)),
        "terms": json.dumps(plain(terms.ports)),
        "truncated": str(result.truncated).lower(),
    }


def _terms_line(terms: Terms) -> str:
    """The terms as JSON in ASCII; beyond what headers hold, where each port's terms stand."""
    line = json.dumps(plain(terms.ports), separators=(",", ":"))
    if len(line) <= _LONGEST_HEADER:
        return line
    kept = ("port", "delta_version", "marking", "licence", "in_part", "small_numbers")
    short = [{name: plain(getattr(each, name)) for name in kept} for each in terms.ports]
    return json.dumps([{**each, "cut": True} for each in short], separators=(",", ":"))
