"""Ports that are shown in part, made ready for a statement: whole files, or a copy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from confinement.worker import View
from data_products.snapshots import Snapshot
from data_products.sql import files_relation
from marketplace.query.combination import Combination
from marketplace.query.copies import Copies
from marketplace.query.errors import CopyFailed


@dataclass(frozen=True, slots=True)
class Part:
    """What grants together show of a port, and the names that a statement may use for it."""

    combination: Combination
    names: tuple[str, ...]  # unit.port, unit.port_v1

    def is_named(self, sql: str) -> bool:
        """Whether one of its names stands in a statement, in whatever way it is quoted."""
        folded = sql.casefold()
        return any(name.partition(".")[2].casefold() in folded for name in self.names)

    def is_wanted(self, sql: str, copies: Copies | None) -> bool:
        """Whether a statement may read it: a copy is made for one that names the port alone."""
        wanted = self.combination
        is_ready = not wanted.needs_copy or (copies is not None and copies.has(wanted))
        return is_ready or self.is_named(sql)

    def views(self, copies: Copies | None, now: datetime) -> tuple[View, ...]:
        """The part under its names. Raises CopyAltered, CopyTooLarge or CopyFailed."""
        wanted = self.combination
        needed = wanted.needed
        if not needed.table_files:
            return views_of(self.names, wanted.empty(), ())
        if not wanted.needs_copy:
            return views_of(self.names, relation_of(needed), needed.files)
        if copies is None:
            fault = "this process is given no folder for copies"
            raise CopyFailed(needed.port, fault)
        file = copies.file(wanted, relation_of(needed), now)
        return views_of(self.names, files_relation((file,), wanted.columns), (file,))


def relation_of(snapshot: Snapshot) -> str:
    """A bracketed SELECT over a version's files, with explicit columns and types."""
    return files_relation(snapshot.files, snapshot.columns, snapshot.partition_columns)


def views_of(names: Iterable[str], relation: str, files: Iterable[Path]) -> tuple[View, ...]:
    """One relation under each of a port's names."""
    listed = tuple(str(file) for file in files)
    split = (name.partition(".") for name in names)
    return tuple(View(unit, table, relation, listed) for unit, _, table in split)
