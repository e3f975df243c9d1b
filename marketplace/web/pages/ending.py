"""The end of a port's major version, counted down for whoever looks at it."""

from dataclasses import dataclass
from datetime import datetime

from contracts.lifecycle import EndOfService, end_of
from contracts.port_names import read_name
from marketplace.index.model import Listing, PortListing
from marketplace.web import urls
from marketplace.web.pages.notices import Known, PortNotice, port_notices
from marketplace.web.pages.page import Link


@dataclass(frozen=True, slots=True)
class Ending:
    """That a port ends, when, and what takes its place."""

    sentence: str
    is_over: bool
    days_left: int | None
    served_until: datetime | None
    supported_until: datetime | None
    successor: Link | None


def ending_of(listing: Listing, port: PortListing, now: datetime) -> Ending | None:
    """The announced end of a port of `listing`; None where none is announced."""
    end = _end(port, now)
    if not end.is_announced:
        return None
    successor = _successor(listing, port, now)
    return Ending(
        sentence=str(end),
        is_over=end.is_over,
        days_left=end.days_left,
        served_until=end.served_until,
        supported_until=end.supported_until,
        successor=successor,
    )


def notices_of(listing: Listing, port: PortListing, known: Known) -> tuple[PortNotice, ...]:
    """What must be said of a port of `listing` wherever its data is shown, its end included."""
    said, ending = port_notices(port, known), ending_of(listing, port, known.now)
    if ending is None:
        return said
    text, link = ending.sentence, "See the port"
    href = urls.port(listing.reference, port.reference)
    if ending.successor is not None:
        text += f" {ending.successor.text} takes its place, with a grant of its own."
        link, href = f"See {ending.successor.text}", ending.successor.href
    return (*said, PortNotice(port.reference, "ending", text, href, link))


def listing_notices(listing: Listing, known: Known) -> tuple[PortNotice, ...]:
    """What must be said of any port of a product."""
    return tuple(each for port in listing.ports for each in notices_of(listing, port, known))


def _successor(listing: Listing, port: PortListing, now: datetime) -> Link | None:
    """The newest major version beside it that stays."""
    plain, major = read_name(port.reference)
    later = [
        other
        for other in listing.ports
        if read_name(other.reference)[0] == plain
        and read_name(other.reference)[1] > major
        and not _end(other, now).is_over
    ]
    if not later:
        return None
    newest = max(later, key=lambda other: read_name(other.reference)[1])
    return Link(newest.reference, urls.port(listing.reference, newest.reference))


def _end(port: PortListing, now: datetime) -> EndOfService:
    contract = port.contract
    levels = ((str(level["name"]), level["value"]) for level in contract["service_levels"])
    return end_of(str(contract["status"]), levels, now)
