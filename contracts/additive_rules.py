"""SQL rules whose value on a whole table follows from its parts: counts, extremes, means."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb

_CLASSES = frozenset({"COMPARISON", "CONJUNCTION", "CONSTANT", "OPERATOR", "BETWEEN", "CASE"})
_FUNCTIONS = frozenset(
    {"+", "-", "*", "/", "//", "%", "||", "~~", "!~~", "~~*", "lower", "upper", "trim", "abs"}
    | {"length", "strlen", "round", "floor", "ceil", "substring", "substr", "regexp_matches"}
    | {"starts_with", "contains", "date_trunc", "year", "month", "day", "coalesce", "nullif"}
)
_CLOCK = frozenset({"now", "today", "tomorrow", "yesterday"})  # words that casts read as moments
_EMPTY: tuple[Any, ...] = (None, [], {"map": []}, False, "STANDARD_HANDLING")


@dataclass(frozen=True, slots=True)
class Additive:
    """What a rule asks of one table's rows: `count`, `min`, `max`, or `avg` of a column."""

    kind: str
    column: str | None = None  # of a mean


def additive(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: Collection[str]
) -> Additive | None:
    """What the rule asks for, where that follows from the parts of one table; else None.

    Each row must be judged by itself and by nothing that changes with time: a condition of columns,
    constants and functions of a list. What is not on the list is not additive, nor is a name that
    is none of the table's `columns`: `current_date` looks like one.
    """
    rows = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    parsed = json.loads(rows[0][0])
    if parsed.get("error") is not False or len(parsed["statements"]) != 1:
        return None
    node = parsed["statements"][0]["node"]
    if node.get("type") != "SELECT_NODE" or not _is_plain(node):
        return None
    names = frozenset(name.lower() for name in columns)
    condition = node["where_clause"]
    if condition is not None and not _of_a_row(condition, names):
        return None
    found = _aggregate(node["select_list"][0], names)
    is_whole = condition is None and not node["select_list"][0].get("filter")
    return found if found is None or found.column is None or is_whole else None


def _is_plain(node: dict[str, Any]) -> bool:
    table = node["from_table"]
    rest = ("modifiers", "cte_map", "group_expressions", "group_sets", "aggregate_handling")
    return (
        len(node["select_list"]) == 1
        and table["type"] == "BASE_TABLE"
        and table.get("sample") is None
        and all(node.get(name) in _EMPTY for name in (*rest, "having", "sample", "qualify"))
    )


def _aggregate(part: dict[str, Any], names: frozenset[str]) -> Additive | None:
    if part.get("class") != "FUNCTION" or part.get("distinct") or part.get("export_state"):
        return None
    if part["order_bys"]["orders"] or (part["filter"] and not _of_a_row(part["filter"], names)):
        return None
    name = str(part["function_name"])
    arguments = [each["expression"] for each in part["arguments"]]
    if not all(_of_a_row(each, names) for each in arguments):
        return None
    if name == "count_star" or (name == "count" and len(arguments) == 1):
        return Additive("count")
    if name == "avg" and len(arguments) == 1 and arguments[0].get("class") == "COLUMN_REF":
        return Additive("avg", str(arguments[0]["column_names"][0]).lower())
    return Additive(name) if name in {"min", "max"} and len(arguments) == 1 else None


def _of_a_row(part: Any, names: frozenset[str]) -> bool:
    """Whether an expression says the same of a row at any time and beside any other rows."""
    if isinstance(part, list):
        return all(_of_a_row(inner, names) for inner in part)
    if isinstance(part, str):
        return part.strip().lower() not in _CLOCK
    if not isinstance(part, dict):
        return True
    found = part.get("class")
    if found == "COLUMN_REF":
        return len(part["column_names"]) == 1 and part["column_names"][0].lower() in names
    if found == "FUNCTION":
        if part["function_name"] not in _FUNCTIONS or part.get("filter") or part.get("distinct"):
            return False
    elif found is not None and found not in _CLASSES:
        return False
    return all(_of_a_row(inner, names) for inner in part.values())
