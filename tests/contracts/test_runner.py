"""Checks run each on their own, read nothing else, and show nothing that they should not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.checks import checks_for
from contracts.documents import load_contract
from contracts.errors import NotCheckable, RefusedRule
from contracts.runner import CheckRun, run_checks
from contracts.sql_gate import refuse_unsafe
from contracts.verdict import CheckResult, Outcome

Results = Callable[..., dict[str, CheckResult]]
Document = dict[str, Any]
RULE = "schema[0].quality[0]"


def sql(query: str, **operator: Any) -> Callable[[Document], object]:
    entry = {"type": "sql", "query": query, **(operator or {"mustBe": 0})}
    return lambda d: d["schema"][0].update(quality=[entry])


ALLOWED = {
    "a count": "SELECT count(*) - 100 FROM {object}",
    "the other placeholders": "SELECT count(*) - 100 FROM ${table}",
    "its own name": "SELECT count(*) - 100 FROM {invoices}",
    "a common table expression": "WITH a AS (SELECT * FROM {object}), b AS (FROM a) "
    "SELECT count(*) - 100 FROM b",
    "a recursive one": "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n "
    "WHERE x < 3) SELECT max(x) - 3 FROM n",
    "joins and windows": "SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY invoice_id) "
    "AS r FROM {object} JOIN {object} AS other USING (invoice_id)) WHERE r > 100",
    "an input port": "SELECT count(*) FROM {object} ANTI JOIN {finance.known} ON id = invoice_id",
    "a truth": "SELECT NOT bool_and(amount > 0) FROM {object}",
    "values and ranges": "SELECT count(*) - 2 FROM (VALUES (1), (2)) AS v(x) "
    "JOIN range(3) AS r(y) ON x = y CROSS JOIN unnest([1])",
    "case, coalesce and casts": "SELECT coalesce(sum(CASE WHEN amount IS NULL THEN 1 ELSE 0 END), "
    "0)::INTEGER FROM {object} WHERE country LIKE 'G%' AND country IN ('GB')",
}


@pytest.mark.parametrize("case", ALLOWED)
def test_a_rule_may_ask_about_its_table_and_inputs(case: str, check: Results) -> None:
    known = {"finance.known": "(SELECT unnest(range(1, 101)) AS id)"}

    result = check(sql(ALLOWED[case]), references=known)[RULE]

    assert result.detail is None
    assert result.outcome is Outcome.PASSED


REFUSED = {
    "two statements": ("SELECT 0; SELECT 0", "it is not exactly one SELECT."),
    "a write": ("DELETE FROM {object}", "it is not exactly one SELECT."),
    "a write inside": (
        "WITH a AS (INSERT INTO invoices SELECT * FROM invoices RETURNING 1) SELECT 0",
        "it does more than select.",
    ),
    "a copy": ("COPY {object} TO '/tmp/stolen.csv'", "it is not exactly one SELECT."),
    "a setting": ("SET memory_limit='1TB'", "it is not exactly one SELECT."),
    "attach": ("ATTACH '/tmp/x.db'", "it is not exactly one SELECT."),
    "pivot": ("PIVOT {object} ON country USING count(*)", "it is not exactly one SELECT."),
    "a reader": (
        "SELECT count(*) FROM read_csv('/etc/passwd')",
        "it calls the table function `read_csv`.",
    ),
    "a file": (
        "SELECT count(*) FROM '/etc/passwd'",
        "it reads `/etc/passwd`, which is neither this table nor an input of it.",
    ),
    "a file as identifier": (
        'SELECT (SELECT count(*) FROM "/etc/passwd")',
        "it reads `/etc/passwd`, which is neither this table nor an input of it.",
    ),
    "a file named like a WITH of elsewhere": (
        'SELECT (WITH "/etc/passwd" AS (SELECT 1) SELECT 1), * FROM "/etc/passwd"',
        "it reads `/etc/passwd`, which is neither this table nor an input of it.",
    ),
    "a file named like its own WITH": (
        'WITH "/etc/passwd" AS (SELECT * FROM "/etc/passwd") SELECT 0',
        "it reads `/etc/passwd`, which is neither this table nor an input of it.",
    ),
    "another table": (
        "SELECT count(*) FROM salaries",
        "it reads `salaries`, which is neither this table nor an input of it.",
    ),
    "another schema": (
        "SELECT count(*) FROM main.checked_invoices",
        "it reads `main.checked_invoices`, which is neither this table nor an input of it.",
    ),
    "the catalogue": (
        "SELECT count(*) FROM duckdb_settings()",
        "it calls the table function `duckdb_settings`.",
    ),
    "query_table": (
        "SELECT count(*) FROM query_table('salaries')",
        "it calls the table function `query_table`.",
    ),
    "summarize": ("SELECT count(*) FROM (SUMMARIZE salaries)", "it reads from a show ref."),
    "an environment variable": ("SELECT getenv('HOME')", "it calls the function `getenv`."),
    "a setting's value": (
        "SELECT current_setting('temp_directory')",
        "it calls the function `current_setting`.",
    ),
    "chance": ("SELECT random() FROM {object}", "it calls the function `random`."),
    "a log entry": ("SELECT write_log('x')", "it calls the function `write_log`."),
    "an unknown placeholder": ("SELECT 0 FROM {other}", "`{other}` stands for nothing here."),
    "a parameter": ("SELECT $1 FROM {object}", "it has a parameter."),
    "nonsense": (
        "SELEC 1",
        'it is not understood (Parser Error: syntax error at or near "SELEC").',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_rule_may_ask_nothing_else(case: str, check: Results) -> None:
    query, reason = REFUSED[case]

    result = check(sql(query), "CREATE OR REPLACE TABLE main.salaries AS SELECT 1 AS pay")[RULE]

    assert result.outcome is Outcome.ERROR
    assert result.detail == (
        f"The rule's SQL was refused: {reason} Write one SELECT over `{{object}}` that gives one "
        "number."
    )


def test_a_macro_cannot_smuggle_a_reader_in(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE MACRO count_all() AS (SELECT count(*) FROM read_text('/etc/passwd'))"
    )

    with pytest.raises(RefusedRule) as refused:
        refuse_unsafe(connection, "SELECT count_all()", frozenset({"invoices"}))

    assert str(refused.value) == (
        "The rule's SQL was refused: it calls the function `count_all`. Write one SELECT over "
        "`{object}` that gives one number."
    )


ANSWERS = {
    "many rows": ("SELECT 1 FROM {object}", "something else than one row with one column."),
    "two columns": ("SELECT 1, 2", "something else than one row with one column."),
    "nothing": (
        "SELECT max(amount) FROM {object} WHERE false",
        "NULL, which is neither a number nor true or false.",
    ),
    "text": ("SELECT 'none'", "str, which is neither a number nor true or false."),
    "no number": ("SELECT 'NaN'::DOUBLE", "float, which is neither a number nor true or false."),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_no_number_is_an_error(case: str, check: Results) -> None:
    query, reason = ANSWERS[case]

    result = check(sql(query))[RULE]

    assert (result.outcome, result.detail) == (Outcome.ERROR, f"The rule gave {reason}")


def test_a_rule_that_never_ends_is_stopped_and_the_others_go_on(check: Results) -> None:
    endless = "SELECT count(*) FROM range(10000000000) a(x), range(1000000) b(y) WHERE x * y = -1"

    results = check(sql(endless), sql_timeout_seconds=0.2)

    assert results[RULE].detail == "The rule ran longer than 0.2 s and was stopped."
    assert results["schema[0].primaryKey"].outcome is Outcome.PASSED
    rest = [r for key, r in results.items() if key != RULE and not key.startswith("sla")]
    assert {result.outcome for result in rest} == {Outcome.PASSED}


def test_one_bad_rule_takes_no_other_with_it(check: Results) -> None:
    def change(document: Document) -> None:
        column = document["schema"][0]["properties"][1]
        column["logicalTypeOptions"] = {"minimum": 0}
        column["quality"] = [
            {"metric": "invalidValues", "arguments": {"validValues": [5]}, "mustBe": 0},
            {"type": "sql", "query": "SELECT 1 / 'x' FROM {object}", "mustBe": 0},
            {"metric": "nullValues", "mustBe": 0, "severity": "warning"},
            {"metric": "nullValues", "mustBeLessThan": 5},
        ]

    results = check(change)

    path = "schema[0].properties[1]"
    assert [results[f"{path}.quality[{i}]"].outcome.value for i in range(4)] == [
        "failed", "error", "passed", "passed",
    ]  # fmt: skip
    assert results[f"{path}.quality[1]"].detail is not None
    assert results[f"{path}.logicalTypeOptions.minimum"].outcome is Outcome.PASSED


def test_checks_of_an_absent_column_say_that_it_is_absent(check: Results) -> None:
    results = check(
        lambda d: d["schema"][0]["properties"][1].update(required=True),
        "ALTER TABLE main.invoices DROP amount",
    )

    assert results["schema[0].properties[1]"].observed == "absent"
    assert results["schema[0].properties[1].required"].detail == (
        "The column `amount` is not in the table."
    )


PERSONAL = {"property": "personalData", "value": {"category": "contact"}}


@pytest.mark.requirement("PRP-03")
@pytest.mark.parametrize(
    "change",
    [
        lambda d: (
            d["schema"][0]["properties"][2].update(customProperties=[PERSONAL])
            or d["customProperties"].append({"property": "lawfulBasis", "value": "public task"})
        ),
        lambda d: d["schema"][0]["properties"][2].update(classification="OFFICIAL-SENSITIVE"),
        lambda d: d["customProperties"][3].update(value=True),
    ],
    ids=["personal", "classified", "sensitive table"],
)
def test_guarded_values_are_in_no_evidence(
    change: Callable[[Document], object], check: Results
) -> None:
    def guarded(document: Document) -> None:
        change(document)
        document["schema"][0]["properties"][2]["logicalTypeOptions"] = {"maxLength": 2}
        document["schema"][0]["properties"][2]["unique"] = True
        document["schema"][0]["quality"] = [
            {"type": "sql", "query": "SELECT sum(country::INT) FROM {object}", "mustBe": 0}
        ]

    results = check(guarded, "UPDATE main.invoices SET country = 'Jo Bloggs'")

    failed = results["schema[0].properties[2].logicalTypeOptions.maxLength"]
    assert failed.sample[0]["country"] == "[masked]"
    assert len(failed.sample) == 5
    assert results[RULE].detail is not None and "'[masked]'" in results[RULE].detail
    assert "Bloggs" not in str([(r.detail, r.sample, r.observed) for r in results.values()])


def test_the_connection_is_left_as_it_was(
    check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    known = {"finance.known": "(SELECT 1::BIGINT AS id)"}

    check(sql("SELECT count(*) FROM {finance.known}"), references=known)

    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    assert views == []


def test_files_are_checked_where_they_lie(
    check: Results, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for part in (0, 1):
        connection.execute(
            f"COPY (FROM main.invoices WHERE invoice_id % 2 = {part}) "
            f"TO '{tmp_path / f'part{part}.parquet'}'"
        )

    results = check(lambda d: None, relation=f"read_parquet('{tmp_path}/part*.parquet')")

    checked = [r for r in results.values() if not r.check_id.startswith("sla")]
    assert {result.outcome for result in checked} == {Outcome.PASSED}


def test_reasons_why_a_promise_cannot_be_checked_are_one_family() -> None:
    assert issubclass(RefusedRule, NotCheckable)


NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
TYPED = {
    "integer": ("bigint", {"minimum": 0, "multipleOf": 2, "format": "i32"}),
    "number": ("double", {"maximum": 9.5, "exclusiveMinimum": -1, "format": "f64"}),
    "string": ("varchar", {"minLength": 1, "pattern": "a", "format": "password"}),
    "date": ("date", {"minimum": "2020-01-01", "format": "yyyy"}),
    "boolean": ("boolean", {}),
}
RULES = st.sampled_from(
    [
        {"metric": "nullValues", "mustBe": 0},
        {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent", "severity": "warning"},
        {"metric": "missingValues", "arguments": {"missingValues": [None]}, "mustBe": 0},
        {"metric": "duplicateValues", "mustBe": 0},
        {"type": "sql", "query": "SELECT count({property}) FROM {object}", "mustBe": 0},
        {"type": "sql", "query": "SELECT broken", "mustBe": 0},
        {"type": "text", "description": "Is plausible."},
        {"type": "custom", "engine": "soda", "implementation": "x"},
    ]
)


@st.composite
def properties(draw: st.DrawFn) -> tuple[list[Document], int]:
    """Columns of a contract, and how many promises they make."""
    made, promises = [], 0
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        logical = draw(st.sampled_from(sorted(TYPED)))
        physical, options = TYPED[logical]
        chosen = draw(st.lists(st.sampled_from(sorted(options)), unique=True)) if options else []
        rules = draw(st.lists(RULES, max_size=3))
        entry: Document = {
            "name": name,
            "logicalType": logical,
            "physicalType": physical,
            "description": "What was written there.",
            "required": draw(st.booleans()),
            "unique": draw(st.booleans()),
            "quality": rules,
            "logicalTypeOptions": {key: options[key] for key in chosen},
        }
        made.append(entry)
        promises += 2 + entry["required"] + entry["unique"] + len(rules) + len(chosen)
    return made, promises


@given(made=properties(), table=st.tuples(st.lists(NAMES, unique=True), st.integers(0, 3)))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_promise_is_in_the_verdict_exactly_once(
    made: tuple[list[Document], int],
    table: tuple[list[str], int],
    document: Document,
    write: Callable[..., Path],
    connection: duckdb.DuckDBPyConnection,
    now: Any,
) -> None:
    document["schema"][0]["properties"], promises = made
    contract = load_contract(write(document))
    cells = ", ".join(f"i AS {name}" for name in ["other", *table[0]])
    relation = f"(SELECT {cells} FROM range({table[1]}) t(i))"

    results = run_checks(CheckRun(connection, relation, contract, now))

    assert [r.check_id for r in results] == [check.id for check in checks_for(contract)]
    assert len(results) == len({r.check_id for r in results})
    texts = sum(column["logicalType"] == "string" for column in made[0])  # no personal data
    assert len(results) == promises + texts + 1 + len(document["slaProperties"])
    assert all(r.detail for r in results if r.outcome in {Outcome.ERROR, Outcome.UNCHECKED})
