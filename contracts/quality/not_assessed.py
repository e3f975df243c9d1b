"""Reasons why a dimension is not assessed: dated, and approved by an owner of the data.

A contract gives them in its custom property `notAssessed`, a list of `dimension`, `reason`,
`approvedBy` and `approvedOn`. They never make a score: a page shows the reason in its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract
from contracts.quality.dimensions import STRATEGY_WORDS, StrategyDimension

PLACE = "customProperties.notAssessed"
SHORTEST_REASON = 20  # characters: enough for a sentence
_KEYS = ("dimension", "reason", "approvedBy", "approvedOn")
_WORDS = ", ".join(f"`{each.value}`" for each in StrategyDimension)


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Why one dimension of the strategy has no check, and who accepted that when."""

    dimension: StrategyDimension
    reason: str
    approved_by: str  # an owner of the contract: a person's id or team:<id>
    approved_on: date


def reasons_of(contract: Contract) -> tuple[NotAssessed, ...]:
    """The reasons of a contract without faults; what is not understood is left out."""
    return tuple(
        NotAssessed(
            dimension=StrategyDimension(entry["dimension"]),
            reason=str(entry["reason"]).strip(),
            approved_by=str(entry["approvedBy"]),
            approved_on=_day(entry["approvedOn"]) or date.min,
        )
        for position, entry in enumerate(_entries(contract))
        if not list(_entry_faults(entry, f"{PLACE}[{position}]", contract))
    )


def reason_faults(contract: Contract) -> Iterator[DocumentFault]:
    """Everything wrong with the entries themselves."""
    given = contract.custom.get("notAssessed")
    if given is not None and not isinstance(given, list):
        yield DocumentFault(PLACE, "is not a list.", f"List entries with {_listed(_KEYS)}.")
    seen: set[str] = set()
    for position, entry in enumerate(_entries(contract)):
        path = f"{PLACE}[{position}]"
        yield from _entry_faults(entry, path, contract)
        dimension = str(entry.get("dimension")) if isinstance(entry, Mapping) else ""
        if dimension in seen:
            yield DocumentFault(path, f"gives `{dimension}` a second reason.", "Keep one of them.")
        seen.add(dimension)


def _entry_faults(entry: Any, path: str, contract: Contract) -> Iterator[DocumentFault]:
    if not isinstance(entry, Mapping):
        yield DocumentFault(path, "is not a mapping.", f"Write {_listed(_KEYS)}.")
        return
    missing = [key for key in _KEYS if not str(entry.get(key) or "").strip()]
    if missing:
        yield DocumentFault(path, f"lacks {_listed(missing)}.", "Add it.")
    unknown = sorted(set(map(str, entry)) - set(_KEYS))
    if unknown:
        yield DocumentFault(path, f"has {_listed(unknown)}.", f"Only {_listed(_KEYS)} are known.")
    yield from _value_faults(
        {key: entry[key] for key in _KEYS if key not in missing}, path, contract
    )


def _value_faults(
    entry: Mapping[str, Any], path: str, contract: Contract
) -> Iterator[DocumentFault]:
    dimension = entry.get("dimension")
    if dimension is not None and str(dimension) not in STRATEGY_WORDS:
        fault = f"`{dimension}` is not a dimension of the strategy."
        yield DocumentFault(f"{path}.dimension", fault, f"Write one of {_WORDS}.")
    reason = entry.get("reason")
    if reason is not None and len(str(reason).strip()) < SHORTEST_REASON:
        remedy = f"Say in at least {SHORTEST_REASON} characters why no check can be made."
        yield DocumentFault(f"{path}.reason", "says too little.", remedy)
    owners = [member.username for member in contract.members("owner")]
    approved_by = entry.get("approvedBy")
    if approved_by is not None and approved_by not in owners:
        fault = f"`{approved_by}` is not an owner of this contract."
        remedy = f"Let {_listed(owners) or 'an owner'} approve it."
        yield DocumentFault(f"{path}.approvedBy", fault, remedy)
    if "approvedOn" in entry and _day(entry["approvedOn"]) is None:
        fault = f"`{entry['approvedOn']}` is not a day."
        yield DocumentFault(f"{path}.approvedOn", fault, "Write it as in '2026-04-01'.")


def _entries(contract: Contract) -> list[Any]:
    given = contract.custom.get("notAssessed")
    return given if isinstance(given, list) else []


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _listed(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)
