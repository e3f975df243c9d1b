"""A data product as one line of a list, and the home page that shows the first of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.index.model import Listing
from marketplace.web import urls
from marketplace.web.formats import words
from marketplace.web.pages.ending import listing_notices
from marketplace.web.pages.notices import Known, PortNotice
from marketplace.web.pages.page import Link, Page


@dataclass(frozen=True, slots=True)
class Card:
    """A data product in a list."""

    reference: str
    href: str
    title: str
    summary: str
    business_unit: str
    unit_title: str
    marking: str
    access_rights: str
    quality: str
    freshness: str
    published_at: datetime | None
    rows: int | None
    ports: tuple[str, ...]
    notices: tuple[PortNotice, ...] = ()


def card(listing: Listing, known: Known) -> Card:
    """`listing` as one line of a list, with what must be said of its ports."""
    rows = [port.rows for port in listing.ports if port.rows is not None]
    return Card(
        reference=listing.reference,
        href=urls.product(listing.reference),
        title=listing.title,
        summary=listing.summary,
        business_unit=listing.business_unit,
        unit_title=words(listing.business_unit),
        marking=listing.marking,
        access_rights=listing.access_rights,
        quality=listing.quality,
        freshness=listing.freshness,
        published_at=listing.published_at,
        rows=sum(rows) if rows else None,
        ports=tuple(port.reference for port in listing.ports),
        notices=listing_notices(listing, known),
    )


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A business unit and what it offers."""

    name: str
    title: str
    href: str
    products: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """What the marketplace is, and ways in."""

    template: ClassVar[str] = "home.html"
    section: ClassVar[str] = "home"
    products: int
    ports: int
    rows: int
    newest: tuple[Card, ...]
    most_used: tuple[Card, ...]
    units: tuple[UnitCard, ...]


def home_page(listings: Sequence[Listing], uses: Mapping[str, int], known: Known) -> HomePage:
    """The home page over all `listings`; `uses` counts statements per port."""
    cards = [card(listing, known) for listing in listings]
    dated = [line for line in cards if line.published_at is not None]
    dated.sort(key=lambda line: (line.published_at, line.title), reverse=True)
    used = [(sum(uses.get(port, 0) for port in line.ports), line) for line in cards]
    busy = sorted((pair for pair in used if pair[0]), key=lambda pair: (-pair[0], pair[1].title))
    return HomePage(
        title="Data Marketplace",
        is_sample=any(listing.is_sample for listing in listings),
        products=len(cards),
        ports=sum(len(line.ports) for line in cards),
        rows=sum(line.rows or 0 for line in cards),
        newest=tuple(dated[:3]),
        most_used=tuple(line for _, line in busy[:3]),
        units=_units(cards),
    )


def _units(cards: Sequence[Card]) -> tuple[UnitCard, ...]:
    names = sorted({line.business_unit for line in cards}, key=words)
    return tuple(
        UnitCard(
            name=name,
            title=words(name),
            href=urls.search([("business_unit", name)]),
            products=tuple(
                Link(line.title, line.href)
                for line in sorted(cards, key=lambda line: line.title)
                if line.business_unit == name
            ),
        )
        for name in names
    )
