"""The page of a data product, and of one of its output ports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from contracts.port_names import read_name
from contracts.verdict import Verdict, from_document
from marketplace.access.facts import Action, Facts
from marketplace.access.policy import decide
from marketplace.index.model import Listing, PortListing, PortVersion
from marketplace.web import urls
from marketplace.web.formats import words
from marketplace.web.lineage import Picture, picture
from marketplace.web.pages.checks import CheckLine, Tally, evidence_address, lines, tally
from marketplace.web.pages.ending import Ending, ending_of, notices_of
from marketplace.web.pages.listing import Card, card
from marketplace.web.pages.notices import Known, PortNotice
from marketplace.web.pages.page import Link, Page
from marketplace.web.pages.quality import PortQuality, port_quality
from marketplace.web.pages.reader import Reader, ReaderAccess, reader_access
from marketplace.web.pages.snippets import Snippet, snippets


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A promised column, for a buyer."""

    name: str
    business_name: str
    type: str
    description: str
    is_key: bool
    is_required: bool
    is_personal: bool


@dataclass(frozen=True, slots=True)
class Checks:
    """One verdict as the product page shows it."""

    passed: bool
    checked_at: datetime
    contract_version: str
    tally: Tally
    lines: tuple[CheckLine, ...]
    href: str


@dataclass(frozen=True, slots=True)
class PortSection:
    """One output port: shape, freshness, quality, versions and the way in."""

    reference: str
    anchor: str
    href: str
    title: str
    description: str
    contract_version: str
    delta_version: int | None
    rows: int | None
    published_at: datetime | None
    event_time: datetime | None
    freshness: str
    promise: str
    quality: str
    scores: PortQuality
    ending: Ending | None
    impact: str  # address; empty where the reader does not answer for it
    served: Checks | None
    newest: Checks | None  # of a newer candidate that was not published
    columns: tuple[ColumnLine, ...]
    versions: tuple[PortVersion, ...]
    approvers: tuple[str, ...]
    access: ReaderAccess
    snippets: tuple[Snippet, ...]
    notices: tuple[PortNotice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage(Page):
    """Everything that a buyer needs to decide."""

    template: ClassVar[str] = "product.html"
    section: ClassVar[str] = "search"
    reference: str
    card: Card
    purpose: str
    limitations: str
    status: str
    version: str
    owner: str
    steward: str
    custodian: str
    licence: str
    access_rights: str
    themes: tuple[str, ...]
    tags: tuple[str, ...]
    update_frequency: str
    readme: str
    support: tuple[Link, ...]
    permitted: tuple[str, ...]
    prohibited: tuple[str, ...]
    retention: str
    lineage: Picture
    ports: tuple[PortSection, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PortPage(Page):
    """One output port on its own."""

    template: ClassVar[str] = "port.html"
    section: ClassVar[str] = "search"
    product: Link
    port: PortSection
    licence: str
    now: datetime


@dataclass(frozen=True, slots=True)
class View:
    """What a product is shown with, beside its listing."""

    reader: Reader
    addresses: Mapping[str, str]  # of every port that the lineage may name
    origin: str  # scheme and host for the snippets
    known: Known


def product_page(listing: Listing, view: View) -> ProductPage:
    """`listing` as a page for the reader in `view`."""
    contracts = [port.contract for port in listing.ports]
    terms = _terms(contracts)
    return ProductPage(
        title=listing.title,
        marking=listing.marking,
        is_sample=listing.is_sample,
        reference=listing.reference,
        card=card(listing, view.known),
        purpose=listing.purpose,
        limitations=listing.limitations,
        status=listing.status,
        version=listing.version,
        owner=words(listing.owner),
        steward=words(listing.steward),
        custodian=words(listing.custodian),
        licence=listing.licence,
        access_rights=listing.access_rights,
        themes=tuple(words(theme) for theme in listing.themes),
        tags=listing.tags,
        update_frequency=words(listing.update_frequency),
        readme=listing.readme,
        support=_support(listing.support),
        permitted=terms["permittedPurposes"],
        prohibited=terms["prohibitedUses"],
        retention=_retention(contracts),
        lineage=picture(
            listing.lineage, frozenset(port.reference for port in listing.ports), view.addresses
        ),
        ports=tuple(_port(listing, port, view) for port in listing.ports),
        now=view.known.now,
    )


def port_page(listing: Listing, port: PortListing, view: View) -> PortPage:
    """One port of `listing` as a page."""
    section = _port(listing, port, view)
    return PortPage(
        title=section.title,
        marking=str(port.contract["marking"]),
        is_sample=listing.is_sample,
        product=Link(listing.title, urls.product(listing.reference)),
        port=section,
        licence=listing.licence,
        now=view.known.now,
    )


def _port(listing: Listing, port: PortListing, view: View) -> PortSection:
    contract = port.contract
    return PortSection(
        reference=port.reference,
        anchor=f"port-{port.reference.split('.', 1)[1]}",
        href=urls.port(listing.reference, port.reference),
        title=_title(listing, port),
        description=contract["description"] or contract["purpose"],
        contract_version=contract["version"],
        delta_version=port.delta_version,
        rows=port.rows,
        published_at=port.published_at,
        event_time=port.event_time,
        freshness=port.freshness,
        promise=promise(contract),
        quality=port.quality,
        scores=port_quality(listing, port),
        ending=ending_of(listing, port, view.known.now),
        impact=_impact(listing, port, view.reader),
        served=_checks(port.served_verdict),
        newest=_checks(port.last_verdict),
        columns=tuple(_column(column, contract["primary_key"]) for column in contract["columns"]),
        versions=tuple(sorted(port.versions, key=lambda v: v.delta_version, reverse=True)),
        approvers=tuple(words(approver) for approver in contract["approvers"]),
        access=reader_access(port.reference, view.reader),
        snippets=snippets(
            port.reference, [column["name"] for column in contract["columns"]], view.origin
        ),
        notices=notices_of(listing, port, view.known),
    )


def _impact(listing: Listing, port: PortListing, reader: Reader) -> str:
    """Where those who answer for a port see who relies on it."""
    facts = Facts(
        reference=port.reference,
        owners=tuple(port.contract["owners"]),
        stewards=tuple(port.contract["stewards"]),
    )
    answers = reader.actor is not None and decide(reader.actor, Action.SEE_PORT_LOG, facts)
    return urls.impact(listing.reference, port.reference) if answers else ""


def _title(listing: Listing, port: PortListing) -> str:
    """The contract's title; with the major version where another one is offered beside it."""
    plain, major = read_name(port.reference)
    title: str = port.contract["title"] or words(port.contract["name"])
    beside = sum(read_name(other.reference)[0] == plain for other in listing.ports)
    return title if beside == 1 else f"{title}, version {major}"


def _checks(document: Mapping[str, Any] | None) -> Checks | None:
    if document is None:
        return None
    verdict: Verdict = from_document(dict(document))
    return Checks(
        passed=verdict.passed,
        checked_at=verdict.checked_at,
        contract_version=verdict.contract_version,
        tally=tally(verdict),
        lines=lines(verdict),
        href=evidence_address(verdict),
    )


def _column(column: Mapping[str, Any], key: Sequence[str]) -> ColumnLine:
    return ColumnLine(
        name=column["name"],
        business_name=column["business_name"],
        type=column["type"] or column["logical_type"],
        description=column["description"],
        is_key=column["name"] in key,
        is_required=column["required"],
        is_personal=column["is_personal"],
    )


def promise(contract: Mapping[str, Any]) -> str:
    """The freshness that the contract promises, as words; empty where it promises none."""
    for level in contract["service_levels"]:
        if level["name"] == "freshness":
            return f"no older than {_period(level)}"
    return ""


def _support(channels: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    return tuple(
        Link(str(channel.get("channel") or channel.get("url")), str(channel.get("url", "")))
        for channel in channels
    )


def _terms(contracts: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(
            dict.fromkeys(str(use) for each in contracts for use in each["custom"].get(name) or ())
        )
        for name in ("permittedPurposes", "prohibitedUses")
    }


def _retention(contracts: Sequence[Mapping[str, Any]]) -> str:
    """How long rows are kept, as each contract promises it."""
    levels = [level for each in contracts for level in each["service_levels"]]
    periods = (_period(level) for level in levels if level["name"] == "retention")
    return ", ".join(dict.fromkeys(periods))


_UNITS = {"d": "day", "h": "hour", "m": "month", "y": "year"}


def _period(level: Mapping[str, Any]) -> str:
    """A service level's value and unit: `35 days`."""
    unit = str(level["unit"] or "")
    unit = _UNITS.get(unit, unit.rstrip("s"))
    value = level["value"]
    return f"{value} {unit}{'' if str(value) == '1' else 's'}".strip()
