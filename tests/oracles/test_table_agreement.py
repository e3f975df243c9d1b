"""Rules about whole tables, and what is hard for datacontract-cli: one small contract each."""

from collections.abc import Callable
from typing import Any

import pytest

ROW_COUNTS: dict[str, list[Any]] = {
    "mustBe": [3, 4],
    "mustNotBe": [3, 4],
    "mustBeGreaterThan": [2, 3],
    "mustBeGreaterOrEqualTo": [3, 4],
    "mustBeLessThan": [3, 4],
    "mustBeLessOrEqualTo": [2, 3],
    "mustBeBetween": [[1, 3], [4, 5]],
    "mustNotBeBetween": [[1, 3], [4, 5]],
}
SQL = {
    "whole_kept": ("SELECT count(*) FROM {object}", {"mustBe": 3}),
    "whole_broken": ("SELECT count(*) FROM {object}", {"mustBeGreaterThan": 3}),
    "sum": ("SELECT sum(number) FROM {object}", {"mustBeBetween": [6, 7]}),
    "share": ("SELECT avg(number / 2.0) FROM {object}", {"mustBeLessThan": 1}),
    "null_answer": ("SELECT max(number) FROM {object} WHERE number > 9", {"mustBeLessThan": 9}),
    "unknown_column": ("SELECT count(nothing) FROM {object}", {"mustBe": 0}),
}


def column(name: str, physical: str, **declared: Any) -> dict[str, Any]:
    logical = {"bigint": "integer", "varchar": "string", "timestamp": "timestamp"}
    types = {"logicalType": logical.get(physical, "timestamp"), "physicalType": physical}
    return {"name": name, "description": "Asked of both.", **types, **declared}


NUMBER, WORD = column("number", "bigint"), column("word", "varchar")


def values(*rows: str, names: str = "number, word") -> str:
    """SQL of rows, with `number` as it was promised."""
    picked = names.replace("number", "number::BIGINT AS number")
    return f"SELECT {picked} FROM (VALUES {', '.join(rows)}) found({names})"


ROWS = values("(1, 'a')", "(2, 'b')", "(3, 'c')")


def key_questions(question: Callable[..., Any]) -> dict[str, Any]:
    single = [column("number", "bigint", primaryKey=True, primaryKeyPosition=1), WORD]
    pair = [single[0], column("word", "varchar", primaryKey=True, primaryKeyPosition=2)]
    repeated = values("(1, 'a')", "(1, 'b')", "(3, 'c')")
    both_repeated = values("(1, 'a')", "(1, 'a')", "(3, 'c')")
    missing = values("(1, 'a')", "(NULL, 'b')", "(3, 'c')")
    rule = {"type": "library", "metric": "duplicateValues", "mustBe": 0}
    together = {"quality": [rule | {"arguments": {"properties": ["number", "word"]}}]}
    return {
        "key_kept": question(single, ROWS),
        "key_repeated": question(single, repeated),
        "key_missing": question(single, missing),
        "pair_kept": question(pair, repeated),
        "pair_repeated": question(pair, both_repeated),
        "pair_missing": question(pair, missing),
        "duplicates_kept": question([NUMBER, WORD], repeated, together),
        "duplicates_broken": question([NUMBER, WORD], both_repeated, together),
    }


def rule_questions(question: Callable[..., Any]) -> dict[str, Any]:
    found = {}
    for operator, thresholds in ROW_COUNTS.items():
        for position, threshold in enumerate(thresholds):
            rule = {"type": "library", "metric": "rowCount", operator: threshold}
            table = {"quality": [rule]}
            name = f"rowcount_{operator}_{position}".lower()
            found[name] = question([NUMBER, WORD], ROWS, table)
    for name, (query, operator) in SQL.items():
        table = {"quality": [{"type": "sql", "query": query, **operator}]}
        found[f"sql_{name}"] = question([NUMBER, WORD], ROWS, table)
    for name, limit in (("kept", 3), ("broken", 2)):
        query = "SELECT count(DISTINCT {property}) FROM {object}"
        rule = {"type": "sql", "query": query, "mustBeLessOrEqualTo": limit}
        asked = [column("number", "bigint", quality=[rule]), WORD]
        found[f"sql_property_{name}"] = question(asked, ROWS)
    return found


