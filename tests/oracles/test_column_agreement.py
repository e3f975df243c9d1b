"""Where datacontract-cli executes a rule too, both say the same, or a page says why ours is right.

Every constraint is held against every set of values of its type, each pair as a column of its own
in one wide contract, so that a few runs of the other tool answer hundreds of questions.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

NAN, INFINITE = float("nan"), float("inf")

LITERALS: dict[str, dict[str, list[Any]]] = {
    "bigint": {
        "small": [1, 2, 3, 4],
        "with_null": [1, None, 3, 4],
        "repeated": [2, 2, 3, 4],
        "negative": [-1, 0, 2, 3],
        "only_null": [None, None, None, None],
    },
    "double": {
        "plain": [0.5, 1.5, 2.0, 3.0],
        "with_null": [0.5, None, 2.0, 3.0],
        "zeros": [0.0, -0.0, 1.0, 2.0],
        "not_a_number": [NAN, 1.0, 2.0, 3.0],
        "infinite": [1.0, 2.0, 3.0, INFINITE],
    },
    "decimal(9,2)": {
        "plain": ["0.50", "1.50", "2.00", "3.00"],
        "beyond": ["0.49", "3.01", "2.00", "1.00"],
    },
    "varchar": {
        "words": ["ab", "abc", "b", "bcd"],
        "with_null": ["ab", None, "b", "bcd"],
        "empty": ["", "ab", "b", "bc"],
        "blank": [" ", "ab ", "b", "bc"],
        "accents": ["é", "éé", "日本", "ab"],
        "astral": ["😀", "ab", "😀😀", "b"],
        "upper": ["AB", "Ab", "b", "c"],
        "lines": ["ab\n", "a\nb", "b", "c"],
        "repeated": ["ab", "ab", "b", "c"],
    },
    "date": {
        "days": ["2024-01-01", "2024-02-29", "2024-06-30", "2024-12-31"],
        "with_null": ["2024-01-01", None, "2024-06-30", "2024-12-31"],
        "early": ["1899-12-31", "2024-02-29", "2024-06-30", "2024-12-31"],
    },
}
LOGICAL = {
    "bigint": "integer",
    "double": "number",
    "decimal(9,2)": "number",
    "varchar": "string",
    "date": "date",
}


def option(**options: Any) -> dict[str, Any]:
    """A property with logicalTypeOptions."""
    return {"logicalTypeOptions": options}


def rule(metric: str, unit: str = "rows", arguments: Any = None, **operator: Any) -> dict[str, Any]:
    """A property with one quality rule of the library."""
    found = {"type": "library", "metric": metric, "unit": unit, **operator}
    return {"quality": [found | ({"arguments": arguments} if arguments else {})]}


KEYS = {"required": {"required": True}, "unique": {"unique": True}}
BOUNDS = {
    "minimum": option(minimum=0.5),
    "maximum": option(maximum=3),
    "above": option(exclusiveMinimum=0.5),
    "below": option(exclusiveMaximum=3),
}
CONSTRAINTS: dict[str, dict[str, dict[str, Any]]] = {
    "bigint": KEYS
    | BOUNDS
    | {"enum": {"enum": [{"value": 1}, {"value": 2}, {"value": 3}, {"value": 4}]}},
    "double": KEYS | BOUNDS | {"enum": {"enum": [{"value": 0.5}, {"value": 1.5}, {"value": 2}]}},
    "decimal(9,2)": BOUNDS,
    "varchar": KEYS
    | {
        "shortest": option(minLength=1),
        "shortest_two": option(minLength=2),
        "longest": option(maxLength=2),
        "pattern_within": option(pattern="b"),
        "pattern_start": option(pattern="^[a-c]"),
        "pattern_whole": option(pattern="^[a-d]+$"),
        "pattern_class": option(pattern=r"^\w+$"),
        "enum": {"enum": [{"value": "ab"}, {"value": "b"}, {"value": "c"}, {"value": ""}]},
        "not_missing": rule(
            "missingValues", arguments={"missingValues": [None, "", "b"]}, mustBe=1
        ),
        "no_blank": rule("missingValues", arguments={"missingValues": [""]}, mustBe=0),
        "valid": rule("invalidValues", arguments={"validValues": ["ab", "b", "c"]}, mustBe=0),
        "valid_form": rule("invalidValues", arguments={"pattern": "^[a-d]*$"}, mustBeLessThan=1),
        "few_invalid": rule(
            "invalidValues",
            "percent",
            {"validValues": ["ab", "b", "c"]},
            mustBeLessOrEqualTo=25,
        ),
        "few_nulls": rule("nullValues", "percent", mustBeLessThan=25),
        "no_duplicates": rule("duplicateValues", mustBe=0),
        "few_duplicates": rule("duplicateValues", mustBeLessThan=2),
    },
    "date": KEYS
    | {"minimum": option(minimum="1900-01-01"), "maximum": option(maximum="2024-12-31")},
}
OPERATORS: dict[str, list[Any]] = {
    "mustBe": [1, 2],
    "mustNotBe": [1, 2],
    "mustBeGreaterThan": [0, 1],
    "mustBeGreaterOrEqualTo": [1, 2],
    "mustBeLessThan": [1, 2],
    "mustBeLessOrEqualTo": [0, 1],
    "mustBeBetween": [[0, 1], [1, 3], [2, 3]],
    "mustNotBeBetween": [[0, 1], [1, 3], [2, 3]],
}
METRICS = {
    "nullValues": {},
    "missingValues": {"missingValues": ["x"]},
    "invalidValues": {"validValues": ["a", "b", "x"]},
    "duplicateValues": {},
}


@dataclass(frozen=True)
class Column:
    """One question: a property's constraint, and the values that it is held against."""

    name: str
    physical: str
    values: list[Any]
    declared: dict[str, Any] = field(default_factory=dict)

    @property
    def property(self) -> dict[str, Any]:
        words = {"name": self.name, "description": "Asked of both."}
        types = {"logicalType": LOGICAL[self.physical], "physicalType": self.physical}
        return words | types | self.declared


