"""Which entry of an old list is which entry of the new one: the order of a list means nothing."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.changes.fields import canonical

Key = Callable[[dict[str, Any]], Hashable | None]


@dataclass(frozen=True, slots=True)
class Pair:
    """An entry before and after, and its position in the new list; None where it is not there."""

    old: dict[str, Any] | None
    new: dict[str, Any] | None
    position: int | None

    @property
    def either(self) -> dict[str, Any]:
        """The new entry, or the old one where there is no new one."""
        return self.new if self.new is not None else self.old or {}


def pairs(
    old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], *keys: Key
) -> tuple[Pair, ...]:
    """Every entry of both lists exactly once: equal ones first, then by each key in turn.

    A key that gives None for an entry says nothing about it. Removed entries come last.
    """
    waiting = dict(enumerate(old))
    found: dict[int, dict[str, Any]] = {}
    for key in (canonical, *keys):
        by_key: dict[Hashable, list[int]] = {}
        for position, entry in waiting.items():
            value = key(entry)
            if value is not None:
                by_key.setdefault(value, []).append(position)
        for position, entry in enumerate(new):
            value = key(entry) if position not in found else None
            if value is not None and by_key.get(value):
                found[position] = waiting.pop(by_key[value].pop(0))
    matched = [Pair(found.get(i), entry, i) for i, entry in enumerate(new)]
    return (*matched, *(Pair(entry, None, None) for entry in waiting.values()))


def by(*names: str) -> Key:
    """A key of the named values; None unless all are there."""

    def key(entry: dict[str, Any]) -> Hashable | None:
        values = [entry.get(name) for name in names]
        return None if None in values else tuple(canonical(value) for value in values)

    return key


def without(*names: str) -> Key:
    """A key of everything but the named values."""
    left_out = frozenset(names)
    return lambda entry: canonical({k: v for k, v in entry.items() if k not in left_out})
