"""A restricted grant shows its rows and cells, through the real engine, and nothing else."""

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from marketplace.access.model import AuditFilter
from marketplace.access.restriction import (
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Restriction,
)
from marketplace.query.copies import CopySettings
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import CopyAltered, CopyTooLarge, NothingShown, QueryFailed
from marketplace.query.limits import QuerySettings

pytestmark = pytest.mark.requirement("SEC-02")

PAYMENTS = "commercial.payments"
JANUARY = Comparison("month", Operator.EQUALS, ("2024-01-01",))
SMALL = Comparison("amount", Operator.LESS, ("20",))


@pytest.fixture
def engine_without_room(room) -> Iterator[QueryEngine]:
    """Another engine over the same state, whose copies may take no disk."""
    copies = CopySettings(room.folder / "copies", b"x" * 32, budget_mb=0)
    settings = QuerySettings(room.folder / "other", room.limits, spares=1, copies=copies)
    with QueryEngine(settings, room.lakehouse, room.registry, room.store) as engine:
        yield engine


def copies(room) -> list[Path]:
    """Every copy's file."""
    return sorted((room.folder / "copies").glob("*/*/v*/*/*/rows.parquet"))


def test_rows_outside_the_filter_are_not_there(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))

    found = room.rows(f"SELECT max(amount) AS most, count(*) AS n FROM {PAYMENTS}")

    assert found == [{"most": 18.75, "n": 16}]
    assert len(copies(room)) == 1


def test_a_hidden_column_is_absent_and_a_masked_one_keeps_its_name(room) -> None:
    shown = Restriction(
        SMALL, {"supplier": Mask.PARTIAL, "amount": Mask.BUCKET}, frozenset({"month"})
    )
    room.grant(room.ada, PAYMENTS, restriction=shown)

    found = room.rows(f"FROM {PAYMENTS} WHERE payment_id IN (1, 9) ORDER BY payment_id")

    assert found == [
        {"payment_id": 1, "supplier": "S***1", "amount": 1.0},
        {"payment_id": 9, "supplier": "S***2", "amount": 10.0},
    ]
    with pytest.raises(QueryFailed, match="month"):
        room.ask(f"SELECT month FROM {PAYMENTS}")


def test_a_hash_is_keyed_and_stays_the_same_for_a_value(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(masked={"supplier": Mask.HASH}))

    found = room.rows(f"SELECT DISTINCT supplier FROM {PAYMENTS} ORDER BY ALL")

    secret = b"a secret of thirty-two characters"
    key = hmac.digest(secret, b"mask\0commercial.payments\0supplier", "sha256")
    hashes = {hmac.digest(key, f"Supplier {i}".encode(), "sha256").hex()[:32] for i in range(7)}
    assert {row["supplier"] for row in found} == hashes
    plain = {hashlib.sha256(f"Supplier {i}".encode()).hexdigest()[:32] for i in range(7)}
    assert hashes.isdisjoint(plain)


def test_a_filter_on_whole_files_gives_those_and_makes_no_copy(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(JANUARY))

    found = room.rows(f"SELECT month, count(*) AS n FROM {PAYMENTS} GROUP BY ALL")

    assert found == [{"month": "2024-01-01", "n": 1000}]
    assert copies(room) == []


def test_files_of_other_rows_cannot_be_opened(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(JANUARY))
    table = room.lakehouse.table(PAYMENTS, 1)
    other = next(table.glob("month=2024-02-01/*.parquet"))

    with pytest.raises(QueryFailed):
        room.ask(f"SELECT count(*) FROM read_parquet('{other}')")


def test_the_file_behind_a_copy_holds_nothing_else(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL, hidden=frozenset({"supplier"})))
    room.ask(f"SELECT 1 FROM {PAYMENTS}")

    [file] = copies(room)

    assert b"Supplier" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o400
    found = room.rows(f"SELECT count(*) AS n FROM read_parquet('{file.resolve()}')")
    assert found == [{"n": 16}]


def test_two_grants_show_in_each_row_what_one_of_them_shows(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(JANUARY, hidden=frozenset({"supplier"})))
    room.grant(
        room.ada,
        PAYMENTS,
        restriction=Restriction(SMALL, {"amount": Mask.HASH}, frozenset({"month"})),
    )

    found = room.rows(f"FROM {PAYMENTS} WHERE payment_id IN (1, 3, 300) ORDER BY payment_id")

    assert [(row["payment_id"], row["supplier"], row["month"]) for row in found] == [
        (1, "Supplier 1", None),
        (3, "Supplier 3", "2024-01-01"),
        (300, None, "2024-01-01"),
    ]
    assert len(found[0]["amount"]) == 32
    assert [row["amount"] for row in found[1:]] == ["3.75", "375.0"]


def test_a_whole_grant_beside_a_restricted_one_shows_the_whole(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))
    room.grant(room.ada, PAYMENTS)

    assert room.rows(f"SELECT count(*) AS n FROM {PAYMENTS}") == [{"n": 3000}]
    assert copies(room) == []


def test_what_a_revoked_grant_added_is_gone_on_the_next_statement(room) -> None:
    kept = Restriction(SMALL)
    room.grant(room.ada, PAYMENTS, restriction=kept)
    other = room.grant(room.ada, PAYMENTS, restriction=Restriction(JANUARY))
    count = f"SELECT count(*) AS n FROM {PAYMENTS}"
    before = room.rows(count)

    room.store.revoke(other, room.ada, "No longer needed", room.now)

    assert before == [{"n": 1010}]
    assert room.rows(count) == [{"n": 16}]


def test_a_copy_is_made_once_for_everyone_with_the_same_policy(room) -> None:
    for actor in (room.ada, room.ben):
        room.grant(actor, PAYMENTS, restriction=Restriction(SMALL))
        room.ask(f"FROM {PAYMENTS}", actor)
        room.ask('FROM "commercial"."PAYMENTS"', actor)

    assert len(copies(room)) == 1


