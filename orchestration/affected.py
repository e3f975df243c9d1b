"""Whom a change of a port's contract would meet: grants, products and models that read it."""

from datetime import datetime

from data_products.consumers import Consumer
from marketplace.access.consumers import Relations, consumers_of
from marketplace.access.people import known_people
from marketplace.access.store import AccessStore
from marketplace.index.lineage import Lineage
from orchestration.platform import Platform


def affected_consumers(platform: Platform, port: str, now: datetime) -> tuple[Consumer, ...]:
    """Everybody who is known to rely on `port` at `now`: people first, then what is made of it."""
    registry = platform.registry
    readers = Lineage.from_manifest(platform.manifest, registry.ports).readers()
    relations = Relations(registry, readers, known_people(platform.settings))
    store = AccessStore.open(platform.settings.database_url)
    try:
        return consumers_of(port, store.grants_on(port), relations, now)
    finally:
        store.close()
