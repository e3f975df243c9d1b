"""The promise that every text column makes by not declaring personal data: it holds none."""

from collections.abc import Iterator

from contracts.check_model import Check, CheckKind
from contracts.model import Property, SchemaObject
from contracts.subjects import Subject, subjects


def personal_data_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each text column, or text within one, that is not declared personal."""
    declared = {column.name for column in table.properties if column.custom.get("personalData")}
    texts = [
        subject
        for subject in subjects(table)
        if _is_open_text(subject.declared) and subject.place.column not in declared
    ]
    together = tuple(subject.name for subject in texts if subject.inner_place is None)
    for subject in texts:
        yield _check(subject, together if subject.inner_place is None else (subject.name,))


def _is_open_text(column: Property) -> bool:
    is_column = column.semantic_type != "measure"
    return column.logical_type == "string" and not column.is_personal and is_column


def _check(subject: Subject, together: tuple[str, ...]) -> Check:
    return Check(
        id=f"{subject.path}.personalData",
        kind=CheckKind.PERSONAL_DATA,
        title=f"`{subject.name}` holds no personal data or secrets that nobody declared",
        expected="no likely names, e-mail addresses, NI numbers, phone numbers or secrets",
        columns=(subject.name,),
        property_name=subject.name,
        arguments={"together": together},  # columns that are read in one query
        place=subject.inner_place,
    )
