"""Copies are made once, whole or not at all, within their budget, and go when nobody needs them."""

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from data_products.lakehouse import Lakehouse
from marketplace.access.restriction import Comparison, Mask, Operator, Restriction
from marketplace.query import copy_building
from marketplace.query.combination import Combination, combined
from marketplace.query.copies import Copies, CopySettings
from marketplace.query.errors import CopyFailed, CopyTooLarge
from marketplace.query.parts import relation_of

pytestmark = pytest.mark.requirement("SEC-02")

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PORT = "commercial.payments"


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """One port of a few thousand rows."""
    lake = Lakehouse(tmp_path / "lake", tmp_path / "quarantine")
    ids = range(5000)
    rows = pa.table({"id": pa.array(ids, pa.int64()), "name": [os.urandom(32).hex() for _ in ids]})
    write_deltalake(lake.table(PORT, 1), rows)
    return lake


@pytest.fixture
def settings(tmp_path: Path) -> CopySettings:
    """A folder for copies."""
    return CopySettings(tmp_path / "copies", b"a secret")


def below(lakehouse: Lakehouse, most: int) -> Combination:
    """What is shown where ids under `most` are."""
    snapshot = lakehouse.snapshot(PORT, 1)
    assert snapshot is not None
    return combined(snapshot, [Restriction(Comparison("id", Operator.LESS, (most,)))])


def made(copies: Copies, wanted: Combination, now: datetime = NOW) -> Path:
    """The copy of `wanted`."""
    return copies.file(wanted, relation_of(wanted.needed), now)


def left(settings: CopySettings) -> list[str]:
    """The names of everything that lies among the copies of one version."""
    return sorted(path.name for path in settings.folder.glob("*/*/v1/*/*") if path.is_dir())


def test_many_who_ask_at_once_get_one_copy(lakehouse: Lakehouse, settings: CopySettings) -> None:
    wanted = below(lakehouse, 10)
    rooms = [Copies(settings) for _ in range(2)]
    found: list[Path] = []
    asking = [
        threading.Thread(target=lambda room=room: found.append(made(room, wanted)))
        for room in rooms * 4
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(left(settings)) == 1
    assert pq.read_metadata(found[0]).num_rows == 10


def test_a_crash_while_making_leaves_nothing_that_is_read(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    wanted = below(lakehouse, 10)
    copy = made(Copies(settings), wanted)
    draft = copy.parent.with_name(f".{copy.parent.name}")
    copy.parent.rename(draft)
    (draft / "copy.json").unlink()

    again = made(Copies(settings), wanted)

    assert again == copy
    assert left(settings) == [copy.parent.name]


def test_the_longest_unused_copy_makes_room(lakehouse: Lakehouse, settings: CopySettings) -> None:
    rooms = Copies(replace(settings, budget_mb=1))
    late = NOW + timedelta(hours=1)
    first = made(rooms, below(lakehouse, 4900))
    second = made(rooms, below(lakehouse, 4901), NOW + timedelta(minutes=1))
    for number in range(2, 40):
        made(rooms, below(lakehouse, 4900 + number), late)
        if not first.exists():
            break

    assert not first.exists()
    assert second.exists()


def test_copies_in_use_do_not_make_room(lakehouse: Lakehouse, settings: CopySettings) -> None:
    rooms = Copies(replace(settings, budget_mb=1))
    kept = []
    with pytest.raises(CopyTooLarge):
        for number in range(100):
            kept.append(made(rooms, below(lakehouse, 4900 + number)))

    assert len(kept) > 1
    assert all(file.exists() for file in kept)


def test_a_copy_that_outgrows_its_room_is_given_up(tmp_path: Path, settings: CopySettings) -> None:
    key = copy_building.HashKey(settings.secret, PORT)
    select = "SELECT hash(range) AS a FROM range(50_000_000)"
    build = copy_building.Build(select, tmp_path, key, (), (200, 60.0, 1_000_000))

    with pytest.raises(copy_building.BuildTooLarge):
        copy_building.built(build, tmp_path / "rows.parquet")


def test_a_copy_that_takes_too_long_is_given_up(
    lakehouse: Lakehouse, settings: CopySettings, tmp_path: Path
) -> None:
    key = copy_building.HashKey(settings.secret, PORT)
    select = "SELECT sum(a.range * b.range) AS s FROM range(1_000_000) AS a, range(1_000_000) AS b"
    build = copy_building.Build(select, tmp_path, key, (), (200, 0.2, 1_000_000))

    with pytest.raises(copy_building.BuildTooLong):
        copy_building.built(build, tmp_path / "rows.parquet")


def test_a_failure_tells_no_row_and_leaves_nothing(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    wanted = below(lakehouse, 10)
    select = "(SELECT id, CAST(name AS INTEGER) AS name FROM " + relation_of(wanted.needed) + ")"

    with pytest.raises(CopyFailed) as failed:
        Copies(settings).file(wanted, select, NOW)

    assert str(failed.value) == (
        "The statement was not run: the copy of `commercial.payments` that you are shown is not "
        "ready, because it could not be made, which was reported. Try again; if it stays so, ask "
        "the platform's engineers."
    )
    assert left(settings) == []


def test_another_secret_never_takes_a_copy_for_its_own(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    hashed = replace(below(lakehouse, 10), restrictions=(Restriction(masked={"name": Mask.HASH}),))
    first = made(Copies(settings), hashed)
    other = made(Copies(replace(settings, secret=b"another")), hashed)

    assert first != other
    assert pq.read_table(first)["name"] != pq.read_table(other)["name"]


def test_every_altered_copy_is_found_without_a_statement(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    rooms = Copies(settings)
    made(rooms, below(lakehouse, 10))
    file = made(rooms, below(lakehouse, 20))
    whole = rooms.altered()
    file.chmod(0o600)
    file.write_bytes(made(rooms, below(lakehouse, 10)).read_bytes())

    assert whole == {}
    place = file.parent.relative_to(settings.folder).as_posix()
    assert rooms.altered() == {place: "its rows are not the ones that were written"}


def test_only_the_platforms_own_user_reads_copies(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    file = made(Copies(settings), below(lakehouse, 10))

    assert settings.folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o400


def test_a_sweep_leaves_what_is_served_and_what_was_just_used(
    lakehouse: Lakehouse, settings: CopySettings
) -> None:
    rooms = Copies(settings)
    file = made(rooms, below(lakehouse, 10))
    later = NOW + timedelta(hours=1)

    assert rooms.sweep(lambda *_: 0, later) == ()
    assert rooms.sweep(lambda *_: None, NOW) == ()
    assert rooms.sweep(lambda *_: 1, later) == (
        file.parent.relative_to(settings.folder).as_posix(),
    )
    assert not file.exists()
