"""Check results as files: CSV that a spreadsheet opens safely, and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from data_products.evidence import KeptVerdict
from data_products.evidence_rows import SCHEMA, rows_of

MEDIA: Mapping[str, str] = {"csv": "text/csv", "json": "application/json"}
_COLUMNS = (*SCHEMA.names, "is_intact")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would execute


def written(verdicts: Iterable[KeptVerdict], kind: str) -> Iterator[bytes]:
    """The rows of the verdicts in the table's columns, verdict by verdict."""
    return _csv(verdicts) if kind == "csv" else _json(verdicts)


def _rows(kept: KeptVerdict) -> Iterator[dict[str, Any]]:
    for row in rows_of(kept.verdict):
        named = {**row, "verdict_hash": kept.content_hash, "is_intact": kept.is_intact}
        yield {name: _plain(named.get(name)) for name in _COLUMNS}


def _csv(verdicts: Iterable[KeptVerdict]) -> Iterator[bytes]:
    yield ",".join(_COLUMNS).encode() + b"\r\n"
    for kept in verdicts:
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        for row in _rows(kept):
            lines.writerow([_field(value) for value in row.values()])
        yield text.getvalue().encode()


def _json(verdicts: Iterable[KeptVerdict]) -> Iterator[bytes]:
    yield b'{"check_results": ['
    separator = ""
    for kept in verdicts:
        rows = [_opened(row) for row in _rows(kept)]
        yield (separator + ",\n".join(json.dumps(row) for row in rows)).encode()
        separator = ",\n"
    yield b"]}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _field(value: Any) -> Any:
    """A text that looks like a formula is shown with an apostrophe, never executed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _opened(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its sample and its further facts as JSON instead of as text."""
    opened = {name: json.loads(row[name]) for name in ("sample", "more") if row[name]}
    return {**row, **opened}
