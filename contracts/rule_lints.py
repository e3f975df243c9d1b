"""What a contract must say in its quality rules and relationships."""

import math
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Severity
from contracts.odcs_objects import METRICS, OPERATORS
from contracts.option_lints import value_faults
from contracts.patterns import pattern_fault
from contracts.resolved_types import inner_parts, resolved_tree
from contracts.sql_text import MOST_CHARACTERS
from contracts.type_trees import TypeTree

_COLUMN_METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues")
_TABLE_METRICS = ("rowCount", "duplicateValues")
_CRON = re.compile(
    r"@(?:hourly|daily|weekly|monthly|yearly)|(?:[\d*/,A-Za-z#?L-]+\s+){4}[\d*/,A-Za-z#?L-]+"
)
_ARGUMENTS = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}


def rule_faults(
    found: dict[str, Any], path: str, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    """The faults of one object's quality rules and of those of its columns."""
    for position, rule in enumerate(found.get("quality") or []):
        yield from _rule_faults(rule, f"{path}.quality[{position}]", None, columns)
    for index, column in enumerate(found.get("properties") or []):
        tree = resolved_tree(column)
        yield from _property_faults(column, f"{path}.properties[{index}]", tree, columns)


def _property_faults(
    declared: Mapping[str, Any], path: str, tree: TypeTree | None, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    """The faults of the rules of a property, and of everything that is declared within it."""
    for position, rule in enumerate(declared.get("quality") or []):
        here = f"{path}.quality[{position}]"
        yield from _rule_faults(rule, here, str(declared.get("name") or "items"), columns)
        if tree is not None:
            yield from _held_faults(rule, f"{here}.arguments", tree)
    for name, key, part in inner_parts(declared):
        given = tree.part(name) if tree is not None else None
        yield from _property_faults(part, f"{path}.{key}", given, columns)


def _held_faults(rule: dict[str, Any], path: str, tree: TypeTree) -> Iterator[DocumentFault]:
    """Listed values that the property's type never holds."""
    arguments = rule.get("arguments")
    for key in ("validValues", "missingValues"):
        values = arguments.get(key) if isinstance(arguments, dict) else None
        if isinstance(values, list) and not any(isinstance(v, list | dict) for v in values):
            yield from value_faults(values, f"{path}.{key}", tree, may_be_null=True)


def _rule_faults(
    rule: dict[str, Any], path: str, column: str | None, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    severities = [severity.value for severity in Severity]
    if rule.get("severity", "error") not in severities:
        fault = f"`{rule['severity']}` is not a severity."
        yield DocumentFault(f"{path}.severity", fault, f"Write one of {', '.join(severities)}.")
    if "rule" in rule:
        fault = "is the name that ODCS gave up for `metric`."
        yield DocumentFault(f"{path}.rule", fault, "Write `metric`.")
    if "type" not in rule and "metric" not in rule:
        yield DocumentFault(path, "says neither `type` nor `metric`.", "Add one of them.")
    yield from _schedule_faults(rule, path)
    if rule.get("type", "library") == "library":
        yield from _library_faults(rule, path, column, columns)
    elif rule.get("type") == "sql":
        yield from _sql_faults(rule, path)
    elif rule.get("type") == "custom" and not str(rule.get("engine") or "").strip():
        yield DocumentFault(f"{path}.engine", "is missing.", "Name the engine that runs the rule.")
    yield from _threshold_faults(rule, path)


def _schedule_faults(rule: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    if "scheduler" in rule and str(rule["scheduler"]).lower() != "cron":
        fault = f"`{rule['scheduler']}` is no scheduler that runs here."
        yield DocumentFault(f"{path}.scheduler", fault, "Write `scheduler: cron`.")
    if "schedule" in rule and _CRON.fullmatch(str(rule["schedule"]).strip()) is None:
        fault = f"`{rule['schedule']}` is not a cron expression of five fields."
        yield DocumentFault(f"{path}.schedule", fault, "Write it as in `0 20 * * *`.")


def _library_faults(
    rule: dict[str, Any], path: str, column: str | None, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    if "metric" not in rule:
        words = ", ".join(METRICS)
        yield DocumentFault(path, "names no `metric` of the library.", f"Write one of {words}.")
        return
    if not any(operator in rule for operator in OPERATORS):
        remedy = "Write one of mustBe, mustBeLessThan and so on."
        yield DocumentFault(path, "has no operator to hold the metric against.", remedy)
    yield from _metric_faults(rule, path, column, columns)


def _metric_faults(
    rule: dict[str, Any], path: str, column: str | None, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    metric = str(rule["metric"])
    allowed = _TABLE_METRICS if column is None else _COLUMN_METRICS
    if metric not in allowed:
        level = "the table" if column is None else "a column"
        fault = f"`{metric}` is not a metric of {level}."
        yield DocumentFault(f"{path}.metric", fault, f"Write one of {', '.join(allowed)}.")
        return
    unit = str(rule.get("unit", "rows"))
    if unit not in {"rows", "percent"} or (unit == "percent" and metric == "rowCount"):
        fault = f"`{unit}` is not a unit of `{metric}`."
        remedy = "Write rows." if metric == "rowCount" else "Write rows or percent."
        yield DocumentFault(f"{path}.unit", fault, remedy)
    yield from _argument_faults(rule, f"{path}.arguments", column, columns)


def _sql_faults(rule: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    query = str(rule.get("query") or "")
    if not query.strip():
        yield DocumentFault(f"{path}.query", "is empty.", "Write one SELECT over `{object}`.")
    elif len(query) > MOST_CHARACTERS:
        fault = f"is longer than {MOST_CHARACTERS:,} characters."
        yield DocumentFault(f"{path}.query", fault, "Compute it in the model and check that.")
    if not any(operator in rule for operator in OPERATORS):
        remedy = "Write one of mustBe, mustBeLessThan and so on."
        yield DocumentFault(path, "has no operator to hold the answer against.", remedy)


def _argument_faults(
    rule: dict[str, Any], path: str, column: str | None, columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    metric, arguments = str(rule["metric"]), rule.get("arguments") or {}
    known = _ARGUMENTS[metric] if metric != "duplicateValues" or column is None else ()
    for key in arguments:
        if key not in known:
            fault = f"is not an argument of `{metric}`."
            yield DocumentFault(f"{path}.{key}", fault, "Remove it or correct its name.")
    if known and not any(key in arguments for key in known):
        words = " or ".join(f"`{key}`" for key in known)
        yield DocumentFault(path, f"of `{metric}` lack {words}.", "Add it.")
    for key in ("missingValues", "validValues", "properties"):
        if key in arguments and key in known:
            yield from _list_faults(arguments[key], f"{path}.{key}")
    if "pattern" in arguments and "pattern" in known:
        found = pattern_fault(str(arguments["pattern"]))
        if found is not None:
            yield DocumentFault(f"{path}.pattern", *found)
    if metric == "duplicateValues" and isinstance(arguments.get("properties"), list):
        for name in arguments["properties"]:
            if name not in columns:
                yield _unknown_column(f"{path}.properties", str(name), columns)


def _list_faults(values: Any, path: str) -> Iterator[DocumentFault]:
    if not isinstance(values, list) or not values:
        yield DocumentFault(path, "is not a list with values.", "Write a list.")
    elif any(isinstance(value, list | dict) for value in values):
        yield DocumentFault(path, "has a list or mapping in it.", "Write plain values.")


def _threshold_faults(rule: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    for operator in OPERATORS:
        if operator not in rule:
            continue
        threshold = rule[operator]
        values = threshold if isinstance(threshold, list) else [threshold]
        is_sql = rule.get("type") == "sql"
        if not all(_is_number(value) or (is_sql and isinstance(value, bool)) for value in values):
            fault = f"`{threshold}` is not a number."
            yield DocumentFault(f"{path}.{operator}", fault, "Write a number.")
        elif operator.endswith("Between") and not _is_range(values):
            fault = f"`{threshold}` is not two numbers, the smaller first."
            yield DocumentFault(f"{path}.{operator}", fault, "Write them as in `[1, 10]`.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_range(values: list[Any]) -> bool:
    return len(values) == 2 and all(_is_number(value) for value in values) and values[0] < values[1]


def _unknown_column(path: str, name: str, columns: tuple[str, ...]) -> DocumentFault:
    near = get_close_matches(name, columns, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else "Write the name of a column."
    return DocumentFault(path, f"`{name}` is not a column of this table.", remedy)
