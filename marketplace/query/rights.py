"""What an actor may read at the moment of a statement, with the copies that it needs."""

import time
from datetime import datetime

from data_products.errors import DataProductError
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.model import Actor, AuditEntry
from marketplace.access.store import AccessStore
from marketplace.query.copies import Copies, CopySettings
from marketplace.query.entitlement import Entitlement, entitlement_of, with_parts
from marketplace.query.errors import CopyAltered

_SWEEP_SECONDS = 300.0


class Rights:
    """Finds entitlements, records copies that were altered, and sweeps those of past versions."""

    def __init__(
        self,
        copies: CopySettings | None,
        lakehouse: Lakehouse,
        registry: Registry,
        store: AccessStore,
    ) -> None:
        self.copies = None if copies is None else Copies(copies)
        self._lakehouse = lakehouse
        self._registry = registry
        self._store = store
        self._next_sweep = 0.0  # monotonic

    def at(self, actor: Actor, sql: str, now: datetime) -> Entitlement:
        """What `actor` may read at `now`, with copies of the parts that `sql` names."""
        held = entitlement_of(actor, now, self._store, self._registry, self._lakehouse)
        self._sweep(now)
        found = with_parts(held, self.copies, sql, now)
        for port, fault in found.faults.items():
            if isinstance(fault, CopyAltered):
                facts = {"fault": fault.fault, "ports": [port]}
                entry = AuditEntry(actor.id, "query.copy_altered", port, "failed", facts)
                self._store.record(entry, now)
        return found

    def _sweep(self, now: datetime) -> None:
        """Remove copies of past versions, now and then."""
        if self.copies is None or time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + _SWEEP_SECONDS
        self.copies.sweep(self._served_version, now)

    def _served_version(self, port: str, major: int) -> int | None:
        try:
            offered = {each.contract.major for each in self._registry.versions(port)}
            snapshot = self._lakehouse.snapshot(port, major) if major in offered else None
        except (DataProductError, OSError, ValueError):
            return None  # what cannot be read is not shown in part either
        return None if snapshot is None else snapshot.version
