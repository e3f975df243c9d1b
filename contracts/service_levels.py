"""The words of service levels: their names, and what their values say: periods, moments, rates."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

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
TIMES_OF_INCIDENTS = ("timeToDetect", "timeToNotify", "timeToRepair")
PERIODS = (*AGES, "retention", "frequency", *TIMES_OF_INCIDENTS)
CALENDAR = ("generalAvailability", "endOfSupport", "endOfLife")
SHARES = ("availability", "errorRate")  # percent
ON_COLUMNS = (*AGES, "retention")  # measured on the columns that `element` names
RETENTION_MODES = ("keepAtLeast", "deleteAfter")

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
_TIME = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)\s*(\S*)")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


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

    def interval(self) -> str:
        """The same length as SQL: DuckDB's calendar agrees with `after`."""
        count = int(self.count) if float(self.count).is_integer() else self.count
        if self.unit == "year":
            return f"to_months({round(self.count * 12)})"
        return f"to_{self.unit}s({count})"

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


@dataclass(frozen=True, slots=True)
class Rate:
    """So many rows in each second, minute, hour, day, week, month or year."""

    rows: float
    unit: str

    def per_second(self) -> float:
        """Rows a second; a month is a twelfth of 365.25 days."""
        return self.rows / _SECONDS[self.unit]

    def of(self, rows: float, seconds: float) -> float:
        """How many rows a unit of time `rows` in `seconds` are."""
        return rows / seconds * _SECONDS[self.unit]


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time on the clock of a time zone."""

    clock: time
    zone: tzinfo

    def on(self, day: date) -> datetime:
        """The moment at which that clock shows this time on `day`."""
        return datetime.combine(day, self.clock, self.zone)

    def __str__(self) -> str:
        return f"{self.clock.isoformat(timespec='minutes')} {self.zone}"


_SECONDS = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_629_800,
    "year": 31_557_600,
}


def read_share(value: Any, unit: str | None) -> float | None:
    """A percentage from 0 to 100; None where it is none, or the unit is another."""
    if (unit or "percent").strip().lower() not in {"percent", "%"} or isinstance(value, bool):
        return None
    try:
        share = float(str(value).strip().removesuffix("%"))
    except ValueError:
        return None
    return share if 0 <= share <= 100 else None


def read_end(value: Any) -> datetime | None:
    """The moment at which a named day is over, or a named moment is there.

    Days are days of UTC, and so are moments without a zone. None where the text is neither.
    """
    text = str(value).strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(), UTC) + timedelta(days=1)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_rate(value: Any, unit: str | None) -> Rate | None:
    """`10000` with the unit `rows/d`; None where it is no positive number of rows in a time."""
    rows, _, per = (unit or "").partition("/")
    name = _UNIT_OF.get(per.strip().lower())
    if rows.strip().lower() not in {"row", "rows"} or name is None or isinstance(value, bool):
        return None
    try:
        count = float(value)
    except (TypeError, ValueError):
        return None
    return Rate(count, name) if 0 < count < float("inf") else None


def read_time_of_day(value: Any, unit: str | None) -> TimeOfDay | None:
    """`09:00Z`, `09:00+01:00` or `09:00 Europe/London`; the zone may stand in the unit.

    None where the time or its zone is missing: a time without a zone is no promise.
    """
    found = _TIME.fullmatch(str(value).strip())
    zone = None if found is None else _zone(found.group(2) or (unit or "").strip())
    if found is None or zone is None:
        return None
    try:
        return TimeOfDay(time.fromisoformat(found.group(1).zfill(5)), zone)
    except ValueError:
        return None


def is_level_readable(name: str, value: Any, unit: str | None) -> bool:
    """Whether a service level of ODCS has a value and a unit that can be measured against."""
    if name in PERIODS:
        return read_period(value, unit) is not None
    if name in CALENDAR:
        return read_end(value) is not None
    if name in SHARES:
        return read_share(value, unit) is not None
    if name == "throughput":
        return read_rate(value, unit) is not None
    return name == "timeOfAvailability" and read_time_of_day(value, unit) is not None


def read_retention_mode(custom: Any) -> str | None:
    """Whether a contract keeps rows at least so long, or deletes them after that long.

    From its custom property `retentionMode`, else from `mode` in `retention`; keeping is the
    default. None for another word.
    """
    details = custom.get("retention")
    word = custom.get("retentionMode")
    if word is None and isinstance(details, dict):
        word = details.get("mode")
    if word is None:
        return RETENTION_MODES[0]
    modes = {mode.casefold(): mode for mode in RETENTION_MODES}
    return modes.get(str(word).strip().casefold())


def _zone(word: str) -> tzinfo | None:
    if word.upper() in {"Z", "UTC"}:
        return UTC
    offset = _OFFSET.fullmatch(word)
    if offset is not None:
        minutes = int(offset.group(2)) * 60 + int(offset.group(3))
        if minutes >= 24 * 60:
            return None
        return timezone(timedelta(minutes=minutes if offset.group(1) == "+" else -minutes))
    try:
        return ZoneInfo(word) if word else None
    except (KeyError, ValueError, OSError):
        return None


def _months_after(moment: datetime, months: int) -> datetime:
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
