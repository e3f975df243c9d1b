"""Verdicts as rows: nothing is lost on the way, and nothing can be changed unnoticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.model import Severity
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.evidence import EvidenceStore
from data_products.evidence_rows import (
    SCHEMA,
    TAMPERED,
    kept_verdict,
    rows_of,
    verdict_hash,
)

PORT = "finance.invoices"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NO_SHRINK = (Phase.explicit, Phase.reuse, Phase.generate)  # each example makes a table
COUNT = st.none() | st.integers(0, 2**62)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
RESULTS = st.builds(
    CheckResult,
    check_id=TEXT,
    title=TEXT,
    kind=TEXT,
    property_name=st.none() | TEXT,
    dimension=TEXT,
    severity=st.sampled_from(Severity),
    informative=st.booleans(),
    outcome=st.sampled_from(Outcome),
    checked_rows=COUNT,
    failing_rows=COUNT,
    observed=st.none() | TEXT,
    expected=st.none() | TEXT,
    detail=st.none() | TEXT,
    query=st.none() | TEXT,
    seconds=st.floats(0, 1e6) | st.just(0),
    sample=st.lists(st.dictionaries(TEXT, PLAIN, max_size=2), max_size=2).map(tuple),
    strategy_dimension=TEXT,
    framework_dimension=TEXT,
    is_critical=st.booleans(),
)
VERDICTS = st.builds(
    Verdict,
    port=st.just(PORT),
    contract_version=st.sampled_from(["1.0.0", "1.2.0"]),
    contract_hash=TEXT,
    candidate_hash=TEXT,
    run_id=TEXT,
    checked_at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    rows=st.integers(0, 2**40),
    results=st.lists(RESULTS, max_size=3).map(tuple),
    base_version=COUNT,
    facts=st.dictionaries(TEXT, PLAIN, max_size=2),
    delta_version=COUNT,
)


@given(verdict=VERDICTS)
@settings(max_examples=80, deadline=None)
def test_any_verdict_survives_its_rows(verdict: Verdict) -> None:
    rows = rows_of(verdict)
    columns = [field for field in SCHEMA if field.name != "port"]
    stored = pa.Table.from_pylist(rows, pa.schema(columns)).to_pylist()

    kept = kept_verdict([{"port": PORT, **row} for row in stored])

    assert kept.verdict == verdict
    assert kept.is_intact
    assert kept.content_hash == verdict_hash(verdict) == verdict_hash(kept.verdict)


@given(verdicts=st.lists(VERDICTS, min_size=1, max_size=4, unique_by=verdict_hash))
@settings(max_examples=10, deadline=None, phases=NO_SHRINK)
def test_any_verdicts_survive_the_table(
    verdicts: list[Verdict], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("evidence")
    for verdict in verdicts:
        EvidenceStore(root).save(verdict)

    history = EvidenceStore(root).history(PORT, 1)

    assert sorted(map(verdict_hash, history)) == sorted(map(verdict_hash, verdicts))
    assert [v.checked_at for v in history] == sorted((v.checked_at for v in verdicts), reverse=True)


def test_the_hash_is_the_same_in_every_time_zone(verdict: Any, lake: Any) -> None:
    candidate = lake.build("SELECT 1 AS a")
    judged = verdict(candidate, lake.contract(candidate))
    elsewhere = judged.checked_at.astimezone(tz=None)

    assert verdict_hash(replace(judged, checked_at=elsewhere)) == verdict_hash(judged)


CHANGES: dict[str, dict[str, Any]] = {
    "outcome": {"position": 1, "outcome": "passed"},
    "count": {"position": 1, "failing_rows": 0},
    "query": {"position": 1, "query": "select 0"},
    "threshold": {"position": 1, "expected": "anything"},
    "sample": {"position": 1, "sample": "[]"},
    "severity": {"position": 1, "severity": "info"},
    "a word that is no severity": {"position": 1, "severity": "mild"},
    "order": {"position": 1, "position_to": 7},
    "another verdict's row": {"position": 1, "verdict_hash": "0" * 64},
    "the verdict's contract": {"position": 0, "contract_hash": "d" * 64},
    "the verdict's time": {"position": 0, "checked_at": None},
    "the verdict's words": {"position": 0, "outcome": "passed"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.requirement("QUA-03")
def test_a_changed_row_is_seen_and_nothing_of_it_counts_as_passed(
    lake: Any, verdict: Any, check_result: Any, change: dict[str, Any]
) -> None:
    candidate = lake.build("SELECT 1 AS a")
    failed = check_result(Outcome.FAILED, sample=({"a": 1},))
    passed = check_result(Outcome.PASSED, check_id="other")
    store = EvidenceStore(lake.root / "evidence")
    store.save(verdict(candidate, lake.contract(candidate), failed, passed))
    assert store.latest(PORT, 1) is not None

    rewrite(lake.root / "evidence", change)

    (kept,) = store.checks_of(PORT, 1, candidate.content_hash)
    assert not kept.is_intact
    assert not kept.verdict.passed
    assert {r.outcome for r in kept.verdict.results} == {Outcome.ERROR}
    assert {r.detail for r in kept.verdict.results} == {TAMPERED}


def test_a_row_that_was_taken_out_is_seen(lake: Any, verdict: Any, check_result: Any) -> None:
    candidate = lake.build("SELECT 1 AS a")
    store = EvidenceStore(lake.root / "evidence")
    results = check_result(Outcome.FAILED), check_result(Outcome.PASSED, check_id="other")
    store.save(verdict(candidate, lake.contract(candidate), *results))

    rewrite(lake.root / "evidence", {"position": 1, "remove": True})

    judged = store.of_candidate(PORT, 1, candidate.content_hash)
    assert judged is not None
    assert not judged.passed


def rewrite(root: Path, change: dict[str, Any]) -> None:
    """Change the row at a position in the one file of the table, as somebody with access can."""
    changed = dict(change)
    position, new = changed.pop("position"), changed.pop("position_to", None)
    (path,) = root.glob("port=*/*.parquet")
    with pq.ParquetFile(path) as file:
        table = file.read()
    rows = table.to_pylist()
    if changed.pop("remove", False):
        rows = [row for row in rows if row["position"] != position]
    for row in rows:
        if row["position"] == position:
            row.update(changed, **({} if new is None else {"position": new}))
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


def test_years_apart_is_still_in_order(lake: Any, verdict: Any) -> None:
    store = EvidenceStore(lake.root / "evidence")
    candidate = lake.build("SELECT 1 AS a")
    judged = verdict(candidate, lake.contract(candidate))
    times = [judged.checked_at + timedelta(days=days) for days in (900, 0, 400)]
    for moment in times:
        store.save(replace(judged, checked_at=moment))

    found = [each.checked_at for each in store.history(PORT, 1)]

    assert found == sorted(times, reverse=True)
