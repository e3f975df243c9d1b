"""Whether a port must be built, and how much of it: decided before anything is read or written.

A build is named by a fingerprint in two halves, `<code>-<inputs>`: what makes the rows (SQL,
macros, contract) and what they are made from (landed files, published inputs). The served version
carries the fingerprint that it was built with.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.model import Contract
from data_products.lakehouse import Lakehouse, Snapshot
from data_products.registry import Registry
from orchestration.model_graph import ModelGraph
from orchestration.sources.landing_store import LandingStore


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What building a port would take."""

    port: str
    fingerprint: str
    sources: Mapping[str, str]  # source file or input port -> content hash or delta:<version>
    base: Snapshot | None  # the served version
    added: tuple[str, ...]  # source files that are new or changed, for an incremental build
    removed: tuple[str, ...]  # source files that are gone or changed
    is_incremental: bool

    @property
    def is_unchanged(self) -> bool:
        """Whether the served version was built from exactly this."""
        return self.base is not None and self.base.metadata.get("fingerprint") == self.fingerprint


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where a plan looks."""

    graph: ModelGraph
    landing: LandingStore
    lakehouse: Lakehouse
    registry: Registry


def plan_build(contract: Contract, shelves: Shelves) -> BuildPlan:
    """The plan for one port, from the documents, the landed files and the served version."""
    port = contract.reference
    base = shelves.lakehouse.snapshot(port, contract.major)
    sources = sources_of(port, shelves)
    code = _hash([contract.content_hash, *shelves.graph.code(port)])
    fingerprint = f"{code}-{_hash(sorted(f'{k}={v}' for k, v in sources.items()))}"
    before = _before(base)
    added = tuple(sorted(k for k, v in sources.items() if before.get(k) != v))
    removed = tuple(sorted(k for k, v in before.items() if sources.get(k) != v))
    incremental = shelves.graph.node(shelves.graph.mart(port))["config"]["meta"].get("incremental")
    return BuildPlan(
        port=port,
        fingerprint=fingerprint,
        sources=sources,
        base=base,
        added=added,
        removed=removed,
        is_incremental=(
            incremental is not None
            and base is not None
            and str(base.metadata.get("fingerprint", "")).split("-")[0] == code
            and all(name.startswith(f"{incremental['source']}:") for name in (*added, *removed))
        ),
    )


def sources_of(port: str, shelves: Shelves) -> dict[str, str]:
    """Source files (`system:path`) and input ports (`port:unit.port`), each with what it held."""
    inputs = shelves.graph.inputs(port)
    found: dict[str, str] = {}
    for landed in inputs.landed:
        system, _, name = landed.partition("__")
        for file in shelves.landing.files(system, name):
            found[f"{system}:{file.path}"] = f"{file.source_hash}.{file.contract_hash[:12]}"
    for upstream in inputs.ports:
        major = shelves.registry.port(upstream).contract.major
        snapshot = shelves.lakehouse.snapshot(upstream, major)
        found[f"port:{upstream}"] = "none" if snapshot is None else f"delta:{snapshot.version}"
    return found


def _before(base: Snapshot | None) -> Mapping[str, str]:
    if base is None:
        return {}
    sources: Any = base.metadata.get("sources", {})
    return json.loads(sources) if isinstance(sources, str) else dict(sources)


def _hash(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:20]
