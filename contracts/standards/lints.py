"""What a contract must say to bind a column to a standard, and where it could have bound one."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract, Property
from contracts.standards.bindings import OFFERED, STANDARD, Offer, binding_of, read_binding
from contracts.standards.register import Standard, shipped_standards
from contracts.subjects import subjects

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
DECLINED = "noStandard"  # the custom property that says why a column follows no standard


def standard_faults(
    columns: list[dict[str, Any]], path: str, is_port: bool
) -> Iterator[DocumentFault]:
    """The faults of one object's bindings; `is_port` for tables that are checked."""
    for position, column in enumerate(columns):
        yield from _column_faults(column, f"{path}.properties[{position}]", is_port)
        if OFFERED in _custom(column):
            place = f"{path}.properties[{position}].customProperties.{OFFERED}"
            yield from _offer_faults(_custom(column)[OFFERED], place)


def unknown_standards(contract: Contract, offered: Mapping[str, Offer]) -> Iterator[DocumentFault]:
    """Bindings to what neither ships with the platform nor is offered by a port."""
    known = sorted({*shipped_standards(), *offered})
    for subject in (each for found in contract.objects for each in subjects(found)):
        binding = binding_of(subject.declared)
        if binding is None or binding.standard in known:
            continue
        near = get_close_matches(binding.standard, known, n=1)
        yield DocumentFault(
            f"{subject.path}.customProperties.{STANDARD}",
            f"`{binding.standard}` is not a registered standard.",
            f"Did you mean `{near[0]}`?" if near else "Name one that is registered.",
        )


def standard_warnings(
    contract: Contract, offered: Mapping[str, Offer] | None = None
) -> Iterator[DocumentFault]:
    """Columns that look like a registered standard and are not bound to it (INT-02).

    `offered` are the standards that ports offer, where the other contracts are known.
    """
    offers = [offer for offer in (offered or {}).values() if offer.port != contract.reference]
    for subject in (each for found in contract.objects for each in subjects(found)):
        column = subject.declared
        is_settled = binding_of(column) is not None or column.custom.get(DECLINED)
        if is_settled or OFFERED in column.custom:
            continue
        likely = [s.id for s in shipped_standards().values() if _suggests(s, column)]
        likely += [offer.standard for offer in offers if _is_called(column.name, offer.names)]
        if likely:
            words = " or ".join(f"`{name}`" for name in likely)
            yield DocumentFault(
                subject.path,
                f"`{subject.name}` looks like {words}, which is registered and not used.",
                f"Bind it with the custom property `{STANDARD}`, or say why not in `{DECLINED}`.",
            )


def _column_faults(column: dict[str, Any], path: str, is_port: bool) -> Iterator[DocumentFault]:
    custom = _custom(column)
    if STANDARD in custom:
        place = f"{path}.customProperties.{STANDARD}"
        yield from _binding_faults(column, custom[STANDARD], place, is_port)
    for position, inner in enumerate(column.get("properties") or ()):
        yield from _column_faults(inner, f"{path}.properties[{position}]", is_port)
    if isinstance(column.get("items"), dict):
        yield from _column_faults(column["items"], f"{path}.items", is_port)


def _binding_faults(
    column: dict[str, Any], said: Any, path: str, is_port: bool
) -> Iterator[DocumentFault]:
    binding = read_binding(said)
    if binding is None:
        yield DocumentFault(path, f"`{said}` names no standard.", "Write its id as text.")
        return
    if not is_port:
        fault = "is not checked on rows that land."
        yield DocumentFault(path, fault, "Bind the column of the output port.")
        return
    shipped = shipped_standards().get(binding.standard)
    if shipped is None:
        if binding.edition is not None:
            fault = "pins an edition of a standard that does not ship with the platform."
            yield DocumentFault(path, fault, "Leave `@` and the edition out.")
        return
    if binding.edition not in (None, shipped.edition):
        fault = f"pins the edition `{binding.edition}`; the one that ships is `{shipped.edition}`."
        yield DocumentFault(path, fault, "Pin the one that ships, or none.")
    if column.get("logicalType") not in shipped.types:
        fault = f"`{shipped.id}` is not kept in a {column.get('logicalType')} column."
        remedy = f"Make it {' or '.join(shipped.types)}, or leave the binding out."
        yield DocumentFault(path, fault, remedy)


def _offer_faults(said: Any, path: str) -> Iterator[DocumentFault]:
    name = said.get("id") if isinstance(said, dict) else None
    if name is None or _ID.fullmatch(str(name)) is None:
        fault = "has no `id` of lower case words joined by hyphens."
        yield DocumentFault(path, fault, "Write as in `id: organisation-register`.")
    elif name in shipped_standards():
        fault = f"`{name}` is the id of a standard that ships with the platform."
        yield DocumentFault(path, fault, "Choose another id.")


def _suggests(standard: Standard, column: Property) -> bool:
    """By the name, unless its examples say otherwise; or by examples and what goes with them."""
    if column.logical_type not in standard.types:
        return False
    values = _values(column)
    fits = bool(values) and all(standard.has(value) for value in values)
    is_named = _finds(standard.suggest_names, column.name)
    is_described = _finds(standard.suggest_words, column.description.casefold())
    return (is_named and (fits or not values)) or (
        fits and (is_described or standard.suggest_values)
    )


def _is_called(name: str, names: tuple[str, ...]) -> bool:
    return any(name == each or name.endswith(f"_{each}") for each in names)


def _values(column: Property) -> list[str]:
    """Values that the contract itself shows: examples and listed values."""
    shown = [str(value) for value in (*column.examples, *column.enum)]
    for rule in column.quality:
        shown += [str(v) for v in rule.arguments.get("validValues") or () if v is not None]
    return shown


def _finds(pattern: str | None, text: str) -> bool:
    return pattern is not None and re.search(pattern, text) is not None


def _custom(column: dict[str, Any]) -> dict[str, Any]:
    entries = column.get("customProperties") or ()
    return {str(e.get("property")): e.get("value") for e in entries if isinstance(e, dict)}
