"""What an actor may read at this moment: the ports, their versions, their files, their names."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from confinement.worker import View
from contracts.access_conditions import condition_names
from contracts.lifecycle import EndOfService, end_of_service
from contracts.port_names import explicit_name, read_name
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.holds import hold_reason
from marketplace.access.model import Actor, Grant
from marketplace.access.store import AccessStore
from marketplace.query.errors import (
    GrantOnHold,
    NoGrant,
    NothingPublished,
    QueryError,
    ServiceEnded,
    UnknownPort,
)

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
    names: Mapping[str, str] = field(default_factory=dict)  # in SQL, lower case -> port
    ended: Mapping[str, str] = field(default_factory=dict)  # port -> what came of it
    on_hold: Mapping[str, str] = field(default_factory=dict)  # port -> why its grant gives nothing

    def ports_of(self, names: frozenset[tuple[str, str]]) -> tuple[str, ...]:
        """Those of `names` that are ports, granted or not, in order."""
        spelled = {port.casefold(): port for port in self.offered} | dict(self.names)
        found = {spelled.get(f"{unit}.{port}".casefold()) for unit, port in names}
        return tuple(sorted(port for port in found if port is not None))

    @property
    def seen(self) -> frozenset[str]:
        """The ports that a statement can read, each once however many names it has."""
        return frozenset(self.ports_of(frozenset((view.unit, view.port) for view in self.views)))

    def refusal_of(self, names: frozenset[tuple[str, str]]) -> QueryError | None:
        """Why a statement that names these cannot run; None where names are not the reason."""
        for port in self.ports_of(names):
            if port in self.ended:
                return ServiceEnded(port, self.ended[port], self._successor(port))
            if port not in self.purposes and port in self.on_hold:
                return GrantOnHold(port, self.on_hold[port])
            if port not in self.purposes:
                return NoGrant(port)
            if port not in self.seen:
                return NothingPublished(port)
        known = {port.casefold() for port in self.offered} | self.names.keys()
        for unit, port in sorted(names):
            name = f"{unit}.{port}"
            if unit.casefold() not in _DUCKDB_SCHEMAS and name.casefold() not in known:
                near = difflib.get_close_matches(name, sorted(self.offered), n=3)
                return UnknownPort(name, tuple(near))
        return None

    def _successor(self, port: str) -> str | None:
        """The newest major version that is offered in place of one that has ended."""
        plain = read_name(port)[0]
        same = [name for name in self.offered - self.ended.keys() if read_name(name)[0] == plain]
        return max(same, key=lambda name: read_name(name)[1], default=None)


def entitlement_of(
    actor: Actor, now: datetime, access: AccessStore, registry: Registry, lakehouse: Lakehouse
) -> Entitlement:
    """What `actor` may read at `now`, asked anew for every statement.

    A grant on a port that is no longer offered, or whose life has ended, gives nothing.
    """
    held = [grant for grant in access.grants_of(actor.id) if grant.actor_id == actor.id]
    ended = _ended(registry, held, now)
    purposes: dict[str, tuple[str, ...]] = {}
    for grant in held:
        # A restricted grant shows nothing until its copy can be given to a statement.
        is_given = grant.stands(now, _conditions(registry, grant)) and grant.restriction.is_whole
        if is_given and grant.port in registry.ports and grant.port not in ended:
            purposes[grant.port] = (*purposes.get(grant.port, ()), grant.purpose)
    names = _names(registry, held)
    views, versions = [], {}
    for port in sorted(purposes):
        snapshot = lakehouse.snapshot(port, registry.ports[port].contract.major)
        if snapshot is not None:
            # A worker has another current folder, and the kernel sees through links.
            placed = replace(snapshot, table=snapshot.table.resolve())
            files = tuple(str(file) for file in placed.files)
            for name in sorted(name for name, meant in names.items() if meant == port):
                unit, _, table = name.partition(".")
                views.append(View(unit, table, lakehouse.relation(placed), files))
            versions[port] = snapshot.version
    folded = {name.casefold(): port for name, port in names.items()}
    on_hold = _on_hold(registry, held, now)
    offered = frozenset(registry.ports)
    return Entitlement(tuple(views), versions, purposes, offered, folded, ended, on_hold)


def _conditions(registry: Registry, grant: Grant) -> tuple[str, ...]:
    """What the contract of the grant's port asks of every holder, as it stands today."""
    port = registry.ports.get(grant.port)
    return () if port is None else condition_names(port.contract)


def _on_hold(registry: Registry, held: Iterable[Grant], now: datetime) -> dict[str, str]:
    """For each port with a grant that would stand again: why it does not, and what to do."""
    found: dict[str, str] = {}
    for grant in held:
        if grant.port in registry.ports:
            why = hold_reason(grant, registry.ports[grant.port].contract, now)
            if why is not None:
                found.setdefault(grant.port, why)
    return found


def _names(registry: Registry, held: Sequence[Grant]) -> dict[str, str]:
    """Every name that a statement may use for a port.

    `unit.port_v<major>` means that major version. The plain name means the one that the actor was
    first given a grant on, even when that has ended, so that nobody is moved to another in
    silence; without any grant, the oldest that is offered.
    """
    known = (*registry.ports, *(grant.port for grant in held))
    names = {explicit_name(port): port for port in known}
    oldest: dict[str, str] = {}
    for port in sorted(registry.ports, key=lambda port: read_name(port)[1]):
        oldest.setdefault(read_name(port)[0], port)
    names |= oldest
    by_age = sorted(held, key=lambda grant: (grant.starts_at, read_name(grant.port)[1]))
    first = {read_name(grant.port)[0]: grant.port for grant in reversed(by_age)}
    return names | {plain: port for plain, port in first.items() if plain in oldest}


def _ended(registry: Registry, held: Iterable[Grant], now: datetime) -> dict[str, str]:
    """The ports whose service is over, and those granted that are not offered any more."""
    found: dict[str, str] = {}
    for port, offered in registry.ports.items():
        end: EndOfService = end_of_service(offered.contract, now)
        if end.is_over:
            found[port] = str(end)
    offered_plainly = {read_name(port)[0] for port in registry.ports}
    for grant in held:
        if grant.port not in registry.ports and read_name(grant.port)[0] in offered_plainly:
            found[grant.port] = "It is no longer offered."
    return found
