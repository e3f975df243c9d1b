"""Entries of a contract's custom properties: mappings with known keys, or told as faults."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract, Severity


@dataclass(frozen=True, slots=True)
class Keys:
    """What an entry must and may say."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]


def entries(contract: Contract, name: str) -> list[tuple[str, Any]]:
    """The entries of a list in the custom properties, each with its path."""
    given = contract.custom.get(name)
    listed = given if isinstance(given, list) else []
    return [(f"customProperties.{name}[{i}]", entry) for i, entry in enumerate(listed)]


def list_faults(contract: Contract, name: str, keys: Keys) -> Iterator[DocumentFault]:
    """What is wrong with the list, its entries' keys, and what all entries have in common."""
    given = contract.custom.get(name)
    if given is not None and not isinstance(given, list):
        remedy = f"List entries with {_listed(keys.needed)}."
        yield DocumentFault(f"customProperties.{name}", "is not a list.", remedy)
    for path, entry in entries(contract, name):
        if not isinstance(entry, Mapping):
            yield DocumentFault(path, "is not a mapping.", f"Write {_listed(keys.needed)}.")
            continue
        missing = [key for key in keys.needed if not str(entry.get(key) or "").strip()]
        if missing:
            yield DocumentFault(path, f"lacks {_listed(missing)}.", "Add it.")
        known = {*keys.needed, *keys.optional}
        unknown = sorted(set(map(str, entry)) - known)
        if unknown:
            remedy = f"Only {_listed(sorted(known))} are known."
            yield DocumentFault(path, f"has {_listed(unknown)}.", remedy)
        yield from _severity_faults(entry, path)


def percent_faults(entry: Mapping[str, Any], key: str, path: str) -> Iterator[DocumentFault]:
    """Whether a share is a number from 0 to 100."""
    value = entry.get(key)
    if value is not None and percent(value) is None:
        fault = f"`{value}` is no number from 0 to 100."
        yield DocumentFault(f"{path}.{key}", fault, "Write such a number.")


def percent(value: Any) -> Decimal | None:
    """The share as an exact number; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and 0 <= number <= 100 else None


def severity(entry: Mapping[str, Any]) -> Severity:
    """An entry's severity; a warning where it says none."""
    return Severity(entry.get("severity", Severity.WARNING.value))


def _severity_faults(entry: Mapping[str, Any], path: str) -> Iterator[DocumentFault]:
    allowed = [each.value for each in Severity]
    given = entry.get("severity", Severity.WARNING.value)
    if given not in allowed:
        fault = f"`{given}` is not a severity."
        yield DocumentFault(f"{path}.severity", fault, f"Write one of {_listed(allowed)}.")


def _listed(words: Collection[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
