"""Lists of allowed values: `enum`, `validValues`, and the one written as the other."""

from collections.abc import Sequence
from typing import Any

from contracts.changes.custom import EXTENSION_RULE, custom_values
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    Changes,
    Document,
    Field,
    P,
    Place,
    canonical,
    compare_fields,
    mappings,
    prose,
)
from contracts.changes.matching import by, pairs

_ENTRY_RULES = {
    "id": prose(),
    "label": prose(),
    "description": prose(),
    "tags": prose(),
    "customProperties": EXTENSION_RULE,
    "authoritativeDefinitions": prose(),
}


def value_changes(field: Field, is_open: bool) -> Changes:
    """The changes between two lists of allowed values, in whatever order they stand."""
    before, after = (_by_text(each) for each in (field.before, field.after))
    more, fewer = (_told(values) for values in _differences(before, after))
    if more and is_open:
        reason = "The list was declared open: consumers already meet values beyond it."
        yield field.change(f"allowed values added: {more}", COMPATIBLE, reason)
    elif more:
        reason = "Exhaustive cases and mapping tables of consumers meet values they do not know."
        yield field.change(f"allowed values added: {more}", BREAKING, reason)
    if fewer:
        reason = "Fewer values to deal with: a stronger promise."
        yield field.change(f"allowed values removed: {fewer}", COMPATIBLE, reason, P)


def is_open(column: Document) -> bool:
    """Whether a column's list of values is declared open, so that others may follow."""
    return custom_values(column.get("customProperties")).get("openEnum") is True


def enum_changes(old: Document, new: Document, place: Place) -> Changes:
    """The changes of a column's `enum`: its values, and what is said of each."""
    before, after = mappings(old.get("enum")), mappings(new.get("enum"))
    field = Field(_values(before), _values(after), place.key("enum"))
    if not before and after:
        yield field.change("enumeration added", COMPATIBLE, "A new promise: only these values.", P)
    elif before and not after:
        yield field.change("enumeration removed", BREAKING, "Any value may appear from now on.")
    else:
        yield from value_changes(field, is_open(old))
        for pair in pairs(before, after, by("value")):
            if pair.old is not None and pair.new is not None:
                entry = field.place.entry(str(pair.new.get("value")), pair.position)
                yield from compare_fields(pair.old, pair.new, entry, _ENTRY_RULES, skip=("value",))


def in_one_form(old: Document, new: Document) -> tuple[Document, Document, bool]:
    """Both columns, and whether one lists its values in `enum` and the other in a blocking rule.

    Then the rule is taken out, and its values stand in `enum` as they do in the other column.
    """
    if _says_by_rule(old) and new.get("enum"):
        return _with_enum(old, new), new, True
    if old.get("enum") and _says_by_rule(new):
        return old, _with_enum(new, old), True
    return old, new, False


def _says_by_rule(column: Document) -> bool:
    return not column.get("enum") and _value_rule(column) is not None


def _with_enum(column: Document, other: Document) -> Document:
    rule = _value_rule(column) or {}
    known = {canonical(entry.get("value")): entry for entry in mappings(other.get("enum"))}
    values = rule["arguments"]["validValues"]
    listed = values if isinstance(values, list) else [values]
    enum = [known.get(canonical(value), {"value": value}) for value in listed]
    rest = [each for each in mappings(column.get("quality")) if each is not rule]
    return {**column, "enum": enum, "quality": rest}


def _value_rule(column: Document) -> dict[str, Any] | None:
    """The one rule that promises exactly what an `enum` does: no value beyond the list."""
    found = [
        rule
        for rule in mappings(column.get("quality"))
        if (rule.get("metric") or rule.get("rule")) == "invalidValues"
        and rule.get("mustBe") == 0
        and not isinstance(rule.get("mustBe"), bool)
        and rule.get("severity") in (None, "error")
        and set(rule.get("arguments") or ()) == {"validValues"}
        and custom_values(rule.get("customProperties")).get("informative") is not True
    ]
    return found[0] if len(found) == 1 else None


def _values(entries: Sequence[Document]) -> list[Any]:
    return [entry.get("value") for entry in entries]


def _by_text(values: Any) -> dict[str, Any]:
    listed = values if isinstance(values, list) else [values]
    return {canonical(value): value for value in listed}


def _differences(before: dict[str, Any], after: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    more = [value for text, value in after.items() if text not in before]
    return more, [value for text, value in before.items() if text not in after]


def _told(values: Sequence[Any]) -> str:
    shown = ", ".join(f"`{value}`" for value in values[:5])
    return f"{shown} and {len(values) - 5} more" if len(values) > 5 else shown
