"""What a contract must say in its relationships: known columns here, one port there."""

import math
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Severity
from contracts.references import read_target
from contracts.resolved_types import inner_parts


def relationship_faults(
    found: dict[str, Any], path: str, columns: tuple[str, ...], unit: str
) -> Iterator[DocumentFault]:
    """The faults of one object's relationships and of those of its properties, at any depth."""
    for index, column in enumerate(found.get("properties") or []):
        yield from _property_faults(column, f"{path}.properties[{index}]", unit)
    for position, relationship in enumerate(found.get("relationships") or []):
        here = f"{path}.relationships[{position}]"
        sources = _texts(relationship.get("from"))
        for source in sources:
            yield from _source_faults(
                source, f"{here}.from", (unit, str(found.get("name"))), columns
            )
        yield from _target_faults(_texts(relationship.get("to")), len(sources), here, unit)
        yield from _match_faults(relationship, here)


def _property_faults(declared: Mapping[str, Any], path: str, unit: str) -> Iterator[DocumentFault]:
    for position, relationship in enumerate(declared.get("relationships") or []):
        here = f"{path}.relationships[{position}]"
        yield from _target_faults(_texts(relationship.get("to")), 1, here, unit)
        yield from _match_faults(relationship, here)
    for _, key, part in inner_parts(declared):
        yield from _property_faults(part, f"{path}.{key}", unit)


def _source_faults(
    text: str, path: str, own: tuple[str, str], columns: tuple[str, ...]
) -> Iterator[DocumentFault]:
    """`from` names a column of this table: `column`, `table.column`, or fully qualified."""
    target = read_target(text, own[0])
    name = target.column if target is not None else text
    if target is not None and target.port != f"{own[0]}.{own[1]}":
        fault = f"`{text}` is not a column of `{own[1]}`."
        yield DocumentFault(path, fault, "A relationship begins at its own table.")
    elif name not in columns:
        near = get_close_matches(name, columns, n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else "Write the name of a column."
        yield DocumentFault(path, f"`{name}` is not a column of this table.", remedy)


def _target_faults(
    targets: list[str], sources: int, path: str, unit: str
) -> Iterator[DocumentFault]:
    found = [read_target(target, unit) for target in targets]
    for target, read in zip(targets, found, strict=True):
        if read is None:
            remedy = (
                "Write `port.column` within the unit, or "
                "`../<unit>/<port>.v1.odcs.yaml#/schema/<port>/properties/<column>`."
            )
            yield DocumentFault(f"{path}.to", f"`{target}` names no column of a port.", remedy)
    if len(targets) != sources:
        fault = f"names {len(targets)} columns for {sources}."
        yield DocumentFault(f"{path}.to", fault, "Name one target for each column.")
    if len({read.port for read in found if read is not None}) > 1:
        yield DocumentFault(f"{path}.to", "names columns of several ports.", "Keep to one port.")


def _match_faults(relationship: dict[str, Any], path: str) -> Iterator[DocumentFault]:
    for position, entry in enumerate(relationship.get("customProperties") or []):
        here, value = f"{path}.customProperties[{position}]", entry.get("value")
        if entry.get("property") == "minimumMatchPercent" and not (
            _is_number(value) and 0 <= value <= 100
        ):
            yield DocumentFault(here, f"`{value}` is not a percentage.", "Write 0 to 100.")
        if entry.get("property") == "severity" and value not in [s.value for s in Severity]:
            remedy = "Write one of error, warning, info."
            yield DocumentFault(here, f"`{value}` is not a severity.", remedy)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
