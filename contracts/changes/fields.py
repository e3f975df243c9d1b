"""How the keys of two mappings are compared: each key has a rule, and a key without one breaks.

Failing closed is the point of this module: what nobody wrote a rule for demands a major version.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.changes.model import Change, Gate, Impact

BREAKING, COMPATIBLE, EDITORIAL = Impact.BREAKING, Impact.COMPATIBLE, Impact.EDITORIAL
P, G, R = Gate.PRODUCER, Gate.GOVERNANCE, Gate.REVIEW

Document = Mapping[str, Any]
Changes = Iterator[Change]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change is: by names for people, by keys and positions for finding its line."""

    path: str
    at: tuple[str | int, ...]

    @property
    def name(self) -> str:
        """The key, or what an entry of a list is known by."""
        last = self.at[-1]
        return last if isinstance(last, str) else self.path.rpartition(".")[2]

    def key(self, name: str) -> "Place":
        """The place of a key below this one."""
        return Place(f"{self.path}.{name}" if self.path else name, (*self.at, name))

    def entry(self, label: str, position: int | None) -> "Place":
        """The place of an entry of this list; the list's own where the entry is gone."""
        at = self.at if position is None else (*self.at, position)
        return Place(f"{self.path}.{label}" if self.path else label, at)

    def change(self, title: str, impact: Impact, reason: str, *gates: Gate) -> Change:
        """A change at this place."""
        return Change(self.path, title, impact, reason, gates, at=self.at)


@dataclass(frozen=True, slots=True)
class Field:
    """The value of one key before and after; None where it is not there."""

    before: Any
    after: Any
    place: Place

    @property
    def is_added(self) -> bool:
        """Whether only the new document has it."""
        return is_empty(self.before)

    @property
    def is_removed(self) -> bool:
        """Whether only the old document has it."""
        return is_empty(self.after)

    @property
    def verb(self) -> str:
        """How it changed, in one word."""
        return "added" if self.is_added else "removed" if self.is_removed else "changed"

    def change(self, title: str, impact: Impact, reason: str, *gates: Gate) -> Change:
        """A change of this value."""
        found = self.place.change(title, impact, reason, *gates)
        return replace(found, before=self.before, after=self.after)


Rule = Callable[[Field], Changes]


def compare_fields(
    old: Document, new: Document, place: Place, rules: Mapping[str, Rule], skip: Sequence[str] = ()
) -> Changes:
    """The changes of every key of two mappings, except those that the caller compares itself."""
    for key in dict.fromkeys((*new, *old)):
        before, after = old.get(key), new.get(key)
        if key not in skip and not same(before, after):
            yield from rules.get(key, unknown)(Field(before, after, place.key(key)))


def unknown(field: Field) -> Changes:
    """A key that no rule knows: nobody can say that it is harmless."""
    key = field.place.name
    reason = f"No rule says what `{key}` means to consumers, so it is taken to break them."
    yield field.change(f"`{key}` {field.verb}", BREAKING, reason, R)


def fixed(impact: Impact, reason: str, *gates: Gate) -> Rule:
    """A rule that judges adding, changing and removing alike."""

    def rule(field: Field) -> Changes:
        yield field.change(f"`{field.place.name}` {field.verb}", impact, reason, *gates)

    return rule


def by_kind(added: Rule, changed: Rule, removed: Rule) -> Rule:
    """A rule that judges adding, changing and removing each by its own."""

    def rule(field: Field) -> Changes:
        chosen = added if field.is_added else removed if field.is_removed else changed
        return chosen(field)

    return rule


def switch(on: Rule, off: Rule) -> Rule:
    """A rule for a true-or-false key whose absence means false."""

    def rule(field: Field) -> Changes:
        words = {True, False, None}
        if not all(v is None or isinstance(v, bool) for v in (field.before, field.after)):
            yield from unknown(field)
        elif bool(field.before) is not bool(field.after) and field.after in words:
            yield from (on if field.after else off)(field)

    return rule


def prose(reason: str = "Words for people; the data and the promises stay.") -> Rule:
    """A rule for text that nothing executes."""
    return fixed(EDITORIAL, reason)


def same(before: Any, after: Any) -> bool:
    """Whether two values mean the same: 1 is 1.0, true is not 1, nothing is an empty list."""
    return canonical(before) == canonical(after)


def canonical(value: Any) -> str:
    """A text that two values share exactly when they mean the same."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=repr)


def is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or (isinstance(value, list | dict) and not value)


def _plain(value: Any) -> Any:
    if is_empty(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items() if not is_empty(inner)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def mappings(value: Any) -> list[dict[str, Any]]:
    """The entries of a list of mappings; empty where there is none."""
    return [each for each in value or () if isinstance(each, dict)]


def at_most(impact: Impact, changes: Changes) -> Changes:
    """The same changes, none of a greater impact: for promises whose removal costs no more."""
    for change in changes:
        is_less = change.impact.rank <= impact.rank
        yield change if is_less else replace(change, impact=impact)
