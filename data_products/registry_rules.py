"""What must hold between descriptors and contracts, beyond each being right in itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from contracts.errors import Fault
from contracts.model import Contract
from contracts.standards.bindings import OFFERED, Offer, offers_of
from contracts.standards.lints import unknown_standards
from data_products.descriptors import Descriptor


@dataclass(frozen=True, slots=True)
class Described:
    """A descriptor and where it lies: data_products/<unit>/<product>/product.odps.yaml."""

    descriptor: Descriptor
    path: Path

    @property
    def reference(self) -> str:
        """The product as addresses name it: `unit/product`."""
        return f"{self.descriptor.domain}/{self.descriptor.name}"

    def fault(self, path: str, fault: str, remedy: str) -> Fault:
        """A fault in this descriptor."""
        return Fault(self.path.as_posix(), path, fault, remedy)


def registry_faults(
    described: Sequence[Described], contracts: Sequence[Contract]
) -> tuple[Fault, ...]:
    """Every fault between the documents: places, references both ways, cycles, shared ids."""
    by_id = {contract.id: contract for contract in contracts}
    return (
        *_shared_ids(described, contracts),
        *(fault for each in described for fault in _place_faults(each)),
        *(fault for each in described for fault in _output_faults(each, by_id)),
        *(fault for each in described for fault in _input_faults(each, by_id)),
        *_offer_faults(described, contracts),
        *_cycle_faults(described, by_id),
        *_reference_faults(contracts),
        *_partition_faults(contracts),
        *_standard_faults(contracts),
    )


def _shared_ids(described: Sequence[Described], contracts: Sequence[Contract]) -> Iterator[Fault]:
    remedy = "Give each document an id of its own."
    seen: dict[str, str] = {}
    for contract in contracts:
        file = _file(contract)
        if contract.id in seen:
            yield Fault(file, "id", f"is `{contract.id}`, as in {seen[contract.id]}.", remedy)
        seen.setdefault(contract.id, file)
    products: dict[str, str] = {}
    for each in described:
        identifier = each.descriptor.id
        if identifier in products:
            yield each.fault("id", f"is `{identifier}`, as in {products[identifier]}.", remedy)
        products.setdefault(identifier, each.path.as_posix())


def _place_faults(each: Described) -> Iterator[Fault]:
    unit, product = each.path.parts[-3], each.path.parts[-2]
    for key, said, folder in (
        ("domain", each.descriptor.domain, unit),
        ("name", each.descriptor.name, product),
    ):
        if said != folder:
            fault = f"is `{said}`, and its folder is `{folder}`."
            yield each.fault(key, fault, "Let both say the same.")


def _output_faults(each: Described, by_id: Mapping[str, Contract]) -> Iterator[Fault]:
    for position, port in enumerate(each.descriptor.output_ports):
        path = f"outputPorts[{position}]"
        contract = by_id.get(port.contract_id)
        if contract is None:
            remedy = f"Write contracts/{each.descriptor.domain}/{port.name}.v1.odcs.yaml."
            fault = f"is `{port.contract_id}`, and no contract has this id."
            yield each.fault(f"{path}.contractId", fault, remedy)
            continue
        for key, said, promised in (
            ("name", port.name, contract.name),
            ("version", port.version, contract.version),
            ("business unit", each.descriptor.domain, contract.business_unit),
        ):
            if said != promised:
                fault = f"is `{said}`, and its contract {_file(contract)} says `{promised}`."
                yield each.fault(f"{path}.{key}", fault, "Let both say the same.")


def _input_faults(each: Described, by_id: Mapping[str, Contract]) -> Iterator[Fault]:
    for position, port in enumerate(each.descriptor.input_ports):
        path = f"inputPorts[{position}]"
        contract = by_id.get(port.contract_id)
        if contract is None:
            fault = f"is `{port.contract_id}`, and no contract has this id."
            yield each.fault(f"{path}.contractId", fault, "Name a contract that is offered.")
        elif not _is_met(port.version, contract.version):
            fault = f"is `{port.version}`, and `{contract.reference}` offers `{contract.version}`."
            remedy = "Ask for that major version, and for nothing newer."
            yield each.fault(f"{path}.version", fault, remedy)


def _offer_faults(described: Sequence[Described], contracts: Sequence[Contract]) -> Iterator[Fault]:
    offering: dict[str, list[str]] = {}
    for each in described:
        for port in each.descriptor.output_ports:
            offering.setdefault(port.contract_id, []).append(each.reference)
    for contract in contracts:
        products = offering.get(contract.id, [])
        if not products:
            remedy = f"Add it to a product of data_products/{contract.business_unit}/."
            yield Fault(_file(contract), "id", f"`{contract.id}` is offered by no product.", remedy)
        elif len(products) > 1:
            listed = ", ".join(f"`{product}`" for product in products)
            fault = f"`{contract.id}` is offered by {listed}."
            yield Fault(_file(contract), "id", fault, "Let one product offer it.")


def _cycle_faults(described: Sequence[Described], by_id: Mapping[str, Contract]) -> Iterator[Fault]:
    product_of = {
        port.contract_id: each.reference
        for each in described
        for port in each.descriptor.output_ports
    }
    upstream = {
        each.reference: {
            product_of[port.contract_id]
            for port in each.descriptor.input_ports
            if port.contract_id in by_id and port.contract_id in product_of
        }
        for each in described
    }
    try:
        TopologicalSorter(upstream).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        first = next(each for each in described if each.reference == cycle[0])
        listed = " -> ".join(f"`{product}`" for product in cycle)
        fault = f"make a circle: {listed}."
        yield first.fault("inputPorts", fault, "Take one of them out.")


def _reference_faults(contracts: Sequence[Contract]) -> Iterator[Fault]:
    columns: dict[str, set[str]] = {}
    for contract in contracts:
        names = {column.name for column in contract.table.properties}
        columns.setdefault(contract.reference, set()).update(names)
    for contract in contracts:
        for reference in contract.table.references:
            target = columns.get(reference.target_port)
            missing = set(reference.target_columns) - (target or set())
            if target is None:
                fault = f"refers to port `{reference.target_port}`, which no contract promises."
            elif missing:
                named = _listed(missing)
                fault = f"refers to {named}, which `{reference.target_port}` does not have."
            else:
                continue
            remedy = "Name a column that is promised."
            yield Fault(_file(contract), reference.path, fault, remedy)


def _partition_faults(contracts: Iterable[Contract]) -> Iterator[Fault]:
    for contract in contracts:
        for position, column in enumerate(contract.table.properties):
            if column.is_personal and column.partition_key_position is not None:
                path = f"schema[0].properties[{position}].partitioned"
                fault = f"splits the files by `{column.name}`, which is personal data."
                remedy = "Split by another column: these values stay in folder names and the log."
                yield Fault(_file(contract), path, fault, remedy)


def _standard_faults(contracts: Sequence[Contract]) -> Iterator[Fault]:
    offered: dict[str, Offer] = {}
    for contract in contracts:
        for offer in offers_of(contract):
            other = offered.setdefault(offer.standard, offer)
            if (other.port, other.column) != (offer.port, offer.column):
                fault = f"`{offer.standard}` is offered by `{other.port}.{other.column}` already."
                path = f"customProperties.{OFFERED}"
                yield Fault(_file(contract), path, fault, "Let one column offer it.")
    for contract in contracts:
        yield from (found.of(_file(contract)) for found in unknown_standards(contract, offered))


def _is_met(asked: str, offered: str) -> bool:
    wanted = tuple(map(int, asked.split(".")))
    found = tuple(map(int, offered.split(".")))
    return wanted[0] == found[0] and wanted <= found


def _file(contract: Contract) -> str:
    return contract.reference if contract.path is None else contract.path.as_posix()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
