"""The cheap ways of answering a check give what the plain query of its evidence gives."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.file_footers import footer_statistics
from contracts.file_statistics import TableStatistics
from contracts.verdict import CheckResult, Outcome

Results = Callable[..., dict[str, CheckResult]]
Document = dict[str, Any]
CODES = """
    CREATE OR REPLACE TABLE invoices AS SELECT i::BIGINT AS invoice_id, 1::DECIMAL(18,2) AS amount,
        CASE WHEN i % 50001 = 7 THEN NULL WHEN i % 40000 = 3 THEN 'GBé' || i
            WHEN i % 30000 = 9 THEN 'XX-12345' WHEN i % 70000 = 5 THEN ''
            WHEN i % 60000 = 1 THEN repeat('é', 4) WHEN i % 60000 = 2 THEN repeat('x', 30)
            ELSE 'GB-' || lpad((i % 100000)::VARCHAR, 5, '0') END AS country,
        TIMESTAMPTZ '2024-06-14 00:00:00+00' AS invoiced_at
    FROM range(250000) numbers(i)
"""


def changing(position: int, **fields: Any) -> Callable[[Document], object]:
    return lambda d: d["schema"][0]["properties"][position].update(fields)


@pytest.mark.parametrize("pattern", ["^GB-[0-9]{5}$", "^GB-[0-9]+$"], ids=["fixed", "other"])
@pytest.mark.parametrize("longest", [2, 7, 8, 20], ids=str)
def test_one_pass_over_a_text_counts_what_each_query_counts(
    pattern: str, longest: int, check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    options = {"minLength": longest - 1, "maxLength": longest, "pattern": pattern}

    found = check(changing(2, required=True, logicalTypeOptions=options), CODES)

    path = "schema[0].properties[2]"
    names = [f"{path}.logicalTypeOptions.{word}" for word in options] + [f"{path}.required"]
    for name in names:
        assert found[name].failing_rows == _recount(connection, found[name])
        assert found[name].outcome is Outcome.FAILED
        assert 0 < len(found[name].sample) <= 5


def test_texts_that_all_match_are_proved_in_one_pass(check: Results) -> None:
    options = {"minLength": 8, "maxLength": 8, "pattern": "^GB-[0-9]{5}$"}
    tidy = "UPDATE invoices SET country = 'GB-' || lpad((invoice_id % 100000)::VARCHAR, 5, '0')"

    found = check(changing(2, logicalTypeOptions=options), CODES, tidy)

    results = [r for name, r in found.items() if "properties[2].logicalTypeOptions" in name]
    assert [(r.outcome, r.failing_rows) for r in results] == [(Outcome.PASSED, 0)] * 3


def test_columns_that_are_all_empty_break_nothing(check: Results) -> None:
    options = {"maxLength": 3, "pattern": "^[A-Z]{2}$"}

    found = check(
        changing(2, logicalTypeOptions=options),
        CODES,
        "UPDATE invoices SET country = CASE WHEN invoice_id < 9 THEN invoice_id::VARCHAR END",
        "UPDATE invoices SET country = NULL WHERE invoice_id > 2",
    )

    assert found["schema[0].properties[2].logicalTypeOptions.pattern"].failing_rows == 3


KEYS = {
    "numbers": "1::BIGINT",
    "decimals": "(i * 0.25)::DECIMAL(18,2)",
    "texts": "'k' || i",
    "doubles": "CASE i WHEN 3 THEN 'nan'::DOUBLE WHEN 4 THEN -0.0 ELSE i / 4 END",
    "moments": "TIMESTAMPTZ '2024-06-14 00:00:00+00' + INTERVAL (i) MICROSECOND",
    "lists": "[i, NULL]",
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_of_each_type_repeat_where_grouping_says_so(
    kind: str, check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    table = f"""CREATE OR REPLACE TABLE invoices AS
        SELECT i AS invoice_id, {KEYS[kind]} AS amount, 'GB' AS country, now() AS invoiced_at
        FROM (FROM range(200) a(i) UNION ALL FROM range(3, 5) UNION ALL FROM range(3, 4))"""

    found = check(
        changing(1, primaryKey=True, primaryKeyPosition=2),
        table,
        "INSERT INTO invoices SELECT 0, NULL, 'GB', now() FROM range(3)",
    )["schema[0].primaryKey"]

    assert found.observed == "2 repeated keys in 5 rows, 3 rows with an empty key"
    assert found.failing_rows == 6
    assert _recount(connection, found) == 3
    assert {row["rows"] for row in found.sample} == {2, 3}


def test_different_keys_with_one_hash_are_not_taken_for_repeated(
    check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("CREATE TEMPORARY MACRO hash(key) AS (key % 7)::UBIGINT")

    none = check(lambda d: d)["schema[0].primaryKey"]
    one = check(lambda d: d, "INSERT INTO invoices SELECT * FROM invoices WHERE invoice_id = 7")

    assert none.outcome is Outcome.PASSED
    assert one["schema[0].primaryKey"].observed == "1 repeated key in 2 rows"


def test_keys_are_judged_part_by_part_where_memory_is_short(
    check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = CODES.replace("range(250000)", "range(6000000)")

    found = check(
        lambda d: d,
        "SET memory_limit = '60MB'",
        rows,
        "INSERT INTO invoices SELECT * FROM invoices WHERE invoice_id IN (5, 6, 3999999)",
    )["schema[0].primaryKey"]

    assert found.observed == "3 repeated keys in 6 rows"


PARENTS = {
    "without gaps": "SELECT unnest(range(1, 91)) AS id",
    "with gaps": "SELECT unnest(range(1, 181, 2)) AS id",
    "with an empty key": "SELECT unnest([1, 2, NULL]) AS id",
    "far apart": "SELECT unnest([1, 2, 9000000000000000000]) AS id",
    "of another type": "SELECT unnest([1.0, 2.5]) AS id",
    "without rows": "SELECT 1 AS id WHERE false",
}


@pytest.mark.parametrize("small", [0, 1_000_000], ids=["large", "small"])
@pytest.mark.parametrize("case", PARENTS)
def test_orphans_are_those_that_an_anti_join_finds(
    case: str,
    small: int,
    check: Results,
    connection: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contracts.reference_checks._SMALL", small)
    connection.execute(f"CREATE TABLE known AS {PARENTS[case]}")
    connection.execute("ALTER TABLE invoices ADD COLUMN parent BIGINT")
    connection.execute("UPDATE invoices SET parent = nullif(invoice_id % 97, 11)")
    links = [{"type": "foreignKey", "to": "known.id"}]
    column = {"name": "parent", "logicalType": "integer", "physicalType": "bigint"}
    added = {**column, "description": "The invoice before.", "relationships": links}

    found = check(
        lambda d: d["schema"][0]["properties"].append(added),
        references={"finance.known": "main.known"},
    )["schema[0].properties[4].relationships[0]"]

    plain = "parent IS NOT NULL AND parent NOT IN (SELECT id FROM known WHERE id IS NOT NULL)"
    orphans = {
        r[0]
        for r in connection.execute(f"FROM invoices SELECT invoice_id WHERE {plain}").fetchall()
    }
    assert found.failing_rows == len(orphans)
    assert len(found.sample) == min(5, len(orphans))
    assert {row["invoice_id"] for row in found.sample} <= orphans


def test_footers_say_what_the_files_hold(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    files = [_written(tmp_path / f"{n}.parquet", n, connection) for n in range(3)]
    types = {
        str(r[0]): str(r[1]) for r in connection.execute(f"DESCRIBE FROM '{files[0]}'").fetchall()
    }

    found = footer_statistics(connection, files, types)

    relation = f"read_parquet({files})"
    assert not {"several", "nested"} & set(found.columns)
    for name in found.columns:
        asked = f"SELECT count(*) - count({name}), min({name}), max({name}) FROM {relation}"
        nulls, low, high = connection.execute(asked).fetchall()[0]
        assert found.columns[name].nulls == nulls
        if name in {"whole", "money", "huge", "t", "day"}:
            assert (found.columns[name].minimum, found.columns[name].maximum) == (low, high)
        else:
            assert found.columns[name].minimum is None
    assert found.rows == 3_000


@pytest.mark.parametrize("limit", [-500, 0, 999, 2_000])
def test_a_bound_proved_by_footers_is_the_bound_that_is_kept(
    limit: int, tmp_path: Path, check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    connection.execute("UPDATE invoices SET amount = CASE WHEN invoice_id > 3 THEN 0 END")
    path = str(tmp_path / "invoices.parquet")
    connection.execute(f"COPY invoices TO '{path}'")
    relation = f"read_parquet('{path}')"
    types = {
        str(r[0]): str(r[1]) for r in connection.execute(f"DESCRIBE FROM {relation}").fetchall()
    }
    change = changing(1, required=True, logicalTypeOptions={"minimum": limit, "maximum": limit})

    plain = check(change, relation=relation)
    proved = check(
        lambda d: d, relation=relation, statistics=footer_statistics(connection, [path], types)
    )

    assert _answers(proved) == _answers(plain)


def test_statistics_of_no_files_and_of_nothing_known_prove_nothing_else(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = str(tmp_path / "all_empty.parquet")
    connection.execute(f"COPY (SELECT NULL::INTEGER AS a, 1 AS b FROM range(3)) TO '{path}'")

    none = footer_statistics(connection, [], {"a": "INTEGER"})
    some = footer_statistics(connection, [path], {"a": "INTEGER", "c": "DATE"})

    assert none == TableStatistics(0, {"a": none.columns["a"]})
    assert (some.columns["a"].nulls, some.columns["a"].minimum) == (3, None)
    assert "c" not in some.columns


def _written(path: Path, seed: int, connection: duckdb.DuckDBPyConnection) -> str:
    start = random.Random(seed).randrange(1_000)
    connection.execute(f"""COPY (
        SELECT i::BIGINT AS whole, (i * 0.01)::DECIMAL(18,2) AS money,
            (i * -3)::DECIMAL(38,0) AS huge, CASE WHEN i % 3 = 0 THEN NULL ELSE i::TINYINT END AS t,
            DATE '2024-02-27' + i::INTEGER AS day, i / 3 AS part,
            CASE WHEN i % 100 = 0 THEN 'nan'::DOUBLE ELSE i END AS odd, 'é' || i AS name,
            TIMESTAMPTZ '1969-12-31 23:59:59.999999+00' + INTERVAL (i) HOUR AS moment,
            [i, NULL] AS several, {{'a': i}} AS nested
        FROM (SELECT (range % 100)::INTEGER + {start} % 20 AS i FROM range(1000))
    ) TO '{path}' (ROW_GROUP_SIZE 500)""")
    return str(path)


def _answers(results: dict[str, CheckResult]) -> list[tuple[Any, ...]]:
    return [(r.check_id, r.outcome, r.failing_rows, r.observed) for r in results.values()]


def _recount(connection: duckdb.DuckDBPyConnection, result: CheckResult) -> int:
    assert result.query is not None
    query = result.query.replace('"checked_invoices"', "main.invoices")
    return int(connection.execute(query).fetchall()[0][0])
