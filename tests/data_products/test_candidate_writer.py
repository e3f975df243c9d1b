"""Writing candidates: types, partitions, statistics, and what is refused."""

import json
from itertools import pairwise
from typing import Any

import duckdb
import pytest

from data_products.candidate_writer import (
    CandidateTarget,
    latest_candidate,
    read_candidate,
    resulting_relation,
)
from data_products.errors import CandidateLost, NotIncremental, StaleCandidate, UnstorableColumn

CASTS = [
    ("1::HUGEINT", "DECIMAL(38,0)"),
    ("1::UHUGEINT", "DECIMAL(38,0)"),
    ("1::UTINYINT", "SMALLINT"),
    ("1::USMALLINT", "INTEGER"),
    ("1::UINTEGER", "BIGINT"),
    ("18446744073709551615::UBIGINT", "DECIMAL(20,0)"),
    ("'0b7fbe0c-5b7e-4b6f-8d35-0f8f8b5f2f11'::UUID", "VARCHAR"),
    ("'a'::ENUM('a', 'b')", "VARCHAR"),
    ("'{\"a\": 1}'::JSON", "VARCHAR"),
    ("TIME '10:00:00'", "VARCHAR"),
    ("INTERVAL 3 DAY", "VARCHAR"),
    ("'101'::BIT", "VARCHAR"),
    ("TIMESTAMP_S '2026-01-01 00:00:00'", "TIMESTAMP"),
    ("[1::HUGEINT]", "DECIMAL(38,0)[]"),
    ("[1, 2]::INTEGER[2]", "INTEGER[]"),
    ("{'a b': 1::UBIGINT}", 'STRUCT("a b" DECIMAL(20,0))'),
    ("MAP {'a': 1::UTINYINT}", "MAP(VARCHAR, SMALLINT)"),
    ("sum(1.25::DECIMAL(18,2))", "DECIMAL(38,2)"),
    ("sum(1)", "DECIMAL(38,0)"),
    ("1::INTEGER", "INTEGER"),
]


@pytest.mark.parametrize(("value", "kind"), CASTS, ids=[value for value, _ in CASTS])
def test_types_that_delta_lacks_are_cast_without_loss(lake: Any, value: str, kind: str) -> None:
    candidate = lake.build(f"SELECT {value} AS found")

    written = lake.connection.execute(f"DESCRIBE {resulting_relation(candidate)}").fetchall()

    assert candidate.columns == (("found", kind),)
    assert [(row[0], row[1]) for row in written] == [("found", kind)]
    query = f"SELECT found::VARCHAR, ({{}})::{kind}::VARCHAR FROM {resulting_relation(candidate)}"
    literal = value.removeprefix("sum(").removesuffix(")") if "sum(" in value else value
    stored, expected = lake.connection.execute(query.format(literal)).fetchone()
    assert stored == expected


@pytest.mark.parametrize(
    "value",
    ["NULL", "TIMESTAMP_NS '2026-01-01 00:00:00.000000001'", "union_value(a := 1)"],
)
def test_types_that_would_lose_something_are_refused(lake: Any, value: str) -> None:
    with pytest.raises(UnstorableColumn, match=r"Column `found` of type .* cannot be stored"):
        lake.build(f"SELECT {value} AS found")


def test_the_refusal_of_a_type_says_what_to_do(lake: Any) -> None:
    with pytest.raises(UnstorableColumn) as refusal:
        lake.build("SELECT 1.5 AS amount", partition_columns=("amount",))

    assert str(refusal.value) == (
        "Column `amount` of type `DECIMAL(2,1)` cannot be stored: split files by a text, whole "
        "number, date or boolean column."
    )


@pytest.mark.parametrize("day", ["infinity", "0044-03-15 (BC)", "10000-01-01"])
def test_files_are_not_split_by_a_date_that_would_break_the_log(lake: Any, day: str) -> None:
    with pytest.raises(UnstorableColumn, match="is no day from year 1 to 9999"):
        lake.build(f"SELECT DATE '{day}' AS day, 1 AS n", partition_columns=("day",))

    assert lake.parquet_files() == set()


