"""The index anew, for who has the settings but no run at hand: commands, and a release."""

import json
from datetime import datetime

from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.config import Settings
from marketplace.index.build import BuildFacts, refresh


def rebuild_index(
    settings: Settings,
    registry: Registry,
    shelves: tuple[Lakehouse, EvidenceStore],
    now: datetime,
) -> int:
    """Build the index from what is published and checked now; gives the number of listings.

    Lineage comes from the manifest that the last run left, and is empty without one.
    """
    manifest = settings.project / "dbt_project" / "target" / "prepared" / "manifest.json"
    facts = BuildFacts(
        now=now,
        is_sample=settings.is_sample,
        manifest=json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {},
    )
    return len(refresh(registry, *shelves, facts, settings.index))
