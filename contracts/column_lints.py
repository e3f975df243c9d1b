"""What a contract must say about each column."""

from collections.abc import Iterator
from typing import Any

from contracts.date_patterns import date_pattern
from contracts.errors import DocumentFault
from contracts.nested_lints import form_faults, inner_faults
from contracts.option_lints import option_faults, value_faults
from contracts.resolved_types import inner_parts, resolved_tree
from contracts.sql_text import is_plain_name
from contracts.type_trees import TypeTree
from contracts.type_words import carries, is_storable


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
        if column.get("semanticType") == "measure":
            yield from _measure_faults(column, here)
        else:
            yield from _content_faults(column, here, is_port)
    yield from _position_faults(columns, path, "primaryKey", "primaryKeyPosition")
    yield from _position_faults(columns, path, "partitioned", "partitionKeyPosition")


def _name_faults(column: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    name = str(column.get("name") or "")
    if not is_plain_name(name) or name.startswith("_"):
        fault = f"`{name}` is not lower case words joined by underscores."
        yield DocumentFault(f"{path}.name", fault, "Name it as queries will.")
    if column.get("physicalName") not in (None, name):
        fault = f"`{column['physicalName']}` differs from the name `{name}`."
        remedy = "Leave it out: the lake calls every column as its contract does."
        yield DocumentFault(f"{path}.physicalName", fault, remedy)


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


def _measure_faults(column: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    """A measure is an expression over the table: it has no rows, so nothing else can hold of it."""
    if not str(column.get("transformLogic") or "").strip():
        remedy = "Write the expression, as in `SUM(amount)`."
        yield DocumentFault(f"{path}.transformLogic", "is missing for a measure.", remedy)
    for key in ("primaryKey", "partitioned", "required", "unique", "quality", "enum"):
        if column.get(key):
            yield DocumentFault(f"{path}.{key}", "is no promise of a measure.", "Remove it.")
    for key in ("logicalTypeOptions", "relationships", "items", "properties"):
        if column.get(key):
            yield DocumentFault(f"{path}.{key}", "is no promise of a measure.", "Remove it.")


def _content_faults(column: dict[str, Any], path: str, is_port: bool) -> Iterator[DocumentFault]:
    """The faults of types, options and values, each only where the one before is without."""
    tree = resolved_tree(column)
    found = [*_type_faults(column, path, tree, is_port), *form_faults(column, path)]
    yield from found
    if tree is None or found:
        return
    yield from option_faults(column, path, tree)
    values = [entry.get("value") for entry in column.get("enum") or []]
    yield from value_faults(values, f"{path}.enum", tree, may_be_null=False)
    if is_port:
        yield from inner_faults(column, path, tree)
    elif any(inner_parts(column)):
        fault = "promises something inside a column, where files are landed flat."
        yield DocumentFault(path, fault, "Make it columns of their own.")


def _type_faults(
    column: dict[str, Any], path: str, tree: TypeTree | None, is_port: bool
) -> Iterator[DocumentFault]:
    logical, physical = column.get("logicalType"), column.get("physicalType")
    for key in ("logicalType", "physicalType"):
        if not column.get(key):
            fault = f"is missing for `{column.get('name')}`."
            yield DocumentFault(f"{path}.{key}", fault, "Write both types.")
    if not logical or not physical:
        return
    if tree is None:
        fault = f"`{physical}` is not a DuckDB type that columns can have."
        yield DocumentFault(f"{path}.physicalType", fault, "Write as in `decimal(18,2)`.")
    elif not carries(str(logical), str(tree)) and not _is_written(column, str(logical), tree):
        fault = f"`{physical}` does not carry the logical type `{logical}`."
        yield DocumentFault(f"{path}.physicalType", fault, "Change one of the two.")
    elif is_port and not is_storable(str(tree)):
        fault = f"`{physical}` cannot be kept in a Delta table."
        remedy = "Write bigint for unsigned integers, varchar for other words."
        yield DocumentFault(f"{path}.physicalType", fault, remedy)


def _is_written(column: dict[str, Any], logical: str, tree: TypeTree) -> bool:
    """Whether dates are kept as text whose `format` names them whole."""
    word = str((column.get("logicalTypeOptions") or {}).get("format") or "")
    pattern = date_pattern(word) if tree.name == "VARCHAR" else None
    return pattern is not None and pattern.names_a(logical)


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
