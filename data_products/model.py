"""What business units offer: data products and their ports, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.model import Contract


@dataclass(frozen=True, slots=True)
class InputPort:
    """A port of another product that this product consumes, declared in its descriptor."""

    name: str
    port: str  # unit.port
    contract_version: str


@dataclass(frozen=True, slots=True)
class OutputPort:
    """A table that a product offers, under its contract."""

    name: str
    product: str  # unit/product
    contract: Contract

    @property
    def reference(self) -> str:
        """The port as a query names it: `unit.port`."""
        return self.contract.reference


@dataclass(frozen=True, slots=True)
class DataProduct:
    """An owned, described, versioned offer of data. Source: ODPS v1."""

    id: str
    name: str
    business_unit: str
    title: str
    version: str
    status: str
    purpose: str
    limitations: str
    usage: str
    themes: tuple[str, ...]
    tags: tuple[str, ...]
    team: tuple[Mapping[str, Any], ...]
    output_ports: tuple[OutputPort, ...]
    input_ports: tuple[InputPort, ...]
    support: tuple[Mapping[str, Any], ...]
    readme: str  # Markdown, empty where there is none
    path: Path

    @property
    def reference(self) -> str:
        """The product as addresses name it: `unit/product`."""
        return f"{self.business_unit}/{self.name}"
