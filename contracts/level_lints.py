"""What a contract must say in its service levels, so that each can be measured."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from contracts.errors import DocumentFault
from contracts.service_levels import (
    AGES,
    CALENDAR,
    NAMES,
    ON_COLUMNS,
    PERIODS,
    RETENTION_MODES,
    SHARES,
    is_level_readable,
    read_retention_mode,
    service_level_name,
)

_REMEDIES = {
    **dict.fromkeys(PERIODS, "Write a positive value with unit `h`, `d`, `w`, `m` (month) or `y`."),
    **dict.fromkeys(CALENDAR, "Write a date as in `2027-03-31`."),
    **dict.fromkeys(SHARES, "Write a number from 0 to 100 with the unit `percent`."),
    "throughput": "Write a number with a unit such as `rows/d`.",
    "timeOfAvailability": "Write a time and its zone, as in `09:00 Europe/London`.",
}


def service_level_faults(
    document: dict[str, Any], objects: list[dict[str, Any]]
) -> Iterator[DocumentFault]:
    """The faults of every service level of a document.

    A word that is nearly a standard name is taken for a slip; any other is left unchecked.
    """
    for position, level in enumerate(document.get("slaProperties") or []):
        path = f"slaProperties[{position}]"
        name = service_level_name(str(level.get("property")))
        if name is None:
            near = get_close_matches(str(level.get("property")), NAMES, n=1)
            if near:
                fault = f"`{level.get('property')}` is not a service level that ODCS names."
                yield DocumentFault(f"{path}.property", fault, f"Did you mean `{near[0]}`?")
            continue
        if not is_level_readable(name, level.get("value"), level.get("unit")):
            value = f"{level.get('value')} {level.get('unit') or ''}"
            fault = f"`{value}` is not {_article(name)}."
            yield DocumentFault(path, fault, _REMEDIES[name])
        if level.get("valueExt") is not None:
            fault = "is a second value, which no service level is measured against here."
            yield DocumentFault(f"{path}.valueExt", fault, "Write one value.")
        if name in AGES or (name in ON_COLUMNS and level.get("element")):
            yield from _element_faults(level, path, objects)
    yield from _mode_faults(document)


def _article(name: str) -> str:
    if name in PERIODS:
        return "a period"
    if name in CALENDAR:
        return "a date"
    if name in SHARES:
        return "a percentage"
    return "a number of rows in a time" if name == "throughput" else "a time with its zone"


def _mode_faults(document: dict[str, Any]) -> Iterator[DocumentFault]:
    entries = document.get("customProperties")
    custom = {
        entry.get("property"): entry.get("value")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    }
    if read_retention_mode(custom) is None:
        details = custom.get("retention")
        word = custom.get("retentionMode")
        is_top = word is not None
        if not is_top and isinstance(details, dict):
            word = details.get("mode")
        path = "customProperties.retentionMode" if is_top else "customProperties.retention.mode"
        modes = " or ".join(f"`{mode}`" for mode in RETENTION_MODES)
        yield DocumentFault(path, f"`{word}` is no way to retain rows.", f"Write {modes}.")


def _element_faults(
    level: dict[str, Any], path: str, objects: list[dict[str, Any]]
) -> Iterator[DocumentFault]:
    temporal = {
        f"{found.get('name')}.{column.get('name')}"
        for found in objects
        for column in found.get("properties") or []
        if column.get("logicalType") in {"date", "timestamp"}
    }
    known = temporal | ({name.split(".")[1] for name in temporal} if len(objects) == 1 else set())
    elements = [part.strip() for part in str(level.get("element") or "").split(",")]
    for element in elements:
        if element not in known:
            fault = f"`{element}` is not a date or timestamp column of this contract."
            remedy = f"Write one of {', '.join(f'`{name}`' for name in sorted(temporal))}."
            yield DocumentFault(
                f"{path}.element", fault, remedy if temporal else "Add such a column."
            )
