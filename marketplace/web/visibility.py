"""Which products a reader may know of, and what is known of who answers for them."""

from collections.abc import Iterable

from contracts.model import Contract
from marketplace.access.facts import Action, Facts
from marketplace.access.model import Actor, Grant
from marketplace.access.policy import decide
from marketplace.index.model import Listing, PortListing
from marketplace.index.search import MaySee
from marketplace.web import urls
from marketplace.web.rooms import Rooms


def facts_of_port(port: PortListing, grants: tuple[Grant, ...], rooms: Rooms) -> Facts:
    """What the listing says of who answers for a port."""
    contract = port.contract
    return Facts(
        reference=port.reference,
        approvers=tuple(contract["approvers"]),
        owners=tuple(contract["owners"]),
        stewards=tuple(contract["stewards"]),
        is_hidden=contract["custom"].get("metadataRestricted") is True,
        grants=grants,
        now=rooms.now(),
    )


def may_see(actor: Actor | None, rooms: Rooms) -> MaySee:
    """Whether a listing may be known to `actor`: every one of its ports may."""
    known: tuple[Grant, ...] | None = None

    def grants() -> tuple[Grant, ...]:
        nonlocal known  # read once, and only where something is hidden
        if known is None:
            known = rooms.standing(actor)
        return known

    def visible(listing: Listing) -> bool:
        hidden = [
            port
            for port in listing.ports
            if port.contract["custom"].get("metadataRestricted") is True
        ]
        return all(
            decide(actor, Action.SEE_LISTING, facts_of_port(port, grants(), rooms))
            for port in hidden
        )

    return visible


def answers_for(actor: Actor, contract: Contract) -> bool:
    """Whether `actor` is an owner or steward that the contract names."""
    names = {member.username for role in ("owner", "steward") for member in contract.members(role)}
    return not actor.references.isdisjoint(names)


def addresses(listings: Iterable[Listing]) -> dict[str, str]:
    """For each port reference, the page of its product's port."""
    return {
        port.reference: urls.port(listing.reference, port.reference)
        for listing in listings
        for port in listing.ports
    }
