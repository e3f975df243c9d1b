"""Where in the results table each verdict of a port lies; only files that are new are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_products.errors import UnreadableTable
from data_products.evidence_log import EvidenceFile
from data_products.evidence_rows import PARTITION

_HEAD = ("verdict_hash", "position", "candidate_hash", "checked_at", "contract_major")
_COLUMNS = (*_HEAD, "delta_version")
Identity = tuple[int, int, int]  # of a file: inode, time of its last change, bytes
_LOST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One verdict, and the row groups that hold it."""

    content_hash: str
    candidate_hash: str
    checked_at: datetime
    major: int
    is_recheck: bool
    places: tuple[tuple[str, int], ...]  # file, row group
    has_head: bool = True  # the row about the verdict itself is there


class PortIndex:
    """The verdicts of one port over the files that were read so far."""

    def __init__(self, root: Path, port: str) -> None:
        self._root = root
        self._port = port
        self._files: dict[str, Identity] = {}
        self._found: dict[str, tuple[Entry, ...]] = {}  # file -> what it holds
        self.entries: tuple[Entry, ...] = ()  # newest first

    def read(self, files: tuple[EvidenceFile, ...]) -> None:
        """Know exactly these files.

        Raises UnreadableTable, and FileNotFoundError where one was merged away meanwhile.
        """
        current = {file.path: _identity(self._root / file.path) for file in files}
        if current == self._files:
            return
        found = {
            name: self._found[name] if self._files.get(name) == identity else self._entries(name)
            for name, identity in current.items()
        }
        self._found, self._files = found, current
        self.entries = tuple(sorted(_joined(found), key=_age, reverse=True))

    def identity(self, entry: Entry) -> tuple[Identity, ...]:
        """What changes when a file of the entry does."""
        return tuple(self._files[name] for name, _ in entry.places)

    def rows(self, entry: Entry) -> list[dict[str, Any]]:
        """All rows of one verdict. Raises UnreadableTable or FileNotFoundError."""
        rows: list[dict[str, Any]] = []
        for name, group in entry.places:
            with _parquet(self._root, name) as file:
                table: Any = file.read_row_group(group)
            own = table.filter(pc.field("verdict_hash") == entry.content_hash)
            rows.extend({PARTITION: self._port, **row} for row in own.to_pylist())
        return rows

    def _entries(self, name: str) -> tuple[Entry, ...]:
        with _parquet(self._root, name) as file:
            groups = [
                file.read_row_group(group, columns=list(_COLUMNS))
                for group in range(file.num_row_groups)
            ]
        return tuple(
            entry
            for group, table in enumerate(groups)
            for entry in _entries_of(table, (name, group))
        )


def _entries_of(table: Any, place: tuple[str, int]) -> Iterator[Entry]:
    """Each verdict that has a row in a row group; without its own row, only where it lies."""
    heads = table.filter(pc.field("position") == 0).to_pylist()
    for head in heads:
        yield Entry(
            content_hash=head["verdict_hash"],
            candidate_hash=head["candidate_hash"] or "",
            checked_at=head["checked_at"] or _LOST,
            major=head["contract_major"] or 0,
            is_recheck=head["delta_version"] is not None,
            places=(place,),
        )
    known = {head["verdict_hash"] for head in heads}
    for name in pc.unique(table["verdict_hash"]).to_pylist():
        if name not in known:
            yield Entry(name, "", _LOST, 0, is_recheck=False, places=(place,), has_head=False)


def _joined(found: dict[str, tuple[Entry, ...]]) -> list[Entry]:
    """One entry a verdict, also where another tool's compaction has split it."""
    joined: dict[str, Entry] = {}
    for entry in (entry for name in sorted(found) for entry in found[name]):
        known = joined.get(entry.content_hash)
        if known is None:
            joined[entry.content_hash] = entry
            continue
        head = known if known.has_head else entry
        places = tuple(dict.fromkeys((*known.places, *entry.places)))
        joined[entry.content_hash] = replace(head, places=places)
    return [entry for entry in joined.values() if entry.has_head]


def _age(entry: Entry) -> tuple[datetime, str]:
    return entry.checked_at, entry.content_hash


def _identity(path: Path) -> Identity:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def _parquet(root: Path, name: str) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(root / name) as file:
            yield file
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise UnreadableTable(str(root), f"file `{name}` is broken ({error})") from error