def test_no_copy_is_made_for_a_statement_that_does_not_name_the_port(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))

    assert room.rows("SELECT 1 AS one") == [{"one": 1}]
    assert copies(room) == []


def _append(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes() + b"x")


def _flip(file: Path) -> None:
    file.chmod(0o600)
    body = bytearray(file.read_bytes())
    body[10] ^= 1
    before = file.stat()
    file.write_bytes(body)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _link(file: Path) -> None:
    whole = file.with_name("whole.parquet")
    whole.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(whole)


def _forge(file: Path) -> None:
    manifest = file.with_name("copy.json")
    manifest.write_text(manifest.read_text().replace('"bytes": ', '"bytes": 1'))


@pytest.mark.parametrize("tamper", [_append, _flip, _link, _forge])
def test_an_altered_copy_is_set_aside_reported_and_made_anew(room, tamper) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))
    count = f"SELECT count(*) AS n FROM {PAYMENTS}"
    room.rows(count)
    tamper(copies(room)[0])

    with pytest.raises(CopyAltered, match="It was set aside and reported"):
        room.rows(count)

    [record] = room.store.audit(AuditFilter(action="query.copy_altered"))
    assert (record.resource, record.outcome) == (PAYMENTS, "failed")
    assert room.rows(count) == [{"n": 16}]


def test_a_copy_of_another_combination_in_its_place_is_not_taken_for_it(room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))
    larger = Restriction(Comparison("amount", Operator.LESS, ("2000",)))
    room.grant(room.ben, PAYMENTS, restriction=larger)
    room.ask(f"FROM {PAYMENTS}", room.ben)
    [bens] = copies(room)
    room.ask(f"FROM {PAYMENTS}")
    [adas] = set(copies(room)) - {bens}

    for name in ("rows.parquet", "copy.json"):
        adas.with_name(name).unlink()
        adas.with_name(name).write_bytes(bens.with_name(name).read_bytes())

    with pytest.raises(CopyAltered):
        room.ask(f"FROM {PAYMENTS}")


def test_a_copy_that_does_not_fit_the_budget_is_refused(room, engine_without_room) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))

    with pytest.raises(CopyTooLarge, match="raise `MARKETPLACE_COPIES_MB`"):
        engine_without_room.run(room.ada, f"FROM {PAYMENTS}", room.now)

    assert copies(room) == []


def test_a_restriction_that_the_present_columns_lack_shows_nothing(room) -> None:
    lost = Comparison("region", Operator.EQUALS, ("North",))
    room.grant(room.ada, PAYMENTS, restriction=Restriction(lost))

    with pytest.raises(NothingShown, match="there is no column `region`"):
        room.ask(f"SELECT 1 FROM {PAYMENTS}")


@pytest.mark.parametrize("kept", ["{", "7", "{}", '{"rows": 7, "masked": {}, "hidden": []}'])
def test_a_kept_restriction_that_nobody_can_read_shows_no_row(room, kept: str) -> None:
    room.grant(room.ada, PAYMENTS, restriction=Restriction(SMALL))
    room.grant(room.ada, "commercial.suppliers")
    with sqlite3.connect(room.folder / "state.db") as state:  # as somebody with the file could
        state.execute("DROP TRIGGER grants_refuses_update")
        state.execute("UPDATE grants SET restriction = ? WHERE port = ?", (kept, PAYMENTS))
    state.close()

    with pytest.raises(NothingShown):
        room.ask(f"SELECT 1 FROM {PAYMENTS}")
    assert room.rows("SELECT count(*) AS n FROM commercial.suppliers") == [{"n": 7}]


def test_an_empty_cell_matches_is_empty_and_nothing_else(room) -> None:
    table = pa.table({"supplier": ["a", None, "b"], "amount": [1.0, float("nan"), None]})
    write_deltalake(
        room.lakehouse.table("commercial.drafts", 1),
        table,
        mode="overwrite",
        schema_mode="overwrite",
    )
    unlike = AllOf(
        (
            Comparison("supplier", Operator.NONE_OF, ("a",)),
            AnyOf(
                (Comparison("amount", Operator.IS_EMPTY), Comparison("amount", Operator.MORE, (5,)))
            ),
        )
    )
    room.grant(room.ada, "commercial.drafts", restriction=Restriction(unlike))
    room.grant(
        room.ben,
        "commercial.drafts",
        restriction=Restriction(Comparison("amount", Operator.MORE, (0,))),
    )

    assert room.rows("SELECT supplier FROM commercial.drafts") == [{"supplier": "b"}]
    assert room.rows("SELECT supplier FROM commercial.drafts", room.ben) == [{"supplier": "a"}]


def test_copies_of_past_versions_are_swept(room) -> None:
    port = "commercial.drafts"
    write_deltalake(
        room.lakehouse.table(port, 1),
        pa.table({"a": [1, 2]}),
        mode="overwrite",
        schema_mode="overwrite",
    )
    small = Restriction(Comparison("a", Operator.EQUALS, (1,)))
    room.grant(room.ada, port, restriction=small)
    room.ask(f"FROM {port}")
    write_deltalake(
        room.lakehouse.table(port, 1),
        pa.table({"a": [1, 3]}),
        mode="overwrite",
        schema_mode="overwrite",
    )
    room.ask(f"FROM {port}")
    assert len(copies(room)) == 2

    served = room.lakehouse.snapshot(port, 1).version
    swept = room.engine.copies.sweep(lambda *_: served, room.now + timedelta(hours=1))

    assert len(swept) == 1
    assert [file.parts[-3] for file in copies(room)] == [str(served)]
