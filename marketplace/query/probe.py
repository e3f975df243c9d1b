"""Effective access, proved: a session as each actor, held against what the grants say.

The grants are taken from the audit log, the rows from the files themselves; only the session goes
through the engine. Whatever does not agree is a difference, also where less is shown than given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from contracts.access_conditions import condition_names
from contracts.lifecycle import end_of_service
from contracts.port_names import explicit_name
from contracts.small_numbers import SmallNumbers, small_numbers
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from data_products.sql import quoted
from marketplace.access.model import Actor, AuditEntry, AuditRecord, Grant
from marketplace.access.people import People
from marketplace.access.store import AccessStore
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import (
    GrantOnHold,
    NoGrant,
    NothingPublished,
    NothingShown,
    QueryError,
    QueryTimedOut,
    QueryTooLarge,
    ScanTooLarge,
    ServiceEnded,
    TooManyQueries,
    UnknownPort,
)
from marketplace.query.incidents import PROBER
from marketplace.query.plain_reading import fingerprint_of, fingerprint_sql, quoted_name
from marketplace.query.plain_tables import PlainTables, Session
from marketplace.query.probe_report import Difference, DifferenceKind, ProbeReport

_DENIALS = (NoGrant, GrantOnHold, UnknownPort, ServiceEnded, NothingPublished, NothingShown)


_LIMITS = (QueryTimedOut, QueryTooLarge, ScanTooLarge, TooManyQueries)  # of the person


class ProbeStore(AccessStore):
    """The access state as a probe's engine sees it: what it logs is the probe's, not the person's.

    So nobody finds statements in their log that they never ran.
    """

    def record(self, entry: AuditEntry, now: datetime) -> AuditRecord:
        """Append to the audit log that the probe ran a statement as somebody."""
        details = {**entry.details, "as": entry.actor_id}
        named = replace(entry, actor_id=PROBER, action="probe.query", details=details)
        return super().record(named, now)


@dataclass(frozen=True, slots=True)
class ProbedRooms:
    """What a probe looks at; `engine` is over `store`."""

    engine: QueryEngine
    store: ProbeStore
    registry: Registry
    lakehouse: Lakehouse
    people: People


def probe(rooms: ProbedRooms, now: datetime) -> ProbeReport:
    """Open a session as each actor who has or had a grant, and as each known person.

    A difference counts when a second look finds it too: a grant or a version may have changed
    during the first. Nothing is changed but the audit log.
    """
    first = _Probing(rooms, now).looked()
    if first.agrees:
        return first
    again = {(each.kind, each.port, each.actor_id) for each in _Probing(rooms, now).differences()}
    kept = (each for each in first.differences if (each.kind, each.port, each.actor_id) in again)
    return replace(first, differences=tuple(kept))


class _Probing:
    """One look at everything."""

    def __init__(self, rooms: ProbedRooms, now: datetime) -> None:
        self._rooms = rooms
        self._now = now
        self._attested = rooms.store.attestation.read()
        self._tables = PlainTables(rooms.lakehouse, rooms.registry)
        self._sessions = self._compared = 0
        self._uncompared: list[str] = []

    def looked(self) -> ProbeReport:
        """What this look finds."""
        differences = tuple(self.differences())
        return ProbeReport(
            at=self._now,
            actors=len(self._actors()),
            ports=len(self._rooms.registry.ports),
            sessions=self._sessions,
            compared=self._compared,
            uncompared=tuple(self._uncompared),
            differences=differences,
        )

    def differences(self) -> Iterator[Difference]:
        """Of the log, the stored grants, the files, and each session."""
        log = self._rooms.store.verify_audit()
        if not log.intact:
            yield Difference(DifferenceKind.LOG, "", "", f"the audit log is broken: {log.fault}")
        for each in self._attested.faults:
            yield Difference(DifferenceKind.GRANT, each.port, each.actor_id, each.fault)
        for port in sorted(self._rooms.registry.ports):
            for fault in self._tables.altered(port):
                yield Difference(DifferenceKind.FILES, port, "", fault)
        copies = self._rooms.engine.copies
        for name, fault in ({} if copies is None else copies.altered()).items():
            yield Difference(DifferenceKind.FILES, "", "", f"copy `{name}`: {fault}")
        for actor in self._actors():
            yield from self._of_actor(actor)

    def _actors(self) -> tuple[Actor, ...]:
        """Everyone whom the log or the tables give something, and everyone known."""
        people = self._rooms.people
        ids = {person.id for person in people.all()}
        ids |= {each.actor_id for each in self._attested.grants}
        ids |= {each.actor_id for each in self._attested.faults}
        found = ((each, people.by_id(each)) for each in sorted(ids))
        nobody = Actor("", "", frozenset(), frozenset())
        return tuple(known or replace(nobody, id=each, name=each) for each, known in found)

    def _of_actor(self, actor: Actor) -> Iterator[Difference]:
        try:
            stored = self._rooms.store.grants_of(actor.id)
        except ValueError as error:
            fault = f"a stored grant cannot be read ({error})"
            yield Difference(DifferenceKind.GRANT, "", actor.id, fault)
            return
        for port in sorted(self._rooms.registry.ports):
            yield from self._of_port(actor, port, self._given(actor, port, stored))

    def _given(self, actor: Actor, port: str, stored: Sequence[Grant]) -> tuple[Grant, ...]:
        """The grants that give the actor the port now: stored, standing, and decided on."""
        decided = {g.id for g in self._attested.standing(actor.id, self._now) if g.port == port}
        contract = self._rooms.registry.ports[port].contract
        if end_of_service(contract, self._now).is_over:
            return ()
        asked = condition_names(contract)
        return tuple(g for g in stored if g.id in decided and g.stands(self._now, asked))

    def _of_port(self, actor: Actor, port: str, given: Sequence[Grant]) -> Iterator[Difference]:
        is_whole = any(grant.restriction.is_whole for grant in given)
        if given and not is_whole:
            yield from self._of_part(actor, port, given)
            return
        rule = self._withheld(port)
        if given and rule is not None:
            yield from self._of_numbers(actor, port, rule)
            return
        try:
            table = self._tables.of(port) if given else None
        except (OSError, ValueError, duckdb.Error) as error:
            yield Difference(DifferenceKind.FILES, port, "", f"they cannot be read ({error})")
            return
        try:
            shown = self._session(actor, port, () if table is None else table.columns)
        except _DENIALS:
            if table is not None:
                fault = "a session shows nothing, and a grant gives the port"
                yield Difference(DifferenceKind.NOT_SHOWN, port, actor.id, fault)
            return
        except QueryError as error:
            if isinstance(error, _LIMITS):
                self._uncompared.append(f"what `{actor.id}` is shown of `{port}`: {error}")
                return
            fault = f"a session could not be held against the grants: {error}"
            yield Difference(DifferenceKind.NOT_SHOWN, port, actor.id, fault)
            return
        if table is None:
            fault = f"a session shows {shown.rows} rows, and no decision gives any"
            yield Difference(DifferenceKind.SHOWN, port, actor.id, fault)
            return
        for fault in table.faults_of(shown):
            yield Difference(DifferenceKind.CONTENT, port, actor.id, fault)
        self._compared += 1

    def _withheld(self, port: str) -> SmallNumbers | None:
        try:
            return small_numbers(self._rooms.registry.ports[port].contract)
        except ValueError:
            return None  # the engine shows nothing of it, which is a difference where it is given

    def _of_numbers(self, actor: Actor, port: str, rule: SmallNumbers) -> Iterator[Difference]:
        """A port whose small numbers are withheld is not what its files hold: none may be there."""
        self._uncompared.append(f"what `{actor.id}` is shown of `{port}`, less its small numbers")
        self._sessions += 1
        count = quoted(rule.count)
        is_small = f"{count} <> 0 AND {count} < {rule.threshold}"
        sql = f"SELECT count(*) AS n FROM {quoted_name(explicit_name(port))} WHERE {is_small}"
        try:
            answer = self._rooms.engine.run(actor, sql, self._now)
        except NothingPublished:
            return
        except QueryError as error:
            fault = f"a session could not be held against the grants: {error}"
            yield Difference(DifferenceKind.NOT_SHOWN, port, actor.id, fault)
            return
        shown = answer.table().to_pylist()[0]["n"]
        if shown:
            fault = f"a session shows {shown} small numbers that the contract withholds"
            yield Difference(DifferenceKind.CONTENT, port, actor.id, fault)

    def _of_part(self, actor: Actor, port: str, given: Sequence[Grant]) -> Iterator[Difference]:
        """A port that is shown in part: no column that every grant hides; the cells are not held.

        They are tested against a reference model instead.
        """
        self._sessions += 1
        self._uncompared.append(f"the rows and cells that `{actor.id}` is shown of `{port}`")
        hidden = frozenset.intersection(*(g.restriction.hidden for g in given))
        sql = f"SELECT * FROM {quoted_name(explicit_name(port))} LIMIT 0"
        try:
            names = self._rooms.engine.run(actor, sql, self._now).schema.names
        except QueryError as error:
            fault = f"a grant gives a part of the port, and a session is refused: {error}"
            yield Difference(DifferenceKind.NOT_SHOWN, port, actor.id, fault)
            return
        for name in sorted(set(names).intersection(hidden)):
            fault = f"a session shows the column `{name}`, which every grant hides"
            yield Difference(DifferenceKind.SHOWN, port, actor.id, fault)

    def _session(self, actor: Actor, port: str, columns: Sequence[str]) -> Session:
        """What a session of the actor shows of a port. Raises the QueryErrors."""
        self._sessions += 1
        engine, name = self._rooms.engine, quoted_name(explicit_name(port))
        answer = engine.run(actor, fingerprint_sql(name, columns), self._now)
        row = next(iter(answer.table().to_pylist()), {})
        every = engine.run(actor, f"SELECT * FROM {name} LIMIT 0", self._now) if columns else None
        return Session(
            version=answer.delta_versions.get(port),
            columns=() if every is None else tuple(every.schema.names),
            found=fingerprint_of(columns, tuple(row.values())),
        )
