"""How a column names the standard that its values follow, and how a port offers itself as one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.model import Contract, Property
from contracts.subjects import subjects

STANDARD = "standard"  # the custom property of a bound column: `<id>` or `<id>@<edition>`
OFFERED = "offersStandard"  # the custom property of the column that has a standard's codes


@dataclass(frozen=True, slots=True)
class Binding:
    """The standard that a column is bound to; `edition` where the contract pins one."""

    standard: str
    edition: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A column of a port whose values are the codes of a standard."""

    standard: str
    title: str
    port: str  # unit.port
    column: str
    names: tuple[str, ...] = ()  # how columns with these codes are called, or end


def binding_of(column: Property) -> Binding | None:
    """The standard that the contract binds a column to; None where it binds none."""
    return read_binding(column.custom.get(STANDARD))


def read_binding(value: Any) -> Binding | None:
    """The binding that a custom property says; None for anything but text."""
    if not isinstance(value, str) or not value.strip():
        return None
    name, _, edition = value.strip().partition("@")
    return Binding(name, edition or None)


def offers_of(contract: Contract) -> Iterator[Offer]:
    """The standards whose codes a port's columns are."""
    for found in contract.objects:
        for column in found.properties:
            said = column.custom.get(OFFERED)
            if isinstance(said, dict) and said.get("id"):
                title = str(said.get("title") or said["id"])
                names = tuple(str(name) for name in said.get("columnNames") or ())
                yield Offer(str(said["id"]), title, contract.reference, column.name, names)


def bound_standards(contract: Contract) -> frozenset[str]:
    """Ids of the standards that a contract binds its columns to."""
    bindings = (binding_of(s.declared) for found in contract.objects for s in subjects(found))
    return frozenset(binding.standard for binding in bindings if binding is not None)
