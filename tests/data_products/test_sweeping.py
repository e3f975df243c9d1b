"""Quarantine and sweeping: what goes, what stays."""

import json
import threading
from typing import Any

import pytest

from contracts.verdict import Outcome
from data_products.candidate_manifests import table_lock, writing
from data_products.candidate_writer import latest_candidate, write_candidate
from data_products.errors import AlreadyPublished, CandidateLost

BOTH = "SELECT 'a' AS p, 1 AS n UNION ALL SELECT 'b/é', 2"


@pytest.mark.requirement("QUA-03")
def test_a_failed_candidate_is_moved_with_its_verdict(
    lake: Any, verdict: Any, check_result: Any
) -> None:
    candidate = lake.build(BOTH, partition_columns=("p",))
    failed = verdict(candidate, lake.contract(candidate), check_result(Outcome.FAILED))

    folder = lake.lakehouse.quarantine(candidate, failed)

    expected = lake.root / "quarantine/finance/invoices/v1" / candidate.content_hash
    assert folder == expected
    assert lake.parquet_files() == set()
    assert latest_candidate(lake.table) is None
    assert all((folder / file.path).stat().st_size == file.size_bytes for file in candidate.files)
    assert json.loads((folder / "verdict.json").read_text())["candidate_hash"] == (
        candidate.content_hash
    )
    assert json.loads((folder / "candidate.json").read_text())["port"] == "finance.invoices"


def test_quarantine_may_be_repeated(lake: Any, verdict: Any) -> None:
    candidate = lake.build(BOTH)
    said = verdict(candidate, lake.contract(candidate))

    assert lake.lakehouse.quarantine(candidate, said) == lake.lakehouse.quarantine(candidate, said)


def test_quarantine_leaves_the_served_version_alone(lake: Any, verdict: Any) -> None:
    split = {"partition_columns": ("p",)}
    lake.publish(BOTH, **split)
    part = lake.build("SELECT 'a' AS p, 9 AS n", **split, changed_partitions=("a",))

    lake.lakehouse.quarantine(part, verdict(part, lake.contract(part)))

    assert [row[1] for row in lake.rows()] == [1, 2]


def test_a_published_candidate_cannot_be_quarantined(lake: Any, verdict: Any, run: Any) -> None:
    candidate = lake.build(BOTH)
    contract = lake.contract(candidate)
    said = verdict(candidate, contract)
    lake.lakehouse.publish(contract, candidate, said, run)

    with pytest.raises(AlreadyPublished) as refusal:
        lake.lakehouse.quarantine(candidate, said)

    assert str(refusal.value) == (
        f"Candidate `{candidate.content_hash[:12]}` of `finance.invoices` is published, so its "
        "files were not moved. Publish a corrected version; that one takes its place."
    )
    assert len(lake.rows()) == 2


def test_a_quarantined_candidate_cannot_be_published(lake: Any, verdict: Any, run: Any) -> None:
    candidate = lake.build(BOTH)
    contract = lake.contract(candidate)
    said = verdict(candidate, contract)
    lake.lakehouse.quarantine(candidate, said)

    with pytest.raises(CandidateLost, match="is gone"):
        lake.lakehouse.publish(contract, candidate, said, run)


def test_a_sweep_removes_what_nobody_refers_to(lake: Any) -> None:
    lake.publish(BOTH, partition_columns=("p",))
    served = lake.parquet_files()
    tag = "0" * 32
    leftovers = [
        f"p=a/part-{tag}-0.parquet",
        f"p=new/part-{tag}-1.parquet",
        f"part-{tag}-2.parquet#1",
        "_delta_log/00000000000000000001.json#1",
        "_candidates/.x.json.1.tmp",
    ]
    for name in leftovers:
        (lake.table / name).parent.mkdir(exist_ok=True)
        (lake.table / name).write_bytes(b"")

    removed = lake.lakehouse.sweep("finance.invoices", 1)

    assert removed == tuple(sorted(leftovers))
    assert lake.parquet_files() == served
    assert not (lake.table / "p=new").exists()
    assert lake.lakehouse.sweep("finance.invoices", 1) == ()


def test_a_sweep_keeps_past_versions_and_candidates_that_may_be_published(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    lake.publish("SELECT 2 AS a")
    pending = lake.build("SELECT 3 AS a")

    assert lake.lakehouse.sweep("finance.invoices", 1) == ()

    assert latest_candidate(lake.table) == pending
    assert lake.rows(version=0) == [(1,)]


def test_a_sweep_removes_candidates_that_can_no_longer_be_published(lake: Any) -> None:
    stale = lake.build("SELECT 1 AS a")
    lake.publish("SELECT 2 AS a")

    removed = lake.lakehouse.sweep("finance.invoices", 1)

    assert removed == (stale.files[0].path,)
    assert not list((lake.table / "_candidates").glob("*.json"))
    assert lake.rows() == [(2,)]


def test_a_sweep_leaves_a_writer_alone_that_is_still_writing(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    swept: list[tuple[str, ...]] = []

    def sweep_in_another_thread(step: str) -> None:
        if step in {"marked", "copied", "hashed", "synced"}:
            thread = threading.Thread(
                target=lambda: swept.append(lake.lakehouse.sweep("finance.invoices", 1))
            )
            thread.start()
            thread.join()

    target = lake.target(partition_columns=("p",))
    candidate = write_candidate(lake.connection, BOTH, target, sweep_in_another_thread)

    assert swept == [()] * 4
    assert all((lake.table / file.path).exists() for file in candidate.files)


def test_a_mark_of_a_writer_that_died_protects_nothing(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    tag = "1" * 32
    orphan = lake.table / f"part-{tag}-0.parquet"
    orphan.write_bytes(b"")

    with writing(lake.table, tag):
        assert lake.lakehouse.sweep("finance.invoices", 1) == ()
    (lake.table / "_candidates" / f"{tag}.writing").write_bytes(b"")

    assert lake.lakehouse.sweep("finance.invoices", 1) == (orphan.name,)
    assert not list((lake.table / "_candidates").glob("*.writing"))


def test_publishing_waits_for_a_sweep_and_the_other_way_round(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    thread = threading.Thread(target=lambda: lake.lakehouse.sweep("finance.invoices", 1))

    with table_lock(lake.table):
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()

    thread.join(10)
    assert not thread.is_alive()
