"""What a contract must say about each column."""

from collections.abc import Iterator
from typing import Any

from contracts.errors import DocumentFault
from contracts.patterns import pattern_fault
from contracts.sql_text import is_plain_name, literal
from contracts.type_words import canonical_type, carries, is_storable

_NOT_SUPPORTED = ("properties", "items")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def column_faults(
    columns: list[dict[str, Any]], path: str, is_port: bool
) -> Iterator[DocumentFault]:
    """The faults of one object's columns; `is_port` for tables that are kept in Delta."""
    names = [str(column.get("name")).lower() for column in columns]
    for position, column in enumerate(columns):
        here = f"{path}.properties[{position}]"
        if names[position] in names[:position]:
            fault = f"`{column.get('name')}` is there twice."
            yield DocumentFault(f"{here}.name", fault, "Keep one of them.")
        yield from _name_faults(column, here)
        yield from _description_faults(column, here)
        yield from _type_faults(column, here, is_port)
        yield from _option_faults(column, here)
    yield from _position_faults(columns, path, "primaryKey", "primaryKeyPosition")
    yield from _position_faults(columns, path, "partitioned", "partitionKeyPosition")


def _name_faults(column: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    name = str(column.get("name") or "")
    if not is_plain_name(name) or name.startswith("_"):
        fault = f"`{name}` is not lower case words joined by underscores."
        yield DocumentFault(f"{path}.name", fault, "Name it as queries will.")
    if column.get("physicalName") not in (None, name):
        fault = f"`{column['physicalName']}` differs from the name `{name}`."
        yield DocumentFault(f"{path}.physicalName", fault, "Leave it out: the name is used.")
    for key in _NOT_SUPPORTED:
        if key in column:
            fault = "promises something inside a column, which is not checked here."
            yield DocumentFault(f"{path}.{key}", fault, "Make it columns of their own.")


def _description_faults(column: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    text = str(column.get("description") or "")
    if not text.strip():
        yield DocumentFault(
            f"{path}.description",
            f"is missing for `{column.get('name')}`.",
            "Say what a row's value means to a buyer.",
        )
    elif _words(text) in (_words(str(column.get("name"))), _words(str(column.get("businessName")))):
        fault = f"only repeats the name `{column.get('name')}`."
        yield DocumentFault(f"{path}.description", fault, "Say what the value means to a buyer.")


def _words(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _type_faults(column: dict[str, Any], path: str, is_port: bool) -> Iterator[DocumentFault]:
    logical, physical = column.get("logicalType"), column.get("physicalType")
    for key in ("logicalType", "physicalType"):
        if not column.get(key):
            fault = f"is missing for `{column.get('name')}`."
            yield DocumentFault(f"{path}.{key}", fault, "Write both types.")
    if not logical or not physical:
        return
    known = canonical_type(str(physical))
    if known is None:
        fault = f"`{physical}` is not a DuckDB type that columns can have."
        yield DocumentFault(f"{path}.physicalType", fault, "Write as in `decimal(18,2)`.")
    elif not carries(str(logical), known):
        fault = f"`{physical}` does not carry the logical type `{logical}`."
        yield DocumentFault(f"{path}.physicalType", fault, "Change one of the two.")
    elif is_port and not is_storable(known):
        fault = f"`{physical}` cannot be kept in a Delta table."
        remedy = "Write bigint for unsigned integers, varchar for other words."
        yield DocumentFault(f"{path}.physicalType", fault, remedy)


def _option_faults(column: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    options = column.get("logicalTypeOptions") or {}
    here = f"{path}.logicalTypeOptions"
    known = canonical_type(str(column.get("physicalType") or ""))
    for key in _BOUNDS:
        if key in options and known is not None and not _is_literal(options[key], known):
            fault = f"`{options[key]}` is not a {column.get('logicalType')}."
            yield DocumentFault(f"{here}.{key}", fault, "Write it as in ISO 8601.")
    step = options.get("multipleOf")
    if isinstance(step, int | float) and step <= 0:
        fault = f"`{options['multipleOf']}` is not above zero."
        yield DocumentFault(f"{here}.multipleOf", fault, "Write a positive number.")
    if "pattern" in options:
        fault_found = pattern_fault(str(options["pattern"]))
        if fault_found is not None:
            yield DocumentFault(f"{here}.pattern", *fault_found)


def _is_literal(value: Any, column_type: str) -> bool:
    try:
        literal(value, column_type)
    except ValueError:
        return False
    return True


def _position_faults(
    columns: list[dict[str, Any]], path: str, flag: str, key: str
) -> Iterator[DocumentFault]:
    parts = [(i, c) for i, c in enumerate(columns) if c.get(flag) is True]
    for position, column in enumerate(columns):
        if key in column and column[key] != -1 and column.get(flag) is not True:
            fault = f"is given and `{flag}` is not true."
            yield DocumentFault(f"{path}.properties[{position}].{key}", fault, f"Add `{flag}`.")
    given = [column.get(key, 1 if len(parts) == 1 else None) for _, column in parts]
    if parts and sorted(str(g) for g in given) != sorted(str(i + 1) for i in range(len(parts))):
        names = ", ".join(f"`{column.get('name')}`" for _, column in parts)
        fault = f"of {names} are not 1 to {len(parts)}, each once."
        yield DocumentFault(f"{path}.{key}", fault, "Number the columns in order.")
