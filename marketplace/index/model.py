"""A product as the marketplace shows it: everything a page or a search result needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LineageNode:
    """One step between a source system and a port."""

    id: str  # source:<system>.<object>, model:<name>, port:<unit.port>
    kind: str  # source, staging, intermediate, mart, port
    label: str
    upstream: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PortVersion:
    """One published Delta version of a port."""

    delta_version: int
    published_at: datetime
    contract_version: str
    rows: int
    run_id: str
    candidate_hash: str
    code_version: str
    sources: Mapping[str, str]
    changes: str  # a sentence: rows against the version before, contract version changed ...


@dataclass(frozen=True, slots=True)
class PortListing:
    """An output port as shown: contract, latest verdict, versions."""

    reference: str  # unit.port
    contract: Mapping[str, Any]  # title, description, columns [{name,type,description,...}], ...
    delta_version: int | None  # None: nothing published yet
    rows: int | None
    published_at: datetime | None
    event_time: datetime | None  # newest business event in the served version
    freshness: str  # fresh, late, unknown
    quality: str  # passed, warnings, stale, unpublished
    served_verdict: Mapping[str, Any] | None  # of the served version
    last_verdict: Mapping[str, Any] | None  # of the newest candidate, when it differs
    versions: tuple[PortVersion, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A data product as shown in the index."""

    reference: str  # unit/product
    title: str
    business_unit: str
    summary: str
    purpose: str
    limitations: str
    status: str
    version: str
    owner: str
    steward: str
    custodian: str
    marking: str
    access_rights: str
    licence: str
    themes: tuple[str, ...]
    tags: tuple[str, ...]
    update_frequency: str
    is_sample: bool  # built from sample sources: marked on every page and export
    readme: str
    support: tuple[Mapping[str, Any], ...]
    ports: tuple[PortListing, ...]
    lineage: tuple[LineageNode, ...]
