"""The dbt models as assets: a step per port, and one per group of models that several ports share.

dagster-dbt reads the manifest into asset specs; the steps run dbt in this process, because its own
resource starts a process per step (7 s of CPU against 0.3 s).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

from contracts.model import Contract
from data_products.reference_standards import ports_of_standards
from data_products.registry import Registry
from orchestration.asset_names import (
    business_unit_of,
    candidate_key,
    column_schema,
    landed_key,
    model_key,
    owners,
    published_key,
)
from orchestration.column_lineage import column_lineage
from orchestration.model_graph import ModelGraph, ModelGroup, is_mart, is_port, port_of
from orchestration.platform import Platform
from orchestration.port_builds import build_models, build_port
from orchestration.run_log import RunLog

LINEAGE = "dagster/column_lineage"


class PortTranslator(DagsterDbtTranslator):
    """Marts are their port's candidate; sources are landed rows or published ports."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry
        self._units = {source.name: source.business_unit for source in registry.sources}

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The key of a dbt node."""
        node = dbt_resource_props
        if node["resource_type"] == "source":
            if is_port(node):
                return published_key(node["name"].replace("__", ".", 1))
            return landed_key(*node["name"].split("__", 1))
        return candidate_key(port_of(node)) if is_mart(node) else model_key(node["name"])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The business unit."""
        return business_unit_of(dbt_resource_props, self._units)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The contract's words for a mart, the model's own for the others."""
        contract = self._contract(dbt_resource_props)
        if contract is not None:
            return f"{contract.title}\n\n{contract.purpose}"
        return str(dbt_resource_props.get("description", ""))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Those whom the contract names."""
        contract = self._contract(dbt_resource_props)
        return [] if contract is None else owners(contract)

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """The promised columns of a mart."""
        contract = self._contract(dbt_resource_props)
        return {} if contract is None else {"dagster/column_schema": column_schema(contract)}

    def _contract(self, node: Mapping[str, Any]) -> Contract | None:
        if node["resource_type"] != "model" or not is_mart(node):
            return None
        return self._registry.port(port_of(node)).contract


def dbt_models(registry: Registry, graph: ModelGraph) -> list[dg.AssetsDefinition]:
    """An asset per model, in as few steps as keep a failing port from stopping another."""
    translator = PortTranslator(registry)
    specs = {
        spec.key: _after_its_standards(spec, registry, graph)
        for spec in build_dbt_asset_specs(
            manifest=graph.manifest, dagster_dbt_translator=translator
        )
    }
    return [
        _group(group, [specs[translator.get_asset_key(graph.node(key))] for key in group.models])
        for group in graph.groups()
    ]


def _after_its_standards(spec: dg.AssetSpec, registry: Registry, graph: ModelGraph) -> dg.AssetSpec:
    """A candidate waits for the ports whose codes its contract holds it against."""
    port = next((p for p in graph.ports if candidate_key(p) == spec.key), None)
    awaited = ports_of_standards(registry, port) if port is not None else frozenset()
    known = {dep.asset_key for dep in spec.deps}
    more = [key for key in map(published_key, sorted(awaited)) if key not in known]
    return spec.replace_attributes(deps=[*spec.deps, *more]) if more else spec


def _group(group: ModelGroup, specs: list[dg.AssetSpec]) -> dg.AssetsDefinition:
    builds_mart = len(group.ports) == 1

    @dg.multi_asset(name=f"build__{group.name}", specs=specs)
    def build_group(
        platform: dg.ResourceParam[Platform],
        run_log: dg.ResourceParam[RunLog],
    ) -> Iterator[dg.MaterializeResult[None]]:
        if not builds_mart:
            build_models(platform, group.models, group.ports)
            yield from _results(platform, group, {})
            return
        (port,) = group.ports
        built = build_port(platform, port, group.models)
        run_log.port(port).seconds += built.seconds
        candidate = built.candidate
        facts: dict[str, Any] = {"fingerprint": built.plan.fingerprint}
        if candidate is None:
            facts["candidate"] = "none: nothing has changed since the served version"
        else:
            facts |= {"candidate": candidate.content_hash, "new rows": candidate.new_rows}
        yield from _results(platform, group, facts)

    return build_group


def _results(
    platform: Platform, group: ModelGroup, mart_facts: Mapping[str, Any]
) -> Iterator[dg.MaterializeResult[None]]:
    translator = PortTranslator(platform.registry)

    def key_of(unique_id: str) -> dg.AssetKey:
        return translator.get_asset_key(platform.graph.node(unique_id))

    for unique_id in group.models:
        traced = platform.columns.get(unique_id)
        lineage = {} if traced is None else {LINEAGE: column_lineage(traced, key_of)}
        facts = mart_facts if is_mart(platform.graph.node(unique_id)) else {}
        yield dg.MaterializeResult(asset_key=key_of(unique_id), metadata={**facts, **lineage})
