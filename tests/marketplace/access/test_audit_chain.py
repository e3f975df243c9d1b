"""The audit log can be relied on: what is altered, removed or reordered is found and named."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.access import audit as chain
from marketplace.access.database import Database
from marketplace.access.model import AuditEntry, AuditFilter, ChainHead
from marketplace.access.request_model import Asked
from marketplace.access.store import AccessStore
from marketplace.access.tables import APPEND_ONLY, audit, audit_head, audit_resources
from marketplace.access.verification import verify

LENGTH = 7
FIELDS = ("at", "actor_id", "action", "resource", "outcome", "details", "previous_hash", "hash")


@dataclass(frozen=True)
class Tampering:
    """A change by someone with every right on the database, and the record it is found at."""

    name: str
    change: Callable[[Connection], None]
    first_bad: int


class Undone(Exception):
    """Rolls a tampering back."""


def _disarm(connection: Connection) -> None:
    """What an attacker with the owner's rights does first: switch the database's refusals off."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER {table}_refuses_{change}"))


def _row(connection: Connection, sequence: int) -> dict[str, Any]:
    found = connection.execute(select(audit).where(audit.c.sequence == sequence)).one()
    return found._asdict()


def _alter(sequence: int, field: str, value: str, rehash: bool) -> Tampering:
    def change(connection: Connection) -> None:
        before = _row(connection, sequence)
        assume(before[field] != value)
        fields = {**before, field: value}
        if rehash:
            del fields["hash"]
            fields["hash"] = chain._hash(fields)
        connection.execute(update(audit).where(audit.c.sequence == sequence).values(fields))

    return Tampering(f"alter {field} of {sequence}", change, sequence)


def _remove(first: int, last: int) -> Tampering:
    def change(connection: Connection) -> None:
        doomed = audit.c.sequence.between(first, last)
        connection.execute(
            delete(audit_resources).where(audit_resources.c.sequence.between(first, last))
        )
        connection.execute(delete(audit).where(doomed))

    return Tampering(f"remove {first} to {last}", change, first)


def _swap(one: int, other: int) -> Tampering:
    def change(connection: Connection) -> None:
        first, second = _row(connection, one), _row(connection, other)
        for sequence, fields in ((one, second), (other, first)):
            connection.execute(
                update(audit)
                .where(audit.c.sequence == sequence)
                .values({**fields, "sequence": sequence})
            )

    return Tampering(f"swap {one} and {other}", change, min(one, other))


def _forge(beyond: int) -> Tampering:
    def change(connection: Connection) -> None:
        forged = {**_row(connection, 1), "sequence": LENGTH + beyond}
        connection.execute(insert(audit).values(forged))

    return Tampering("add a record behind the head", change, LENGTH + beyond)


def _renumber(sequence: int, beyond: int) -> Tampering:
    def change(connection: Connection) -> None:
        connection.execute(
            update(audit).where(audit.c.sequence == sequence).values(sequence=LENGTH + beyond)
        )

    return Tampering(f"renumber {sequence}", change, sequence)


def _move_head(sequence: int, is_hash_kept: bool) -> Tampering:
    def change(connection: Connection) -> None:
        values: dict[str, Any] = {"sequence": sequence}
        if not is_hash_kept:
            values["hash"] = _row(connection, min(sequence, LENGTH))["hash"]
        connection.execute(update(audit_head).values(values))

    kept_is_wrong = is_hash_kept and sequence < LENGTH
    first_bad = sequence if kept_is_wrong else min(sequence, LENGTH) + 1
    return Tampering(f"move the head to {sequence}", change, first_bad)


def _unlist(sequence: int) -> Tampering:
    def change(connection: Connection) -> None:
        connection.execute(delete(audit_resources).where(audit_resources.c.sequence == sequence))

    return Tampering(f"hide {sequence} from its port's log", change, sequence)


