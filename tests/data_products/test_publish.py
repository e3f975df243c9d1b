"""Publishing: what it writes, and what readers see."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from deltalake import DeltaTable

from contracts.verdict import Verdict
from data_products.evidence_rows import verdict_hash
from data_products.lakehouse import RunFacts

INVOICES = "SELECT i AS invoice_id, (i * 1.25)::DECIMAL(18,2) AS amount FROM range(3) t(i)"
MONTHS = (
    "SELECT DATE '2026-01-01' + INTERVAL (i) MONTH AS month, {0} + i AS invoice_id "
    "FROM range(3) t(i)"
)
BY_MONTH = f"SELECT month::DATE AS month, invoice_id FROM ({MONTHS})"


def test_a_published_candidate_is_what_readers_read(lake: Any) -> None:
    published = lake.publish(INVOICES)

    assert (published.version, published.already) == (0, False)
    assert [row[0] for row in lake.rows()] == [0, 1, 2]


def test_delta_rs_and_duckdb_read_the_same_rows(lake: Any) -> None:
    lake.publish(INVOICES)

    arrow = DeltaTable(lake.table).to_pyarrow_table().sort_by("invoice_id").to_pylist()
    assert [(row["invoice_id"], row["amount"]) for row in arrow] == lake.rows()


def test_nothing_is_seen_before_the_commit(lake: Any) -> None:
    lake.publish(INVOICES)

    lake.build("SELECT 99::BIGINT AS invoice_id, 1::DECIMAL(18,2) AS amount")

    assert len(lake.rows()) == 3


@pytest.mark.requirement("REU-02")
def test_a_version_says_where_it_came_from(lake: Any, verdict: Any, run: RunFacts) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    judged = verdict(candidate, contract)
    lake.lakehouse.publish(contract, candidate, judged, run)

    said = lake.lakehouse.snapshot("finance.invoices", 1).metadata

    assert said == {
        "port": "finance.invoices",
        "run_id": "run-1",
        "actor": "engineer",
        "code_version": "abc123",
        "contract_version": "1.0.0",
        "contract_hash": "c" * 64,
        "candidate_hash": candidate.content_hash,
        "fingerprint": "build-1",
        "sources": {"invoices:2026.csv": "f" * 64},
        "base_version": None,
        "rows": 3,
        "new_rows": 3,
        "verdict": {
            "hash": verdict_hash(judged),
            "run_id": "run-1",
            "checked_at": "2026-04-01T09:30:00+00:00",
            "passed": 1,
            "failed": 0,
            "error": 0,
            "unchecked": 0,
        },
    }


def test_history_is_newest_first_and_agrees_with_delta_rs(lake: Any) -> None:
    lake.publish(INVOICES)
    lake.publish(INVOICES + " WHERE i > 0")

    history = lake.lakehouse.history("finance.invoices", 1)

    told = DeltaTable(lake.table).history()
    assert [commit.version for commit in history] == [entry["version"] for entry in told] == [1, 0]
    assert [commit.metadata for commit in history] == [entry["marketplace"] for entry in told]


def test_publishing_the_same_candidate_again_publishes_nothing(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    candidate = lake.build(INVOICES)
    contract = lake.contract(candidate)
    said = verdict(candidate, contract)
    lake.lakehouse.publish(contract, candidate, said, run)

    again = lake.lakehouse.publish(contract, candidate, said, run)

    assert (again.version, again.already) == (0, True)
    assert len(lake.lakehouse.history("finance.invoices", 1)) == 1
    assert len(lake.rows()) == 3


def test_a_rebuild_from_the_same_input_publishes_nothing_and_leaves_nothing(lake: Any) -> None:
    lake.publish(INVOICES, fingerprint="same")
    files = lake.parquet_files()

    again = lake.publish(INVOICES, fingerprint="same")

    assert (again.version, again.already) == (0, True)
    assert lake.parquet_files() == files
    assert not list((lake.table / "_candidates").glob("*.json"))


def test_a_past_version_survives_when_its_candidate_comes_again(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    first = lake.build(INVOICES, fingerprint="a")
    contract = lake.contract(first)
    lake.lakehouse.publish(contract, first, verdict(first, contract), run)
    lake.publish(INVOICES + " WHERE i > 0", fingerprint="b")
    lake.publish(INVOICES + " WHERE i > 1", fingerprint="a")

    lake.lakehouse.publish(contract, first, verdict(first, contract), run)

    assert len(lake.rows(version=0)) == 3


def test_an_empty_result_is_an_empty_table_and_can_be_filled(lake: Any) -> None:
    lake.publish(INVOICES + " WHERE false")

    assert lake.parquet_files() == set()
    assert lake.rows() == []
    assert lake.lakehouse.snapshot("finance.invoices", 1).columns == (
        ("invoice_id", "BIGINT"),
        ("amount", "DECIMAL(18,2)"),
    )

    lake.publish(INVOICES)
    assert len(lake.rows()) == 3

    lake.publish(INVOICES + " WHERE false")
    assert lake.rows() == []
    assert DeltaTable(lake.table).to_pyarrow_table().num_rows == 0
    assert len(lake.rows(version=1)) == 3


def test_a_new_schema_replaces_the_old_one_and_old_versions_stay_readable(lake: Any) -> None:
    lake.publish(INVOICES)

    lake.publish("SELECT i::VARCHAR AS invoice_id, TRUE AS is_paid FROM range(2) t(i)")

    assert lake.rows() == [("0", True), ("1", True)]
    assert DeltaTable(lake.table).to_pyarrow_table().column_names == ["invoice_id", "is_paid"]
    assert len(lake.rows(version=0)[0]) == 2
    assert lake.rows(version=0)[0][0] == 0


def test_an_incremental_build_replaces_only_the_changed_partitions(lake: Any) -> None:
    lake.publish(BY_MONTH.format(0), partition_columns=("month",))
    before = lake.parquet_files()

    lake.publish(
        BY_MONTH.format(100) + " WHERE month = DATE '2026-02-01'",
        partition_columns=("month",),
        changed_partitions=("2026-02-01",),
    )

    assert [row[1] for row in lake.rows()] == [0, 101, 2]
    by_delta_rs = DeltaTable(lake.table).to_pyarrow_table()["invoice_id"].to_pylist()
    assert sorted(by_delta_rs) == [0, 2, 101]
    assert before < lake.parquet_files()
    snapshot = lake.lakehouse.snapshot("finance.invoices", 1)
    assert (snapshot.rows, snapshot.metadata["rows"], snapshot.metadata["new_rows"]) == (3, 3, 1)
    log = (lake.table / "_delta_log" / f"{1:020}.json").read_text().splitlines()
    actions = [next(iter(json.loads(line))) for line in log]
    assert sorted(actions) == ["add", "commitInfo", "remove"]


def test_an_incremental_build_can_empty_add_and_touch_no_partition(lake: Any) -> None:
    split = {"partition_columns": ("month",)}
    lake.publish(BY_MONTH.format(0), **split)

    lake.publish(BY_MONTH.format(0) + " WHERE false", **split, changed_partitions=("2026-01-01",))
    assert [row[1] for row in lake.rows()] == [1, 2]

    new = "SELECT DATE '2027-01-01' AS month, 7::BIGINT AS invoice_id"
    lake.publish(new, **split, changed_partitions=("2027-01-01", "2030-01-01"))
    assert [row[1] for row in lake.rows()] == [1, 2, 7]

    unchanged = lake.publish(BY_MONTH.format(0) + " WHERE false", **split, changed_partitions=())
    assert (unchanged.version, unchanged.already) == (3, False)
    assert [row[1] for row in lake.rows()] == [1, 2, 7]


def test_a_null_partition_can_be_replaced(lake: Any) -> None:
    split = {"partition_columns": ("month",)}
    lake.publish(f"{BY_MONTH.format(0)} UNION ALL SELECT NULL, 50", **split)

    lake.publish(
        "SELECT NULL::DATE AS month, 60::BIGINT AS invoice_id", **split, changed_partitions=(None,)
    )

    assert [row[1] for row in lake.rows()] == [0, 1, 2, 60]


def test_times_without_a_zone_are_stored_where_the_table_began_with_them(lake: Any) -> None:
    lake.publish("SELECT TIMESTAMP '2026-01-01 10:00:00' AS paid_at")
    lake.publish("SELECT TIMESTAMP '2026-01-02 10:00:00' AS paid_at")

    assert str(lake.rows()[0][0]) == "2026-01-02 10:00:00"


def test_statistics_of_personal_columns_never_reach_disk_outside_the_data(
    lake: Any, verdict: Callable[..., Verdict], run: RunFacts
) -> None:
    sql = "SELECT 'zz-secret-' || i AS email, i AS invoice_id FROM range(3) t(i)"
    candidate = lake.build(sql)  # its target does not say which columns are personal
    contract = lake.contract(candidate, personal=("email",))
    lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)
    guarded = lake.build(sql + " WHERE i > 0", personal_columns=("email",))
    manifest = (lake.table / "_candidates" / f"{guarded.content_hash}.json").read_text()

    log = (lake.table / "_delta_log" / f"{0:020}.json").read_text()

    assert "zz-secret" not in log
    assert '\\"invoice_id\\":2' in log
    assert "zz-secret" not in manifest
    configuration = DeltaTable(lake.table).metadata().configuration
    assert configuration == {"delta.dataSkippingStatsColumns": "`invoice_id`"}
