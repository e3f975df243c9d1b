"""The ports' tables as a probe reads them for itself, each version once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from data_products.errors import UnreadableTable
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.query.plain_reading import (
    Fingerprint,
    altered_files,
    column_names,
    fingerprint,
    served,
)


@dataclass(frozen=True, slots=True)
class Session:
    """What a session showed of a port."""

    version: int | None  # Delta version that its answer named
    columns: tuple[str, ...]
    found: Fingerprint

    @property
    def rows(self) -> int:
        """How many rows it showed."""
        return self.found.rows


@dataclass(frozen=True, slots=True)
class PlainTable:
    """One version of a port, read without the engine."""

    version: int
    columns: tuple[str, ...]
    found: Fingerprint

    def faults_of(self, session: Session) -> Iterator[str]:
        """How a session that may see all of it differs; no value of any row is told."""
        if session.version != self.version:
            yield f"a session reads version {session.version}, and version {self.version} is served"
        if session.columns != self.columns:
            shown, held = _listed(session.columns), _listed(self.columns)
            yield f"a session has the columns {shown}, and the files hold {held}"
        if session.rows != self.found.rows:
            yield f"a session shows {session.rows} rows, and the files hold {self.found.rows}"
            return
        told = dict(session.found.columns)
        other = [name for name, total in self.found.columns if told.get(name) != total]
        if other:
            yield f"a session shows other values in {_listed(other)} than the files hold"
        elif session.found.whole != self.found.whole:
            yield "a session shows the files' values in other rows"


class PlainTables:
    """Every port's served version, read when it is first asked for."""

    def __init__(self, lakehouse: Lakehouse, registry: Registry) -> None:
        self._lakehouse = lakehouse
        self._registry = registry
        self._read: dict[str, PlainTable | None] = {}

    def of(self, port: str) -> PlainTable | None:
        """The served version; None where nothing is published. Raises ValueError or OSError."""
        if port not in self._read:
            self._read[port] = self._fresh(port)
        return self._read[port]

    def altered(self, port: str) -> Sequence[str]:
        """Faults of a port's files: other bytes than were checked, or a log that has a gap."""
        major = self._registry.ports[port].contract.major

        def columns_at(version: int) -> Sequence[tuple[str, str]]:
            snapshot = self._lakehouse.snapshot(port, major, version)
            return () if snapshot is None else snapshot.columns

        try:
            return altered_files(self._lakehouse.table(port, major), columns_at)
        except (OSError, ValueError, KeyError, UnreadableTable) as error:
            return (f"its table cannot be read ({error})",)

    def _fresh(self, port: str) -> PlainTable | None:
        major = self._registry.ports[port].contract.major
        found = served(self._lakehouse.table(port, major))
        if found is None or not found.files:
            return None
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            names = column_names(connection, found.files)
            total = fingerprint(connection, found.files, names)
        return PlainTable(found.version, names, total)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
