"""Evidence: verdicts are kept and found again."""

from datetime import timedelta
from typing import Any

from contracts.verdict import Outcome
from data_products.evidence import EvidenceStore


def test_a_verdict_is_read_back_as_it_was_saved(lake: Any, verdict: Any, check_result: Any) -> None:
    candidate = lake.build("SELECT 1 AS a")
    failed = check_result(Outcome.FAILED, sample=({"a": 1, "email": None},))
    saved = verdict(candidate, lake.contract(candidate), failed, facts={"sources": {"x": "y"}})
    store = EvidenceStore(lake.root / "evidence")

    path = store.save(saved)

    assert path == lake.root / "evidence/finance/invoices/v1" / f"{candidate.content_hash}.json"
    assert store.of_candidate("finance.invoices", 1, candidate.content_hash) == saved
    assert store.latest("finance.invoices", 1) == saved


def test_verdicts_are_told_newest_first(lake: Any, verdict: Any) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    first = verdict(candidate, lake.contract(candidate))
    saved = [
        verdict(
            candidate,
            lake.contract(candidate),
            candidate_hash=f"{hours:064x}",
            checked_at=first.checked_at + timedelta(hours=hours),
        )
        for hours in (2, 0, 1)
    ]
    for each in saved:
        store.save(each)

    history = store.history("finance.invoices", 1)

    assert history == (saved[0], saved[2], saved[1])
    assert store.latest("finance.invoices", 1) == saved[0]


def test_a_second_verdict_on_a_candidate_takes_the_place_of_the_first(
    lake: Any, verdict: Any
) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    contract = lake.contract(candidate)
    store.save(verdict(candidate, contract))
    store.latest("finance.invoices", 1)

    store.save(verdict(candidate, contract, run_id="run-2"))

    assert [v.run_id for v in store.history("finance.invoices", 1)] == ["run-2"]


def test_what_was_never_checked_has_no_verdict(lake: Any) -> None:
    store = EvidenceStore(lake.root / "evidence")

    assert store.latest("finance.invoices", 1) is None
    assert store.of_candidate("finance.invoices", 1, "f" * 64) is None
    assert store.of_candidate("finance.invoices", 1, "../../secret") is None
