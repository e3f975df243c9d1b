"""Everything that is offered: descriptors and contracts, each reference between them resolved."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.documents import load_contracts, load_source_contracts
from contracts.errors import Fault, InvalidContract
from contracts.model import Contract
from contracts.port_names import read_name
from contracts.standards.bindings import Offer, offers_of
from data_products.descriptors import FILE_NAME, Descriptor, read_descriptor
from data_products.errors import InvalidProduct, UnknownPort, UnknownProduct
from data_products.model import DataProduct, InputPort, OutputPort
from data_products.registry_rules import Described, registry_faults


@dataclass(frozen=True, slots=True)
class Registry:
    """The products of all business units, their ports, and the source systems they draw on."""

    products: tuple[DataProduct, ...]
    sources: tuple[Contract, ...]
    ports: Mapping[str, OutputPort] = field(init=False)  # by reference, each major on its own

    def __post_init__(self) -> None:
        """Name the ports: `unit.port`, and its later major versions `unit.port_v2`."""
        offered = [port for product in self.products for port in product.output_ports]
        object.__setattr__(self, "ports", dict(sorted((p.reference, p) for p in offered)))

    def product(self, reference: str) -> DataProduct:
        """The product `unit/product`. Raises UnknownProduct with near names."""
        for product in self.products:
            if product.reference == reference:
                return product
        raise UnknownProduct(reference, (product.reference for product in self.products))

    def port(self, reference: str) -> OutputPort:
        """One major version of a port: `unit.port` or `unit.port_v1` the first, `unit.port_v2` ...

        Raises UnknownPort with near names.
        """
        plain, major = read_name(reference)
        port = self.ports.get(plain if major == 1 else reference)
        if port is None:
            raise UnknownPort(reference, self.ports)
        return port

    @property
    def standards(self) -> Mapping[str, Offer]:
        """The reference standards that the ports offer, by id."""
        offers = (offer for port in self.ports.values() for offer in offers_of(port.contract))
        return {offer.standard: offer for offer in offers}

    def versions(self, reference: str) -> tuple[OutputPort, ...]:
        """Every major version of a port that is offered, oldest first; by any of its names.

        Raises UnknownPort where none is.
        """
        plain = read_name(reference)[0]
        same = [port for port in self.ports.values() if port.contract.plain_reference == plain]
        if not same:
            raise UnknownPort(reference, self.ports)
        return tuple(sorted(same, key=lambda port: port.contract.major))


def load_registry(project: Path) -> Registry:
    """The registry of the documents below `project`: contracts/ and data_products/.

    Raises InvalidProduct with every fault of the descriptors and between the documents, or
    InvalidContract where only contracts are at fault.
    """
    described, faults = _descriptors(project / "data_products")
    ports, port_faults, error = _contracts(load_contracts, project / "contracts")
    sources, source_faults, source_error = _contracts(load_source_contracts, project / "contracts")
    contract_faults = (*port_faults, *source_faults)
    if contract_faults and not faults:
        raise InvalidContract(contract_faults) from error or source_error
    faults = (*faults, *contract_faults)
    if not faults:
        faults = registry_faults(described, ports)
    if faults:
        raise InvalidProduct(faults)
    by_id = {contract.id: contract for contract in ports}
    products = (_product(each, by_id) for each in described)
    return Registry(tuple(sorted(products, key=lambda p: p.reference)), sources)


def _descriptors(folder: Path) -> tuple[tuple[Described, ...], tuple[Fault, ...]]:
    described: list[Described] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob(f"*/*/{FILE_NAME}")):
        descriptor, found = read_descriptor(path)
        faults += found
        if descriptor is not None:
            described.append(Described(descriptor, path))
    return tuple(described), tuple(faults)


def _contracts(
    load: Callable[[Path], tuple[Contract, ...]], folder: Path
) -> tuple[tuple[Contract, ...], tuple[Fault, ...], InvalidContract | None]:
    try:
        return load(folder), (), None
    except InvalidContract as error:
        return (), error.faults, error


def _product(described: Described, contracts: Mapping[str, Contract]) -> DataProduct:
    descriptor = described.descriptor
    reference = f"{descriptor.domain}/{descriptor.name}"
    custom = descriptor.custom
    readme = described.path.with_name("README.md")
    return DataProduct(
        id=descriptor.id,
        name=descriptor.name,
        business_unit=descriptor.domain,
        title=str(custom.get("title") or descriptor.name.replace("_", " ").capitalize()),
        version=descriptor.version,
        status=descriptor.status,
        purpose=descriptor.description.purpose,
        limitations=descriptor.description.limitations,
        usage=descriptor.description.usage,
        themes=_texts(custom.get("theme")),
        tags=tuple(descriptor.tags),
        team=tuple(_document(member) for member in descriptor.team),
        output_ports=tuple(
            OutputPort(port.name, reference, contracts[port.contract_id])
            for port in descriptor.output_ports
        ),
        input_ports=_input_ports(descriptor, contracts),
        support=tuple(_document(channel) for channel in descriptor.support),
        readme=readme.read_text(encoding="utf-8") if readme.exists() else "",
        path=described.path,
    )


def _input_ports(
    descriptor: Descriptor, contracts: Mapping[str, Contract]
) -> tuple[InputPort, ...]:
    return tuple(
        InputPort(port.name, contracts[port.contract_id].reference, port.version)
        for port in descriptor.input_ports
    )


def _document(part: Any) -> Mapping[str, Any]:
    document: Mapping[str, Any] = part.model_dump(by_alias=True, exclude_defaults=True)
    return document


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return tuple(map(str, values))
