"""Sets of values that a promise allows, and whether one set lies within another."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Any

from contracts.sql_text import in_utc

_Point = tuple[float, int]  # a value, and -1 just below it, 0 at it, 1 just above it


class Relation(Enum):
    """How the values allowed now lie to those allowed before."""

    SAME = "same"
    TIGHTER = "tighter"
    LOOSER = "looser"
    OTHER = "other"  # neither within the other, or nobody can say


@dataclass(frozen=True, slots=True)
class Range:
    """All values from one point to another."""

    start: _Point
    end: _Point

    def within(self, other: "Range") -> bool:
        """Whether every value of this range is one of the other's."""
        return other.start <= self.start and self.end <= other.end


_LOWEST: _Point = (-math.inf, 0)
_HIGHEST: _Point = (math.inf, 0)
_COUNTS = Range((0, 0), _HIGHEST)


def relation(old: tuple[Range, ...] | None, new: tuple[Range, ...] | None) -> Relation:
    """How two sets of ranges lie to each other; OTHER where one is unknown."""
    if old is None or new is None:
        return Relation.OTHER
    tightens, loosens = _within(new, old), _within(old, new)
    if tightens and loosens:
        return Relation.SAME
    return Relation.TIGHTER if tightens else Relation.LOOSER if loosens else Relation.OTHER


def allowed_by(rule: Mapping[str, Any], counts: bool) -> tuple[Range, ...] | None:
    """What the operator of a quality rule allows; of counts, which are never below zero.

    None where it has no operator, several, or one that is not about numbers.
    """
    ranges: dict[str, Callable[[Any], tuple[Range, ...]]] = {
        "mustBe": lambda v: (Range((v, 0), (v, 0)),),
        "mustNotBe": lambda v: (Range(_LOWEST, (v, -1)), Range((v, 1), _HIGHEST)),
        "mustBeGreaterThan": lambda v: (Range((v, 1), _HIGHEST),),
        "mustBeGreaterOrEqualTo": lambda v: (Range((v, 0), _HIGHEST),),
        "mustBeLessThan": lambda v: (Range(_LOWEST, (v, -1)),),
        "mustBeLessOrEqualTo": lambda v: (Range(_LOWEST, (v, 0)),),
        "mustBeBetween": lambda v: (Range((v[0], 0), (v[1], 0)),),
        "mustNotBeBetween": lambda v: (Range(_LOWEST, (v[0], -1)), Range((v[1], 1), _HIGHEST)),
    }
    found = [(word, rule[word]) for word in ranges if rule.get(word) is not None]
    if len(found) != 1 or not _is_numeric(*found[0]):
        return None
    word, value = found[0]
    limits = ranges[word](value)
    return tuple(_of_counts(limit) for limit in limits if limit.end >= (0, 0)) if counts else limits


def bounds(options: Mapping[str, Any]) -> tuple[Range, ...] | None:
    """The values between `minimum`, `exclusiveMinimum`, `maximum` and `exclusiveMaximum`.

    Limits are numbers, or dates and times as text. None where one is neither.
    """
    sides: dict[str, _Point | None] = {"start": None, "end": None}
    for word, (side, offset) in _LIMITS.items():
        if options.get(word) is None:
            continue
        value = _number(options[word])
        if value is None:
            return None
        point, known = (value, offset), sides[side]
        if known is None or (point > known if side == "start" else point < known):
            sides[side] = point
    return (Range(sides["start"] or _LOWEST, sides["end"] or _HIGHEST),)


_LIMITS = {
    "minimum": ("start", 0),
    "exclusiveMinimum": ("start", 1),
    "maximum": ("end", 0),
    "exclusiveMaximum": ("end", -1),
}


def _within(inner: tuple[Range, ...], outer: tuple[Range, ...]) -> bool:
    return all(any(each.within(other) for other in outer) for each in inner)


def _of_counts(limit: Range) -> Range:
    return Range(max(limit.start, _COUNTS.start), limit.end)


def _is_numeric(word: str, value: Any) -> bool:
    if word.endswith("Between"):
        return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _number(value: Any) -> float | None:
    """A number, or a moment of the calendar as seconds; a time without a zone is in UTC."""
    if _is_number(value):
        return value  # type: ignore[no-any-return]
    if not isinstance(value, str):
        return None
    for read in (_moment, _time_of_day):
        try:
            return read(value)
        except ValueError:
            continue
    return None


def _moment(text: str) -> float:
    return in_utc(datetime.fromisoformat(text)).timestamp()


def _time_of_day(text: str) -> float:
    if ":" not in text:
        raise ValueError(text)
    moment = time.fromisoformat(text)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
    return seconds - (moment.utcoffset() or timedelta()).total_seconds()
