"""Changes of foreign keys, wherever they are written: at the column or at the table."""

import re
from collections.abc import Mapping
from typing import Any

from contracts.changes.custom import EXECUTION_RULES, custom_changes, custom_values
from contracts.changes.fields import (
    BREAKING,
    COMPATIBLE,
    EDITORIAL,
    Changes,
    Document,
    Field,
    P,
    Place,
    Rule,
    at_most,
    by_kind,
    compare_fields,
    fixed,
    mappings,
    prose,
)
from contracts.changes.matching import Pair, by, pairs, without
from contracts.changes.options import DROPPED, LOOSER, NEW, TIGHTER
from contracts.changes.ranges import Relation, bounds, relation
from contracts.references import read_target

_MAJOR = re.compile(r"\.v(\d+)\.odcs\.yaml$")
_KEYS = (without("at", "form"), by("id"), by("from", "to"), by("from"), by("to"))
_RUN_BY = ("minimumMatchPercent", "severity")


def relationship_changes(old: Document, new: Document, place: Place, unit: str) -> Changes:
    """The changes between the foreign keys of two tables of business unit `unit`."""
    before, after = _collected(old, unit), _collected(new, unit)
    for pair in pairs(before, after, *_KEYS):
        yield from _pair_changes(pair, place)


def _pair_changes(pair: Pair, place: Place) -> Changes:
    key = pair.either
    here = Place(f"{place.path}.relationships[{', '.join(key['from'])}]", place.at)
    here = Place(here.path, (*place.at, *key["at"])) if pair.new is not None else here
    if pair.old is None:
        yield here.change("foreign key added", COMPATIBLE, NEW, P)
    elif pair.new is None:
        impact = BREAKING if _is_blocking(key) else EDITORIAL
        reason = "Orphans may appear." if impact is BREAKING else "Orphans never kept data back."
        yield here.change("foreign key removed", impact, reason)
    else:
        found = _differences(pair.old, pair.new, here)
        limit = COMPATIBLE if _is_blocking(pair.new) else EDITORIAL
        yield from found if _is_blocking(pair.old) else at_most(limit, found)


def _differences(old: Document, new: Document, place: Place) -> Changes:
    yield from compare_fields(old, new, place, _RULES, skip=("at", "form", "customProperties"))
    if old["form"] != new["form"]:
        yield place.change(
            "foreign key written elsewhere", EDITORIAL, "The same columns and target."
        )
    said = [custom_values(each.get("customProperties")) for each in (old, new)]
    here = place.key("customProperties")
    shares = [each.get("minimumMatchPercent", 100) for each in said]
    severities = [str(each.get("severity", "error")) for each in said]
    yield from _share(shares[0], shares[1], here)
    yield from _severity(severities[0], severities[1], here)
    lists = (old.get("customProperties"), new.get("customProperties"))
    yield from custom_changes(*lists, here, EXECUTION_RULES, skip=_RUN_BY)


def _share(before: Any, after: Any, place: Place) -> Changes:
    title = f"share that must match changed from {before} to {after} percent"
    lies = relation(bounds({"minimum": before}), bounds({"minimum": after}))
    if lies is Relation.TIGHTER:
        yield place.change(title, COMPATIBLE, TIGHTER, P)
    elif lies is not Relation.SAME:
        yield place.change(title, BREAKING, LOOSER)


def _severity(before: str, after: str, place: Place) -> Changes:
    title = f"severity changed from {before} to {after}"
    if before == after:
        return
    if before == "error":
        yield place.change(title, BREAKING, "Orphans no longer keep data back.")
    elif after == "error":
        yield place.change(title, COMPATIBLE, TIGHTER, P)
    else:
        yield place.change(title, EDITORIAL, "Neither blocks a publication.")


def _is_blocking(key: Document) -> bool:
    said = custom_values(key.get("customProperties"))
    return said.get("severity", "error") == "error" and said.get("informative") is not True


def _retargeted(field: Field) -> Changes:
    reason = "The values are known to another table, or to another major version of it."
    yield field.change("foreign key points elsewhere", BREAKING, reason)


_RULES: Mapping[str, Rule] = {
    "id": prose("A name for the relationship."),
    "type": by_kind(
        fixed(EDITORIAL, "A foreign key is what a relationship is by default."),
        fixed(BREAKING, "The relationship means something else."),
        fixed(EDITORIAL, "A foreign key is what a relationship is by default."),
    ),
    "from": fixed(BREAKING, DROPPED),
    "to": _retargeted,
}


def _collected(table: Document, unit: str) -> list[dict[str, Any]]:
    """Every foreign key of a table in one form: columns here, columns there."""
    found = [
        _in_one_form(r, [str(column.get("name"))], unit, ("properties", i, "relationships", j))
        for i, column in enumerate(mappings(table.get("properties")))
        for j, r in enumerate(mappings(column.get("relationships")))
    ]
    for j, r in enumerate(mappings(table.get("relationships"))):
        columns = [re.split(r"[./]", text)[-1] for text in _texts(r.get("from"))]
        found.append(_in_one_form(r, columns, unit, ("relationships", j)))
    return found


def _in_one_form(
    key: Document, columns: list[str], unit: str, at: tuple[str | int, ...]
) -> dict[str, Any]:
    targets = [_target(text, unit) for text in _texts(key.get("to"))]
    ends = sorted(zip(columns, targets, strict=False)) if len(columns) == len(targets) else None
    said = {k: v for k, v in key.items() if k not in {"from", "to"}}
    return said | {
        "from": columns if ends is None else [column for column, _ in ends],
        "to": targets if ends is None else [target for _, target in ends],
        "at": at,
        "form": "column" if at[0] == "properties" else "table",
    }


def _target(text: str, unit: str) -> str:
    """`unit.port.column`, with the major version where one is written; other text as it is."""
    target = read_target(text, unit)
    if target is None:
        return text
    major = _MAJOR.search(text.split("#", 1)[0])
    return f"{target.port}.{target.column}" + (f" of v{major[1]}" if major is not None else "")


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(text) for text in value or ()]
