"""What is landed: a Parquet file, a rejects file and a record per source file.

A record is the commit: it is written last, and rows without a record are not there. Of several
records for one path the highest generation counts, so a crash between writing the new and
withdrawing the old shows the new rows only.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.model import Contract
from orchestration.sources.errors import StaleLanding
from orchestration.sources.source_objects import SourceObject, source_object
from orchestration.sources.typed_values import identifier, literal

LANDED_COLUMNS = (
    ("_source_file", "varchar"),
    ("_source_hash", "varchar"),
    ("_line", "bigint"),
    ("_line_count", "integer"),
)
REJECT_COLUMNS = (
    ("source_file", "varchar"),
    ("source_hash", "varchar"),
    ("line", "bigint"),
    ("raw", "varchar"),
    ("reason", "varchar"),
    ("landed_at", "timestamp with time zone"),
)


@dataclass(frozen=True, slots=True)
class LandedFile:
    """What became of one source file: rows_read = rows_landed + rows_rejected + rows_duplicate.

    `refusal` says why the file as a whole was not landed; its rows are then all rejects, or it
    could not be read at all. A withdrawn record is kept, its rows are not.
    """

    source_system: str
    object: str
    path: str  # below the root, POSIX
    source_hash: str  # SHA-256 of the file's bytes
    bytes: int
    format: str
    encoding: str | None
    rows_read: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int
    columns_taken: tuple[str, ...]
    columns_dropped: tuple[str, ...]  # headers that no contract declares
    contract_hash: str  # SHA-256 of what the source contract says of this object
    landed_at: datetime  # UTC
    seconds: float
    parquet: str  # below the store's root, POSIX
    rejects: str | None
    key: str
    preamble_rows: int = 0
    blank_rows_below: int = 0  # the empty end of the table, which is no part of rows_read
    values_rounded: int = 0
    sheets_ignored: tuple[str, ...] = ()
    refusal: str | None = None
    generation: int = 1  # of this path: the next one replaces it
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """The current files of one schema object of a source system, added up."""

    source_system: str
    object: str
    files: int
    files_refused: int
    rows_read: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int


class LandingStore:
    """The landing folder. Reads it, and writes records; constructing it touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def rows_path(self, source_system: str, name: str, key: str) -> Path:
        """Where the landed rows of one file are."""
        return self.root / source_system / name / f"{key}.parquet"

    def rejects_path(self, source_system: str, name: str, key: str) -> Path:
        """Where the rejects of one file are."""
        return self.root / "_rejects" / source_system / name / f"{key}.parquet"

    def records(self, source_system: str, name: str) -> tuple[LandedFile, ...]:
        """Every record ever kept, withdrawn ones too, by path."""
        folder = self.root / "_files" / source_system / name
        if not folder.is_dir():
            return ()
        read = (_from_document(path.read_bytes()) for path in folder.glob("*.json"))
        return tuple(sorted(read, key=lambda each: (each.path, each.landed_at, each.key)))

    def files(self, source_system: str, name: str) -> tuple[LandedFile, ...]:
        """The current files: not withdrawn, the highest generation of each path, by path."""
        return _current(self.records(source_system, name))

    def relation(self, contract: Contract, name: str) -> str:
        """A SELECT over all current landed rows, typed, also when there are none.

        Raises UnknownSourceObject, and StaleLanding when the contract has changed since.
        """
        source = source_object(contract, name)
        columns = [(column.name, column.type) for column in source.columns]
        files = self._under_contract(source)
        paths = [self.root / each.parquet for each in files if each.rows_landed]
        return _select([*columns, *LANDED_COLUMNS], paths)

    def rejects_relation(self, contract: Contract, name: str) -> str:
        """A SELECT over the rejects of all current files, typed, also when there are none."""
        source = source_object(contract, name)
        files = self.files(source.source_system, name)
        paths = [self.root / each.rejects for each in files if each.rejects is not None]
        return _select(REJECT_COLUMNS, paths)

    def summary(self, contract: Contract) -> tuple[SourceSummary, ...]:
        """What is landed of a source system, by schema object."""
        return tuple(
            summarise(contract.name, schema.name, self.files(contract.name, schema.name))
            for schema in contract.objects
        )

    def keep(self, record: LandedFile) -> None:
        """Writes a record so that it survives a crash whole or not at all."""
        folder = self.root / "_files" / record.source_system / record.object
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{record.key}.json", _to_document(record))

    def withdraw(self, record: LandedFile, now: datetime) -> LandedFile:
        """Takes a file out of the current set: the record stays, its rows go."""
        withdrawn = replace(record, withdrawn_at=now)
        self.keep(withdrawn)
        self.rows_path(record.source_system, record.object, record.key).unlink(missing_ok=True)
        self.rejects_path(record.source_system, record.object, record.key).unlink(missing_ok=True)
        return withdrawn

    def sweep(self, source_system: str, name: str) -> None:
        """Removes what an interrupted run left: replaced files and rows without a record."""
        records = self.records(source_system, name)
        current = {each.path: each for each in _current(records)}
        for each in records:
            if each.withdrawn_at is None and each.key != current[each.path].key:
                self.withdraw(each, current[each.path].landed_at)
        keys = {each.key for each in current.values()}
        for base in (self.root, self.root / "_rejects", self.root / "_files"):
            for path in (base / source_system / name).glob("*"):
                if path.suffix == ".tmp" or (path.suffix == ".parquet" and path.stem not in keys):
                    path.unlink()

    def _under_contract(self, source: SourceObject) -> tuple[LandedFile, ...]:
        files = self.files(source.source_system, source.name)
        stale = [each for each in files if each.contract_hash != source.fingerprint]
        if stale:
            raise StaleLanding(source.source_system, source.name, len(stale))
        return files


