"""Listings from what is offered, published and checked; and the index over them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.model import Contract
from contracts.service_levels import read_period
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.model import DataProduct, OutputPort
from data_products.registry import Registry
from marketplace.index.generations import replacing_generation, write_generation
from marketplace.index.lineage import Lineage
from marketplace.index.model import LineageNode, Listing, PortListing
from marketplace.index.port_listings import port_listing

_MARKINGS = ("OFFICIAL-SENSITIVE", "OFFICIAL")  # strictest first
_ACCESS_RIGHTS = ("COMMERCIAL", "INTERNAL", "OPEN")  # strictest first

# Periods as the UK metadata model words them.
_FREQUENCIES = {
    "1 day": "daily",
    "1 week": "weekly",
    "1 month": "monthly",
    "3 months": "quarterly",
    "1 year": "annual",
}


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """What a build is told of its surroundings: the time (UTC), the sources, dbt's manifest."""

    now: datetime
    is_sample: bool
    manifest: Mapping[str, Any]


def build_listings(
    registry: Registry, lakehouse: Lakehouse, evidence: EvidenceStore, facts: BuildFacts
) -> tuple[Listing, ...]:
    """One listing per data product, by reference, with the current major version of each port."""
    lineage = Lineage.from_manifest(facts.manifest, registry.ports)
    listings = []
    for product in registry.products:
        offered = [p for p in product.output_ports if registry.ports[p.reference] == p]
        ports = tuple(port_listing(port, lakehouse, evidence, facts.now) for port in offered)
        steps = lineage.of_ports(port.reference for port in offered)
        listings.append(_listing(product, offered, (ports, steps), facts.is_sample))
    return tuple(sorted(listings, key=lambda listing: listing.reference))


def write_index(listings: tuple[Listing, ...], folder: Path) -> str:
    """Make these listings the index, in one swap; returns the name of its generation.

    Readers see the old index or the new one. The same listings make the same generation, which
    is then left as it is.
    """
    with replacing_generation(folder):
        return write_generation(listings, folder)


def refresh(
    registry: Registry,
    lakehouse: Lakehouse,
    evidence: EvidenceStore,
    facts: BuildFacts,
    folder: Path,
) -> tuple[Listing, ...]:
    """Build the index anew from what is published now.

    What was read first is never written last: overlapping refreshes wait for each other before
    they read.
    """
    with replacing_generation(folder):
        listings = build_listings(registry, lakehouse, evidence, facts)
        write_generation(listings, folder)
    return listings


def _listing(
    product: DataProduct,
    offered: list[OutputPort],
    shown: tuple[tuple[PortListing, ...], tuple[LineageNode, ...]],
    is_sample: bool,
) -> Listing:
    contracts = [port.contract for port in offered]
    ports, lineage = shown
    return Listing(
        reference=product.reference,
        title=product.title,
        business_unit=product.business_unit,
        summary=_summary(product, contracts),
        purpose=product.purpose,
        limitations=product.limitations,
        status=product.status,
        version=product.version,
        owner=_member(product, contracts, "owner"),
        steward=_member(product, contracts, "steward"),
        custodian=_member(product, contracts, "custodian"),
        marking=_first(_MARKINGS, (contract.marking for contract in contracts)),
        access_rights=_first(
            _ACCESS_RIGHTS, (str(c.custom.get("accessRights", "")) for c in contracts)
        ),
        licence=_together(str(contract.custom.get("licence", "")) for contract in contracts),
        themes=_united((product.themes, *(_listed(c.custom.get("theme")) for c in contracts))),
        tags=_united((product.tags, *(contract.tags for contract in contracts))),
        update_frequency=_together(_frequency(contract) for contract in contracts),
        is_sample=is_sample,
        readme=product.readme,
        support=product.support or next((c.support for c in contracts if c.support), ()),
        ports=ports,
        lineage=lineage,
    )


def _summary(product: DataProduct, contracts: list[Contract]) -> str:
    """The port's summary where there is one port; what the product is for where there are more."""
    summaries = dict.fromkeys(str(contract.custom.get("summary", "")) for contract in contracts)
    only = next(iter(summaries), "") if len(summaries) == 1 else ""
    return only or product.purpose


def _member(product: DataProduct, contracts: list[Contract], role: str) -> str:
    """Who holds a role, as the descriptor or else the contracts name them."""
    described = [m.get("username") or m.get("name") for m in product.team if m.get("role") == role]
    promised = [member.username for contract in contracts for member in contract.members(role)]
    return ", ".join(dict.fromkeys(str(name) for name in described or promised if name))


def _first(strictest_first: tuple[str, ...], words: Iterable[str]) -> str:
    """The strictest of the words: a product is marked as its most sensitive port is."""
    found = [word for word in words if word]
    return next((word for word in strictest_first if word in found), ", ".join(sorted(set(found))))


def _together(words: Iterable[str]) -> str:
    return ", ".join(word for word in dict.fromkeys(words) if word)


def _frequency(contract: Contract) -> str:
    """How often a port is updated: the contract's own word, else its service level."""
    if contract.custom.get("updateFrequency"):
        return str(contract.custom["updateFrequency"])
    promised = (level for level in contract.service_levels if level.name == "frequency")
    period = next((read_period(level.value, level.unit) for level in promised), None)
    return "" if period is None else _FREQUENCIES.get(str(period), "irregular")


def _united(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for words in lists for word in words))


def _listed(value: Any) -> tuple[str, ...]:
    """A custom property that holds one word or several."""
    if isinstance(value, list | tuple):
        return tuple(str(word) for word in value)
    return (str(value),) if value else ()
