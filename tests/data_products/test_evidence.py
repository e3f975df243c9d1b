"""Evidence: verdicts are kept in a Delta table and found again."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from contracts.verdict import Outcome
from data_products.evidence import EvidenceStore
from data_products.evidence_rows import SCHEMA

DOCUMENT = Path(__file__).parents[2] / "docs" / "explanation" / "evidence.md"
PORT = "finance.invoices"


def test_a_verdict_is_read_back_as_it_was_saved(lake: Any, verdict: Any, check_result: Any) -> None:
    candidate = lake.build("SELECT 1 AS a")
    failed = check_result(Outcome.FAILED, sample=({"a": 1, "email": None},))
    saved = verdict(candidate, lake.contract(candidate), failed, facts={"sources": {"x": "y"}})

    name = EvidenceStore(lake.root / "evidence").save(saved)

    store = EvidenceStore(lake.root / "evidence")
    assert store.of_candidate(PORT, 1, candidate.content_hash) == saved
    assert store.latest(PORT, 1) == saved
    (kept,) = store.checks_of(PORT, 1, candidate.content_hash)
    assert (kept.verdict, kept.content_hash, kept.is_intact) == (saved, name, True)


def test_verdicts_are_told_newest_first(lake: Any, verdict: Any) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    first = verdict(candidate, lake.contract(candidate))
    saved = [
        replace(
            first,
            candidate_hash=f"{hours:064x}",
            checked_at=first.checked_at + timedelta(hours=hours),
        )
        for hours in (2, 0, 1)
    ]
    for each in saved:
        store.save(each)

    page = store.history_page(PORT, 1, first=1, most=1)

    assert store.history(PORT, 1) == (saved[0], saved[2], saved[1])
    assert store.history(PORT, 1, limit=2) == (saved[0], saved[2])
    assert store.latest(PORT, 1) == saved[0]
    assert ([kept.verdict for kept in page.verdicts], page.total) == ([saved[2]], 3)


def test_a_second_verdict_on_a_candidate_counts_and_the_first_is_kept(
    lake: Any, verdict: Any
) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    first = verdict(candidate, lake.contract(candidate))
    second = replace(first, run_id="run-2", checked_at=first.checked_at + timedelta(minutes=1))
    store.save(second)
    store.save(first)

    assert store.of_candidate(PORT, 1, candidate.content_hash) == second
    assert [v.run_id for v in store.history(PORT, 1)] == ["run-2", "run-1"]


def test_saving_the_same_verdict_again_changes_nothing(lake: Any, verdict: Any) -> None:
    candidate = lake.build("SELECT 1 AS a")
    judged = verdict(candidate, lake.contract(candidate))
    names = [EvidenceStore(lake.root / "evidence").save(judged) for _ in range(3)]

    assert len(set(names)) == 1
    assert DeltaTable(lake.root / "evidence").version() == 1


def test_a_later_check_of_a_published_version_never_decides_on_publication(
    lake: Any, verdict: Any, check_result: Any
) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    judged = verdict(candidate, lake.contract(candidate))
    later = replace(
        judged,
        results=(check_result(Outcome.FAILED),),
        checked_at=judged.checked_at + timedelta(days=1),
        delta_version=0,
    )
    store.save(judged)
    store.save(later)

    assert store.of_candidate(PORT, 1, candidate.content_hash) == judged
    assert store.latest(PORT, 1) == judged
    checks = store.checks_of(PORT, 1, candidate.content_hash)
    assert [kept.verdict for kept in checks] == [later, judged]


def test_what_was_never_checked_has_no_verdict(lake: Any) -> None:
    store = EvidenceStore(lake.root / "evidence")

    assert store.latest(PORT, 1) is None
    assert store.of_candidate(PORT, 1, "f" * 64) is None
    assert store.of_candidate(PORT, 1, "../../secret") is None
    assert store.history_page(PORT, 1, 0, 20).total == 0
    assert not (lake.root / "evidence").exists()


def test_another_store_sees_a_verdict_at_once(lake: Any, verdict: Any) -> None:
    writer, reader = (EvidenceStore(lake.root / "evidence") for _ in range(2))
    candidate = lake.build("SELECT 1 AS a")
    first = verdict(candidate, lake.contract(candidate))
    writer.save(first)
    assert reader.latest(PORT, 1) == first

    second = replace(first, checked_at=first.checked_at + timedelta(days=1))
    writer.save(second)

    assert reader.latest(PORT, 1) == second


@pytest.mark.requirement("REU-02")
def test_an_engineer_queries_the_results_as_the_document_says(
    lake: Any, verdict: Any, check_result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = lake.build("SELECT 1 AS a")
    results = check_result(Outcome.FAILED), check_result(Outcome.PASSED, check_id="other")
    judged = verdict(candidate, lake.contract(candidate), *results)
    EvidenceStore(lake.root / ".marketplace" / "evidence").save(judged)
    monkeypatch.chdir(lake.root)
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}

    exec(example, names)

    (row,) = names["failing"].fetchall()
    assert row[:3] == (PORT, results[0].title, 1)


def test_the_document_names_every_column() -> None:
    told = set(re.findall(r"`(\w+)`", DOCUMENT.read_text("utf-8")))

    assert set(SCHEMA.names) <= told


@pytest.mark.requirement("REU-02")
def test_the_commit_of_a_version_names_the_verdict_that_let_it_through(
    lake: Any, verdict: Any, run: Any
) -> None:
    candidate = lake.build("SELECT 1 AS a")
    contract = lake.contract(candidate)
    name = EvidenceStore(lake.root / "evidence").save(verdict(candidate, contract))
    store = EvidenceStore(lake.root / "evidence")
    kept = store.of_candidate(PORT, 1, candidate.content_hash)

    lake.lakehouse.publish(contract, candidate, kept, run)

    snapshot = lake.lakehouse.snapshot(PORT, 1)
    assert snapshot.metadata["verdict"]["hash"] == name
