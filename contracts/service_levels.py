"""The words of service levels: their names, and periods of time with a unit."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

NAMES = (
    "availability",
    "throughput",
    "errorRate",
    "generalAvailability",
    "endOfSupport",
    "endOfLife",
    "retention",
    "frequency",
    "freshness",
    "latency",
    "timeToDetect",
    "timeToNotify",
    "timeToRepair",
    "timeOfAvailability",
)
AGES = ("freshness", "latency")  # one evaluator: the age of the newest business event

_UNITS = {
    "second": ("s", "sec", "second", "seconds"),
    "minute": ("min", "minute", "minutes"),
    "hour": ("h", "hr", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "week", "weeks"),
    "month": ("m", "mo", "month", "months"),
    "year": ("y", "yr", "year", "years"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time on the calendar: a month is a month, not thirty days."""

    count: float
    unit: str

    def after(self, moment: datetime) -> datetime:
        """The moment this long after `moment`; the 31st becomes the last day of a short month."""
        try:
            if self.unit in {"month", "year"}:
                months = round(self.count * (12 if self.unit == "year" else 1))
                return _months_after(moment, months)
            return moment + timedelta(**{f"{self.unit}s": self.count})
        except (OverflowError, ValueError):
            return datetime.max.replace(tzinfo=moment.tzinfo)

    def __str__(self) -> str:
        count = int(self.count) if float(self.count).is_integer() else self.count
        return f"{count} {self.unit}{'' if count == 1 else 's'}"


def service_level_name(word: str) -> str | None:
    """The standard's spelling of a service level's name, which ODCS compares without case."""
    return next((name for name in NAMES if name.casefold() == word.strip().casefold()), None)


def read_period(value: Any, unit: str | None) -> Period | None:
    """The period that a value and a unit name; `m` is a month, `min` a minute, as ODCS has it.

    None where the value is not a positive number, the unit unknown, or months are not whole.
    """
    name = _UNIT_OF.get((unit or "").strip().lower())
    if name is None or isinstance(value, bool):
        return None
    try:
        count = float(value)
    except (TypeError, ValueError):
        return None
    is_whole = count.is_integer() if name == "month" else True
    if not 0 < count <= 100_000 or not is_whole:
        return None
    return Period(count, name)


def _months_after(moment: datetime, months: int) -> datetime:
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
