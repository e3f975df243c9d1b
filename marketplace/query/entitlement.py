"""What an actor may read at this moment: the ports, their versions, their files, their names."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from confinement.worker import View
from contracts.access_conditions import condition_names
from contracts.lifecycle import EndOfService, end_of_service
from contracts.model import Contract
from contracts.port_names import explicit_name, read_name
from contracts.small_numbers import SmallNumbers, small_numbers
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from data_products.snapshots import Snapshot
from marketplace.access.holds import hold_reason
from marketplace.access.known_ports import known_ports
from marketplace.access.model import Actor, Grant
from marketplace.access.restriction import WHOLE
from marketplace.access.restriction_rules import restriction_faults
from marketplace.access.store import AccessStore
from marketplace.query.combination import combined
from marketplace.query.copies import Copies
from marketplace.query.errors import (
    CopyAltered,
    CopyFailed,
    CopyTooLarge,
    GrantOnHold,
    NoGrant,
    NothingPublished,
    NothingShown,
    NotProtected,
    QueryError,
    ServiceEnded,
    UnknownPort,
)
from marketplace.query.parts import Part, relation_of, views_of

Names = tuple[str, ...]  # of one port, as statements may write it

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
    offered: frozenset[str]  # every port that the actor may know of, granted or not
    names: Mapping[str, str] = field(default_factory=dict)  # in SQL, lower case -> port
    ended: Mapping[str, str] = field(default_factory=dict)  # port -> what came of it
    on_hold: Mapping[str, str] = field(default_factory=dict)  # port -> why its grant gives nothing
    parts: Mapping[str, Part] = field(default_factory=dict)  # ports that are shown in part
    faults: Mapping[str, QueryError] = field(default_factory=dict)  # port -> why nothing is shown

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
            if port in self.faults:
                return self.faults[port]
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

    A grant on a port that is no longer offered, or whose life has ended, gives nothing. Ports that
    are shown in part are in `parts`, and get their views by `with_parts`.
    """
    held = [grant for grant in access.grants_of(actor.id) if grant.actor_id == actor.id]
    ended = _ended(registry, held, now)
    given: dict[str, tuple[Grant, ...]] = {}
    for grant in held:
        is_given = grant.stands(now, _conditions(registry, grant))
        if is_given and grant.port in registry.ports and grant.port not in ended:
            given[grant.port] = (*given.get(grant.port, ()), grant)
    known = known_ports(actor, registry, held, now)
    names = _names(known, held)
    shown = _Shown()
    for port in sorted(given):
        snapshot = lakehouse.snapshot(port, registry.ports[port].contract.major)
        if snapshot is not None:
            # A worker has another current folder, and the kernel sees through links.
            placed = replace(snapshot, table=snapshot.table.resolve())
            spelled = sorted(name for name, meant in names.items() if meant == port)
            shown.add(registry.ports[port].contract, placed, given[port], tuple(spelled))
    return Entitlement(
        tuple(shown.views),
        shown.versions,
        {port: tuple(grant.purpose for grant in grants) for port, grants in given.items()},
        known,
        {name.casefold(): port for name, port in names.items()},
        ended,
        _on_hold(registry, held, now),
        shown.parts,
        shown.faults,
    )


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


def with_parts(
    entitlement: Entitlement, copies: Copies | None, sql: str, now: datetime
) -> Entitlement:
    """The entitlement with views of the ports that are shown in part, as far as `sql` needs them.

    Copies are made where they are missing. A part that cannot be had has no view: its reason is in
    `faults`, and a statement that names it is refused with that.
    """
    if not entitlement.parts:
        return entitlement
    views, faults = list(entitlement.views), dict(entitlement.faults)
    for port, part in entitlement.parts.items():
        if part.is_wanted(sql, copies):
            try:
                views += part.views(copies, now)
            except (CopyAltered, CopyTooLarge, CopyFailed) as error:
                faults[port] = error
    return replace(entitlement, views=tuple(views), faults=faults)


@dataclass(slots=True)
class _Shown:
    """What the grants on each port show of it."""

    views: list[View] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    faults: dict[str, QueryError] = field(default_factory=dict)

    def add(
        self, contract: Contract, snapshot: Snapshot, grants: Sequence[Grant], names: Names
    ) -> None:
        """One granted port under its names; what no longer fits its columns shows nothing."""
        port = contract.reference
        self.versions[port] = snapshot.version
        restrictions = {grant.restriction.text(): grant.restriction for grant in grants}
        columns = dict(snapshot.columns)
        small, unknown = _withheld(contract, columns)
        if unknown:
            self.faults[port] = NotProtected(port, unknown)
            return
        if any(each.is_whole for each in restrictions.values()):
            if small is not None:
                self.parts[port] = Part(combined(snapshot, [WHOLE], small), names)
                return
            self.views += views_of(names, relation_of(snapshot), snapshot.files)
            return
        faults = {text: restriction_faults(r, columns) for text, r in restrictions.items()}
        fitting = [each for text, each in restrictions.items() if not faults[text]]
        if not fitting:
            told = dict.fromkeys(fault for found in faults.values() for fault in found)
            self.faults[port] = NothingShown(port, tuple(told))
            return
        self.parts[port] = Part(combined(snapshot, fitting, small), names)


def _withheld(
    contract: Contract, columns: Mapping[str, str]
) -> tuple[SmallNumbers | None, tuple[str, ...]]:
    """What the contract withholds, and why that cannot be done; then nothing may be shown."""
    try:
        small = small_numbers(contract)
    except ValueError as error:
        return None, (str(error),)
    return small, () if small is None else small.faults(columns)


def _names(offered: frozenset[str], held: Sequence[Grant]) -> dict[str, str]:
    """Every name that a statement may use for a port.

    `unit.port_v<major>` means that major version. The plain name means the one that the actor was
    first given a grant on, even when that has ended, so that nobody is moved to another in
    silence; without any grant, the oldest that is offered.
    """
    known = (*offered, *(grant.port for grant in held))
    names = {explicit_name(port): port for port in known}
    oldest: dict[str, str] = {}
    for port in sorted(offered, key=lambda port: read_name(port)[1]):
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
