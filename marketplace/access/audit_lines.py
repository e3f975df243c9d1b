"""The audit log as JSON lines, oldest first, and whether such a file is a whole chain.

Each line has every field that its hash covers, so whoever holds the file can check it alone.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from marketplace.access.audit import GENESIS, canonical, hash_of_fields, moment_text
from marketplace.access.model import AuditFilter, AuditRecord, AuditVerification, ChainHead

_PAGE = 1000
_FIELDS = frozenset(
    ("sequence", "at", "actor_id", "action", "resource", "outcome", "details", "previous_hash")
)
Reading = Callable[[AuditFilter], tuple[AuditRecord, ...]]


def audit_lines(read: Reading, wanted: AuditFilter, last: int) -> Iterator[str]:
    """The records that fit, up to the one with sequence `last`, page by page."""
    after = wanted.after_sequence or 0
    while after < last:
        records = read(replace(wanted, after_sequence=after, limit=_PAGE))
        for record in records:
            if record.sequence <= last:
                yield line_of(record)
        after = records[-1].sequence if len(records) == _PAGE else last


def line_of(record: AuditRecord) -> str:
    """One record as a line, with its line feed."""
    fields = {
        "sequence": record.sequence,
        "at": moment_text(record.at),
        "actor_id": record.actor_id,
        "action": record.action,
        "resource": record.resource,
        "outcome": record.outcome,
        "details": record.details,
        "previous_hash": record.previous_hash,
        "hash": record.hash,
    }
    return canonical(fields) + "\n"


def verify_lines(lines: Iterable[str]) -> AuditVerification:
    """Whether the lines are a chain without a gap, from its beginning; the first fault otherwise.

    That the end was not cut off is shown by comparing the head with one that was kept elsewhere.
    """
    head = ChainHead(0, GENESIS)
    for number, line in enumerate(lines, 1):
        found, fault = _judged(line, head)
        if found is None:
            return AuditVerification(number, head, number, f"Record {number} {fault}.")
        head = found
    return AuditVerification(head.sequence, head)


def _judged(line: str, before: ChainHead) -> tuple[ChainHead | None, str]:
    """The head after the line; None, and what is wrong, where it does not follow `before`."""
    try:
        fields = json.loads(line)
        signed = fields.pop("hash")
        is_whole = set(fields) == _FIELDS
        fields["details"] = canonical(fields["details"])
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None, "cannot be read"
    if not is_whole:
        return None, "has other fields than a record has"
    if fields["sequence"] != before.sequence + 1:
        return None, "is missing, or out of order"
    if fields["previous_hash"] != before.hash:
        return None, "was replaced: it names another record before it"
    if hash_of_fields(fields) != signed:
        return None, "was altered: it does not match its own hash"
    return ChainHead(fields["sequence"], signed), ""
