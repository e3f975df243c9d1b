"""Changes of a library rule's `arguments`: the values, patterns and columns that it counts by."""

from contracts.changes.enumerations import value_changes
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    Changes,
    Document,
    Field,
    P,
    Place,
    R,
    canonical,
    same,
    unknown,
)
from contracts.changes.options import DROPPED, NEW, UNDECIDED
from contracts.changes.ranges import allowed_by


def argument_changes(old: Document, new: Document, place: Place, is_open: bool) -> Changes:
    """The changes between the arguments of two rules with the same metric."""
    before, after = (rule.get("arguments") or {} for rule in (old, new))
    if not isinstance(before, dict) or not isinstance(after, dict):
        yield from unknown(Field(before, after, place)) if not same(before, after) else ()
        return
    for key in dict.fromkeys((*after, *before)):
        if same(before.get(key), after.get(key)):
            continue
        field = Field(before.get(key), after.get(key), place.key(key))
        if not (_few_are_better(old) and _few_are_better(new)):
            yield field.change(f"`{key}` {field.verb}", BREAKING, UNDECIDED, R)
        else:
            yield from _argument_changes(field, str(key), is_open)


def _argument_changes(field: Field, key: str, is_open: bool) -> Changes:
    """One argument of a rule that allows few of what it counts."""
    if key == "validValues" and not field.is_added and not field.is_removed:
        yield from value_changes(field, is_open)
    elif key in {"validValues", "pattern"} and field.is_added:
        yield field.change(f"`{key}` added", COMPATIBLE, NEW, P)
    elif key in {"validValues", "pattern"} and field.is_removed:
        yield field.change(f"`{key}` removed", BREAKING, DROPPED)
    elif key == "missingValues":
        yield from _missing_values(field)
    elif key == "properties":
        yield from _key_columns(field)
    elif key == "pattern":
        reason = "Whether the new pattern allows only what the old one did is undecided."
        yield field.change("`pattern` changed", BREAKING, reason, R)
    else:
        yield from unknown(field)


def _missing_values(field: Field) -> Changes:
    before, after = _set(field.before), _set(field.after)
    if before < after:
        reason = "More values count as missing: a stronger promise."
        yield field.change("values that count as missing added", COMPATIBLE, reason, P)
    elif before != after:
        reason = "A value that counted as missing may appear as often as it likes."
        yield field.change("values that count as missing changed", BREAKING, reason)


def _key_columns(field: Field) -> Changes:
    before, after = _set(field.before), _set(field.after)
    if after < before:
        reason = "Fewer columns tell rows apart: a stronger promise."
        yield field.change("columns of the key removed", COMPATIBLE, reason, P)
    elif before != after:
        reason = "Rows that were told apart by the old columns may repeat."
        yield field.change("columns of the key changed", BREAKING, reason)


def _few_are_better(rule: Document) -> bool:
    """Whether every count below an allowed one is allowed too, so that fewer is never worse."""
    allowed = allowed_by(rule, counts=True)
    return allowed is not None and len(allowed) == 1 and allowed[0].start == (0, 0)


def _set(values: object) -> set[str]:
    listed = values if isinstance(values, list) else [] if values is None else [values]
    return {canonical(value) for value in listed}
