"""Changes of `logicalTypeOptions`: bounds, lengths, patterns and formats of a column's values."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    P,
    Place,
    R,
    Rule,
    by_kind,
    compare_fields,
    fixed,
    same,
    switch,
    unknown,
)
from contracts.changes.ranges import Relation, bounds, relation

_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
TIGHTER = "A stronger promise: consumers meet fewer values than before."
LOOSER = "Values outside of what was promised may appear."
NEW = "A new promise on top of the old ones."
DROPPED = "The promise is dropped."
UNDECIDED = "It is not decided whether every value allowed now was allowed before."

_dropped = fixed(BREAKING, DROPPED)
_new = fixed(COMPATIBLE, NEW, P)


def option_changes(old: Document, new: Document, place: Place) -> Changes:
    """The changes between two mappings of options."""
    yield from _bound_changes(old, new, place)
    yield from compare_fields(old, new, place, _RULES, skip=_BOUNDS)


def _bound_changes(old: Document, new: Document, place: Place) -> Changes:
    """Inclusive and exclusive limits judged together: what counts is which values they allow."""
    for side in (_BOUNDS[:2], _BOUNDS[2:]):
        changed = [key for key in side if not same(old.get(key), new.get(key))]
        if not changed:
            continue
        before, after = ({key: each.get(key) for key in side} for each in (old, new))
        key = next((key for key in changed if new.get(key) is not None), changed[0])
        field = Field(old.get(key), new.get(key), place.key(key))
        yield from _judge(field, relation(bounds(before), bounds(after)))


def _judge(field: Field, lies: Relation) -> Changes:
    key = field.place.at[-1]
    title = f"`{key}` {field.verb}"
    if not field.is_added and not field.is_removed:
        title = f"`{key}` changed from {field.before} to {field.after}"
    if lies is Relation.SAME:
        yield field.change(title, EDITORIAL, "The same values are allowed.")
    elif lies is Relation.TIGHTER:
        yield field.change(title, COMPATIBLE, NEW if field.is_added else TIGHTER, P)
    elif lies is Relation.LOOSER:
        yield field.change(title, BREAKING, DROPPED if field.is_removed else LOOSER)
    else:
        yield field.change(title, BREAKING, UNDECIDED, R)


def _ordered(is_tighter: Callable[[float, float], bool]) -> Rule:
    """A rule for a number that only one direction makes a stronger promise."""

    def changed(field: Field) -> Changes:
        try:
            tighter = is_tighter(float(field.after), float(field.before))
        except (TypeError, ValueError):
            tighter = None
        lies = {True: Relation.TIGHTER, False: Relation.LOOSER, None: Relation.OTHER}[tighter]
        yield from _judge(field, lies)

    return by_kind(_new, changed, _dropped)


def _multiple(field: Field) -> Changes:
    """Multiples of twelve are multiples of three, so that only a multiple tightens."""
    try:
        is_multiple = Decimal(str(field.after)) % Decimal(str(field.before)) == 0
    except (InvalidOperation, ZeroDivisionError):
        yield from _judge(field, Relation.OTHER)
        return
    yield from _judge(field, Relation.TIGHTER if is_multiple else Relation.LOOSER)


def _required_keys(field: Field) -> Changes:
    """The keys that every object has: more of them is a stronger promise."""
    if not all(isinstance(v or [], list) for v in (field.before, field.after)):
        yield from unknown(field)
        return
    before, after = (set(map(str, v or ())) for v in (field.before, field.after))
    if before == after:
        return
    yield from _judge(field, Relation.TIGHTER if before < after else Relation.LOOSER)


_pattern = by_kind(
    _new,
    fixed(BREAKING, "Whether the new pattern allows only what the old one did is undecided.", R),
    _dropped,
)
_at_least = _ordered(lambda after, before: after > before)
_at_most = _ordered(lambda after, before: after < before)
_meaning = fixed(BREAKING, "The same text or number means another value now.")

_RULES: Mapping[str, Rule] = {
    "minLength": _at_least,
    "maxLength": _at_most,
    "minItems": _at_least,
    "maxItems": _at_most,
    "minProperties": _at_least,
    "maxProperties": _at_most,
    "multipleOf": by_kind(_new, _multiple, _dropped),
    "uniqueItems": switch(on=_new, off=_dropped),
    "required": _required_keys,
    "pattern": _pattern,
    "format": by_kind(_new, _meaning, _dropped),
    "timezone": _meaning,
    "defaultTimezone": _meaning,
    "dimensions": _meaning,
    "elementType": _meaning,
    "distanceMetric": _meaning,
    "embeddingModel": _meaning,
    "embeddingModelVersion": _meaning,
    "normalized": _meaning,
}


def option_names() -> tuple[str, ...]:
    """Every option that is judged."""
    return (*_BOUNDS, *_RULES)


def as_options(value: Any) -> Document:
    """The options as a mapping."""
    return value if isinstance(value, dict) else {}
