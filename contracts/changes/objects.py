"""Changes of schema objects: the promised tables, their keys and what holds for all their rows."""

from collections.abc import Mapping
from typing import Any

from contracts.changes.columns import column_pairs, columns_changes
from contracts.changes.custom import EXTENSION_RULE
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
    mappings,
    prose,
)
from contracts.changes.matching import Pair, by, pairs, without
from contracts.changes.quality import rule_changes
from contracts.changes.relationships import relationship_changes
from contracts.changes.terms import unordered

_ELSEWHERE = ("name", "physicalName", "properties", "quality", "relationships")


def object_changes(old: Document, new: Document, place: Place) -> Changes:
    """The changes between the schema objects of two contracts."""
    before, after = mappings(old.get("schema")), mappings(new.get("schema"))
    unit = str(new.get("domain") or "")
    order_matters = any(
        str(server.get("format") or server.get("type")).lower() == "csv"
        for server in (*mappings(old.get("servers")), *mappings(new.get("servers")))
    )
    keys = (by("id"), by("name"), by("physicalName"), without("name"))
    for pair in pairs(before, after, *keys):
        here = place.entry(str(pair.either.get("name")), pair.position)
        if pair.old is None:
            yield here.change("table added", COMPATIBLE, "Additive.")
        elif pair.new is None:
            yield here.change("table removed", BREAKING, "Queries that read it fail.")
        else:
            yield from _table_changes(pair.old, pair.new, here)
            yield from columns_changes(pair.old, pair.new, here, order_matters)
            yield from relationship_changes(pair.old, pair.new, here, unit)


def _table_changes(old: Document, new: Document, place: Place) -> Changes:
    stored = [each.get("physicalName") or each.get("name") for each in (old, new)]
    if old.get("name") != new.get("name"):
        field = Field(old.get("name"), new.get("name"), place.key("name"))
        title = f"table `{field.before}` renamed to `{field.after}`"
        yield field.change(title, BREAKING, "There is no table under the old name.")
    elif stored[0] != stored[1]:
        field = Field(stored[0], stored[1], place.key("physicalName"))
        reason = "The stored table moves; no matter where consumers see only the published view."
        yield field.change("physical name changed", BREAKING, reason, R)
    yield from compare_fields(old, new, place, _RULES, skip=_ELSEWHERE)
    yield from _key_changes(old, new, place)
    rules = (old.get("quality"), new.get("quality"))
    yield from rule_changes(*rules, place.key("quality"), is_open=False)


def _key_changes(old: Document, new: Document, place: Place) -> Changes:
    """The primary key as a whole: a renamed column is still the same part of it."""
    found = column_pairs(old, new)
    names = {id(pair.old): str(pair.new.get("name")) for pair in found if pair.old and pair.new}
    before = [names.get(id(column), f"{column.get('name')} (removed)") for column in _key(old)]
    after = [str(column.get("name")) for column in _key(new)]
    if before == after:
        return
    field = Field(before, after, _key_place(found, place))
    if set(before) == set(after):
        yield field.change("order of the primary key changed", EDITORIAL, "The same key.")
    elif not before:
        yield field.change("primary key added", COMPATIBLE, "A stronger promise.", P)
    elif not after:
        reason = "What identifies a row is no longer promised."
        yield field.change("primary key removed", BREAKING, reason)
    else:
        title = f"primary key changed from {', '.join(before)} to {', '.join(after)}"
        yield field.change(title, BREAKING, "The grain changed: the old key may repeat.")


def _key(table: Document) -> list[dict[str, Any]]:
    keyed = [c for c in mappings(table.get("properties")) if c.get("primaryKey") is True]
    return sorted(keyed, key=_position)


def _position(column: Document) -> float:
    position = column.get("primaryKeyPosition")
    return position if isinstance(position, int) and position > 0 else 1


def _key_place(found: tuple[Pair, ...], place: Place) -> Place:
    """Where the key is written: at the first column whose part in it changed."""
    for pair in found:
        before, after = ((each or {}).get("primaryKey") is True for each in (pair.old, pair.new))
        if before is not after and pair.position is not None:
            return Place(f"{place.path}.primaryKey", (*place.at, "properties", pair.position))
    return Place(f"{place.path}.primaryKey", (*place.at, "properties"))


def _physical_type(field: Field) -> Changes:
    before, after = (str(value or "table").lower() for value in (field.before, field.after))
    title = f"physical type changed from {before} to {after}"
    if before == after:
        yield field.change(title, EDITORIAL, "Another word for the same.")
    elif {before, after} <= {"table", "view"}:
        reason = "The same rows and columns; cost and delay may differ."
        yield field.change(title, COMPATIBLE, reason)
    else:
        yield field.change(title, BREAKING, "It is read in another way.", R)


_grain = "The grain is what consumers aggregate on."
_RULES: Mapping[str, Rule] = {
    "id": by_kind(
        prose("A lasting name for the table."),
        fixed(BREAKING, "Others may refer to the table by its id.", R),
        fixed(BREAKING, "Others may refer to the table by its id.", R),
    ),
    "physicalType": _physical_type,
    "logicalType": fixed(BREAKING, "It is read in another way.", R),
    "dataGranularityDescription": by_kind(
        fixed(COMPATIBLE, "The grain is said for the first time.", R),
        fixed(BREAKING, _grain, R),
        fixed(BREAKING, _grain, R),
    ),
    "businessName": prose(),
    "description": prose(),
    "deprecated": fixed(COMPATIBLE, "An announcement: whether the table will last."),
    "synonyms": prose(),
    "context": prose(),
    "tags": unordered,
    "customProperties": EXTENSION_RULE,
    "authoritativeDefinitions": prose(),
}


def judged_keys() -> frozenset[str]:
    """Every key of a schema object that is compared by a rule."""
    return frozenset((*_RULES, *_ELSEWHERE))
