"""Files are found by the contract's globs; the others are reported."""

import os
from datetime import UTC, datetime

import pytest

from orchestration.sources.source_files import ContentHashes, find_files, glob_pattern, unclaimed
from orchestration.sources.source_objects import source_objects

LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("a/*.csv", "a/b.csv", True),
        ("a/*.csv", "a/.csv", True),
        ("a/*.csv", "a/b/c.csv", False),
        ("a/*/*", "a/b/c.csv", True),
        ("a/**/*.csv", "a/c.csv", True),
        ("a/**/*.csv", "a/b/b/c.csv", True),
        ("a/202[0-9].csv", "a/2024.csv", True),
        ("a/[!x].csv", "a/x.csv", False),
        ("a/?.csv", "a/b.csv", True),
        ("a/b+(1).csv", "a/b+(1).csv", True),
        ("a/*.csv", "x/a/b.csv", False),
    ],
)
def test_a_glob_stays_within_its_folders(glob, path, matches):
    assert (glob_pattern(glob).fullmatch(path) is not None) is matches


def test_files_that_no_contract_claims_are_named(landing):
    for path in ("payments/a.csv", "notes/read me.txt", "b.csv"):
        landing.write(path, "x")

    found = find_files(landing.root)

    assert unclaimed(source_objects(landing.contract), found) == ("b.csv", "notes/read me.txt")


def test_files_in_passing_are_not_found(landing):
    for path in ("a.csv.part", "a.csv.tmp", "~$a.xlsx", ".~lock.a.ods#"):
        landing.write(f"payments/{path}", "x")

    assert find_files(landing.root) == ()


def test_a_link_out_of_the_root_is_not_followed(landing, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    landing.write("payments/a.csv", "x")
    (landing.root / "payments" / "b.csv").symlink_to(secret)
    (landing.root / "payments" / "c.csv").symlink_to(landing.root / "payments" / "a.csv")

    assert [each.path for each in find_files(landing.root)] == ["payments/a.csv", "payments/c.csv"]


def test_a_hash_is_remembered_until_size_or_time_change(landing, tmp_path):
    file = landing.write("a.csv", "one")
    ledger = tmp_path / "hashes.json"
    first = _hash(landing, ledger)
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    file.write_text("two")
    os.utime(file, ns=times)
    assert _hash(landing, ledger) == first  # the ledger is believed: same size, same time

    os.utime(file, ns=(times[0], times[1] + 1))
    assert _hash(landing, ledger) != first


def test_a_file_younger_than_the_clock_can_tell_is_hashed_again(landing, tmp_path):
    landing.write("a.csv", "one")
    (file,) = find_files(landing.root)
    hashes = ContentHashes(tmp_path / "hashes.json")

    hashes.of(file, datetime.fromtimestamp(file.modified / 1e9 + 1, UTC))
    hashes.save()

    assert not (tmp_path / "hashes.json").exists()


def test_a_damaged_ledger_only_costs_hashing_again(landing, tmp_path):
    landing.write("a.csv", "one")
    ledger = tmp_path / "hashes.json"
    first = _hash(landing, ledger)
    ledger.write_text("{")

    assert _hash(landing, ledger) == first


def _hash(landing, ledger):
    (file,) = find_files(landing.root)
    hashes = ContentHashes(ledger)
    found = hashes.of(file, LATER)
    hashes.save()
    return found
