"""What a contract must say in `logicalTypeOptions` and lists of values: what the type can hold."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.errors import DocumentFault
from contracts.patterns import pattern_fault
from contracts.sql_text import literal
from contracts.type_trees import TypeTree

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_PAIRS = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
_KEPT_AS = {"date": "DATE", "timestamp": "TIMESTAMP", "time": "TIME"}
_TEMPORAL = ("DATE", "TIME")


def option_faults(
    declared: Mapping[str, Any], path: str, tree: TypeTree
) -> Iterator[DocumentFault]:
    """The faults of a property's options, for the type that its values are kept in."""
    options = declared.get("logicalTypeOptions") or {}
    here = f"{path}.logicalTypeOptions"
    kept_as = _KEPT_AS.get(str(declared.get("logicalType")), "") if tree.name == "VARCHAR" else ""
    for key in _BOUNDS:
        if key in options and not _is_literal(options[key], kept_as or tree.name):
            fault = f"`{options[key]}` is not a {declared.get('logicalType')}."
            yield DocumentFault(f"{here}.{key}", fault, "Write it as in ISO 8601.")
    for low, high in _PAIRS:
        if low in options and high in options and _is_above(options[low], options[high]):
            fault = f"`{options[low]}` is above the {high} `{options[high]}`."
            yield DocumentFault(f"{here}.{low}", fault, "Nothing could keep both: change one.")
    step = options.get("multipleOf")
    if isinstance(step, int | float) and step <= 0:
        fault = f"`{options['multipleOf']}` is not above zero."
        yield DocumentFault(f"{here}.multipleOf", fault, "Write a positive number.")
    if "pattern" in options:
        fault_found = pattern_fault(str(options["pattern"]))
        if fault_found is not None:
            yield DocumentFault(f"{here}.pattern", *fault_found)
    yield from _required_faults(options.get("required"), f"{here}.required", tree)


def value_faults(
    values: list[Any], path: str, tree: TypeTree, may_be_null: bool
) -> Iterator[DocumentFault]:
    """Values of a list that a column of this type never holds: the promise would say nothing."""
    for position, value in enumerate(values):
        here = f"{path}[{position}]"
        if value is None and may_be_null:
            continue
        if tree.parts or isinstance(value, list | dict) or value is None:
            yield DocumentFault(here, f"`{value}` is not one plain value.", "Write a plain value.")
        elif not _is_held(value, tree.name):
            fault = f"`{value}` is never a value of a {tree.name.lower()} column."
            is_text = tree.name in {"VARCHAR", "UUID", "JSON"} or tree.name.startswith(_TEMPORAL)
            remedy = "Put it in quotes." if is_text else "Correct the value or the type."
            yield DocumentFault(here, fault, remedy)


def _is_held(value: Any, name: str) -> bool:
    if name == "BOOLEAN":
        return isinstance(value, bool)
    if name in {"VARCHAR", "UUID", "JSON", "BLOB"}:
        return isinstance(value, str)
    if name.startswith(_TEMPORAL):
        return isinstance(value, str) and _is_literal(value, name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _is_literal(value: Any, column_type: str) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        literal(value, column_type)
    except ValueError:
        return False
    return True


def _is_above(low: Any, high: Any) -> bool:
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    texts = isinstance(low, str) and isinstance(high, str)
    return bool(low > high) if numbers or texts else False


def _required_faults(names: Any, path: str, tree: TypeTree) -> Iterator[DocumentFault]:
    if tree.name != "STRUCT" or not isinstance(names, list):
        return
    for name in names:
        if tree.part(str(name)) is None:
            fault = f"`{name}` is no property of this object."
            yield DocumentFault(path, fault, "Write the name of one of its properties.")