def reference_questions(question: Callable[..., Any]) -> dict[str, Any]:
    link = {"relationships": [{"type": "foreignKey", "to": "parents.number"}]}
    child = [column("number", "bigint", **link), WORD]
    ends = {"from": ["asked.number", "asked.word"], "to": ["parents.number", "parents.word"]}
    pair = {"relationships": [{"type": "foreignKey", **ends}]}
    parents = {"parents": ([NUMBER, WORD], ROWS)}
    orphan = values("(1, 'a')", "(9, 'b')")
    crossed = values("(1, 'b')", "(2, 'b')")
    unknown = values("(1, 'a')", "(NULL, 'b')")
    return {
        "reference_kept": question(child, ROWS, parents=parents),
        "reference_orphan": question(child, orphan, parents=parents),
        "reference_null": question(child, unknown, parents=parents),
        "references_kept": question([NUMBER, WORD], ROWS, pair, parents=parents),
        "references_crossed": question([NUMBER, WORD], crossed, pair, parents=parents),
        "references_half_null": question([NUMBER, WORD], unknown, pair, parents=parents),
    }


def freshness_questions(question: Callable[..., Any]) -> dict[str, Any]:
    def asked(kind: str, age: str, name: str = "freshness") -> Any:
        columns = [NUMBER, column("seen_at", kind)]
        moment = f"(now() - INTERVAL '{age}')" if age != "none" else "NULL"
        at = f"CAST(timezone('UTC', {moment}) AS TIMESTAMP)" if kind == "timestamp" else moment
        rows = f"SELECT 1::BIGINT AS number, CAST({at} AS {kind}) AS seen_at"
        level = {"property": name, "value": 24, "unit": "h", "element": "asked.seen_at"}
        return question(columns, rows, levels=(level,))

    naive = "timestamp"
    return {
        "fresh": asked(naive, "1 HOUR"),
        "stale": asked(naive, "48 HOURS"),
        "ahead": asked(naive, "-48 HOURS"),
        "never": asked(naive, "none"),
        "zoned_fresh": asked("timestamptz", "1 HOUR"),
        "zoned_stale": asked("timestamp with time zone", "48 HOURS"),
        "latency_stale": asked(naive, "48 HOURS", "latency"),
    }


def trouble_questions(question: Callable[..., Any]) -> dict[str, Any]:
    """Contracts that datacontract-cli is known to lose rules of."""
    pattern = {"pattern": "^(?=.)[a-c]$"}
    nulls = {"type": "library", "metric": "nullValues"}
    severities = [
        nulls | {"mustBeLessThan": 1, "severity": "error"},
        nulls | {"mustBeLessThan": 2, "severity": "warning"},
    ]
    counts = [
        {"type": "library", "metric": "rowCount", "mustBeGreaterThan": 1},
        {"type": "library", "metric": "rowCount", "mustBeLessThan": 9},
    ]
    bounds = {"minimum": 0, "exclusiveMinimum": 0}
    seconds = column("number", "bigint", required=True)
    looked = column("word", "varchar", logicalTypeOptions=pattern)
    address = column("word", "varchar", logicalTypeOptions={"format": "uuid"})
    even = column("number", "bigint", logicalTypeOptions={"multipleOf": 2})
    bounded = column("number", "bigint", logicalTypeOptions=bounds)
    warned = column("word", "varchar", quality=severities)
    return {
        "look_ahead": question([seconds, looked], ROWS),
        "two_severities": question([seconds, warned], ROWS),
        "two_counts": question([seconds, WORD], ROWS, {"quality": counts}),
        "two_bounds": question([bounded, WORD], ROWS),
        "format": question([NUMBER, address], ROWS),
        "multiple": question([even, WORD], ROWS),
    }


@pytest.mark.slow
@pytest.mark.requirement("QUA-03")
@pytest.mark.requirement("INT-04")
def test_table_verdicts_agree_or_the_page_says_why(
    question: Callable[..., Any], both: Callable[..., Any], documented: Callable[..., list[str]]
) -> None:
    asked = {
        **key_questions(question),
        **rule_questions(question),
        **reference_questions(question),
        **freshness_questions(question),
        **trouble_questions(question),
    }

    answers = both(asked, by_column=False)
    faults = documented("Tables", answers)

    assert set(answers) == set(asked)
    assert not faults, "\n".join(faults)