SEQUENCES = st.integers(1, LENGTH)
VALUES = st.one_of(
    st.text(max_size=30).filter(lambda value: "\x00" not in value),
    st.sampled_from(["{}", "sam", "denied", "0" * 64, "2026-04-06T09:30:00.000000+00:00"]),
)
TAMPERINGS = st.one_of(
    st.builds(_alter, SEQUENCES, st.sampled_from(FIELDS), VALUES, st.just(False)),
    st.builds(_alter, SEQUENCES, st.sampled_from(FIELDS[:-1]), VALUES, st.just(True)),
    st.tuples(SEQUENCES, SEQUENCES).map(lambda pair: _remove(min(pair), max(pair))),
    st.tuples(SEQUENCES, SEQUENCES).filter(lambda p: p[0] != p[1]).map(lambda p: _swap(*p)),
    st.builds(_forge, st.integers(1, 3)),
    st.builds(_renumber, SEQUENCES, st.integers(1, 3)),
    st.builds(_move_head, st.integers(1, LENGTH - 1), st.booleans()),
    st.builds(_move_head, st.integers(LENGTH + 1, LENGTH + 3), st.booleans()),
    st.builds(_unlist, SEQUENCES),
)


@pytest.fixture
def seven_records(store, now) -> None:
    for number in range(LENGTH):
        entry = AuditEntry(
            ("ada", "emil")[number % 2],
            "query.run",
            "commercial.payments",
            details={"ports": ["commercial.payments", "people.workforce_monthly"], "rows": number},
        )
        store.record(entry, now + timedelta(seconds=number))


@pytest.mark.requirement("GOV-04")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tampering=TAMPERINGS)
def test_any_single_tampering_is_detected_and_located(
    state_url, store, seven_records, database, tampering
):
    with pytest.raises(Undone), database.write() as connection:
        assert verify(connection).intact
        _disarm(connection)
        tampering.change(connection)
        found = verify(connection)
        assert (found.intact, found.first_bad) == (False, tampering.first_bad), tampering.name
        assert found.fault is not None and str(tampering.first_bad) in found.fault
        raise Undone


@pytest.fixture
def database(state_url, store):
    opened = Database.open(state_url)
    yield opened
    opened.close()


@pytest.mark.requirement("GOV-04")
def test_a_chain_rewritten_with_its_head_is_found_by_a_head_kept_elsewhere(
    store, seven_records, database
):
    witness = store.verify_audit().head

    with pytest.raises(Undone), database.write() as connection:
        _disarm(connection)
        _remove(5, LENGTH).change(connection)
        _move_head(4, is_hash_kept=False).change(connection)
        assert verify(connection).intact
        found = verify(connection, witness)
        assert (found.first_bad, found.fault) == (
            5,
            "Record 5 is missing: the anchor outside the database is further on.",
        )
        raise Undone


@pytest.mark.requirement("GOV-04")
def test_a_removed_head_is_noticed(store, seven_records, database):
    with pytest.raises(Undone), database.write() as connection:
        connection.execute(delete(audit_head))
        assert verify(connection).first_bad == LENGTH
        raise Undone


@pytest.mark.requirement("GOV-04")
def test_the_anchor_file_shows_a_cut_off_end(tmp_path, now):
    store = AccessStore.open(f"sqlite:///{tmp_path / 'state.db'}")
    for number in range(3):
        store.record(AuditEntry("ada", "query.run", f"unit.port{number}"), now)
    store.close()
    database = Database.open(f"sqlite:///{tmp_path / 'state.db'}")
    with database.write() as connection:
        _disarm(connection)
        _remove(2, 3).change(connection)
        connection.execute(update(audit_head).values(sequence=1, hash=_row(connection, 1)["hash"]))
    database.close()

    store = AccessStore.open(f"sqlite:///{tmp_path / 'state.db'}")

    assert (store.verify_audit().records, store.verify_audit().first_bad) == (1, 2)
    store.close()


