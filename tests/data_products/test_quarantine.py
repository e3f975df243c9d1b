"""A quarantined candidate is released by one commit that says so, or discarded; crashes too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.check_model import CheckKind
from contracts.verdict import CheckResult, Outcome
from data_products.errors import (
    CandidateLost,
    NotQuarantined,
    NotReleasable,
    StaleCandidate,
    VerdictMismatch,
    VersionTooLow,
)
from data_products.lakehouse import Release, RunFacts

PORT = "finance.invoices"
DECISION = Release(
    "owner", "Oona Hale", datetime(2026, 4, 2, 8, tzinfo=UTC), "The ledger is right this time."
)
OLD = "SELECT 'p' || i AS p, i AS n FROM range(2) t(i)"
NEW = "SELECT 'p' || (i % 2) AS p, i + 100 AS n FROM range(6) t(i)"
OLD_ROWS = [("p0", 0), ("p1", 1)]
NEW_ROWS = [("p0", 100), ("p0", 102), ("p0", 104), ("p1", 101), ("p1", 103), ("p1", 105)]


def quarantine(
    lake: Any, make: Callable[..., CheckResult], judge: Callable[..., Any], **changes: Any
) -> tuple[Any, Any, Any]:
    """Publish OLD, then put a failed build of NEW into quarantine."""
    if lake.lakehouse.snapshot(PORT, 1) is None:
        lake.publish(OLD, partition_columns=("p",))
    candidate = lake.build(NEW, partition_columns=("p",))
    contract = lake.contract(candidate)
    failed = make(Outcome.FAILED, **changes)
    verdict = judge(candidate, contract, failed)
    lake.lakehouse.quarantine(candidate, verdict)
    return contract, candidate, verdict


@pytest.mark.requirement("QUA-03")
def test_a_released_candidate_becomes_a_version_that_says_who_why_and_what_failed(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    contract, candidate, _ = quarantine(lake, check_result, verdict)
    assert lake.rows() == OLD_ROWS

    published = lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)

    assert (published.version, published.already) == (1, False)
    assert lake.rows() == NEW_ROWS
    snapshot = lake.lakehouse.snapshot(PORT, 1)
    assert snapshot.metadata["release"] == {
        "by": "owner",
        "name": "Oona Hale",
        "at": "2026-04-02T08:00:00+00:00",
        "reason": "The ledger is right this time.",
        "blocking": ["`invoice_id` is unique"],
    }
    assert snapshot.metadata["verdict"]["failed"] == 1
    assert lake.lakehouse.quarantined(PORT, 1) == ()
    assert lake.lakehouse.sweep(PORT, 1) == ()


def test_a_first_version_can_be_released(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    candidate = lake.build(NEW, partition_columns=("p",))
    contract = lake.contract(candidate)
    lake.lakehouse.quarantine(candidate, verdict(candidate, contract, check_result(Outcome.FAILED)))

    assert lake.lakehouse.release(contract, candidate.content_hash, DECISION, run).version == 0

    assert lake.rows() == NEW_ROWS


def test_an_incremental_candidate_is_released_beside_the_files_that_it_keeps(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    lake.publish(OLD, partition_columns=("p",))
    changed = lake.build(
        "SELECT 'p1' AS p, 9::BIGINT AS n", partition_columns=("p",), changed_partitions=("p1",)
    )
    contract = lake.contract(changed)
    lake.lakehouse.quarantine(changed, verdict(changed, contract, check_result(Outcome.FAILED)))

    (found,) = lake.lakehouse.quarantined(PORT, 1)
    shown = lake.connection.execute(f"SELECT * FROM {found.relation} ORDER BY ALL").fetchall()
    lake.lakehouse.release(contract, changed.content_hash, DECISION, run)

    assert shown == lake.rows() == [("p0", 0), ("p1", 9)]


def test_a_release_is_refused_when_the_base_version_has_moved_on(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    contract, candidate, _ = quarantine(lake, check_result, verdict)
    lake.publish("SELECT 'p9' AS p, 9::BIGINT AS n", partition_columns=("p",))

    with pytest.raises(StaleCandidate) as refused:
        lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)

    assert str(refused.value).startswith("`finance.invoices` was not published: the candidate was")
    assert lake.rows() == [("p9", 9)]
    assert len(lake.lakehouse.quarantined(PORT, 1)) == 1


def test_a_release_is_refused_under_another_contract(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    contract, candidate, _ = quarantine(lake, check_result, verdict)

    with pytest.raises(VerdictMismatch):
        other = replace(contract, content_hash="d" * 64)
        lake.lakehouse.release(other, candidate.content_hash, DECISION, run)

    assert lake.rows() == OLD_ROWS


def test_a_release_is_refused_when_the_contract_changed_under_the_same_version(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    lake.publish(OLD, partition_columns=("p",))
    candidate = lake.build(NEW, partition_columns=("p",))
    changed = lake.contract(candidate, content_hash="d" * 64)
    failed = verdict(candidate, changed, check_result(Outcome.FAILED))
    lake.lakehouse.quarantine(candidate, failed)

    with pytest.raises(VersionTooLow):
        lake.lakehouse.release(changed, candidate.content_hash, DECISION, run)

    assert lake.rows() == OLD_ROWS


@pytest.mark.parametrize("kind", ["type", "column", "extraColumns", "endOfLife", "personalData"])
def test_no_reason_stands_in_for_some_kinds_of_checks(
    kind: str, lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    contract, candidate, _ = quarantine(lake, check_result, verdict, kind=kind)

    with pytest.raises(NotReleasable) as refused:
        lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)

    assert str(refused.value) == (
        "`finance.invoices` was not published: no release covers `invoice_id` is unique: "
        "3 duplicates. Correct the data or the contract, then build and check it again."
    )
    assert lake.rows() == OLD_ROWS


def test_most_kinds_can_be_released() -> None:
    held = {kind for kind in CheckKind if not kind.is_releasable}

    assert {CheckKind.COLUMN, CheckKind.END_OF_LIFE} <= held
    assert {CheckKind.UNIQUE, CheckKind.SQL, CheckKind.FRESHNESS}.isdisjoint(held)


def test_changed_or_missing_files_are_not_released(
    lake: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    contract, candidate, _ = quarantine(lake, check_result, verdict)
    (found,) = lake.lakehouse.quarantined(PORT, 1)
    size = found.files[0].stat().st_size
    found.files[0].write_bytes(b"x" * size)
    before = lake.parquet_files()

    with pytest.raises(CandidateLost, match="other content"):
        lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)
    assert lake.parquet_files() == before  # nothing is left behind

    found.files[0].unlink()
    with pytest.raises(CandidateLost, match="is gone"):
        lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)
    assert lake.rows() == OLD_ROWS


def test_a_discarded_candidate_is_gone_and_the_served_version_stays(
    lake: Any, check_result: Any, verdict: Any
) -> None:
    _, candidate, _ = quarantine(lake, check_result, verdict)
    (found,) = lake.lakehouse.quarantined(PORT, 1)

    lake.lakehouse.discard(PORT, 1, candidate.content_hash)

    assert lake.lakehouse.quarantined(PORT, 1) == ()
    assert not found.folder.exists()
    assert lake.rows() == OLD_ROWS
    with pytest.raises(NotQuarantined) as refused:
        lake.lakehouse.discard(PORT, 1, candidate.content_hash)
    assert str(refused.value) == (
        f"No candidate `{candidate.content_hash[:12]}` of `finance.invoices` is in quarantine. It "
        "may have been released or discarded: look at the list of quarantined candidates."
    )


@pytest.mark.parametrize("name", ["../../lake", "", "x" * 64])
def test_no_name_leads_out_of_the_quarantine(name: str, lake: Any) -> None:
    with pytest.raises(NotQuarantined):
        lake.lakehouse.discard(PORT, 1, name)


def test_a_rebuild_of_the_same_content_takes_the_place_of_the_first(
    lake: Any, check_result: Any, verdict: Any
) -> None:
    quarantine(lake, check_result, verdict)
    quarantine(lake, check_result, verdict)

    (found,) = lake.lakehouse.quarantined(PORT, 1)

    assert set(found.folder.rglob("*.parquet")) == set(found.files)


STEPS = ["allowed", "brought back", "committed", "log on disk", "out of quarantine"]


@pytest.mark.requirement("QUA-03")
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_during_a_release_leaves_the_old_or_the_released_version(
    step: str, new_lake: Callable[[], Any], publisher: Any, check_result: Any, verdict: Any
) -> None:
    lake = new_lake()
    quarantine(lake, check_result, verdict)

    assert publisher.run(lake.root, step, "release")

    is_new = step in STEPS[2:]
    assert lake.rows() == (NEW_ROWS if is_new else OLD_ROWS)
    assert (lake.lakehouse.quarantined(PORT, 1) == ()) is is_new
    lake.lakehouse.sweep(PORT, 1)
    if not is_new:
        assert not publisher.run(lake.root, "never", "release")
    assert lake.rows() == NEW_ROWS
    assert lake.lakehouse.quarantined(PORT, 1) == ()
    assert lake.lakehouse.sweep(PORT, 1) == ()
    lake.connection.close()


def test_a_release_that_was_committed_before_a_crash_is_not_committed_again(
    new_lake: Callable[[], Any], publisher: Any, check_result: Any, verdict: Any, run: RunFacts
) -> None:
    lake = new_lake()
    contract, candidate, _ = quarantine(lake, check_result, verdict)
    assert publisher.run(lake.root, "committed", "release")

    again = lake.lakehouse.release(contract, candidate.content_hash, DECISION, run)

    assert (again.version, again.already) == (1, True)
    lake.connection.close()


def test_a_crash_during_a_discard_leaves_the_candidate_whole(
    new_lake: Callable[[], Any], publisher: Any, check_result: Any, verdict: Any
) -> None:
    lake = new_lake()
    quarantine(lake, check_result, verdict)

    assert publisher.run(lake.root, "found", "discard")

    (found,) = lake.lakehouse.quarantined(PORT, 1)
    assert found.missing == ()
    lake.connection.close()
