"""When a contract's port stops being served, as its lifecycle status and service levels say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.model import Contract
from contracts.service_levels import read_end


@dataclass(frozen=True, slots=True)
class EndOfService:
    """What a port's contract says of its end, seen from one moment. Moments are UTC."""

    is_announced: bool  # deprecated, or a day is named
    is_over: bool
    supported_until: datetime | None
    served_until: datetime | None
    days_left: int | None  # until it is no longer served; None where no day is named

    @property
    def announcement(self) -> str:
        """What was announced, in words that stay true until the end."""
        told = []
        if self.supported_until is not None:
            told.append(f"It is supported until {_day(self.supported_until)}.")
        if self.served_until is not None:
            told.append(f"It is served until {_day(self.served_until)}; every grant ends then.")
        return " ".join(told) or "It is deprecated, and no day of its end is named yet."

    def __str__(self) -> str:
        if self.is_over:
            when = "" if self.served_until is None else f" on {_day(self.served_until)}"
            return f"It is no longer served: its life ended{when}."
        if self.served_until is not None and self.days_left is not None:
            days = "1 day" if self.days_left == 1 else f"{self.days_left} days"
            return f"It is served until {_day(self.served_until)}: {days} left."
        return self.announcement


def end_of_service(contract: Contract, now: datetime) -> EndOfService:
    """The end of a contract's port: retired, or past its `endOfLife`, it is over."""
    return end_of(contract.status, ((s.name, s.value) for s in contract.service_levels), now)


def end_of(status: str, levels: Iterable[tuple[str, Any]], now: datetime) -> EndOfService:
    """The same from a lifecycle status and service levels by name."""
    known = tuple(levels)
    supported_until, served_until = (_end(known, name) for name in ("endOfSupport", "endOfLife"))
    is_over = status == "retired" or (served_until is not None and now >= served_until)
    days = None if served_until is None else max(0, -(-(served_until - now) // timedelta(days=1)))
    return EndOfService(
        is_announced=status in {"deprecated", "retired"} or served_until is not None,
        is_over=is_over,
        supported_until=supported_until,
        served_until=served_until,
        days_left=days,
    )


def _end(levels: Iterable[tuple[str, Any]], name: str) -> datetime | None:
    """The moment that a level names; the earliest where it is written more than once."""
    values = (value for known, value in levels if known == name)
    moments = [moment for value in values if (moment := read_end(value)) is not None]
    return min(moments, default=None)


def _day(moment: datetime) -> str:
    """The last day before the moment, as people write it."""
    last = moment - timedelta(microseconds=1)
    return f"{last.day} {last:%B %Y}"
