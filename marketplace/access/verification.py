"""Whether the audit log is what was written, and which record is the first that is not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from marketplace.access.audit import GENESIS, hash_of, head_of, resources_of
from marketplace.access.model import AuditEntry, AuditVerification, ChainHead
from marketplace.access.tables import audit, audit_resources

_BATCH = 1000


def verify(connection: Connection, witness: ChainHead | None = None) -> AuditVerification:
    """The chain, walked from its head back to its first record, in one consistent read.

    The head vouches for the last record, and each sound record for the one before it; behind a
    bad one the next vouches for itself. So a record is blamed for its own change, not for its
    neighbour's. `witness` is a head that was kept outside the database: it must be in the chain.
    """
    head = head_of(connection)
    walk = _Walk(head)
    for row, resources in _records(connection):
        walk.step(row)
        walk.compare_resources(row, resources)
        if witness is not None and row.sequence == witness.sequence and row.hash != witness.hash:
            walk.blame(row.sequence, "is not the one that the anchor outside the database names")
    walk.finish()
    if witness is not None and witness.sequence > walk.last:
        walk.blame(walk.last + 1, "is missing: the anchor outside the database is further on")
    shown = head if head is not None else ChainHead(0, GENESIS)
    return AuditVerification(walk.records, shown, walk.first_bad, walk.fault)


def _records(connection: Connection) -> Iterator[tuple[Row[Any], frozenset[str]]]:
    """Each record, last first, with the resources that it is listed under."""
    newest_first = select(audit).order_by(audit.c.sequence.desc())
    for rows in connection.execute(newest_first).partitions(_BATCH):
        between = audit_resources.c.sequence.between(rows[-1].sequence, rows[0].sequence)
        listed: dict[int, set[str]] = {}
        for link in connection.execute(select(audit_resources).where(between)):
            listed.setdefault(link.sequence, set()).add(link.resource)
        for row in rows:
            yield row, frozenset(listed.get(row.sequence, ()))


@dataclass
class _Walk:
    """Where a verification stands on its way back through the chain."""

    head: ChainHead | None
    records: int = 0
    last: int = 0  # highest sequence that exists
    first_bad: int | None = None
    fault: str | None = None

    def __post_init__(self) -> None:
        self._successor = None if self.head is None else self.head.sequence + 1
        self._expected = None if self.head is None else self.head.hash

    def blame(self, sequence: int, fault: str) -> None:
        """Keep the first bad record in the order of the log, with the first fault found in it."""
        if self.first_bad is None or sequence < self.first_bad:
            self.first_bad, self.fault = sequence, f"Record {sequence} {fault}."

    def step(self, row: Row[Any]) -> None:
        """Judge one record by itself and by what its successor says of it."""
        self.records += 1
        self.last = max(self.last, row.sequence)
        if self._successor is not None and row.sequence >= self._successor:
            self.blame(row.sequence, "lies behind the head of the chain")
            return
        if self._successor is not None and row.sequence < self._successor - 1:
            self.blame(row.sequence + 1, "is missing")
            self._expected = None
        computed = hash_of(row)
        vouched = self._expected if self._expected is not None else row.hash
        if computed != row.hash:
            self.blame(row.sequence, "was altered: it does not match its own hash")
        elif computed != vouched:
            self.blame(row.sequence, "was replaced: the chain names another hash")
        self._expected = row.previous_hash if computed == vouched else None
        self._successor = row.sequence

    def compare_resources(self, row: Row[Any], listed: frozenset[str]) -> None:
        """A record must be found under everything that it is about."""
        if listed != _resources(row):
            self.blame(row.sequence, "is not listed under the resources that it is about")

    def finish(self) -> None:
        """Judge the beginning of the chain, and its head."""
        if self._successor is not None and self._successor > 1:
            self.blame(1, "is missing")
        elif self._expected not in (None, GENESIS):
            self.blame(1, "was replaced: it names a record before it")
        if self.head is None:
            self.blame(max(self.last, 1), "cannot be vouched for: the head of the chain is missing")


def _resources(row: Row[Any]) -> frozenset[str]:
    """What a stored record is about; nothing where its details are no longer readable."""
    try:
        details = json.loads(row.details)
    except ValueError:
        return frozenset()
    if not isinstance(details, Mapping):
        return frozenset()
    return resources_of(AuditEntry(row.actor_id, row.action, row.resource, row.outcome, details))
