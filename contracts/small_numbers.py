"""Which numbers of people a port withholds: the custom property `smallNumbers`.

Each row of such a port counts people in one cell: a body, a grade and a month. Every column that
does not say which cell it is counts as told by the number, and is withheld with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract
from contracts.subjects import is_open_class

LEAST, MOST = 3, 1000
_KEYS = ("threshold", "count", "cells", "totals")
_NAME = "smallNumbers"


@dataclass(frozen=True, slots=True)
class SmallNumbers:
    """Numbers from 1 up to below `threshold` in column `count` are withheld."""

    threshold: int
    count: str
    cells: tuple[str, ...]  # the columns that say which cell a row is; all others are withheld
    totals: tuple[str, ...]  # of them: the finest grouping whose totals people may know

    def faults(self, columns: Mapping[str, str]) -> tuple[str, ...]:
        """Why a table with these columns and DuckDB types cannot be protected by it."""
        missing = [name for name in (*self.cells, self.count) if name not in columns]
        found = [f"it has no column `{name}`" for name in missing]
        if not missing and not _is_whole(columns[self.count]):
            found.append(f"`{self.count}` is `{columns[self.count]}`, not a whole number")
        return tuple(found)


def small_numbers(contract: Contract) -> SmallNumbers | None:
    """What the contract withholds; None where it says nothing of it.

    Raises ValueError for what the lint refuses: what cannot be read must not be shown.
    """
    if _NAME not in contract.custom:
        return None
    said: Any = contract.custom.get("smallNumbers")
    if next(_shape_faults(said, _NAME), None) is not None:
        raise ValueError(f"`{_NAME}` of {contract.reference} cannot be read.")
    texts = {key: tuple(map(str, said[key])) for key in ("cells", "totals")}
    return SmallNumbers(said["threshold"], said["count"], texts["cells"], texts["totals"])


def small_number_faults(document: dict[str, Any]) -> Iterator[DocumentFault]:
    """The faults of `smallNumbers` in a document that is valid ODCS."""
    for position, entry in enumerate(document.get("customProperties") or []):
        if entry.get("property") != _NAME:
            continue
        path = f"customProperties[{position}].value"
        shape = tuple(_shape_faults(entry.get("value"), path))
        yield from shape
        for table in document.get("schema") or () if not shape else ():
            yield from _column_faults(entry["value"], path, table.get("properties") or [])


def _shape_faults(said: Any, path: str) -> Iterator[DocumentFault]:
    if not isinstance(said, Mapping) or set(said) != set(_KEYS):
        words = ", ".join(f"`{key}`" for key in _KEYS)
        yield DocumentFault(path, "does not say what is withheld.", f"Write all of {words}.")
        return
    threshold = said["threshold"]
    if type(threshold) is not int or not LEAST <= threshold <= MOST:
        remedy = f"Write a whole number from {LEAST} to {MOST}: below {LEAST} nothing is hidden."
        yield DocumentFault(f"{path}.threshold", f"`{threshold}` is no threshold.", remedy)
    if not isinstance(said["count"], str):
        yield DocumentFault(f"{path}.count", "is no column.", "Name the column that counts people.")
    for key in ("cells", "totals"):
        names = said[key]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            yield DocumentFault(f"{path}.{key}", "is no list of columns.", "Write a list.")
        elif len(set(names)) < len(names):
            yield DocumentFault(f"{path}.{key}", "names a column twice.", "Keep one of them.")


def _column_faults(
    said: Mapping[str, Any], path: str, properties: Sequence[Mapping[str, Any]]
) -> Iterator[DocumentFault]:
    declared = {str(column.get("name")): column for column in properties}
    for key, names in (("count", [said["count"]]), ("cells", said["cells"])):
        for name in names:
            if name not in declared:
                fault = f"`{name}` is not a column of the contract."
                yield DocumentFault(f"{path}.{key}", fault, "Name one of its columns.")
    for name in said["totals"]:
        if name not in said["cells"]:
            remedy = "Name columns of `cells`, or none: then only the total of all rows is known."
            yield DocumentFault(f"{path}.totals", f"`{name}` is no part of a cell.", remedy)
    keys = {name for name, column in declared.items() if column.get("primaryKey") is True}
    if not keys or not keys <= set(said["cells"]):
        remedy = "Declare a primary key within `cells`: each row must be a cell of its own."
        yield DocumentFault(f"{path}.cells", "does not tell one row from another.", remedy)
    if said["count"] in said["cells"]:
        fault = f"`{said['count']}` cannot be withheld where it says which cell a row is."
        yield DocumentFault(f"{path}.cells", fault, "Leave it out.")
    yield from _withheld_faults(said, path, declared)


def _withheld_faults(
    said: Mapping[str, Any], path: str, declared: Mapping[str, Mapping[str, Any]]
) -> Iterator[DocumentFault]:
    count = declared.get(said["count"], {})
    if count.get("logicalType", "integer") != "integer":
        fault = f"`{said['count']}` is no whole number."
        yield DocumentFault(f"{path}.count", fault, "Name the column that counts people.")
    for name, column in declared.items():
        if name in said["cells"]:
            continue
        if column.get("required") is True:
            fault = f"`{name}` is required and would be withheld in some rows."
            remedy = "Let it be empty, or name it in `cells` where it says which cell a row is."
            yield DocumentFault(f"{path}.cells", fault, remedy)
        if is_open_class(column.get("classification")):
            fault = f"`{name}` would be withheld in some rows and shown in evidence."
            remedy = f"Give `{name}` a `classification`, such as `restricted`."
            yield DocumentFault(f"{path}.cells", fault, remedy)


def _is_whole(column_type: str) -> bool:
    return column_type.upper().endswith("INT") or column_type.upper() in {"INTEGER", "UINTEGER"}
