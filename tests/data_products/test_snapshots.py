"""Snapshots: what readers get, how little it costs, and which tables are refused."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from data_products.errors import UnknownPort, UnreadableTable


def test_nothing_published_has_no_snapshot(lake: Any) -> None:
    assert lake.lakehouse.snapshot("finance.invoices", 1) is None
    assert lake.lakehouse.history("finance.invoices", 1) == ()
    assert lake.lakehouse.sweep("finance.invoices", 1) == ()


def test_a_snapshot_has_files_columns_rows_and_bytes(lake: Any) -> None:
    lake.publish("SELECT i::INTEGER AS a, [i] AS l, {'x': i} AS s FROM range(5) t(i)")

    snapshot = lake.lakehouse.snapshot("finance.invoices", 1)

    assert snapshot.version == 0
    assert snapshot.columns == (("a", "INTEGER"), ("l", "BIGINT[]"), ("s", 'STRUCT("x" BIGINT)'))
    assert snapshot.rows == 5
    assert [file.exists() and file.is_absolute() for file in snapshot.files] == [True]
    assert snapshot.bytes == sum(file.stat().st_size for file in snapshot.files)


def test_an_unchanged_table_costs_no_second_reading(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    first = lake.lakehouse.snapshot("finance.invoices", 1)

    started = time.perf_counter()
    again = [lake.lakehouse.snapshot("finance.invoices", 1) for _ in range(100)]
    seconds = time.perf_counter() - started

    assert all(snapshot is first for snapshot in again)
    assert seconds < 0.5  # 1 ms would be 0.1 s in all; a reading of the log costs several


def test_a_commit_is_seen_at_once(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    lake.lakehouse.snapshot("finance.invoices", 1)
    for number in range(2, 5):
        lake.publish(f"SELECT {number} AS a")

    assert lake.lakehouse.snapshot("finance.invoices", 1).version == 3
    assert lake.rows() == [(4,)]


def test_a_table_that_was_made_anew_is_read_anew(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    lake.publish("SELECT 2 AS a")
    assert lake.rows() == [(2,)]

    shutil.rmtree(lake.table)
    assert lake.lakehouse.snapshot("finance.invoices", 1) is None
    lake.publish("SELECT 3 AS a")

    assert lake.rows() == [(3,)]


def test_every_version_stays_readable_past_a_checkpoint(lake: Any) -> None:
    for number in range(3):
        lake.publish(f"SELECT {number} AS a")
    DeltaTable(lake.table).create_checkpoint()  # as delta-rs does itself every 100 versions
    lake.publish("SELECT 3 AS a")

    assert list((lake.table / "_delta_log").glob("*.checkpoint.parquet"))
    assert lake.rows() == [(3,)]
    assert lake.rows(version=0) == [(0,)]
    assert len(lake.lakehouse.history("finance.invoices", 1)) == 4
    assert lake.lakehouse.sweep("finance.invoices", 1) == ()


@pytest.mark.parametrize("port", ["finance", "../etc.passwd", "a.b.c", "a/b.c", "", "finance."])
def test_a_name_that_is_no_port_leads_nowhere(lake: Any, port: str) -> None:
    with pytest.raises(UnknownPort):
        lake.lakehouse.table(port, 1)


FEATURES = [
    (
        {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors"],
        },
        "deletionVectors",
    ),
    ({"minReaderVersion": 2, "minWriterVersion": 5}, "columnMapping"),
]


@pytest.mark.parametrize(("protocol", "feature"), FEATURES, ids=[name for _, name in FEATURES])
def test_tables_with_features_that_readers_disagree_on_are_refused(
    lake: Any, protocol: dict[str, Any], feature: str
) -> None:
    lake.publish("SELECT 1 AS a")
    change_protocol(lake.table, protocol)

    with pytest.raises(UnreadableTable) as refusal:
        lake.lakehouse.snapshot("finance.invoices", 1)

    assert str(refusal.value) == (
        f"Table `{lake.table}` is not read: it uses the Delta feature `{feature}`. Only tables "
        "that this platform published are served; restore the table, or move it away and publish "
        "again."
    )


def change_protocol(table: Path, protocol: dict[str, Any]) -> None:
    entry = table / "_delta_log" / f"{1:020}.json"
    actions = [{"commitInfo": {"timestamp": 0}}, {"protocol": protocol}]
    entry.write_text("".join(json.dumps(action) + "\n" for action in actions))
    DeltaTable(table)


def test_a_damaged_log_is_said(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")
    (lake.table / "_delta_log" / f"{0:020}.json").write_text("{ not json")

    with pytest.raises(UnreadableTable, match="is not read"):
        lake.lakehouse.snapshot("finance.invoices", 1)
