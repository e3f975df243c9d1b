"""What a statement would read is estimated before it runs, and too much is not begun."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from marketplace.query.errors import ScanTooLarge

PORT = "commercial.payments"


@pytest.fixture(scope="module")
def large(shared_engine_room: Any) -> Any:
    """A room whose suppliers port has some megabytes that do not compress, in three files."""
    room = shared_engine_room
    rows = 150_000
    keys = pa.array([f"{(i * 2654435761) % 2**32:x}{(i * 40503) % 2**31:x}" for i in range(rows)])
    table = pa.table({
        "supplier": keys,
        "number": pa.array(range(rows)),
        "month": [f"2024-{i % 3 + 1:02}" for i in range(rows)],
    })  # fmt: skip
    place = room.lakehouse.table("commercial.suppliers", 1)
    write_deltalake(place, table, mode="overwrite", partition_by=["month"], schema_mode="overwrite")
    return room


def refused(room: Any, sql: str, limit_mb: int = 1) -> ScanTooLarge:
    """The refusal of a statement that may read so much."""
    with pytest.raises(ScanTooLarge) as refusal:
        room.ask(sql, limits=replace(room.limits, scan_mb=limit_mb))
    assert refusal.value.limit_mb == limit_mb
    return refusal.value


@pytest.mark.requirement("PRP-10")
@pytest.mark.parametrize(
    "sql",
    [
        "select max(supplier) from commercial.suppliers",
        "select count(*) from (select distinct supplier, number from commercial.suppliers)",
        "explain analyze select max(supplier) from commercial.suppliers",
        "select * from query('from commercial.suppliers') order by supplier",
        "pivot commercial.suppliers on month using max(supplier)",
        "select * from commercial.suppliers where supplier like '%zz' limit 3",
        "from Commercial.Suppliers_v1 order by supplier limit 1",
        "select count(supplier) from (from commercial.suppliers limit 100000000000)",
        "explain analyze from commercial.suppliers",
        "explain (analyze, format json) from commercial.suppliers",
    ],
)
def test_a_statement_that_would_read_too_much_is_not_begun(large: Any, sql: str) -> None:
    assert refused(large, sql).estimate_mb >= 2


@pytest.mark.requirement("PRP-10")
@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from commercial.suppliers",
        "select max(number) from commercial.suppliers where month = '2024-02'",
        "select * from commercial.suppliers limit 3",
        "select supplier || 'x' from commercial.suppliers",
        "explain select max(supplier) from commercial.suppliers",
        "select sum(amount) from commercial.payments",
        "select 1",
    ],
)
def test_a_statement_that_reads_little_of_a_large_port_runs(large: Any, sql: str) -> None:
    assert large.ask(sql, limits=replace(large.limits, scan_mb=1)).rows > 0


def test_a_port_that_is_read_twice_counts_twice(large: Any) -> None:
    once = refused(large, "select max(supplier) from commercial.suppliers")
    twice = refused(
        large,
        "select count(*) from commercial.suppliers a join commercial.suppliers b using (supplier)",
    )

    assert twice.estimate_mb >= 2 * once.estimate_mb - 1


def test_the_estimate_is_near_the_columns_in_the_files(large: Any) -> None:
    table = large.lakehouse.table("commercial.suppliers", 1)
    newest = sorted(table.glob("month=*/*.parquet"))
    whole = sum(file.stat().st_size for file in newest) / 1024 / 1024

    found = refused(large, "select max(supplier), max(number) from commercial.suppliers")

    assert whole * 0.8 <= found.estimate_mb <= whole * 1.2


def test_within_the_limit_the_whole_port_is_read(large: Any) -> None:
    sql = "select count(distinct supplier) n from commercial.suppliers"

    assert large.ask(sql, limits=replace(large.limits, scan_mb=20)).rows == 1