def test_a_number_that_does_not_fit_is_an_error_and_leaves_nothing(lake: Any) -> None:
    with pytest.raises(duckdb.ConversionException):
        lake.build("SELECT 170141183460469231731687303715884105727::HUGEINT AS found")

    assert lake.parquet_files() == set()
    assert not list((lake.table / "_candidates").glob("*.writing"))


def test_a_statement_may_end_with_a_comment_or_a_semicolon(lake: Any) -> None:
    assert lake.build("SELECT 1 AS a -- one").new_rows == 1
    assert lake.build("SELECT 1 AS a;\n").new_rows == 1


def test_the_order_of_the_mart_clusters_the_row_groups(lake: Any) -> None:
    sql = "SELECT (hash(i) % 1000)::INTEGER AS v FROM range(300_000) t(i) ORDER BY v"
    candidate = lake.build(sql)

    path = candidate.table / candidate.files[0].path
    groups = lake.connection.execute(
        "SELECT stats_min_value::INTEGER AS low, stats_max_value::INTEGER "
        "FROM parquet_metadata(?) ORDER BY low",
        [str(path)],
    ).fetchall()

    assert len(groups) == 3  # row groups of 122,880 rows
    assert all(high <= low for (_, high), (low, _) in pairwise(groups))


def test_the_statistics_are_the_rows_own(lake: Any) -> None:
    sql = """
        SELECT * FROM (VALUES
            (1, 'b', 2.50::DECIMAL(9,2), DATE '2026-01-02', TRUE, 1.5::DOUBLE, [1]),
            (NULL, 'a', -1.25, DATE '2026-01-01', FALSE, 'nan'::DOUBLE, [2])
        ) t(n, s, d, day, b, f, l)
    """
    candidate = lake.build(sql)

    assert json.loads(candidate.files[0].statistics) == {
        "numRecords": 2,
        "minValues": {"n": 1, "s": "a", "d": -1.25, "day": "2026-01-01"},
        "maxValues": {"n": 1, "s": "b", "d": 2.5, "day": "2026-01-02"},
        "nullCount": {"n": 1, "s": 0, "d": 0, "day": 0, "b": 0, "f": 0},
    }


@pytest.mark.parametrize(
    "value",
    ["'infinity'::DATE", "'-inf'::DOUBLE", "DATE '0044-03-15 (BC)'", "repeat('x', 65)"],
)
def test_bounds_that_delta_cannot_spell_are_left_out(lake: Any, value: str) -> None:
    said = json.loads(lake.build(f"SELECT {value} AS v").files[0].statistics)

    assert (said["minValues"], said["maxValues"], said["nullCount"]) == ({}, {}, {"v": 0})


def test_only_named_statistics_columns_are_recorded(lake: Any) -> None:
    candidate = lake.build(
        "SELECT 1 AS a, 2 AS b, 3 AS c", statistics_columns=("a", "b"), personal_columns=("b",)
    )

    said = json.loads(candidate.files[0].statistics)
    assert (said["minValues"], said["nullCount"]) == ({"a": 1}, {"a": 0})


def test_plain_readers_find_the_partition_column_in_the_files(lake: Any) -> None:
    candidate = lake.build("SELECT 'x' AS p, 1 AS n", partition_columns=("p",))

    path = str(candidate.table / candidate.files[0].path)
    query = "SELECT p, n FROM read_parquet(?, hive_partitioning = false)"
    assert lake.connection.execute(query, [path]).fetchall() == [("x", 1)]
    assert candidate.files[0].partition_values == {"p": "x"}


def test_the_same_rows_make_the_same_candidate(lake: Any) -> None:
    first = lake.build("SELECT 1 AS a")
    second = lake.build("SELECT 1 AS a")

    assert first.content_hash == second.content_hash
    assert first.files[0].path != second.files[0].path
    assert lake.build("SELECT 2 AS a").content_hash != first.content_hash
    assert lake.build("SELECT 1 AS b").content_hash != first.content_hash


def test_a_candidate_is_read_back_as_it_was_written(lake: Any) -> None:
    candidate = lake.build("SELECT 'é' AS p, 1 AS n", partition_columns=("p",))

    assert read_candidate(lake.table, candidate.content_hash) == candidate
    assert latest_candidate(lake.table) == candidate


