"""The audit log: an append-only chain in which every record carries its predecessor's hash."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from marketplace.access.model import (
    AuditEntry,
    AuditFilter,
    AuditRecord,
    ChainHead,
)
from marketplace.access.tables import audit, audit_head, audit_resources, plain

GENESIS = "0" * 64
_LARGEST_PAGE = 1000


def canonical(value: Any) -> str:
    """The one JSON text of `value`: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, so that texts sort as the moments do."""
    if moment.tzinfo is None:
        raise ValueError(f"A time without a zone cannot be logged: {moment!r}. Pass UTC.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def append(connection: Connection, entry: AuditEntry, now: datetime) -> AuditRecord:
    """The record of `entry`, chained to the last one.

    The caller's transaction is a `write` one, so that the sequence has no gaps. Raises TypeError
    or ValueError where `entry.details` is no JSON.
    """
    head = head_of(connection)
    if head is None:
        raise LookupError("The head of the audit chain is missing: run `marketplace audit verify`.")
    details = canonical(entry.details)
    unsigned = {
        "sequence": head.sequence + 1,
        "at": moment_text(now),
        "actor_id": plain(entry.actor_id),
        "action": plain(entry.action),
        "resource": plain(entry.resource),
        "outcome": plain(entry.outcome),
        "details": details,
        "previous_hash": head.hash,
    }
    signed = {**unsigned, "hash": _hash(unsigned)}
    connection.execute(insert(audit).values(signed))
    connection.execute(
        insert(audit_resources),
        [{"resource": r, "sequence": signed["sequence"]} for r in sorted(resources_of(entry))],
    )
    connection.execute(update(audit_head).values(sequence=signed["sequence"], hash=signed["hash"]))
    return AuditRecord(**{**signed, "at": now.astimezone(UTC), "details": json.loads(details)})


def head_of(connection: Connection) -> ChainHead | None:
    """The last link, as the database keeps it apart from the records."""
    row = connection.execute(select(audit_head.c.sequence, audit_head.c.hash)).first()
    return None if row is None else ChainHead(row.sequence, row.hash)


def find(connection: Connection, wanted: AuditFilter) -> tuple[AuditRecord, ...]:
    """The records that fit, newest first; oldest first where they are read onwards."""
    after = wanted.after_sequence
    order = audit.c.sequence.desc() if after is None else audit.c.sequence.asc()
    query: Select[Any] = select(audit).order_by(order)
    if after is not None:
        query = query.where(audit.c.sequence > after)
    for column, value in (
        (audit.c.actor_id, wanted.actor_id),
        (audit.c.action, wanted.action),
        (audit.c.outcome, wanted.outcome),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.resources is not None:
        about = select(audit_resources.c.sequence).where(
            audit_resources.c.resource.in_(sorted(wanted.resources))
        )
        query = query.where(audit.c.sequence.in_(about))
    if wanted.since is not None:
        query = query.where(audit.c.at >= moment_text(wanted.since))
    if wanted.before_sequence is not None:
        query = query.where(audit.c.sequence < wanted.before_sequence)
    rows = connection.execute(query.limit(max(1, min(wanted.limit, _LARGEST_PAGE))))
    return tuple(_record(row) for row in rows)


def resources_of(entry: AuditEntry) -> frozenset[str]:
    """Under which names the record is found: its resource, and each port in its details."""
    ports = entry.details.get("ports", ())
    listed = ports if isinstance(ports, list | tuple) else ()
    return frozenset(plain(name) for name in (entry.resource, *listed) if isinstance(name, str))


def hash_of(row: Row[Any]) -> str:
    """The hash that a stored record should carry: SHA-256 over the canonical JSON of all else.

    Empty, and so never right, where a field is no longer text.
    """
    fields = row._asdict()
    del fields["hash"]
    try:
        return _hash(fields)
    except TypeError:
        return ""


def hash_of_fields(fields: dict[str, Any]) -> str:
    """The hash of a record's other fields, details as canonical JSON; empty where it has none."""
    try:
        return _hash(fields)
    except (TypeError, ValueError):
        return ""


def _hash(fields: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(fields).encode("ascii")).hexdigest()


def _record(row: Row[Any]) -> AuditRecord:
    at = datetime.fromisoformat(row.at)
    return AuditRecord(**{**row._asdict(), "at": at, "details": json.loads(row.details)})
