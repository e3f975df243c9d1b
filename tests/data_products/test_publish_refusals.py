"""What publishing refuses: then the served version is what it was."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction

from contracts.verdict import Outcome
from data_products.errors import (
    CandidateLost,
    CommitRefused,
    ContractNotMet,
    LayoutChanged,
    MetadataMissing,
    NotPublished,
    StaleCandidate,
    VerdictMismatch,
)
from data_products.lakehouse import Lakehouse, RunFacts

INVOICES = "SELECT i AS invoice_id, (i * 1.25)::DECIMAL(18,2) AS amount FROM range(3) t(i)"
MONTHS = (
    "SELECT DATE '2026-01-01' + INTERVAL (i) MONTH AS month, {0} + i AS invoice_id "
    "FROM range(3) t(i)"
)
BY_MONTH = f"SELECT month::DATE AS month, invoice_id FROM ({MONTHS})"


@pytest.mark.requirement("INT-01")
def test_a_failed_contract_publishes_nothing(
    lake: Any, verdict: Any, check_result: Any, run: RunFacts
) -> None:
    lake.publish(INVOICES)
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    late = check_result(
        Outcome.FAILED, title="freshness", observed="26 h", expected="24 h", failing_rows=None
    )
    passed = [check_result(Outcome.PASSED)] * 12
    failed = verdict(candidate, contract, check_result(Outcome.FAILED), late, *passed)

    with pytest.raises(ContractNotMet) as refusal:
        lake.lakehouse.publish(contract, candidate, failed, run)

    assert str(refusal.value) == (
        "`finance.invoices` v1 was not published: 2 of 14 checks failed (`invoice_id` is unique: "
        "3 duplicates; freshness: 26 h, promised 24 h). The last passing version 0 stays."
    )
    assert len(lake.rows()) == 3
    assert lake.lakehouse.snapshot("finance.invoices", 1).version == 0


def test_an_unchecked_promise_blocks_unless_it_is_informative(
    lake: Any, verdict: Any, check_result: Any, run: RunFacts
) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    unchecked = check_result(Outcome.UNCHECKED, detail="prose only")

    with pytest.raises(ContractNotMet, match=r"not checked, prose only.*Nothing was published"):
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract, unchecked), run)

    shown = verdict(candidate, contract, replace(unchecked, informative=True))
    assert lake.lakehouse.publish(contract, candidate, shown, run).version == 0


MISMATCHES: dict[str, dict[str, Any]] = {
    "port of the verdict `finance.payments`, expected `finance.invoices`": {
        "port": "finance.payments"
    },
    "contract version `1.1.0`, expected `1.0.0`": {"contract_version": "1.1.0"},
    f"contract hash `{'d' * 40}`": {"contract_hash": "d" * 64},
    "candidate `another`": {"candidate_hash": "another"},
    "base version `4`, expected `none`": {"base_version": 4},
}


@pytest.mark.parametrize("fault", list(MISMATCHES))
def test_publish_refuses_a_verdict_about_something_else(
    lake: Any, verdict: Any, run: RunFacts, fault: str
) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    said = verdict(candidate, contract, **MISMATCHES[fault])

    with pytest.raises(VerdictMismatch) as refusal:
        lake.lakehouse.publish(contract, candidate, said, run)

    assert fault in str(refusal.value)
    assert lake.lakehouse.snapshot("finance.invoices", 1) is None


def test_publish_refuses_a_candidate_of_another_port(lake: Any, verdict: Any, run: Any) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate, name="payments", version="2.0.0")

    with pytest.raises(VerdictMismatch) as refusal:
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)

    assert str(refusal.value) == (
        "`finance.payments_v2` was not published: the verdict is not about this candidate "
        "(port `finance.invoices`, expected `finance.payments_v2`; "
        "major version `1`, expected `2`). "
        "Check this candidate under this contract, then publish."
    )


def test_publish_refuses_without_a_verdict(lake: Any, run: RunFacts) -> None:
    candidate = lake.build(INVOICES)

    with pytest.raises(VerdictMismatch, match="there is no verdict on this candidate"):
        lake.lakehouse.publish(lake.contract(candidate), candidate, None, run)


@pytest.mark.requirement("FND-01")
@pytest.mark.requirement("PRP-03")
def test_publish_names_every_missing_mandatory_element(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate, team=(), custom={}, service_levels=(), purpose="")

    with pytest.raises(MetadataMissing) as refusal:
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)

    assert len(refusal.value.missing) > 8
    for word in ("owner", "steward", "custodian", "purpose", "licence", "accessRights"):
        assert word in str(refusal.value)
    assert str(refusal.value).startswith(
        "`finance.invoices` was not published: its contract lacks mandatory metadata.\n- "
    )
    assert lake.lakehouse.snapshot("finance.invoices", 1) is None


def test_a_stale_candidate_is_refused(lake: Any, verdict: Any, run: RunFacts) -> None:
    stale = lake.build(INVOICES)
    lake.publish(INVOICES + " WHERE i > 0")
    contract = lake.contract(stale)

    with pytest.raises(StaleCandidate) as refusal:
        lake.lakehouse.publish(contract, stale, verdict(stale, contract), run)

    assert str(refusal.value) == (
        "`finance.invoices` was not published: the candidate was built against no published "
        "version and the table is at Delta version 0. Build and check it again."
    )
    assert len(lake.rows()) == 2


def test_a_changed_file_is_refused(lake: Any, verdict: Any, run: RunFacts) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    path = candidate.table / candidate.files[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(CandidateLost) as refusal:
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)

    assert str(refusal.value) == (
        f"Candidate `{candidate.content_hash[:12]}` of `finance.invoices` is not as it was "
        f"written: `{candidate.files[0].path}` has other content than was checked. "
        "Build and check it again."
    )


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda path: path.unlink(), "is gone"),
        (lambda path: path.write_bytes(b"PAR1"), "has 4 bytes"),
    ],
    ids=["gone", "cut short"],
)
def test_a_damaged_file_is_refused(
    lake: Any, verdict: Any, run: RunFacts, damage: Callable[[Any], Any], fault: str
) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    damage(candidate.table / candidate.files[0].path)

    with pytest.raises(CandidateLost, match=fault):
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)


def test_a_candidate_in_another_folder_is_refused(
    lake: Any, verdict: Any, run: RunFacts, tmp_path: Path
) -> None:
    candidate = lake.build(INVOICES, table=tmp_path / "elsewhere")
    contract = lake.contract(candidate)

    with pytest.raises(CandidateLost, match="elsewhere`, and the port's table is"):
        lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)


def test_a_table_keeps_how_its_files_are_split(lake: Any) -> None:
    lake.publish(BY_MONTH.format(0), partition_columns=("month",))

    with pytest.raises(LayoutChanged) as refusal:
        lake.publish(BY_MONTH.format(0))

    assert str(refusal.value) == (
        "`finance.invoices` was not published: its files would be split by nothing, not by "
        "`month`. A table keeps its layout for as long as its major contract version lasts; offer "
        "the new layout as the next major version."
    )
    assert len(lake.rows()) == 3


def test_times_without_a_zone_are_refused_where_they_would_brick_the_table(lake: Any) -> None:
    lake.publish(INVOICES)

    with pytest.raises(LayoutChanged, match="`paid_at` would bring times without a time zone"):
        lake.publish("SELECT TIMESTAMP '2026-01-01' AS paid_at")

    assert len(lake.rows()) == 3


def test_a_commit_by_somebody_else_is_never_overwritten(lake: Any, verdict: Any, run: Any) -> None:
    lake.publish(INVOICES)
    candidate = lake.build(INVOICES + " WHERE i > 0")
    contract = lake.contract(candidate)

    def somebody_else(step: str) -> None:
        if step == "files verified":  # after every check of ours, and not under our lock
            commit_foreign_row(lake)

    lakehouse = Lakehouse(lake.root / "lake", lake.root / "quarantine", somebody_else)
    with pytest.raises(StaleCandidate, match=r"against Delta version 0 and .* at Delta version 1"):
        lakehouse.publish(contract, candidate, verdict(candidate, contract), run)

    assert [row[0] for row in lake.rows()] == [0, 1, 2, 77]


def commit_foreign_row(lake: Any) -> None:
    path = lake.table / "foreign.parquet"
    row = "SELECT 77::BIGINT AS invoice_id, 1::DECIMAL(18,2) AS amount"
    duckdb.connect().execute(f"COPY ({row}) TO '{path}' (FORMAT parquet)")
    table = DeltaTable(lake.table)
    add = AddAction(path.name, path.stat().st_size, {}, 0, True, '{"numRecords": 1}')
    properties = CommitProperties(max_commit_retries=0)
    table.create_write_transaction([add], "append", table.schema(), commit_properties=properties)


def test_a_log_that_takes_no_commit_is_said_and_changes_nothing(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    lake.publish(INVOICES)
    candidate = lake.build(INVOICES + " WHERE i > 0")
    contract = lake.contract(candidate)
    entry = lake.table / "_delta_log" / f"{1:020}.json"

    def block(step: str) -> None:
        if step == "files verified":
            entry.symlink_to("/nowhere")

    lakehouse = Lakehouse(lake.root / "lake", lake.root / "quarantine", block)
    with pytest.raises(NotPublished) as refusal:
        lakehouse.publish(contract, candidate, verdict(candidate, contract), run)

    assert isinstance(refusal.value, CommitRefused | StaleCandidate)
    entry.unlink()
    assert len(lake.rows()) == 3
