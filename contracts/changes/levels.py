"""Changes of service levels: for each, which direction is worse for those who rely on it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from contracts.changes.custom import custom_rule
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
    compare_fields,
    fixed,
    mappings,
    prose,
    same,
)
from contracts.changes.matching import Pair, by, pairs
from contracts.changes.model import Gate
from contracts.changes.ranges import Relation, bounds
from contracts.service_levels import read_period, service_level_name

_Reading = tuple[str, float, float]  # a kind of unit, and the least and greatest that is meant
_DAYS = {"second": 1 / 86400, "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0}
_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*%?\s*")


def level_changes(old: Any, new: Any, place: Place) -> Changes:
    """The changes between two lists of service levels, by name and what they are measured on."""
    before, after = ([_named(level) for level in mappings(levels)] for levels in (old, new))
    for pair in pairs(before, after, by("id"), by("property", "element"), by("property")):
        yield from _pair_changes(pair, place)


def _pair_changes(pair: Pair, place: Place) -> Changes:
    level = pair.either
    name = str(level.get("property"))
    here = place.entry(name, pair.position)
    if pair.old is None:
        announces = name in {"endOfSupport", "endOfLife"}
        reason = "An announcement: the clock starts." if announces else "A new promise of service."
        yield here.change("service level added", COMPATIBLE, reason, *_gates(name))
    elif pair.new is None:
        yield here.change("service level removed", BREAKING, "The promise of service is dropped.")
    else:
        yield from _value_changes(pair.old, pair.new, here, name)
        yield from compare_fields(pair.old, pair.new, here, _RULES, skip=("value", "unit"))


def _value_changes(old: Document, new: Document, place: Place, name: str) -> Changes:
    if same([old.get("value"), old.get("unit")], [new.get("value"), new.get("unit")]):
        return
    title = f"{name} changed from {_in_words(old)} to {_in_words(new)}"
    change = Field(_in_words(old), _in_words(new), place.key("value")).change
    lies = _relation(name, old, new)
    if lies is Relation.SAME:
        yield change(title, EDITORIAL, "The same promise in another unit.")
    elif lies is Relation.TIGHTER:
        yield change(title, COMPATIBLE, "A stronger promise of service.", *_gates(name))
    elif lies is Relation.LOOSER:
        yield change(title, BREAKING, _WORSE.get(name, "A weaker promise of service."))
    else:
        yield change(title, BREAKING, "The two promises cannot be compared.", R)


def _relation(name: str, old: Document, new: Document) -> Relation:
    """Whether the new value promises more than the old one (TIGHTER) or less (LOOSER)."""
    found = _DIRECTIONS.get(name)
    if found is None:
        return Relation.OTHER
    read, less_is_better = found
    before, after = read(old), read(new)
    if before is None or after is None or before[0] != after[0]:
        return Relation.OTHER
    if before == after:
        return Relation.SAME
    if after[2] <= before[1]:
        return Relation.TIGHTER if less_is_better else Relation.LOOSER
    if after[1] >= before[2]:
        return Relation.LOOSER if less_is_better else Relation.TIGHTER
    return Relation.OTHER  # thirty days are less than some months and more than others


def _period(level: Document) -> _Reading | None:
    """A period in days; months and years are as long as the shortest and the longest of them."""
    period = read_period(level.get("value"), level.get("unit"))
    if period is None:
        return None
    if period.unit in _DAYS:
        days = period.count * _DAYS[period.unit]
        return "days", days, days
    months = period.count * (12 if period.unit == "year" else 1)
    return "days", months * 365 / 12 - 1.5, months * 366 / 12 + 1.5


def _number(level: Document) -> _Reading | None:
    found = _NUMBER.fullmatch(str(level.get("value")))
    if found is None:
        return None
    return str(level.get("unit") or ""), float(found[1]), float(found[1])


def _moment(level: Document) -> _Reading | None:
    """A day or a time of day, as far as the value says it."""
    found = bounds({"minimum": str(level.get("value"))})
    return None if found is None else ("", found[0].start[0], found[0].start[0])


_DIRECTIONS: Mapping[str, tuple[Callable[[Document], _Reading | None], bool]] = {
    "freshness": (_period, True),
    "latency": (_period, True),
    "frequency": (_period, True),
    "timeToDetect": (_period, True),
    "timeToNotify": (_period, True),
    "timeToRepair": (_period, True),
    "errorRate": (_number, True),
    "timeOfAvailability": (_moment, True),
    "generalAvailability": (_moment, True),
    "retention": (_period, False),
    "availability": (_number, False),
    "throughput": (_number, False),
    "endOfSupport": (_moment, False),
    "endOfLife": (_moment, False),
}
_WORSE = {
    "retention": "History disappears that consumers may rely on.",
    "endOfSupport": "Consumers lose time.",
    "endOfLife": "Consumers lose time.",
}


def _gates(name: str) -> tuple[Gate, ...]:
    """What a stronger promise waits for: data that already keeps it, or an approval."""
    if name in {"freshness", "latency", "frequency"}:
        return (P,)
    return (G,) if name == "retention" else ()


def _element(field: Field) -> Changes:
    before, after = (_columns(value) for value in (field.before, field.after))
    if before != after:
        reason = "The level is measured on another column than consumers know."
        yield field.change("measured on another column", BREAKING, reason, R)
    else:
        yield field.change("column written otherwise", EDITORIAL, "It is the same column.")


def _columns(value: Any) -> list[str]:
    return sorted(part.strip().rsplit(".", 1)[-1] for part in str(value or "").split(","))


_RULES: Mapping[str, Rule] = {
    "id": prose(),
    "property": fixed(BREAKING, "Another service level takes its place.", R),
    "element": _element,
    "valueExt": fixed(BREAKING, "The two promises cannot be compared.", R),
    "driver": prose(),
    "description": prose(),
    "scheduler": prose(),
    "schedule": prose(),
    "authoritativeDefinitions": prose(),
    "customProperties": custom_rule(
        {"retentionMode": fixed(BREAKING, "Keeping and deleting are opposite promises.", G)}
    ),
}


def _named(level: Document) -> dict[str, Any]:
    """The level under the standard's spelling of its name."""
    name = str(level.get("property") or "")
    return {**level, "property": service_level_name(name) or name}


def _in_words(level: Document) -> str:
    return f"{level.get('value')} {level.get('unit') or ''}".strip()
