"""Promises in, results out: no promise is lost, none is answered twice, none passes unexecuted."""

import copy
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.check_model import CheckKind
from contracts.checks import checks_for
from contracts.documents import load_contract
from contracts.errors import InvalidContract
from contracts.runner import CheckRun, run_checks
from contracts.verdict import Outcome

Document = dict[str, Any]
QUIET = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DESCRIBED = {"description": "What was written there."}
# logical type: (physical type, options, a value)
PLAIN: dict[str, tuple[str, Document, str]] = {
    "integer": ("bigint", {"minimum": 0, "multipleOf": 2, "format": "i32"}, "i"),
    "number": ("double", {"maximum": 9.5, "exclusiveMinimum": -1}, "i / 2"),
    "string": (
        "varchar",
        {"minLength": 1, "maxLength": 3, "pattern": "^(?=a)", "format": "password"},
        "'a' || i",
    ),
    "date": ("date", {"minimum": "2020-01-01", "format": "yyyy"}, "DATE '2024-01-01'"),
    "boolean": ("boolean", {}, "i > 1"),
}
RULES = [
    {"metric": "nullValues", "mustBe": 0},
    {"metric": "missingValues", "arguments": {"missingValues": [None]}, "mustBeLessThan": 2},
    {"metric": "duplicateValues", "mustBeBetween": [0, 5], "unit": "percent"},
    {"type": "sql", "query": "SELECT count({property}) FROM {object}", "mustBeGreaterThan": 0},
    {"type": "text", "description": "Is plausible."},
    {"type": "custom", "engine": "soda", "implementation": "x"},
]
# answered by the description of the table alone
UNREAD = {"column", "extraColumns", "type", "timezone"}


def some(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=2, unique_by=str) if values else st.just([])


@st.composite
def plain(draw: st.DrawFn) -> tuple[Document, str]:
    """A property of a plain type, and SQL of a value that it may have."""
    logical = draw(st.sampled_from(sorted(PLAIN)))
    physical, options, value = PLAIN[logical]
    made = {
        "logicalType": logical,
        "physicalType": physical,
        "required": draw(st.booleans()),
        "unique": draw(st.booleans()),
        "quality": draw(some(RULES)),
        "logicalTypeOptions": {key: options[key] for key in draw(some(sorted(options)))},
    }
    if logical == "string" and draw(st.booleans()):
        made["enum"] = [{"value": "a1"}, {"value": "a2"}]
    return made, value


@st.composite
def nested(draw: st.DrawFn, depth: int = 2) -> tuple[Document, str]:
    """A property of any type: plain, a list, a struct, or a map."""
    form = draw(st.sampled_from(["plain", "array", "object", "map"])) if depth else "plain"
    if form == "plain":
        return draw(plain())
    inner, value = draw(nested(depth - 1))
    shared = {"required": draw(st.booleans()), "quality": draw(some(RULES[:1]))}
    if form == "array":
        options = draw(some(["minItems", "maxItems"]))
        made = {"items": inner, "logicalTypeOptions": dict.fromkeys(options, 1)}
        return {**shared, **made, "logicalType": "array", "physicalType": "array"}, f"[{value}]"
    if form == "map":
        key = {"logicalType": "string", "physicalType": "varchar"}
        made = {"map": {"key": key, "value": inner}}
        words = {"logicalType": "map", "physicalType": "map"}
        return {**shared, **made, **words}, f"map {{'k': {value}}}"
    other, second = draw(plain())
    parts = [{"name": "first", **inner, **DESCRIBED}, {"name": "second", **other, **DESCRIBED}]
    made = {"properties": parts, "logicalTypeOptions": {"minProperties": 1}}
    words = {"logicalType": "object", "physicalType": "struct"}
    return {**shared, **made, **words}, f"{{'first': {value}, 'second': {second}}}"


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Document], str]:
    """The properties of a contract, and the SQL of a table that has them."""
    made = draw(st.lists(nested(), min_size=1, max_size=3))
    columns = [{"name": f"c{i}", **words, **DESCRIBED} for i, (words, _) in enumerate(made)]
    cells = ", ".join(f"{value} AS c{i}" for i, (_, value) in enumerate(made))
    return columns, cells


def promises(declared: Document) -> int:
    """How many promises a property makes, counted on the document alone."""
    own = 2 + declared.get("required", False) + declared.get("unique", False)
    own += len(declared.get("quality", [])) + len(declared.get("logicalTypeOptions", {}))
    own += "enum" in declared
    within = [
        *declared.get("properties", []),
        declared.get("items"),
        *declared.get("map", {}).values(),
    ]
    return own + sum(promises(part) for part in within if part is not None)


@pytest.mark.requirement("QUA-01")
@given(table=tables(), shape=st.tuples(st.integers(0, 3), st.booleans()))
@settings(QUIET, max_examples=60)
def test_every_promise_has_one_result_and_none_passes_unexecuted(
    table: tuple[list[Document], str],
    shape: tuple[int, bool],
    document: Document,
    write: Callable[..., Path],
    connection: duckdb.DuckDBPyConnection,
    now: datetime,
) -> None:
    document["apiVersion"] = "v3.2.0"
    document["schema"][0]["properties"], cells = table
    contract = load_contract(write(document))
    rows, is_other = shape
    shown = "i AS c0, i AS something_else" if is_other else cells
    relation = f"(SELECT {shown} FROM range({rows}) t(i))"

    results = run_checks(CheckRun(connection, relation, contract, now))

    levels = len(document["slaProperties"])
    promised = [r for r in results if r.kind != CheckKind.PERSONAL_DATA]  # nobody writes it down
    assert len(promised) == 1 + levels + sum(promises(column) for column in table[0])
    assert len({r.check_id for r in results}) == len(results)
    assert [r.check_id for r in results] == [check.id for check in checks_for(contract)]
    for result in results:
        if result.outcome is Outcome.PASSED:
            assert result.query is not None or result.kind in UNREAD, result
        if result.outcome in {Outcome.ERROR, Outcome.UNCHECKED}:
            assert result.detail, result


def mappings(value: Any, path: str = "") -> list[tuple[Document, str]]:
    """Every mapping of a document with its path, what is free text apart."""
    found: list[tuple[Document, str]] = []
    if isinstance(value, dict):
        found.append((value, path))
        for key, inner in value.items():
            if key not in {"value", "implementation"}:
                found += mappings(inner, f"{path}.{key}")
    if isinstance(value, list):
        for inner in value:
            found += mappings(inner, path)
    return found


MISSPELT = st.sampled_from(["{}s", "{}_", "x{}", "{} "])


@given(table=tables(), data=st.data())
@settings(QUIET, max_examples=60)
def test_a_misspelt_word_is_a_fault_or_loses_no_promise(
    table: tuple[list[Document], str],
    data: st.DataObject,
    document: Document,
    write: Callable[..., Path],
) -> None:
    document = copy.deepcopy({**document, "apiVersion": "v3.2.0"})
    document["schema"][0]["properties"] = copy.deepcopy(table[0])
    before = len(checks_for(load_contract(write(document))))
    holder, _ = data.draw(st.sampled_from([m for m in mappings(document) if m[0]]))
    key = data.draw(st.sampled_from(sorted(holder)))
    holder[data.draw(MISSPELT).format(key)] = holder.pop(key)

    try:
        after = len(checks_for(load_contract(write(document))))
    except InvalidContract as refused:
        assert refused.faults
    else:
        assert after == before
