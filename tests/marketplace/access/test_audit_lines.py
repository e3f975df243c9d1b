"""An exported audit log can be checked by itself, line by line."""

import json

import pytest

from marketplace.access.audit_lines import audit_lines, verify_lines
from marketplace.access.model import AuditEntry, AuditFilter


@pytest.fixture
def lines(store, granted, now) -> list[str]:
    """The log of a grant and one odd statement."""
    details = {"sql": "select 'é\u2028'", "ratio": 0.1, "ports": [granted.port]}
    last = store.record(AuditEntry("ada", "query.run", granted.port, details=details), now)
    return list(audit_lines(store.audit, AuditFilter(), last.sequence))


@pytest.mark.requirement("GOV-04")
def test_an_export_is_the_whole_chain(store, lines):
    found = verify_lines(lines)

    assert found.intact
    assert found.head == store.verify_audit().head
    assert found.records == len(lines) == 3
    assert all(
        line.endswith("\n") and line.isascii() and len(line.splitlines()) == 1 for line in lines
    )


@pytest.mark.parametrize("field", ["at", "actor_id", "outcome", "details", "hash", "previous_hash"])
def test_an_altered_line_is_named(lines, field):
    fields = json.loads(lines[1])
    fields[field] = {"other": 1} if field == "details" else "0" * 64
    lines[1] = json.dumps(fields)

    found = verify_lines(lines)

    assert (found.intact, found.first_bad) == (False, 2)


def test_a_removed_or_moved_line_is_named(lines):
    assert verify_lines([lines[0], lines[2]]).fault == "Record 2 is missing, or out of order."
    assert verify_lines([lines[1], lines[0]]).first_bad == 1


@pytest.mark.parametrize(
    "line", ["", "no json", "[]", "{}", '{"hash": 1}', "null", '{"a": NaN}', "[" * 100_000]
)
def test_what_is_no_record_is_named(lines, line):
    assert verify_lines([lines[0], line]).first_bad == 2


def test_an_export_ends_where_it_began_to_be_read(store, lines, now):
    store.record(AuditEntry("ada", "query.run", "query"), now)

    assert list(audit_lines(store.audit, AuditFilter(), 3)) == lines


def test_an_export_has_more_than_one_page(store, now):
    for _ in range(1003):
        store.record(AuditEntry("ada", "query.run", "query"), now)

    found = verify_lines(audit_lines(store.audit, AuditFilter(), 1003))

    assert (found.intact, found.records) == (True, 1003)
    assert len(list(audit_lines(store.audit, AuditFilter(actor_id="ben"), 1003))) == 0
