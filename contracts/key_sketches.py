"""Keys of published files as sorted 64-bit hashes, so that an increment reads none of them again.

A sketch is named by the SHA-256 of its bytes, and the verdict names the sketch of each file: one
that was changed, lost or belongs to another file is not found or does not verify, and then the
whole table is checked. Equal keys have equal hashes; a hash that both sides have proves nothing,
and is checked in the whole table too. The hash is DuckDB's, which may change with its version: a
sketch of another version does not count.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from contracts.key_checks import collected, filled_keys, key_hash

_ENGINE = f"duckdb {duckdb.__version__}"
_SUFFIX = ".u64"

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class KeySketches:
    """The sketches of one key, for each file of one checked table."""

    columns: tuple[tuple[str, str], ...]  # name, DuckDB type
    files: Mapping[str, str]  # data file -> SHA-256 of its sketch
    engine: str = _ENGINE

    def to_document(self) -> dict[str, Any]:
        """As a verdict's facts keep it."""
        columns = [list(pair) for pair in self.columns]
        return {"engine": self.engine, "columns": columns, "files": dict(self.files)}


def from_document(document: Any) -> KeySketches | None:
    """What to_document gave, also after JSON; None for anything else."""
    try:
        columns = tuple((str(name), str(kind)) for name, kind in document["columns"])
        files = {str(file): str(name) for file, name in document["files"].items()}
        return KeySketches(columns, files, str(document["engine"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def write_sketch(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str], folder: Path
) -> str:
    """Writes the sorted hashes of a relation's keys into `folder`, and returns their name."""
    names = tuple(columns)
    source = f"FROM {relation} AS keyed WHERE {filled_keys(names)}"
    count = connection.execute(f"SELECT count(*) {source}").fetchall()[0][0]
    hashes = collected(connection, f"SELECT {key_hash(names)} {source}", int(count))
    hashes.sort()
    content = hashes.astype("<u8", copy=False).view(np.uint8).data
    name = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}{_SUFFIX}"
    if not path.exists():
        draft = path.with_suffix(".writing")
        draft.write_bytes(content)
        draft.replace(path)
    return name


def read_sketch(folder: Path, name: str) -> Hashes | None:
    """The sorted hashes of that name; None where the file is gone or holds something else."""
    try:
        content = np.fromfile(folder / f"{name}{_SUFFIX}", dtype="<u8")
    except OSError:
        return None
    if hashlib.sha256(content.view(np.uint8).data).hexdigest() != name:
        return None
    return content.astype(np.uint64, copy=False)


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """The keys of the files that an incremental build kept."""

    folder: Path
    files: tuple[str, ...]
    sketches: Mapping[str, KeySketches]  # by id of the check

    def has_none_of(self, check_id: str, columns: tuple[tuple[str, str], ...], new: Hashes) -> bool:
        """Whether it is proved that no kept row has a key whose hash is among `new`, sorted."""
        known = self.sketches.get(check_id)
        if known is None or known.engine != _ENGINE or known.columns != columns:
            return False
        for file in self.files:
            kept = read_sketch(self.folder, known.files.get(file, "none"))
            if kept is None or _share(kept, new):
                return False
        return True


def _share(kept: Hashes, new: Hashes) -> bool:
    """Whether two sorted arrays have a value in common."""
    if not len(kept) or not len(new):
        return False
    places = np.searchsorted(kept, new)
    places[places == len(kept)] = len(kept) - 1
    return bool((kept[places] == new).any())
