"""Which source systems feed a port, and who is to remove a fault by where it comes from."""

from collections.abc import Iterable, Mapping

from contracts.model import Contract
from marketplace.access.issue_errors import SourceMissing
from marketplace.access.issue_model import RootCause, Routing
from marketplace.index.model import LineageNode, Listing
from marketplace.web.rooms import Rooms


def sources_of(rooms: Rooms, port: str) -> tuple[Contract, ...]:
    """The contracts of the source systems that a port is made from, through other ports too."""
    names = source_systems(rooms.index.listings(), port)
    return tuple(source for source in rooms.registry.sources if source.name in names)


def source_systems(listings: Iterable[Listing], port: str) -> frozenset[str]:
    """The names of the systems whose landed rows the lineage of a port begins with."""
    nodes: dict[str, LineageNode] = {}
    for node in (node for listing in listings for node in listing.lineage):
        # A port of another product is drawn there without what feeds it.
        if node.id not in nodes or len(node.upstream) > len(nodes[node.id].upstream):
            nodes[node.id] = node
    return _systems(nodes, f"port:{port}")


def _systems(nodes: Mapping[str, LineageNode], start: str) -> frozenset[str]:
    waiting, seen, found = [start], set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.startswith("source:"):
            found.add(name.removeprefix("source:").partition(".")[0])
        elif name in nodes:
            waiting.extend(nodes[name].upstream)
    return frozenset(found)


def routing_of(rooms: Rooms, port: Contract, cause: RootCause, system: str) -> Routing:
    """Where a fault with this cause goes: to the source's owner, or to who has the port.

    One source system needs no naming. Raises SourceMissing.
    """
    if cause is not RootCause.SOURCE:
        role = "custodian" if cause is RootCause.PLATFORM else "steward"
        return Routing(cause, "", _members(port, role) or _members(port, "owner"))
    known = sources_of(rooms, port.reference)
    chosen = [each for each in known if each.name == system]
    if not system and len(known) == 1:
        chosen = list(known)
    if not chosen:
        raise SourceMissing(system, tuple(each.name for each in known))
    return Routing(cause, chosen[0].name, _members(chosen[0], "owner"))


def _members(contract: Contract, role: str) -> tuple[str, ...]:
    return tuple(member.username for member in contract.members(role))
