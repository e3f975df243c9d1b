"""The search index: derived from the registry, the verdicts and the Delta log, at every publish."""

from datetime import UTC, datetime

import dagster as dg

from data_products.registry import Registry
from marketplace.index.build import BuildFacts, refresh
from orchestration.asset_names import published_key
from orchestration.platform import Platform


def refresh_index(platform: Platform) -> int:
    """Builds the index anew in one atomic swap; gives the number of listings."""
    facts = BuildFacts(
        now=datetime.now(UTC),
        is_sample=platform.settings.is_sample,
        manifest=platform.manifest,
    )
    listings = refresh(
        platform.registry, platform.lakehouse, platform.evidence, facts, platform.settings.index
    )
    return len(listings)


def marketplace_index(registry: Registry) -> dg.AssetsDefinition:
    """The index as an asset, downstream of every published port."""

    @dg.asset(
        key=dg.AssetKey(["marketplace", "index"]),
        deps=[published_key(reference) for reference in registry.ports],
        description="What a search finds: one listing per data product.",
        group_name="marketplace",
        kinds={"tantivy"},
    )
    def index(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"listings": refresh_index(platform)})

    return index
