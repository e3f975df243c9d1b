"""A product as the marketplace shows it: everything a page or a search result needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.quality.trend import QualityPoint

QUALITY = ("unpublished", "stale", "released", "warnings", "passed")  # worst first
FRESHNESS = ("late", "unknown", "fresh")  # worst first


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
class Staleness:
    """Why what is served is not the newest data: a later candidate failed its contract."""

    failed_at: datetime
    reason: str  # `newer data failed its contract on 1 April 2026`
    candidate_hash: str  # whose evidence says more


@dataclass(frozen=True, slots=True)
class Released:
    """An owner published the served version although checks had failed."""

    by: str  # the owner's id
    name: str  # what the owner was called then
    at: datetime
    reason: str
    failed: int  # checks that kept it from being published


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
    quality: str  # one of QUALITY
    served_verdict: Mapping[str, Any] | None  # of the served version
    last_verdict: Mapping[str, Any] | None  # of the newest candidate, when it differs
    versions: tuple[PortVersion, ...]
    quality_trend: tuple[QualityPoint, ...] = ()  # scores of the versions, oldest first
    stale: Staleness | None = None
    released: Released | None = None

    @property
    def score(self) -> Decimal | None:
        """The overall quality score of the served version; None where it was not assessed."""
        newest = self.quality_trend[-1] if self.quality_trend else None
        if newest is None or newest.overall is None or self.served_verdict is None:
            return None
        is_served = self.served_verdict.get("candidate_hash") == newest.candidate_hash
        return Decimal(newest.overall) if is_served else None


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

    @property
    def quality(self) -> str:
        """The worst of its ports' quality: nothing looks better than it is."""
        return _worst((port.quality for port in self.ports), QUALITY)

    @property
    def score(self) -> Decimal | None:
        """The lowest overall quality score of its ports; None while one has none."""
        scores = [port.score for port in self.ports]
        known = [score for score in scores if score is not None]
        return min(known) if known and len(known) == len(scores) else None

    @property
    def freshness(self) -> str:
        """The worst of its ports' freshness."""
        return _worst((port.freshness for port in self.ports), FRESHNESS)

    @property
    def published_at(self) -> datetime | None:
        """When one of its ports was last published; None before the first time."""
        published = [port.published_at for port in self.ports if port.published_at is not None]
        return max(published, default=None)


def _worst(found: Iterable[str], worst_first: tuple[str, ...]) -> str:
    seen = set(found)
    return next((value for value in worst_first if value in seen), worst_first[0])
