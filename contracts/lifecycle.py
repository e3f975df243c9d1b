"""When a contract's port stops being served, as its lifecycle status and service levels say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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

    def __str__(self) -> str:
        if self.is_over:
            when = "" if self.served_until is None else f" on {_day(self.served_until)}"
            return f"It is no longer served: its life ended{when}."
        if self.served_until is not None and self.days_left is not None:
            days = "1 day" if self.days_left == 1 else f"{self.days_left} days"
            return f"It is served until {_day(self.served_until)}: {days} left."
        if self.supported_until is not None:
            return f"It is supported until {_day(self.supported_until)}."
        return "It is deprecated, and no day of its end is named yet."


def end_of_service(contract: Contract, now: datetime) -> EndOfService:
    """The end of a contract's port: retired, or past its `endOfLife`, it is over."""
    supported_until = _end(contract, "endOfSupport")
    served_until = _end(contract, "endOfLife")
    is_over = contract.status == "retired" or (served_until is not None and now >= served_until)
    days = None if served_until is None else max(0, -(-(served_until - now) // timedelta(days=1)))
    is_deprecated = contract.status in {"deprecated", "retired"}
    return EndOfService(
        is_announced=is_deprecated or served_until is not None or supported_until is not None,
        is_over=is_over,
        supported_until=supported_until,
        served_until=served_until,
        days_left=days,
    )


def _end(contract: Contract, name: str) -> datetime | None:
    """The moment that the level names; the earliest where it is written more than once."""
    levels = [level for level in contract.service_levels if level.name == name]
    moments = [moment for level in levels if (moment := read_end(level.value)) is not None]
    return min(moments, default=None)


def _day(moment: datetime) -> str:
    """The last day before the moment, as people write it."""
    last = moment - timedelta(microseconds=1)
    return f"{last.day} {last:%B %Y}"
