"""The promises that columns make: present, typed, required, unique, keyed, within their options."""

from collections.abc import Iterator
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.formats import FORMATS
from contracts.model import Property, SchemaObject

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def table_checks(table: SchemaObject) -> Iterator[Check]:
    """The promises of the table's shape: no column more than declared, one row per key."""
    names = tuple(p.name for p in table.properties)
    yield Check(
        id="schema[0].properties",
        kind=CheckKind.EXTRA_COLUMNS,
        title="The table has no columns beyond those described",
        expected="no other columns",
        arguments={"names": names},
    )
    if table.primary_key:
        words = ", ".join(f"`{name}`" for name in table.primary_key)
        yield Check(
            id="schema[0].primaryKey",
            kind=CheckKind.PRIMARY_KEY,
            title=f"{words} identifies one row and is never empty",
            expected="no empty and no repeated key",
            columns=table.primary_key,
        )


def column_checks(column: Property, path: str) -> Iterator[Check]:
    """The promises of one column, its quality rules apart."""
    name = column.name
    yield _check(column, path, CheckKind.COLUMN, f"`{name}` is in the table", "present")
    yield _check(
        column,
        f"{path}.physicalType",
        CheckKind.TYPE,
        f"`{name}` has the type {column.physical_type}",
        column.physical_type,
        type=column.physical_type,
        logical_type=column.logical_type,
    )
    if column.required:
        title = f"`{name}` is never empty"
        yield _check(column, f"{path}.required", CheckKind.REQUIRED, title, "no empty value")
    if column.unique:
        title = f"`{name}` is unique"
        yield _check(column, f"{path}.unique", CheckKind.UNIQUE, title, "no repeated value")
    for word, value in column.options.items():
        if word == "uniqueItems" and value is False:
            continue  # promises nothing
        yield _option_check(column, f"{path}.logicalTypeOptions.{word}", word, value)


def _option_check(column: Property, path: str, word: str, value: Any) -> Check:
    name = column.name
    if word in _BOUNDS:
        expected = _BOUNDS[word].format(value)
        title = f"`{name}` is {expected}"
        return _check(column, path, CheckKind(word), title, expected, limit=value)
    if word == "pattern":
        title = f"`{name}` is written as its pattern asks"
        return _check(column, path, CheckKind.PATTERN, title, f"matches `{value}`", pattern=value)
    if word == "uniqueItems":
        title = f"`{name}` repeats no item within a row"
        return _check(column, path, CheckKind.UNIQUE_ITEMS, title, "no repeated item")
    if word == "timezone":
        expected = "with a time zone" if value else "without a time zone"
        title = f"`{name}` is kept {expected}"
        return _check(column, path, CheckKind.TIMEZONE, title, expected, zoned=value)
    if word == "format":
        return _format_check(column, path, str(value))
    return _unexecuted(
        column, path, CheckKind.OTHER_OPTION, f"{word}: {value}", "This option is not executed."
    )


def _format_check(column: Property, path: str, word: str) -> Check:
    if (column.logical_type, word) in FORMATS:
        title = f"`{column.name}` is written as {word}"
        return _check(column, path, CheckKind.FORMAT, title, word, format=word)
    reason = f"The format `{word}` of a {column.logical_type} column is not executed."
    return _unexecuted(column, path, CheckKind.FORMAT, f"format: {word}", reason)


def _unexecuted(column: Property, path: str, kind: CheckKind, expected: str, reason: str) -> Check:
    return Check(
        id=path,
        kind=kind,
        title=f"`{column.name}` keeps {expected}",
        expected=expected,
        columns=(column.name,),
        property_name=column.name,
        unchecked=reason,
    )


def _check(
    column: Property, path: str, kind: CheckKind, title: str, expected: str, **arguments: Any
) -> Check:
    return Check(
        id=path,
        kind=kind,
        title=title,
        expected=expected,
        columns=(column.name,),
        property_name=column.name,
        arguments=arguments,
    )
