"""What a contract must say in its quality rules and relationships."""

import math
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Severity
from contracts.odcs_contract import OPERATORS
from contracts.patterns import pattern_fault
from contracts.references import read_target

_COLUMN_METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues")
_TABLE_METRICS = ("rowCount", "duplicateValues")
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
        for position, rule in enumerate(column.get("quality") or []):
            here = f"{path}.properties[{index}].quality[{position}]"
            yield from _rule_faults(rule, here, str(column.get("name")), columns)


def relationship_faults(
    found: dict[str, Any], path: str, columns: tuple[str, ...], unit: str
) -> Iterator[DocumentFault]:
    """The faults of one object's relationships and of those of its columns."""
    for index, column in enumerate(found.get("properties") or []):
        for position, relationship in enumerate(column.get("relationships") or []):
            here = f"{path}.properties[{index}].relationships[{position}]"
            yield from _target_faults(_texts(relationship.get("to")), 1, here, unit)
            yield from _match_faults(relationship, here)
    for position, relationship in enumerate(found.get("relationships") or []):
        here = f"{path}.relationships[{position}]"
        sources = [re.split(r"[./]", text)[-1] for text in _texts(relationship.get("from"))]
        for source in sources:
            if source not in columns:
                yield _unknown_column(f"{here}.from", source, columns)
        yield from _target_faults(_texts(relationship.get("to")), len(sources), here, unit)
        yield from _match_faults(relationship, here)


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
    if rule.get("type", "library") == "library" and "metric" in rule:
        yield from _metric_faults(rule, path, column, columns)
    elif rule.get("type") == "sql" and not str(rule.get("query") or "").strip():
        yield DocumentFault(f"{path}.query", "is empty.", "Write one SELECT over `{object}`.")
    yield from _threshold_faults(rule, path)


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


def _target_faults(
    targets: list[str], sources: int, path: str, unit: str
) -> Iterator[DocumentFault]:
    found = [read_target(target, unit) for target in targets]
    for target, read in zip(targets, found, strict=True):
        if read is None:
            remedy = (
                "Write `port.column` within the unit, or "
                "`../<unit>/<port>.v1.odcs.yaml#/schema/<port>/properties/<column>`."
            )
            yield DocumentFault(f"{path}.to", f"`{target}` names no column of a port.", remedy)
    if len(targets) != sources:
        fault = f"names {len(targets)} columns for {sources}."
        yield DocumentFault(f"{path}.to", fault, "Name one target for each column.")
    if len({read.port for read in found if read is not None}) > 1:
        yield DocumentFault(f"{path}.to", "names columns of several ports.", "Keep to one port.")


def _match_faults(relationship: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    for position, entry in enumerate(relationship.get("customProperties") or []):
        here, value = f"{path}.customProperties[{position}]", entry.get("value")
        if entry.get("property") == "minimumMatchPercent" and not (
            _is_number(value) and 0 <= value <= 100
        ):
            yield DocumentFault(here, f"`{value}` is not a percentage.", "Write 0 to 100.")
        if entry.get("property") == "severity" and value not in [s.value for s in Severity]:
            remedy = "Write one of error, warning, info."
            yield DocumentFault(here, f"`{value}` is not a severity.", remedy)


def _unknown_column(path: str, name: str, columns: tuple[str, ...]) -> DocumentFault:
    near = get_close_matches(name, columns, n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else "Write the name of a column."
    return DocumentFault(path, f"`{name}` is not a column of this table.", remedy)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
