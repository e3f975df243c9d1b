"""Who relies on a port: people with grants, products and ports that are made from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from data_products.model import DataProduct
from data_products.registry import Registry


class ConsumerKind(StrEnum):
    """How somebody relies on a port."""

    GRANT = "grant"
    PRODUCT = "product"
    PORT = "port"
    DASHBOARD = "dashboard"


@dataclass(frozen=True, slots=True)
class Consumer:
    """One who relies on a port, why, and whom to tell."""

    kind: ConsumerKind
    name: str  # actor id, unit/product, unit.port
    reason: str
    teams: tuple[str, ...]  # as contracts name them: person ids or team:<id>

    def __str__(self) -> str:
        told = f" ({', '.join(self.teams)})" if self.teams else ""
        return f"{self.kind} `{self.name}`{told}: {self.reason}"


Readers = Mapping[str, Iterable[str]]  # port -> the ports whose models read it


def downstream_consumers(
    registry: Registry, port: str, readers: Readers | None = None
) -> tuple[Consumer, ...]:
    """The products that declare the port as an input or whose models read it, and those behind.

    Nearest first; each product and each port once.
    """
    found: dict[str, Consumer] = {}
    waiting = [port]
    seen = {port}
    while waiting:
        source = waiting.pop(0)
        for consumer, feeds in _direct(registry, source, readers or {}):
            found.setdefault(consumer.name, consumer)
            waiting += [each for each in feeds if each not in seen]
            seen.update(feeds)
    return tuple(found.values())


def _direct(
    registry: Registry, source: str, readers: Readers
) -> Iterable[tuple[Consumer, tuple[str, ...]]]:
    for product in registry.products:
        if any(needed.port == source for needed in product.input_ports):
            reason = f"declares `{source}` as an input port."
            own = tuple(dict.fromkeys(p.reference for p in product.output_ports))
            yield Consumer(ConsumerKind.PRODUCT, product.reference, reason, _team(product)), own
    for reader in readers.get(source, ()):
        offered = registry.ports.get(reader)
        if offered is not None:
            teams = _team(registry.product(offered.product))
            reason = f"its models read `{source}`."
            yield Consumer(ConsumerKind.PORT, reader, reason, teams), (reader,)


def _team(product: DataProduct) -> tuple[str, ...]:
    names = (str(member.get("username") or "") for member in product.team)
    return tuple(dict.fromkeys(name for name in names if name))
