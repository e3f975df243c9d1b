"""A verdict as rows of the results table, and back: one row for it, one for each check result."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from contracts.model import Severity
from contracts.verdict import CheckResult, Outcome, Verdict, from_document, to_document

VERDICT = "verdict"  # the kind of the row about the verdict itself, at position 0
PARTITION = "port"

_TEXT: Any = pa.string()
_COUNT: Any = pa.int64()
SCHEMA = pa.schema(
    [
        pa.field("port", _TEXT),
        pa.field("contract_major", pa.int32()),
        pa.field("contract_version", _TEXT),
        pa.field("contract_hash", _TEXT),
        pa.field("candidate_hash", _TEXT),
        pa.field("base_version", _COUNT),  # Delta version that the candidate was judged against
        pa.field("delta_version", _COUNT),  # published version that was checked again
        pa.field("run_id", _TEXT),
        pa.field("checked_at", pa.timestamp("us", "UTC")),
        pa.field("table_rows", _COUNT),
        pa.field("verdict_hash", _TEXT),
        pa.field("position", pa.int32()),
        pa.field("check_id", _TEXT),
        pa.field("kind", _TEXT),
        pa.field("title", _TEXT),
        pa.field("property_name", _TEXT),
        pa.field("dimension", _TEXT),
        pa.field("strategy_dimension", _TEXT),
        pa.field("framework_dimension", _TEXT),
        pa.field("is_critical", pa.bool_()),
        pa.field("severity", _TEXT),
        pa.field("informative", pa.bool_()),
        pa.field("outcome", _TEXT),
        pa.field("checked_rows", _COUNT),
        pa.field("failing_rows", _COUNT),
        pa.field("observed", _TEXT),
        pa.field("expected", _TEXT),  # the threshold, in words
        pa.field("detail", _TEXT),
        pa.field("query", _TEXT),
        pa.field("seconds", pa.float64()),
        pa.field("sample", _TEXT),  # failing rows as JSON, personal columns masked
        pa.field("more", _TEXT),  # JSON of whatever has no column of its own
    ]
)

_VERDICT_COLUMNS = {
    "port": "port",
    "contract_version": "contract_version",
    "contract_hash": "contract_hash",
    "candidate_hash": "candidate_hash",
    "base_version": "base_version",
    "delta_version": "delta_version",
    "run_id": "run_id",
    "checked_at": "checked_at",
    "rows": "table_rows",
}
_RESULT_COLUMNS = tuple(
    name
    for name in SCHEMA.names[SCHEMA.names.index("check_id") :]
    if name not in {"sample", "more"}
)

TAMPERED = "What is kept of this check is not what was written: its hash does not match."


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """A verdict with the hash that it was kept under, and whether it still is what was kept.

    Of one that is not, every result is an error: nothing of it counts as passed.
    """

    verdict: Verdict
    content_hash: str
    is_intact: bool


def major_of(verdict: Verdict) -> int:
    """The major contract version that a verdict is about."""
    return int(verdict.contract_version.split(".", 1)[0])


def verdict_hash(verdict: Verdict) -> str:
    """What names a verdict: SHA-256 over its rows."""
    return rows_hash(_plain_rows(verdict))


def rows_of(verdict: Verdict) -> list[dict[str, Any]]:
    """The rows that keep a verdict, by column; the one about the verdict itself first."""
    rows = _plain_rows(verdict)
    named = rows_hash(rows)
    return [{**row, "verdict_hash": named} for row in rows]


def rows_hash(rows: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 over the rows of one verdict, in their order, without `verdict_hash` and NULLs."""
    digest = hashlib.sha256()
    for row in rows:
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
            if value is not None and name != "verdict_hash"
        }
        digest.update(json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def kept_verdict(rows: Sequence[Mapping[str, Any]]) -> KeptVerdict:
    """The verdict that rows of one hash keep, the row at position 0 among them."""
    ordered = sorted(rows, key=lambda row: row["position"] or 0)
    named = str(ordered[0]["verdict_hash"])
    if rows_hash(ordered) == named:
        return KeptVerdict(from_document(_document(ordered)), named, is_intact=True)
    try:
        verdict = from_document(_document(ordered))
    except (KeyError, TypeError, ValueError):
        verdict = from_document(_document(ordered[:1]))
    return KeptVerdict(distrusted(verdict), named, is_intact=False)


def distrusted(verdict: Verdict) -> Verdict:
    """The verdict with every result an error that blocks: nobody may rely on any of it."""
    results = verdict.results or (_NOTHING,)
    spoilt = tuple(
        replace(
            result,
            outcome=Outcome.ERROR,
            severity=Severity.ERROR,
            informative=False,
            detail=TAMPERED,
            sample=(),
        )
        for result in results
    )
    return replace(verdict, results=spoilt)


def _plain_rows(verdict: Verdict) -> list[dict[str, Any]]:
    document = to_document(replace(verdict, results=()))
    document["checked_at"] = verdict.checked_at.astimezone(UTC)
    shared = {column: document[name] for name, column in _VERDICT_COLUMNS.items()}
    shared["contract_major"] = major_of(verdict)
    told = {
        name: value
        for name, value in document.items()
        if name not in _VERDICT_COLUMNS and name != "results"
    }
    head = {
        "position": 0,
        "kind": VERDICT,
        "title": verdict.summary,
        "outcome": (Outcome.PASSED if verdict.passed else Outcome.FAILED).value,
        "more": _json(_changed(told, Verdict)),
    }
    results = [
        {"position": position, **_result_row(verdict, result)}
        for position, result in enumerate(verdict.results, start=1)
    ]
    return [{**_EMPTY, **shared, **row} for row in (head, *results)]


def _result_row(verdict: Verdict, result: CheckResult) -> dict[str, Any]:
    told = {name: getattr(result, name) for name in _RESULT_COLUMNS}
    row: dict[str, Any] = {
        name: value
        for name, value in told.items()
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    }
    row["severity"], row["outcome"] = result.severity.value, result.outcome.value
    row["seconds"] = float(result.seconds)
    row["sample"] = _json([dict(each) for each in result.sample])
    if any(getattr(result, name) != default for name, default in _MORE_DEFAULTS.items()):
        (document,) = to_document(replace(verdict, results=(result,)))["results"]
        more = {name: document[name] for name in _MORE_DEFAULTS}
        row["more"] = _json(_changed(more, CheckResult))
    return row


def _document(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    head = rows[0]
    document = {name: head[column] for name, column in _VERDICT_COLUMNS.items()}
    document["checked_at"] = (head["checked_at"] or _UNKNOWN).isoformat()
    results = [
        {
            **{
                name: row[name]
                for name in _RESULT_COLUMNS
                if row[name] is not None or name not in _DEFAULTS
            },
            "sample": json.loads(row["sample"] or "[]"),
            **json.loads(row["more"] or "{}"),
        }
        for row in rows[1:]
    ]
    return {**document, **json.loads(head["more"] or "{}"), "results": results}


def _changed(told: Mapping[str, Any], kind: type[Any]) -> dict[str, Any]:
    """What differs from its default: a field added later leaves the hash of what is kept alone."""
    defaults = _defaults(kind)
    return {
        name: value
        for name, value in told.items()
        if name not in defaults or _json(value) != _json(defaults[name])
    }


def _defaults(kind: type[Any]) -> dict[str, Any]:
    """What each field is worth that is not told."""
    defaults: dict[str, Any] = {}
    for each in fields(kind):
        if each.default is not MISSING:
            defaults[each.name] = each.default
        elif each.default_factory is not MISSING:
            defaults[each.name] = each.default_factory()
    return defaults


def _json(value: Any) -> str | None:
    """JSON text; nothing for what is empty."""
    return json.dumps(value, sort_keys=True) if value not in ({}, [], ()) else None


_DEFAULTS = _defaults(CheckResult)
_MORE_DEFAULTS = {
    name: default
    for name, default in _DEFAULTS.items()
    if name not in _RESULT_COLUMNS and name != "sample"
}
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY: Mapping[str, Any] = {name: None for name in SCHEMA.names if name != "verdict_hash"}
_NOTHING = CheckResult(
    check_id="verdict",
    title="The verdict is what was written",
    kind=VERDICT,
    property_name=None,
    dimension="conformity",
    severity=Severity.ERROR,
    informative=False,
    outcome=Outcome.ERROR,
    checked_rows=None,
    failing_rows=None,
    observed=None,
    expected=None,
    detail=TAMPERED,
    query=None,
    seconds=0.0,
)
