"""The promise that a bound column makes: every value is in the standard."""

from collections.abc import Iterator

from contracts.check_model import Check, CheckKind
from contracts.model import SchemaObject
from contracts.standards.bindings import STANDARD, binding_of
from contracts.standards.register import shipped_standards
from contracts.subjects import Subject, subjects


def standard_checks(table: SchemaObject) -> Iterator[Check]:
    """One check for each column, or value within one, that is bound to a standard."""
    for subject in subjects(table):
        binding = binding_of(subject.declared)
        if binding is not None:
            yield _check(subject, binding.standard)


def _check(subject: Subject, standard: str) -> Check:
    shipped = shipped_standards().get(standard)
    says = f"is in the standard `{standard}`" if shipped is None else f"is a {shipped.title}"
    edition = "as published" if shipped is None else f"edition {shipped.edition}"
    return Check(
        id=f"{subject.path}.customProperties.{STANDARD}",
        kind=CheckKind.STANDARD,
        title=f"`{subject.name}` {says}",
        expected=f"{standard}, {edition}",
        columns=(subject.name,),
        property_name=subject.name,
        arguments={"standard": standard},
        place=subject.inner_place,
    )
