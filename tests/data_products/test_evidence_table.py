"""The table of results stays small, whole and readable for others."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from contracts.verdict import to_document
from data_products.errors import UnreadableTable
from data_products.evidence import EvidenceStore
from data_products.evidence_log import EvidenceLog, appended
from data_products.evidence_table import MERGE_AT

PORT = "finance.invoices"


def save_many(store: EvidenceStore, judged: Any, count: int, first: int = 0) -> list[Any]:
    verdicts = [
        replace(
            judged,
            candidate_hash=f"{number:064x}",
            checked_at=judged.checked_at + timedelta(minutes=number),
        )
        for number in range(first, first + count)
    ]
    for verdict in verdicts:
        store.save(verdict)
    return verdicts


@pytest.fixture
def judged(lake: Any, verdict: Any) -> Any:
    candidate = lake.build("SELECT 1 AS a")
    return verdict(candidate, lake.contract(candidate))


def test_many_verdicts_become_few_files_and_all_are_found(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    reader = EvidenceStore(root)
    saved = save_many(EvidenceStore(root), judged, 60)  # past the first checkpoint

    assert len(DeltaTable(root).file_uris()) < MERGE_AT
    assert reader.history(PORT, 1) == tuple(reversed(saved))
    assert EvidenceStore(root).of_candidate(PORT, 1, saved[3].candidate_hash) == saved[3]
    assert (root / "_delta_log" / "_last_checkpoint").exists()


def test_files_that_were_merged_away_go_a_day_later(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    store = EvidenceStore(root)
    saved = save_many(store, judged, MERGE_AT)
    replaced = set(root.glob("port=*/*.parquet")) - {Path(p) for p in DeltaTable(root).file_uris()}
    assert len(replaced) == MERGE_AT

    for path in replaced:
        day_before = path.stat().st_mtime - 100_000
        os.utime(path, (day_before, day_before))
    saved += save_many(store, judged, MERGE_AT, first=MERGE_AT)

    assert not any(path.exists() for path in replaced)
    assert EvidenceStore(root).history(PORT, 1) == tuple(reversed(saved))


def test_delta_rs_may_compact_the_table_too(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    store = EvidenceStore(root)
    saved = save_many(store, judged, 5)
    DeltaTable(root).optimize.compact()

    saved += save_many(store, judged, 1, first=5)

    assert store.history(PORT, 1) == tuple(reversed(saved))
    assert EvidenceStore(root).history(PORT, 1) == tuple(reversed(saved))


def test_of_two_that_write_one_version_the_second_takes_the_next(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    save_many(EvidenceStore(root), judged, 2)
    files = EvidenceLog(root).files()
    asked: list[int] = []

    def choose(now: Any) -> Any:
        asked.append(len(now))
        if len(asked) == 1:  # somebody without our lock is faster
            EvidenceLog(root).commit(lambda _: appended(files[:1], 1))
        return appended(files[:1], 2)

    EvidenceLog(root).commit(choose)

    assert len(asked) == 2
    assert DeltaTable(root).version() == 4


def test_a_table_that_was_made_anew_is_read_anew(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    store = EvidenceStore(root)
    save_many(store, judged, 3)
    root.rename(lake.root / "elsewhere")
    assert store.latest(PORT, 1) is None

    (only,) = save_many(EvidenceStore(root), judged, 1, first=9)

    assert store.history(PORT, 1) == (only,)


def test_a_broken_file_is_told_and_other_ports_are_read(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    store = EvidenceStore(root)
    other = replace(judged, port="finance.orders")
    store.save(judged)
    store.save(other)
    (path,) = root.glob("port=finance.invoices/*.parquet")
    path.write_bytes(b"PAR1")

    with pytest.raises(UnreadableTable, match="is broken"):
        store.latest(PORT, 1)
    assert store.latest("finance.orders", 1) == other
    path.unlink()
    with pytest.raises(UnreadableTable, match="is gone"):
        store.latest(PORT, 1)


def test_json_verdicts_of_an_older_home_are_read_in_once(lake: Any, judged: Any) -> None:
    root = lake.root / "evidence"
    older = [replace(judged, candidate_hash=f"{number:064x}") for number in range(3)]
    folder = root / "finance" / "invoices" / "v1"
    folder.mkdir(parents=True)
    for each in older:
        document = to_document(each)
        del document["delta_version"]  # as it was written then
        (folder / f"{each.candidate_hash}.json").write_text(json.dumps(document))

    found = EvidenceStore(root).history(PORT, 1)

    assert sorted(v.candidate_hash for v in found) == [v.candidate_hash for v in older]
    assert EvidenceStore(root).of_candidate(PORT, 1, older[1].candidate_hash) == older[1]
    assert not list(folder.glob("*.json"))
    assert len(list((root / "_read_in").rglob("*.json"))) == 3
    assert DeltaTable(root).version() == 1


def test_a_json_verdict_that_nobody_can_read_stays_where_it_is(
    lake: Any, judged: Any, caplog: pytest.LogCaptureFixture
) -> None:
    root = lake.root / "evidence"
    broken = root / "finance" / "invoices" / "v1" / f"{'a' * 64}.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{")

    store = EvidenceStore(root)
    store.save(judged)

    assert broken.exists()
    assert "was not read in" in caplog.text
    assert store.history(PORT, 1) == (judged,)
