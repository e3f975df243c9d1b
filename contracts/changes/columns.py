"""Changes of columns, at any depth: matched by id, then by name, then by where they are stored."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.changes.custom import COLUMN_RULES, custom_rule
from contracts.changes.enumerations import enum_changes, in_one_form, is_open
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    G,
    P,
    Place,
    R,
    Rule,
    by_kind,
    compare_fields,
    fixed,
    mappings,
    prose,
    same,
    switch,
)
from contracts.changes.matching import Pair, by, pairs, without
from contracts.changes.options import as_options, option_changes
from contracts.changes.quality import rule_changes
from contracts.changes.terms import classification_change, unordered
from contracts.changes.type_changes import logical_type, physical_type

_KEYS = (by("id"), by("name"), by("physicalName"), without("name"))
# Compared elsewhere: keys and relationships belong to the table, the others have their own rules.
_ELSEWHERE = (
    "name",
    "physicalName",
    "logicalTypeOptions",
    "properties",
    "items",
    "map",
    "enum",
    "quality",
    "relationships",
    "primaryKey",
    "primaryKeyPosition",
    "transformLogic",
    "transformSourceObjects",
)


def column_pairs(old: Document, new: Document) -> tuple[Pair, ...]:
    """The columns of two tables, matched; renamed ones are one pair."""
    return pairs(mappings(old.get("properties")), mappings(new.get("properties")), *_KEYS)


def columns_changes(old: Document, new: Document, place: Place, order_matters: bool) -> Changes:
    """The changes between the columns of two tables, or between the parts of two objects."""
    here = place.key("properties")
    found = column_pairs(old, new)
    for pair in found:
        label = str(pair.either.get("name"))
        at = here.at if pair.position is None else (*here.at, pair.position)
        yield from _pair_changes(pair, Place(f"{place.path}.{label}", at))
    yield from _order_changes(found, old, here, order_matters)


def _pair_changes(pair: Pair, place: Place) -> Changes:
    column = pair.either
    if pair.old is None and column.get("required") is True:
        reason = "Additive for consumers; the data must already carry it without empty values."
        yield place.change("required column added", COMPATIBLE, reason, P)
    elif pair.old is None:
        reason = "Additive: those who select columns by name are unaffected."
        yield place.change("column added", COMPATIBLE, reason)
    elif pair.new is None:
        yield place.change("column removed", BREAKING, _removed(pair.old))
    else:
        yield from column_changes(pair.old, pair.new, place)


def _removed(column: Document) -> str:
    reason = "Queries that name it fail."
    if column.get("deprecated") is not True:
        reason += " It was not marked `deprecated` for a release first."
    return reason


def column_changes(old: Document, new: Document, place: Place) -> Changes:
    """The changes between two columns that are the same one."""
    yield from _name_changes(old, new, place)
    yield from compare_fields(old, new, place, _RULES, skip=_ELSEWHERE)
    yield from _transform_changes(old, new, place)
    options = [as_options(each.get("logicalTypeOptions")) for each in (old, new)]
    yield from option_changes(options[0], options[1], place.key("logicalTypeOptions"))
    before, after, is_rewritten = in_one_form(old, new)
    if is_rewritten:
        reason = "The same promise in another form."
        yield place.key("enum").change("allowed values written elsewhere", EDITORIAL, reason)
    yield from enum_changes(before, after, place)
    rules = (before.get("quality"), after.get("quality"))
    yield from rule_changes(*rules, place.key("quality"), is_open(old))
    yield from _inner_changes(old, new, place)


def _name_changes(old: Document, new: Document, place: Place) -> Changes:
    before, after = old.get("name"), new.get("name")
    stored = [each.get("physicalName") or each.get("name") for each in (old, new)]
    if before != after:
        field = Field(before, after, place.key("name"))
        title = f"column `{before}` renamed to `{after}`"
        reason = f"Queries that name `{before}` fail: let them name `{after}`, or offer both."
        gates = (R,) if old.get("physicalName") and stored[0] == stored[1] else ()
        yield field.change(title, BREAKING, reason, *gates)
    elif stored[0] != stored[1]:
        field = Field(stored[0], stored[1], place.key("physicalName"))
        reason = "The stored column moves; no matter where consumers see only the published view."
        yield field.change("physical name changed", BREAKING, reason, R)


def _transform_changes(old: Document, new: Document, place: Place) -> Changes:
    """A changed derivation: the same shape, maybe another meaning."""
    is_critical = old.get("criticalDataElement") is True or new.get("criticalDataElement") is True
    impact = BREAKING if is_critical else COMPATIBLE
    reason = "The same shape, maybe another meaning" + (
        " of a critical element." if is_critical else "."
    )
    for key in ("transformLogic", "transformSourceObjects"):
        if not same(old.get(key), new.get(key)):
            yield from fixed(impact, reason, R)(Field(old.get(key), new.get(key), place.key(key)))


def _inner_changes(old: Document, new: Document, place: Place) -> Changes:
    """Parts of objects, items of lists, keys and values of maps."""
    yield from columns_changes(old, new, place, order_matters=False)
    yield from _part_changes(old.get("items"), new.get("items"), place.key("items"))
    before, after = (each.get("map") or {} for each in (old, new))
    for key in dict.fromkeys((*after, *before)):
        parts = (before.get(key), after.get(key))
        yield from _part_changes(*parts, place.key("map").key(str(key)))


def _part_changes(old: Any, new: Any, place: Place) -> Changes:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from column_changes(old, new, place)
    elif not same(old, new):
        field = Field(old, new, place)
        reason = "Readers of the inner values meet others than they know."
        yield field.change(f"inner type {field.verb}", BREAKING, reason)


def _order_changes(
    found: tuple[Pair, ...], old: Document, place: Place, order_matters: bool
) -> Changes:
    before = [id(column) for column in mappings(old.get("properties"))]
    kept = [before.index(id(p.old)) for p in found if p.old is not None and p.new is not None]
    if kept == sorted(kept):
        return
    if order_matters:
        reason = "A server offers CSV, which may be read by position."
        yield place.change("order of columns changed", BREAKING, reason, R)
    else:
        reason = "Columns are read by name."
        yield place.change("order of columns changed", EDITORIAL, reason)


_promise: Callable[[str, str], Rule] = lambda stronger, weaker: switch(  # noqa: E731
    on=fixed(COMPATIBLE, stronger, P), off=fixed(BREAKING, weaker)
)
_performance = prose("A matter of performance, not of rows and columns.")

_RULES: Mapping[str, Rule] = {
    "id": by_kind(
        prose("A lasting name for the column."),
        fixed(BREAKING, "Others may refer to the column by its id.", R),
        fixed(BREAKING, "Others may refer to the column by its id.", R),
    ),
    "logicalType": logical_type,
    "physicalType": physical_type,
    "businessName": prose(),
    "description": prose(),
    "examples": prose(),
    "tags": unordered,
    "synonyms": prose(),
    "context": prose(),
    "authoritativeDefinitions": prose(),
    "transformDescription": prose(),
    "required": _promise("A stronger promise; the data may break it.", "Consumers may meet NULL."),
    "unique": _promise("A stronger promise; the data may break it.", "Joins may multiply rows."),
    "partitioned": _performance,
    "partitionKeyPosition": _performance,
    "classification": classification_change,
    "criticalDataElement": switch(
        on=fixed(COMPATIBLE, "Its importance to governance is raised."),
        off=fixed(COMPATIBLE, "Its importance to governance is lowered.", G),
    ),
    "encryptedName": by_kind(
        fixed(COMPATIBLE, "One more column to read the protected value from."),
        fixed(BREAKING, "The column that the protected value is read from moves."),
        fixed(BREAKING, "The column that the protected value is read from disappears."),
    ),
    "semanticType": fixed(BREAKING, "A column, a measure and a dimension are used differently."),
    "deprecated": fixed(COMPATIBLE, "An announcement: whether the column will last."),
    "customProperties": custom_rule(COLUMN_RULES),
}


def judged_keys() -> frozenset[str]:
    """Every key of a column that is compared by a rule."""
    return frozenset((*_RULES, *_ELSEWHERE))
