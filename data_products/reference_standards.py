"""The standards that ports offer, as they are published when another port is checked."""

from collections.abc import Mapping

from contracts.model import Contract
from contracts.standards.bindings import bound_standards
from contracts.standards.checks import OfferedStandard
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry


def offered_standards(
    registry: Registry, lakehouse: Lakehouse, contract: Contract
) -> Mapping[str, OfferedStandard]:
    """The offered standards that a contract binds columns to, each with its published version."""
    bound = bound_standards(contract) & registry.standards.keys()
    return {name: _published(registry, lakehouse, name) for name in sorted(bound)}


def ports_of_standards(registry: Registry, port: str) -> frozenset[str]:
    """The other ports whose codes a port is held against: they are published before it is built."""
    offers = registry.standards
    bound = bound_standards(registry.port(port).contract) & offers.keys()
    return frozenset(offers[name].port for name in bound) - {port}


def _published(registry: Registry, lakehouse: Lakehouse, name: str) -> OfferedStandard:
    offer = registry.standards[name]
    contract = registry.port(offer.port).contract
    snapshot = lakehouse.snapshot(offer.port, contract.major)
    if snapshot is None:
        return OfferedStandard(offer, None, "not published")
    edition = f"contract version {contract.version}, Delta version {snapshot.version}"
    return OfferedStandard(offer, lakehouse.relation(snapshot), edition)
