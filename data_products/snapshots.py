"""What readers need of a table's version: its files, columns and what its commit said."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from data_products.column_types import duckdb_type
from data_products.delta_log import Commit, commit_of, latest_version, log_entry
from data_products.errors import UnreadableTable

# Readers disagree on deletion vectors and column mapping, and read_parquet knows neither. Reader
# version 2 means column mapping; from 3 on a table names the features it needs.
_READABLE_FEATURES = frozenset({"timestampNtz"})


@dataclass(frozen=True, slots=True)
class TableFile:
    """One Parquet file of a version."""

    path: str  # relative to the table's folder
    size_bytes: int
    rows: int
    partition_values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One Delta version of a port's table, as its readers see it."""

    port: str  # unit.port
    major: int
    table: Path
    version: int
    columns: tuple[tuple[str, str], ...]  # name, DuckDB type, in order
    partition_columns: tuple[str, ...]
    table_files: tuple[TableFile, ...]
    features: frozenset[str]  # Delta features that a reader must know
    commit: Commit

    @property
    def files(self) -> tuple[Path, ...]:
        """Absolute paths of the files."""
        return tuple(self.table / file.path for file in self.table_files)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What publishing recorded: run_id, fingerprint, sources, contract_version ..."""
        return self.commit.metadata

    @property
    def published_at(self) -> datetime:
        """When it was committed, in UTC."""
        return self.commit.published_at

    @property
    def rows(self) -> int:
        """Rows of the whole table."""
        return sum(file.rows for file in self.table_files)

    @property
    def bytes(self) -> int:
        """Bytes of the whole table on disk."""
        return sum(file.size_bytes for file in self.table_files)


class SnapshotCache:
    """Snapshots of the served versions, read again only after a commit.

    An unchanged table costs two looks at the file system: is there a newer log entry, and is the
    entry still the file that was read (a table may have been moved away and made anew).
    """

    def __init__(self) -> None:
        self._read: dict[Path, tuple[Snapshot, tuple[int, int]]] = {}

    def snapshot(self, port: str, major: int, table: Path) -> Snapshot | None:
        """The served version, or None where nothing is published. Raises UnreadableTable."""
        known = self._read.get(table)
        if known is not None:
            snapshot, identity = known
            is_newest = not log_entry(table, snapshot.version + 1).exists()
            if is_newest and _identity(table, snapshot.version) == identity:
                return snapshot
        fresh = read_snapshot(port, major, table)
        seen = None if fresh is None else _identity(table, fresh.version)
        if fresh is None or seen is None:
            self._read.pop(table, None)
        else:
            self._read[table] = (fresh, seen)
        return fresh


def read_snapshot(
    port: str, major: int, table: Path, version: int | None = None
) -> Snapshot | None:
    """The newest version of a table, or `version`; None where there is none.

    Raises UnreadableTable when the table uses Delta features that our readers would get wrong.
    """
    if latest_version(table) is None:
        return None
    delta = open_table(table, version)
    partition_columns = tuple(delta.metadata().partition_columns)
    fields = json.loads(delta.schema().to_json())["fields"]
    return Snapshot(
        port=port,
        major=major,
        table=table,
        version=delta.version(),
        columns=tuple((field["name"], duckdb_type(field["type"])) for field in fields),
        partition_columns=partition_columns,
        table_files=_table_files(delta, partition_columns),
        features=frozenset(delta.protocol().reader_features or ()),
        commit=commit_of(table, delta.version()),
    )


def fault_in(port: str, major: int, table: Path) -> str | None:
    """Why a table's newest version cannot be read now; None where it can."""
    try:
        snapshot = read_snapshot(port, major, table)
    except (UnreadableTable, OSError, ValueError) as error:
        return str(error)
    if snapshot is None:
        return "nothing is published"
    for file in snapshot.table_files:
        path = snapshot.table / file.path
        if not path.is_file():
            return f"`{file.path}` is gone"
        if path.stat().st_size != file.size_bytes:
            return f"`{file.path}` has another size than was published"
    return None


def open_table(table: Path, version: int | None = None) -> DeltaTable:
    """The Delta table, refused with UnreadableTable where its readers would get it wrong."""
    try:
        delta = DeltaTable(table, version=version)
    except TableNotFoundError as error:
        raise UnreadableTable(str(table), f"its log is not complete ({error})") from error
    except DeltaError as error:
        raise UnreadableTable(str(table), str(error)) from error
    protocol = delta.protocol()
    features = set(protocol.reader_features or ()) - _READABLE_FEATURES
    if protocol.min_reader_version == 2:
        features.add("columnMapping")
    if features:
        named = ", ".join(f"`{feature}`" for feature in sorted(features))
        raise UnreadableTable(str(table), f"it uses the Delta feature {named}")
    return delta


def _table_files(delta: DeltaTable, partition_columns: tuple[str, ...]) -> tuple[TableFile, ...]:
    actions = delta.get_add_actions(flatten=True)
    names = ("path", "size_bytes", "num_records", *(f"partition.{n}" for n in partition_columns))
    files = []
    for path, size, rows, *values in zip(
        *(actions[name].to_pylist() for name in names), strict=True
    ):
        if rows is None:
            raise UnreadableTable(delta.table_uri, f"file `{path}` says not how many rows it has")
        texts = map(_partition_text, values)
        split = dict(zip(partition_columns, texts, strict=True))
        files.append(TableFile(unquote(path), size, rows, split))
    return tuple(sorted(files, key=lambda file: file.path))


def _partition_text(value: Any) -> str | None:
    """A partition value as Delta spells it: dates as ISO 8601, booleans in lower case."""
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _identity(table: Path, version: int) -> tuple[int, int] | None:
    try:
        found = log_entry(table, version).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