@pytest.mark.requirement("GOV-04")
def test_a_missing_or_unreadable_anchor_file_is_a_fault(tmp_path, now):
    store = AccessStore.open(f"sqlite:///{tmp_path / 'state.db'}")
    assert store.verify_audit().intact
    store.record(AuditEntry("ada", "query.run", "unit.port"), now)
    anchor = tmp_path / "state.db.audit-head"

    for damage in (lambda: anchor.write_text("{"), anchor.unlink):
        damage()
        found = store.verify_audit()
        assert found.fault == (
            "Record 1 cannot be vouched for: its anchor file `state.db.audit-head` is missing or "
            "unreadable."
        )
    store.record(AuditEntry("ada", "query.run", "unit.port"), now)
    assert store.verify_audit().intact
    store.close()


@pytest.mark.parametrize("change", [update(audit).values(actor_id="sam"), delete(audit)])
def test_the_database_refuses_to_change_the_log(store, seven_records, database, change):
    with pytest.raises(DBAPIError, match="audit is append-only"), database.write() as connection:
        connection.execute(change)

    assert store.verify_audit().intact


@pytest.mark.requirement("GOV-04")
def test_several_processes_append_without_gaps(state_url, now):
    program = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from marketplace.access.model import AuditEntry\n"
        "from marketplace.access.store import AccessStore\n"
        "store = AccessStore.open(sys.argv[1])\n"
        "for number in range(20):\n"
        "    store.record(AuditEntry(sys.argv[2], 'query.run', 'unit.port'), datetime.now(UTC))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, state_url, f"actor{number}"]
        )
        for number in range(3)
    ]

    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    store = AccessStore.open(state_url)
    verified = store.verify_audit()
    sequences = sorted(record.sequence for record in store.audit(AuditFilter(limit=1000)))
    store.close()
    assert (verified.intact, verified.records) == (True, 60)
    assert sequences == list(range(1, 61))


def test_every_action_leaves_one_record(store, granted, cast, now):
    token_id, _ = store.create_token(cast.ada, "notebook", 30, now)
    store.revoke_token(token_id, cast.ada, now)
    secret = store.open_session("ada", now, 8)
    store.close_session(secret, now)
    store.revoke(granted.id, cast.sam, "The project has ended", now)

    assert [record.action for record in reversed(store.audit())] == [
        "access.request",
        "access.approve",
        "token.create",
        "token.revoke",
        "session.sign_in",
        "session.sign_out",
        "access.revoke",
    ]
    assert store.verify_audit().intact


def test_what_cannot_be_logged_does_not_happen(store, cast, now, database):
    with database.write() as connection:
        connection.execute(delete(audit_head))

    with pytest.raises(LookupError, match="head of the audit chain is missing"):
        store.requests.submit(
            cast.ada, Asked("commercial.payments", "Study the spending", 30), None, now
        )

    assert store.requests.of_actor("ada") == ()
    assert store.verify_audit().records == 0


def test_records_are_found_by_actor_action_port_and_page(store, seven_records, now):
    def sequences(**wanted: Any) -> list[int]:
        return [record.sequence for record in store.audit(AuditFilter(**wanted))]

    assert sequences() == [7, 6, 5, 4, 3, 2, 1]
    assert sequences(actor_id="emil") == [6, 4, 2]
    assert sequences(resources=frozenset({"people.workforce_monthly"}), limit=2) == [7, 6]
    assert sequences(resources=frozenset()) == []
    assert sequences(before_sequence=3) == [2, 1]
    assert sequences(since=now + timedelta(seconds=5)) == [7, 6]
    assert sequences(action="access.request") == sequences(outcome="denied") == []


def test_a_record_keeps_what_happened(store, now):
    odd = "select '\x00\ud800 £ \u2028'"

    written = store.record(AuditEntry("ada", "query.run", "a.b\x00", details={"sql": odd}), now)

    assert store.audit() == (written,)
    assert (written.at, written.details["sql"], written.resource) == (now, odd, "a.b\ufffd")
    assert store.verify_audit().intact


def test_details_that_are_no_json_are_refused(store, now):
    for details in ({"at": now}, {"ratio": float("nan")}):
        with pytest.raises((TypeError, ValueError)):
            store.record(AuditEntry("ada", "query.run", "a.b", details=details), now)

    assert store.verify_audit().head == ChainHead(0, "0" * 64)
