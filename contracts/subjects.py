"""What a table's promises are about: its columns, and the values within them."""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.model import Property, SchemaObject
from contracts.value_paths import ValuePath

_OPEN_CLASSES = frozenset({"official", "public", "open"})
_KEYS = {"[]": "items", "{key}": "map.key", "{value}": "map.value"}


@dataclass(frozen=True, slots=True)
class Subject:
    """One property of a contract: where it is declared, and where its values stand."""

    declared: Property
    path: str
    place: ValuePath

    @property
    def name(self) -> str:
        """How evidence names it: `amount`, `lines[].amount`."""
        return str(self.place)

    @property
    def inner_place(self) -> ValuePath | None:
        """Where the values stand within a column; None for the column itself."""
        return self.place if self.place.steps else None


def subjects(table: SchemaObject) -> Iterator[Subject]:
    """Every column of a table, each followed by what is declared within it."""
    for position, column in enumerate(table.properties):
        place = ValuePath(column.name, (), is_guarded(column))
        yield from _below(column, column.path or f"schema[0].properties[{position}]", place)


def is_guarded(column: Property) -> bool:
    """Whether values stay out of evidence: personal or above OFFICIAL, here or anywhere within."""
    is_closed = not is_open_class(column.classification)
    return column.is_personal or is_closed or any(is_guarded(part) for _, part in column.inner)


def is_open_class(classification: str | None) -> bool:
    """Whether a column's classification lets its values stand in evidence; without one it does."""
    return classification is None or classification.strip().casefold() in _OPEN_CLASSES


def _below(declared: Property, path: str, place: ValuePath) -> Iterator[Subject]:
    yield Subject(declared, path, place)
    for position, (step, part) in enumerate(declared.inner):
        key = _KEYS.get(step, f"properties[{position}]")
        yield from _below(part, f"{path}.{key}", place.below(step, is_guarded(part)))
