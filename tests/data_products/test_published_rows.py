"""Property: what was written is what every reader reads, whatever the values."""

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1),
    "DECIMAL(38,10)": st.decimals(
        min_value=Decimal("-" + "9" * 28),
        max_value=Decimal("9" * 28),
        places=10,
        allow_nan=False,
        allow_infinity=False,
    ),
    "DECIMAL(9,2)": st.decimals(Decimal("-9999999.99"), Decimal("9999999.99"), places=2),
    "DOUBLE": st.floats(allow_nan=True, allow_infinity=True),
    "FLOAT": st.floats(width=32, allow_nan=True, allow_infinity=True),
    "VARCHAR": TEXT,
    "BOOLEAN": st.booleans(),
    "DATE": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "TIMESTAMP WITH TIME ZONE": st.datetimes(
        datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)
    ),
    "TIMESTAMP": st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
    "BLOB": st.binary(max_size=6),
    "VARCHAR[]": st.lists(TEXT, max_size=3),
}
PARTITIONS = {
    "VARCHAR": TEXT | st.sampled_from(["", "a/b", "x=y", "%20", "../up", "é ü", "*?[", "NULL"]),
    "DATE": KINDS["DATE"],
    "BIGINT": KINDS["BIGINT"],
    "BOOLEAN": st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]], bool]:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=5))
    columns = [(f"c{i}", kind) for i, kind in enumerate(kinds)]
    values = [st.none() | KINDS[kind] for kind in kinds]
    is_split = draw(st.booleans())
    if is_split:
        kind = draw(st.sampled_from(sorted(PARTITIONS)))
        columns.append((draw(st.sampled_from(["month", "split by"])), kind))
        values.append(st.none() | PARTITIONS[kind])
    rows = draw(st.lists(st.tuples(*values), max_size=6))
    return columns, rows, is_split


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=tables())
def test_publish_then_read_returns_the_rows(new_lake: Callable[[], Any], table: Any) -> None:
    columns, rows, is_split = table
    lake = new_lake()
    fill(lake.connection, columns, rows)

    lake.publish("SELECT * FROM made", partition_columns=(columns[-1][0],) if is_split else ())

    expected = sorted(normal(row, is_split) for row in rows)
    snapshot = lake.lakehouse.snapshot("finance.invoices", 1)
    assert list(snapshot.columns) == columns
    assert snapshot.rows == len(rows)
    assert sorted(normal(row, is_split) for row in lake.rows()) == expected
    arrow = DeltaTable(lake.table).to_pyarrow_table()
    by_delta_rs = zip(*(arrow[name].to_pylist() for name, _ in columns), strict=True)
    assert sorted(normal(row, is_split) for row in by_delta_rs) == expected
    assert_statistics_hold(lake, columns)
    lake.connection.close()


def fill(connection: Any, columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    named = ", ".join(f'"{name}" {kind}' for name, kind in columns)
    connection.execute(f"CREATE TABLE made ({named})")
    if rows:
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO made VALUES ({marks})", rows)


def normal(row: tuple[Any, ...], is_split: bool) -> tuple[str, ...]:
    """A row as text that compares: NaN equals NaN, an empty text in a partition is NULL."""
    values = list(row)
    if is_split and values[-1] == "":
        values[-1] = None
    return tuple(map(spelled, values))


def spelled(value: Any) -> str:
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value + 0.0)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize() + 0)
    return repr(value)


def assert_statistics_hold(lake: Any, columns: list[tuple[str, str]]) -> None:
    """No bound in the log excludes a value that its file holds."""
    kinds = dict(columns)
    for line in (lake.table / "_delta_log" / f"{0:020}.json").read_text().split("\n"):
        add = json.loads(line or "{}").get("add")
        if add is None:
            continue
        file = str(lake.table / unquote(add["path"])).replace("'", "''")
        said = json.loads(add["stats"], parse_float=str, parse_int=str)
        for part, operator in (("minValues", "<"), ("maxValues", ">")):
            for name, bound in said[part].items():
                excluded = lake.connection.execute(
                    f"SELECT count(*) FROM read_parquet('{file}', hive_partitioning = false) "
                    f'WHERE "{name}" {operator} CAST(? AS {kinds[name]})',
                    [bound],
                ).fetchone()
                assert excluded == (0,), (name, kinds[name], bound)
