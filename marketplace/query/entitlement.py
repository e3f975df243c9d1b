"""What an actor may read at this moment: the ports, their versions, their files."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.model import Actor
from marketplace.access.store import AccessStore
from marketplace.query.errors import NoGrant, NothingPublished, QueryError, UnknownPort
from marketplace.query.worker import View

# Schemas that DuckDB has of its own: a name in them is no port.
_DUCKDB_SCHEMAS = frozenset(
    {"information_schema", "pg_catalog", "main", "system", "temp", "memory"}
)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """The ports that one statement may read, and why it may."""

    views: tuple[View, ...]
    delta_versions: Mapping[str, int]
    purposes: Mapping[str, tuple[str, ...]]  # of every standing grant, by port
    offered: frozenset[str]  # every port there is, granted or not

    def ports_of(self, names: frozenset[tuple[str, str]]) -> tuple[str, ...]:
        """Those of `names` that are ports, granted or not, in order."""
        spelled = {port.casefold(): port for port in self.offered}
        found = {spelled.get(f"{unit}.{port}".casefold()) for unit, port in names}
        return tuple(sorted(port for port in found if port is not None))

    @property
    def seen(self) -> frozenset[str]:
        """The ports that a statement can read."""
        return frozenset(f"{view.unit}.{view.port}" for view in self.views)

    def refusal_of(self, names: frozenset[tuple[str, str]]) -> QueryError | None:
        """Why a statement that names these cannot run; None where names are not the reason."""
        for port in self.ports_of(names):
            if port not in self.purposes:
                return NoGrant(port)
            if port not in self.seen:
                return NothingPublished(port)
        known = {port.casefold() for port in self.offered}
        for unit, port in sorted(names):
            name = f"{unit}.{port}"
            if unit.casefold() not in _DUCKDB_SCHEMAS and name.casefold() not in known:
                near = difflib.get_close_matches(name, sorted(self.offered), n=3)
                return UnknownPort(name, tuple(near))
        return None


def entitlement_of(
    actor: Actor, now: datetime, access: AccessStore, registry: Registry, lakehouse: Lakehouse
) -> Entitlement:
    """What `actor` may read at `now`, asked anew for every statement.

    A grant on a port that is no longer offered gives nothing.
    """
    purposes: dict[str, tuple[str, ...]] = {}
    for grant in access.standing_grants(actor.id, now):
        if grant.actor_id == actor.id and grant.stands(now) and grant.port in registry.ports:
            purposes[grant.port] = (*purposes.get(grant.port, ()), grant.purpose)
    views, versions = [], {}
    for port in sorted(purposes):
        snapshot = lakehouse.snapshot(port, registry.ports[port].contract.major)
        if snapshot is not None:
            # A worker has another current folder, and the kernel sees through links.
            placed = replace(snapshot, table=snapshot.table.resolve())
            unit, name = port.split(".", 1)
            files = tuple(str(file) for file in placed.files)
            views.append(View(unit, name, lakehouse.relation(placed), files))
            versions[port] = snapshot.version
    return Entitlement(tuple(views), versions, purposes, frozenset(registry.ports))
