"""What of a listing changes with the clock alone: freshness, taken anew whenever it is read."""

from dataclasses import replace
from datetime import datetime

from contracts.service_levels import AGES, read_period
from marketplace.index.model import Listing, PortListing


def as_of(listing: Listing, now: datetime) -> Listing:
    """The listing with the freshness that its ports have at `now`; itself where nothing changed."""
    states = [port_freshness(port, now) for port in listing.ports]
    if all(port.freshness == state for port, state in zip(listing.ports, states, strict=True)):
        return listing
    ports = zip(listing.ports, states, strict=True)
    return replace(listing, ports=tuple(replace(port, freshness=state) for port, state in ports))


def port_freshness(port: PortListing, now: datetime) -> str:
    """`fresh` while the newest event is younger than promised, then `late`; else `unknown`."""
    promised = (
        level
        for level in port.contract.get("service_levels", ())
        if level["name"] in AGES and level["element"]
    )
    promise = next(promised, None)
    value, unit = (None, None) if promise is None else (promise["value"], promise["unit"])
    return freshness_of(value, unit, port.event_time, now)


def freshness_of(
    value: object, unit: str | None, event_time: datetime | None, now: datetime
) -> str:
    """The freshness of a newest event under a promised period.

    An event that has not happened yet says nothing about freshness.
    """
    period = None if value is None else read_period(value, unit)
    if period is None or event_time is None or event_time > now:
        return "unknown"
    return "fresh" if now <= period.after(event_time) else "late"
