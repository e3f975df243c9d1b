"""What part of a port a grant shows: a typed predicate over its rows, and a rule per column.

A restriction is data, never SQL: it is kept as JSON, shown to people in words, and carried out by
`marketplace.query` in copies of the port's files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

Value = str | int | float | bool  # dates, timestamps and decimals as text, in ISO 8601 and digits


class Operator(StrEnum):
    """How a column's value is held against the values of a comparison."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class Mask(StrEnum):
    """What stands in a cell instead of its value."""

    HASH = "hash"  # the same for the same value; keyed, so that nobody can try values
    PARTIAL = "partial"  # the first and last character of a text, or a date's year
    BUCKET = "bucket"  # a number's order of magnitude, or the month of a date
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column against values. An empty cell matches `is_empty` and nothing else."""

    column: str
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Rows that match every part; no part: every row."""

    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Rows that match at least one part; no part: no row."""

    parts: "tuple[Predicate, ...]"


Predicate = Comparison | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Restriction:
    """The rows and cells of a port that a grant shows; columns not named are shown."""

    rows: Predicate | None = None  # None: every row
    masked: Mapping[str, Mask] = field(default_factory=lambda: MappingProxyType({}))
    hidden: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether it shows the port as it is."""
        return self.rows is None and not self.masked and not self.hidden

    def text(self) -> str:
        """The restriction as it is kept: one spelling of each, empty where it is none."""
        if self.is_whole:
            return ""
        document: dict[str, Any] = {
            "rows": None if self.rows is None else _document(self.rows),
            "masked": {name: mask.value for name, mask in sorted(self.masked.items())},
            "hidden": sorted(self.hidden),
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The restriction that `text` was made of.

        Raises ValueError where it is none: then nothing is to be shown.
        """
        if not text:
            return cls()
        document = json.loads(text)
        if set(document) != {"rows", "masked", "hidden"}:
            raise ValueError(f"A restriction has rows, masked and hidden, not {sorted(document)}.")
        rows = document["rows"]
        return cls(
            rows=None if rows is None else _predicate(rows),
            masked={str(name): Mask(mask) for name, mask in document["masked"].items()},
            hidden=frozenset(map(str, document["hidden"])),
        )


WHOLE = Restriction()


def _document(predicate: Predicate) -> dict[str, Any]:
    if isinstance(predicate, Comparison):
        return {
            "column": predicate.column,
            "operator": predicate.operator.value,
            "values": list(predicate.values),
        }
    kind = "all" if isinstance(predicate, AllOf) else "any"
    return {kind: [_document(part) for part in predicate.parts]}


def _predicate(document: Mapping[str, Any]) -> Predicate:
    if set(document) == {"all"}:
        return AllOf(tuple(_predicate(part) for part in document["all"]))
    if set(document) == {"any"}:
        return AnyOf(tuple(_predicate(part) for part in document["any"]))
    if set(document) == {"column", "operator", "values"}:
        values = tuple(document["values"])
        return Comparison(str(document["column"]), Operator(document["operator"]), values)
    raise ValueError(f"A predicate is a comparison, `all` or `any`, not {sorted(document)}.")
