"""The promises that columns make, and the values within them: present, typed, required, keyed."""

from collections.abc import Iterator
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.model import Property, SchemaObject
from contracts.option_promises import option_checks
from contracts.subjects import Subject, subjects


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


def column_checks(table: SchemaObject) -> Iterator[Check]:
    """The promises of every column and of what is declared within it, quality rules apart."""
    for subject in subjects(table):
        yield from _subject_checks(subject)


def measure_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each measure: an expression over the table that must give one value."""
    for measure in table.measures:
        yield Check(
            id=measure.path,
            kind=CheckKind.MEASURE,
            title=f"The measure `{measure.name}` can be computed",
            expected="one value",
            property_name=measure.name,
            arguments={"expression": measure.expression},
        )


def _subject_checks(subject: Subject) -> Iterator[Check]:
    declared, path, name = subject.declared, subject.path, subject.name
    where = "in the table" if subject.inner_place is None else f"in `{subject.place.column}`"
    yield _check(subject, path, CheckKind.COLUMN, f"`{name}` is {where}", "present")
    yield _check(
        subject,
        f"{path}.physicalType",
        CheckKind.TYPE,
        f"`{name}` has the type {declared.physical_type}",
        declared.physical_type,
        type=declared.physical_type,
        logical_type=declared.logical_type,
    )
    if declared.required:
        title = f"`{name}` is never empty"
        yield _check(subject, f"{path}.required", CheckKind.REQUIRED, title, "no empty value")
    if declared.unique:
        title = f"`{name}` is unique"
        yield _check(subject, f"{path}.unique", CheckKind.UNIQUE, title, "no repeated value")
    if declared.enum:
        yield _enum_check(subject, declared)
    yield from option_checks(subject)


def _enum_check(subject: Subject, declared: Property) -> Check:
    listed = ", ".join(str(value) for value in declared.enum)
    return _check(
        subject,
        f"{subject.path}.enum",
        CheckKind.ENUM,
        f"`{subject.name}` is one of {len(declared.enum)} listed values",
        f"one of {listed}" if len(listed) <= 200 else f"one of {len(declared.enum)} values",
        values=declared.enum,
    )


def _check(
    subject: Subject, path: str, kind: CheckKind, title: str, expected: str, **arguments: Any
) -> Check:
    return Check(
        id=path,
        kind=kind,
        title=title,
        expected=expected,
        columns=(subject.name,),
        property_name=subject.name,
        arguments=arguments,
        place=subject.inner_place,
    )
