"""Conditions that a contract sets for the use of every grant: a course, an agreement.

`accessConditions` lists them; each has a `name` that the marketplace keeps fulfilments under, a
`title` for people and optionally the `url` where it can be met. Source: LIT-02.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.errors import DocumentFault
from contracts.model import Contract
from contracts.quality.declared_entries import Keys, entries, list_faults

NAME = "accessConditions"
REVIEW = "accessReviewDays"
LONGEST_REVIEW_DAYS = 180
_KEYS = Keys(needed=("name", "title"), optional=("url",))
_PLAIN = re.compile(r"[a-z][a-z0-9_]{0,99}")
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class AccessCondition:
    """Something that the holder of a grant has to meet at every use."""

    name: str
    title: str
    url: str = ""


def access_conditions(contract: Contract) -> tuple[AccessCondition, ...]:
    """The contract's conditions, each once.

    What cannot be read becomes a condition that nobody meets: a fault never opens the port.
    """
    given = contract.custom.get(NAME)
    if given is None:
        return ()
    if not isinstance(given, list):
        return (_unreadable(0),)
    found: dict[str, AccessCondition] = {}
    for position, (_, entry) in enumerate(entries(contract, NAME)):
        name = entry.get("name") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or _PLAIN.fullmatch(name) is None:
            unreadable = _unreadable(position)
            found[unreadable.name] = unreadable
            continue
        title, url = str(entry.get("title") or name), str(entry.get("url") or "")
        found.setdefault(name, AccessCondition(name, title, url))
    return tuple(found.values())


def condition_names(contract: Contract) -> tuple[str, ...]:
    """The names of the contract's conditions."""
    return tuple(each.name for each in access_conditions(contract))


def condition_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong with the contract's conditions and its period of review."""
    yield from _review_faults(contract)
    yield from list_faults(contract, NAME, _KEYS)
    seen: set[str] = set()
    for path, entry in entries(contract, NAME):
        if not isinstance(entry, Mapping):
            continue
        name, url = str(entry.get("name") or ""), entry.get("url")
        if name and _PLAIN.fullmatch(name) is None:
            fault = f"`{name}` is not lower case words joined by underscores."
            yield DocumentFault(f"{path}.name", fault, "Write it as in `data_protection_course`.")
        if name in seen:
            yield DocumentFault(f"{path}.name", f"`{name}` is there twice.", "Keep one of them.")
        seen.add(name)
        if url is not None and not (isinstance(url, str) and _ADDRESS.fullmatch(url)):
            fault = f"`{url}` is no web address."
            yield DocumentFault(f"{path}.url", fault, "Write it as in `https://example.gov.uk`.")


def review_days_of(contract: Contract) -> int | None:
    """How often the contract wants its grants confirmed, in days; None where it says nothing.

    What cannot be read is the strictest there is: every day.
    """
    days = contract.custom.get(REVIEW)
    if days is None:
        return None
    is_number = isinstance(days, int) and not isinstance(days, bool)
    return days if is_number and 1 <= days <= LONGEST_REVIEW_DAYS else 1


def _review_faults(contract: Contract) -> Iterator[DocumentFault]:
    days = contract.custom.get(REVIEW)
    is_number = isinstance(days, int) and not isinstance(days, bool)
    if days is not None and not (is_number and 1 <= days <= LONGEST_REVIEW_DAYS):
        remedy = f"Write a whole number from 1 to {LONGEST_REVIEW_DAYS}."
        yield DocumentFault(f"customProperties.{REVIEW}", f"is `{days}`.", remedy)


def _unreadable(position: int) -> AccessCondition:
    name = f"unreadable condition {position + 1}"
    return AccessCondition(name, "The contract's condition cannot be read: tell its owner")
