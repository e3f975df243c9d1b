"""Custom properties: an unknown one is an extension, those that the platform reads have a rule."""

from collections.abc import Mapping
from typing import Any

from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    Changes,
    Document,
    Field,
    G,
    P,
    Place,
    R,
    Rule,
    by_kind,
    fixed,
    mappings,
    prose,
    same,
    switch,
)

_extension = prose("An extension that the platform gives no meaning to.")


def custom_changes(
    old: Any, new: Any, place: Place, rules: Mapping[str, Rule], skip: tuple[str, ...] = ()
) -> Changes:
    """The changes between two lists of custom properties, by their names."""
    before, after = custom_values(old), custom_values(new)
    positions = {str(e.get("property")): i for i, e in enumerate(mappings(new))}
    for name in dict.fromkeys((*after, *before)):
        if name in skip or same(before.get(name), after.get(name)):
            continue
        here = place.entry(name, positions.get(name))
        yield from rules.get(name, _extension)(Field(before.get(name), after.get(name), here))
    yield from _other_changes(old, new, place)


def custom_values(value: Any) -> Document:
    """Custom properties by name."""
    return {str(entry.get("property")): entry.get("value") for entry in mappings(value)}


def _other_changes(old: Any, new: Any, place: Place) -> Changes:
    """Descriptions, ids and vendors of custom properties."""
    known = {str(e.get("property")): _notes(e) for e in mappings(old)}
    for position, entry in enumerate(mappings(new)):
        name = str(entry.get("property"))
        if name in known and not same(known[name], _notes(entry)):
            here = place.entry(name, position)
            yield from prose()(Field(known[name], _notes(entry), here))


def _notes(entry: Document) -> Document:
    return {key: value for key, value in entry.items() if key not in {"property", "value"}}


def custom_rule(rules: Mapping[str, Rule]) -> Rule:
    """A rule for a key `customProperties` whose names have rules of their own."""

    def rule(field: Field) -> Changes:
        yield from custom_changes(field.before, field.after, field.place, rules)

    return rule


_meaning = by_kind(
    fixed(COMPATIBLE, "What the values mean is said for the first time: they may be read anew.", R),
    fixed(BREAKING, "The same number or text means another value now."),
    fixed(BREAKING, "What the values mean is no longer promised."),
)

# A target starts improvement plans. No target keeps a candidate from being published.
TARGET_RULE = fixed(COMPATIBLE, "How good the owner wants the data to be changes, not the data.", G)

PROMISE = by_kind(
    fixed(COMPATIBLE, "A new promise on top of the old ones.", P),
    fixed(BREAKING, "It is not decided whether the new promise holds what the old one did.", R),
    fixed(BREAKING, "The promise is dropped."),
)
# What the platform reads of a column.
COLUMN_RULES: Mapping[str, Rule] = {
    "personalData": by_kind(
        fixed(BREAKING, "Declared personal, it is masked and guarded: access may end.", G, R),
        fixed(BREAKING, "Another kind of personal data: who may read it may change.", G, R),
        fixed(COMPATIBLE, "No longer guarded as personal data: a decision, not a version.", G),
    ),
    "openEnum": switch(
        on=fixed(BREAKING, "Values beyond the list may appear from now on."),
        off=fixed(COMPATIBLE, "The list becomes complete: a stronger promise.", P),
    ),
    "standard": by_kind(
        fixed(COMPATIBLE, "Values are held to a registered standard: a stronger promise.", P),
        fixed(BREAKING, "Values follow another standard, or another edition of it."),
        fixed(BREAKING, "Values outside the standard may appear from now on."),
    ),
    "offersStandard": by_kind(
        fixed(COMPATIBLE, "Other ports can be held against these codes."),
        fixed(BREAKING, "Ports that are held against these codes name what is offered.", R),
        fixed(BREAKING, "Ports that are held against these codes can no longer be checked."),
    ),
    "unit": _meaning,
    "currency": _meaning,
    "timezone": _meaning,
    "qualityTarget": TARGET_RULE,
    "noStandard": prose("The reason why no standard is bound."),
}
# What the platform reads of a rule or a relationship, besides what is compared with it.
EXECUTION_RULES: Mapping[str, Rule] = {
    "strategyDimension": prose("The same check counts for another dimension of quality."),
    "informative": switch(
        on=fixed(BREAKING, "The rule no longer keeps a candidate from being published."),
        off=fixed(COMPATIBLE, "The rule keeps a candidate from being published now.", P),
    ),
}
EXTENSION_RULE = custom_rule({})
