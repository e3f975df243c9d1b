"""Which column of a file a contract means, whatever way its header is spelt this month."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.sources.source_objects import SourceColumn, SourceObject

# A byte order mark, as it is and after one or two rounds through the wrong encoding.
_BYTE_ORDER_MARK = re.compile(
    "^(?:\ufeff|\u00ef\u00bb\u00bf|\u00c3\u00af(?:\u00c2?\u00bb)(?:\u00c2?\u00bf))+"
)
_TREASURY_MARK = re.compile(r"\(t\)")


def without_byte_order_mark(text: str) -> str:
    """The text without a leading byte order mark, also a doubly encoded one."""
    return _BYTE_ORDER_MARK.sub("", text)


@lru_cache(maxsize=4096)
def fold(header: str) -> str:
    """A header reduced to its letters and digits, without case, byte order mark and `(T)`."""
    text = _TREASURY_MARK.sub("", without_byte_order_mark(header).casefold())
    return "".join(character for character in text if character.isalnum())


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Where one contracted column stands in a file.

    Several `positions` are columns under the same header: the first non-empty one counts, and a
    row in which they contradict each other is rejected.
    """

    column: "SourceColumn"
    positions: tuple[int, ...]
    fallback: int | None = None
    path_value: str | None = None

    @property
    def is_found(self) -> bool:
        """Whether the file can say anything about the column."""
        return bool(self.positions) or self.fallback is not None or self.path_value is not None


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """How the headers of a file meet the columns of a contract."""

    headers: tuple[str, ...]
    places: tuple[ColumnPlace, ...]

    @property
    def score(self) -> int:
        """How many contracted columns have a header here."""
        return sum(bool(place.positions) or place.fallback is not None for place in self.places)

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that the file says nothing about."""
        return tuple(p.column.name for p in self.places if p.column.required and not p.is_found)

    @property
    def taken(self) -> tuple[str, ...]:
        """Contracted columns that are filled from the file or its path."""
        return tuple(place.column.name for place in self.places if place.is_found)

    @property
    def used_positions(self) -> tuple[int, ...]:
        """The columns of the file that are read, in order."""
        used = {position for place in self.places for position in place.positions}
        used.update(place.fallback for place in self.places if place.fallback is not None)
        return tuple(sorted(used))

    @property
    def dropped(self) -> tuple[str, ...]:
        """Headers of the columns that no contract declares, so that they never land."""
        used = set(self.used_positions)
        named = (each.strip() for i, each in enumerate(self.headers) if i not in used)
        return tuple(name for name in named if name)

    @property
    def is_header(self) -> bool:
        """Whether this row is the header: nothing required is missing, and it is no accident."""
        declared = sum(bool(place.column.headers) for place in self.places)
        return not self.missing and self.score >= min(2, declared)


def match_headers(source: "SourceObject", headers: Sequence[str], path: str) -> HeaderMatch:
    """Finds the contracted columns among `headers`.

    The first spelling in the contract that the file has is taken for the whole file, so that
    net and gross amounts never mix within one column.
    """
    folded = [fold(header) for header in headers]
    values = source.path_values(path)
    places = tuple(
        ColumnPlace(
            column=column,
            positions=_positions(column.headers, folded),
            fallback=next(iter(_positions(column.fallback_headers, folded)), None),
            path_value=values.get(column.from_path) if column.from_path is not None else None,
        )
        for column in source.columns
    )
    return HeaderMatch(tuple(headers), places)


def _positions(wanted: Sequence[str], folded: Sequence[str]) -> tuple[int, ...]:
    for spelling in wanted:
        found = tuple(i for i, header in enumerate(folded) if header == spelling)
        if found:
            return found
    return ()