def constraint_columns() -> Iterator[Column]:
    for physical, constraints in CONSTRAINTS.items():
        kind = re.sub(r"\W.*", "", physical)
        for constraint, declared in constraints.items():
            for values, literals in LITERALS[physical].items():
                yield Column(f"{kind}_{constraint}__{values}", physical, literals, declared)


def metric_columns() -> Iterator[Column]:
    """Every operator of every metric, in rows and percent, met and not: one row in four counts."""
    values = {"nullValues": ["a", "b", None, "c"], "missingValues": ["a", "b", "x", "c"]}
    values |= {"invalidValues": ["a", "b", "c", "x"], "duplicateValues": ["a", "b", "c", "c"]}
    for metric, arguments in METRICS.items():
        for operator, thresholds in OPERATORS.items():
            for position, threshold in enumerate(thresholds):
                for unit in ("rows", "percent"):
                    if unit == "percent":
                        scaled = [25 * t for t in threshold] if isinstance(threshold, list) else 0
                        threshold = scaled or 25 * threshold  # noqa: PLW2901
                    name = f"{metric}_{operator}_{position}_{unit}".lower()
                    declared = rule(metric, unit, arguments, **{operator: threshold})
                    yield Column(name, "varchar", values[metric], declared)


def rows_of(columns: list[Column], count: int = 4) -> str:
    """SQL of the columns' values, side by side; of none, where `count` is 0."""
    rows = [
        ", ".join(f"{_literal(c.values[row], c.physical)} AS {c.name}" for c in columns)
        for row in range(count or 1)
    ]
    selected = " UNION ALL ".join(f"SELECT {row}" for row in rows)
    return selected if count else f"SELECT * FROM ({selected}) LIMIT 0"


def _literal(value: Any, kind: str) -> str:
    text = "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
    return f"CAST({text} AS {kind})"


def first_of_each(columns: list[Column]) -> list[Column]:
    """One column per constraint: what is left to ask of an empty table and of a CSV file."""
    found: dict[str, Column] = {}
    for column in columns:
        found.setdefault(column.name.split("__")[0], column)
    return list(found.values())


@pytest.mark.slow
@pytest.mark.requirement("QUA-03")
def test_column_verdicts_agree_or_the_page_says_why(
    question: Callable[..., Any], both: Callable[..., Any], documented: Callable[..., list[str]]
) -> None:
    columns, metrics = list(constraint_columns()), list(metric_columns())
    few = first_of_each(columns)
    spread = [c for c in columns if c.name.endswith(("negative", "with_null", "beyond", "upper"))]
    asked = {
        "rule": question([c.property for c in columns], rows_of(columns)),
        "metric": question([c.property for c in metrics], rows_of(metrics)),
        "empty": question([c.property for c in few], rows_of(few, 0)),
        "csv": question([c.property for c in spread], rows_of(spread), form="csv"),
    }

    answers = both(asked)
    faults = documented("Columns", answers)

    assert len(answers) >= len(columns) + len(metrics) + len(few) + len(spread)
    agreed = Counter(ours for ours, theirs in answers.values() if ours == theirs)
    assert min(agreed["passed"], agreed["failed"]) > 100
    assert not faults, "\n".join(faults)