def summarise(source_system: str, name: str, files: Iterable[LandedFile]) -> SourceSummary:
    """Adds up the rows of some files."""
    each = tuple(files)
    return SourceSummary(
        source_system=source_system,
        object=name,
        files=len(each),
        files_refused=sum(file.refusal is not None for file in each),
        rows_read=sum(file.rows_read for file in each),
        rows_landed=sum(file.rows_landed for file in each),
        rows_rejected=sum(file.rows_rejected for file in each),
        rows_duplicate=sum(file.rows_duplicate for file in each),
    )


def write_atomically(path: Path, content: bytes) -> None:
    """Writes beside the path, syncs, and renames over it."""
    beside = path.with_name(f"{path.name}.tmp")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _current(records: Iterable[LandedFile]) -> tuple[LandedFile, ...]:
    newest: dict[str, LandedFile] = {}
    for each in records:
        other = newest.get(each.path)
        if each.withdrawn_at is None and (other is None or other.generation < each.generation):
            newest[each.path] = each
    return tuple(newest.values())


def _select(columns: Iterable[tuple[str, str]], paths: list[Path]) -> str:
    """The columns of the files; typed NULLs and no row where there is no file."""
    if not paths:
        nulls = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in columns)
        return f"SELECT {nulls} WHERE false"
    names = ", ".join(identifier(name) for name, _ in columns)
    listed = ", ".join(literal(str(path.absolute())) for path in paths)
    return f"SELECT {names} FROM read_parquet([{listed}], hive_partitioning = false)"


def _to_document(record: LandedFile) -> bytes:
    document = asdict(record)
    for name in ("landed_at", "withdrawn_at"):
        moment = document[name]
        document[name] = moment.isoformat() if moment is not None else None
    return json.dumps(document, indent=1, ensure_ascii=False).encode()


def _from_document(content: bytes) -> LandedFile:
    document: Mapping[str, Any] = json.loads(content)
    moments = {
        name: datetime.fromisoformat(document[name]) if document[name] is not None else None
        for name in ("landed_at", "withdrawn_at")
    }
    lists = {
        name: tuple(document[name])
        for name in ("columns_taken", "columns_dropped", "sheets_ignored")
    }
    return LandedFile(**{**document, **moments, **lists})
