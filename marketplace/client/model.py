"""What the marketplace tells a program, as frozen values; unknown facts are left aside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A data product that a search found."""

    reference: str  # unit/product
    title: str
    summary: str
    business_unit: str
    marking: str
    access_rights: str
    freshness: str
    quality: str
    rows: int | None
    ports: tuple[str, ...]  # unit.port


@dataclass(frozen=True, slots=True)
class Column:
    """A promised column of a port."""

    name: str
    type: str  # as DuckDB calls it
    description: str
    is_key: bool
    is_required: bool
    is_personal: bool


@dataclass(frozen=True, slots=True)
class Port:
    """An output port: what it promises, what is served, and where the caller stands with it."""

    reference: str  # unit.port
    title: str
    description: str
    contract_version: str
    delta_version: int | None  # None before anything was published
    rows: int | None
    published_at: datetime | None
    freshness: str
    quality: str
    columns: tuple[Column, ...]
    approvers: tuple[str, ...]
    access: str  # signed_out, none, submitted, standing
    expires_at: datetime | None  # of the standing grant
    notices: tuple[str, ...]  # what must be known of it: stale, released, issues, its end


@dataclass(frozen=True, slots=True)
class Product:
    """A data product with its ports and the terms of its use."""

    reference: str  # unit/product
    title: str
    marking: str
    is_sample: bool
    purpose: str
    limitations: str
    licence: str
    permitted_purposes: tuple[str, ...]
    prohibited_uses: tuple[str, ...]
    owner: str
    steward: str
    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class PortTerms:
    """On which terms one port's rows were given with an answer."""

    port: str
    contract_version: str
    delta_version: int | None
    marking: str
    licence: str
    permitted_purposes: tuple[str, ...]
    prohibited_uses: tuple[str, ...]
    onward_sharing: str
    handling: tuple[str, ...]  # instructions and descriptors that go with the marking
    granted_for: tuple[str, ...]  # the purposes of the caller's standing grants
    granted_until: datetime | None
    in_part: bool  # no grant shows all rows and columns: totals are of what is shown
    small_numbers: int | None  # numbers of people below it are withheld, and what would tell them


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request for access, and what came of it."""

    id: str
    port: str
    purpose: str
    days: int
    status: str  # submitted, approved, rejected, withdrawn
    decided_by: str
    reason: str
