"""What several restricted grants on one port show together: no cell that none of them shows.

A row is shown where a grant shows it. A cell of it is what the most open of the grants that show
this row makes of it: as it is, in part, in its bucket, as a hash, empty. A column that a grant
hides is NULL in the rows that this grant alone shows, and absent where all hide it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from contracts.port_names import read_name
from contracts.small_numbers import SmallNumbers
from data_products.snapshots import Snapshot, TableFile
from data_products.sql import files_relation, quoted
from marketplace.access.restriction import Mask, Restriction
from marketplace.query.masks import masked, masked_type
from marketplace.query.predicates import condition, judge
from marketplace.query.suppression import ORDER, ORDER_KEY, suppressed

_SMALL_FORM = 1  # of what is withheld: likewise
_FORM = 1  # of copies: another number makes all of them anew
_OPENNESS = (None, Mask.PARTIAL, Mask.BUCKET, Mask.HASH, Mask.NULL)  # None: the cell as it is


@dataclass(frozen=True)
class Combination:
    """One version of a port, and the restrictions under which it is shown; never the whole of it.

    The restrictions fit its columns.
    """

    snapshot: Snapshot
    restrictions: tuple[Restriction, ...]
    small: SmallNumbers | None = None  # what is withheld of every row, before any restriction

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns that are shown, with their DuckDB types, in the port's order."""
        return tuple(
            (name, _shown_type(kind, presented))
            for name, kind in self.snapshot.columns
            if (presented := self._presentations(name))
        )

    @property
    def hashed(self) -> tuple[str, ...]:
        """The columns whose hash is shown in some row; what else a copy needs a key for."""
        every = (each.masked.items() for each in self.restrictions)
        names = {name for masks in every for name, mask in masks if mask is Mask.HASH}
        return tuple(sorted(names | ({ORDER_KEY} if self.small is not None else set())))

    @cached_property
    def needed(self) -> Snapshot:
        """The snapshot with the files alone that a shown row can be in.

        All of them where small numbers are withheld: a row that is not shown may cover one that is.
        """
        if self.small is not None:
            return self.snapshot
        files = tuple(f for f, shown in self._judged if shown is not False)
        return replace(self.snapshot, table_files=files)

    @property
    def needs_copy(self) -> bool:
        """Whether a file holds anything that is not shown; otherwise `needed` is all there is."""
        if self.small is not None:
            return True
        if any(each.masked or each.hidden for each in self.restrictions):
            return bool(self.needed.table_files)
        return any(shown is None for _, shown in self._judged)

    @cached_property
    def identity(self) -> str:
        """The hash of all that decides on a copy's content, but for the secret of its masks."""
        facts = {
            "form": _FORM,
            "port": read_name(self.snapshot.port)[0],
            "major": self.snapshot.major,
            "version": self.snapshot.version,
            "files": [[f.path, f.size_bytes, f.rows] for f in self.snapshot.table_files],
            "columns": [list(column) for column in self.snapshot.columns],
            "restrictions": [each.text() for each in self.restrictions],
        }
        if self.small is not None:
            facts["small"] = [_SMALL_FORM, asdict(self.small)]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def empty(self) -> str:
        """The bracketed SELECT where no file holds a shown row."""
        return files_relation((), self.columns)

    def select(self, relation: str) -> str:
        """The SELECT of what is shown, over the rows of `needed`."""
        types = dict(self.snapshot.columns)
        flags = self._flags()
        tests = ", ".join(
            f"coalesce({condition(each.rows, types)}, false) AS {flag}"
            for each, flag in zip(self.restrictions, flags, strict=True)
        )
        cells = ", ".join(
            f"{self._cell(name, types[name], kind)} AS {quoted(name)}"
            for name, kind in self.columns
        )
        order = ""
        if self.small is not None:
            relation = suppressed(self.small, self.snapshot.columns, relation)
            order = f" ORDER BY {quoted(ORDER)}"
        shown = f"SELECT {cells} FROM (SELECT *, {tests} FROM {relation})"
        return f"{shown} WHERE {' OR '.join(flags)}{order}"

    @cached_property
    def _judged(self) -> tuple[tuple[TableFile, bool | None], ...]:
        """Each file, with whether all of its rows are shown, none, or nobody knows."""
        types = dict(self.snapshot.columns)
        judges = [judge(each.rows, types) for each in self.restrictions]

        def is_shown(file: TableFile) -> bool | None:
            found = {each(file) for each in judges}
            return True if True in found else None if None in found else False

        return tuple((file, is_shown(file)) for file in self.snapshot.table_files)

    def _flags(self) -> tuple[str, ...]:
        """Names for each restriction's answer that no column has."""
        stem = "shown"
        while any(name.casefold().startswith(stem) for name, _ in self.snapshot.columns):
            stem += "_"
        return tuple(quoted(f"{stem}{number}") for number in range(len(self.restrictions)))

    def _presentations(self, name: str) -> Mapping[Mask | None, tuple[str, ...]]:
        """How a column is shown, the most open first, each with the restrictions that do."""
        found: dict[Mask | None, tuple[str, ...]] = {}
        for each, flag in zip(self.restrictions, self._flags(), strict=True):
            if name not in each.hidden:
                mask = each.masked.get(name)
                found[mask] = (*found.get(mask, ()), flag)
        return {mask: found[mask] for mask in _OPENNESS if mask in found}

    def _cell(self, name: str, column_type: str, shown_type: str) -> str:
        presented = self._presentations(name)
        cells = {
            mask: quoted(name) if mask is None else masked(name, column_type, mask)
            for mask in presented
        }
        first, flags = next(iter(presented.items()))
        if len(flags) == len(self.restrictions):
            return f"CAST({cells[first]} AS {shown_type})"
        cases = " ".join(
            f"WHEN {' OR '.join(flags)} THEN CAST({cells[mask]} AS {shown_type})"
            for mask, flags in presented.items()
        )
        return f"CASE {cases} END"


def combined(
    snapshot: Snapshot, restrictions: Iterable[Restriction], small: SmallNumbers | None = None
) -> Combination:
    """The combination of restrictions, in one order and each once, whatever grants they are of."""
    by_text = {each.text(): each for each in restrictions}
    return Combination(snapshot, tuple(by_text[text] for text in sorted(by_text)), small)


def _shown_type(column_type: str, presented: Mapping[Mask | None, object]) -> str:
    return masked_type(column_type, Mask.HASH) if Mask.HASH in presented else column_type