def test_the_latest_candidate_is_the_one_written_last(lake: Any) -> None:
    assert latest_candidate(lake.table) is None

    lake.build("SELECT 1 AS a")
    newest = lake.build("SELECT 2 AS a")

    assert latest_candidate(lake.table) == newest


def test_a_candidate_of_an_older_version_no_longer_awaits_anything(lake: Any) -> None:
    lake.build("SELECT 1 AS a")
    lake.publish("SELECT 2 AS a")

    assert latest_candidate(lake.table) is None


def test_a_missing_candidate_is_said(lake: Any) -> None:
    with pytest.raises(CandidateLost) as refusal:
        read_candidate(lake.table, "f" * 64)

    assert str(refusal.value) == (
        "Candidate `ffffffffffff` of `finance.invoices` is not as it was written: its manifest "
        "is gone. Build and check it again."
    )


def test_building_on_a_version_that_is_not_served_is_refused(lake: Any) -> None:
    lake.publish("SELECT 1 AS a")

    with pytest.raises(StaleCandidate, match="against Delta version 7 and the table is at"):
        lake.build("SELECT 2 AS a", base_version=7)


def month(sql: str) -> str:
    return f"SELECT DATE '2026-01-01' AS month, {sql} AS n"


def test_a_partial_build_needs_a_published_version(lake: Any) -> None:
    with pytest.raises(NotIncremental) as refusal:
        lake.build(month("1"), partition_columns=("month",), changed_partitions=("2026-01-01",))

    assert str(refusal.value) == (
        "`finance.invoices` cannot be built in part: nothing is published that it could add to. "
        "Build it in full."
    )


def test_a_partial_build_keeps_columns_and_layout(lake: Any) -> None:
    lake.publish(month("1"), partition_columns=("month",))
    changed = {"changed_partitions": ("2026-01-01",)}

    with pytest.raises(NotIncremental, match="columns are not those of the published version"):
        lake.build(month("'one'"), partition_columns=("month",), **changed)
    with pytest.raises(NotIncremental, match="not split the same way"):
        lake.build(month("1"), **changed)


def test_a_partial_build_may_not_touch_another_partition(lake: Any) -> None:
    lake.publish(month("1"), partition_columns=("month",))
    before = lake.parquet_files()

    with pytest.raises(NotIncremental, match="rows of `month` `2026-01-01`, which were not to"):
        lake.build(month("2"), partition_columns=("month",), changed_partitions=("2026-02-01",))

    assert lake.parquet_files() == before


def test_the_resulting_relation_joins_new_and_kept_files(lake: Any) -> None:
    two = f"{month('1')} UNION ALL SELECT DATE '2026-02-01', 2"
    lake.publish(two, partition_columns=("month",))

    candidate = lake.build(
        month("3"), partition_columns=("month",), changed_partitions=("2026-01-01",)
    )

    relation = resulting_relation(candidate)
    lake.connection.execute(f"CREATE VIEW resulting AS {relation}")
    query = f"SELECT n FROM resulting JOIN {relation} USING (month, n) ORDER BY n"
    assert lake.connection.execute(query).fetchall() == [(2,), (3,)]
    assert len(candidate.kept) == 1


def test_a_target_is_what_the_dbt_variable_says(lake: Any) -> None:
    document = {
        "table": str(lake.table),
        "major": 1,
        "fingerprint": "f",
        "sources": {"a": "b"},
        "base_version": None,
        "partition_columns": ["month"],
        "personal_columns": [],
        "changed_partitions": ["2026-01-01"],
    }

    target = CandidateTarget.from_document("finance.invoices", document)

    assert target == CandidateTarget(
        port="finance.invoices",
        major=1,
        table=lake.table,
        fingerprint="f",
        sources={"a": "b"},
        partition_columns=("month",),
        changed_partitions=("2026-01-01",),
    )
    with pytest.raises(TypeError, match="colour"):
        CandidateTarget.from_document("finance.invoices", {**document, "colour": "red"})
