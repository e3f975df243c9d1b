"""A mart's rows, written once as Parquet in the table's own folder, unseen by readers."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from duckdb import DuckDBPyConnection

from data_products.candidate import Candidate, CandidateFile
from data_products.candidate_manifests import (
    latest_candidate,
    read_candidate,
    table_lock,
    write_manifest,
    writing,
)
from data_products.column_types import check_partition, check_partition_value, storable
from data_products.durable import sync, sync_folders
from data_products.errors import NotIncremental, StaleCandidate
from data_products.snapshots import Snapshot, read_snapshot
from data_products.sql import files_relation, literal, quoted
from data_products.statistics import delta_statistics, permitted

__all__ = [
    "CandidateTarget",
    "latest_candidate",
    "read_candidate",
    "resulting_relation",
    "write_candidate",
]

# 1 M-row groups make selective reads 4 to 5 times slower; smaller ones compress worse.
_ROW_GROUP_ROWS = 122_880
_FILE_SIZE = "256MB"
# Rows of one partition held in memory per thread. DuckDB's 524,288 spills at 2 GB: 7.9 M rows in
# 152 months took 14 s of CPU with it, 8 s with this, and scans are no slower.
PARTITION_FLUSH_ROWS = 16_384

OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class CandidateTarget:
    """Where a candidate goes, and what it is made from."""

    port: str  # unit.port
    major: int
    table: Path
    fingerprint: str  # of everything that goes in
    sources: Mapping[str, str] = field(default_factory=dict)
    base_version: int | None = None  # None: there is no table yet
    partition_columns: tuple[str, ...] = ()
    changed_partitions: tuple[str | None, ...] | None = None  # of the first; None: a full build
    personal_columns: tuple[str, ...] = ()  # their bounds never reach a manifest or the log
    statistics_columns: tuple[str, ...] | None = None  # None: all that are not personal

    @classmethod
    def from_document(cls, port: str, document: Mapping[str, Any]) -> Self:
        """The target as a dbt variable spells it; refuses unknown keys with TypeError."""
        facts = dict(document)
        for name in ("partition_columns", "personal_columns"):
            facts[name] = tuple(facts.get(name) or ())
        for name in ("changed_partitions", "statistics_columns"):
            facts[name] = None if facts.get(name) is None else tuple(facts[name])
        return cls(port=port, **{**facts, "table": Path(facts["table"])})


def write_candidate(
    connection: DuckDBPyConnection,
    select_sql: str,
    target: CandidateTarget,
    on_step: OnStep = lambda _: None,
) -> Candidate:
    """Write the rows of `select_sql` and return the candidate they make.

    Sets the connection's time zone to UTC. Types that Delta lacks are cast without loss (hugeint to
    decimal(38,0), uuid to varchar ...); an empty text in a partition column becomes NULL, which is
    what every Delta reader makes of it. With `changed_partitions`, `select_sql` gives the rows of
    those partitions only, and the other files of `base_version` are kept. No rows give no files.
    Raises UnstorableColumn, NotIncremental, StaleCandidate, and what DuckDB raises.
    """
    base = _base(target)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET partitioned_write_flush_threshold = {PARTITION_FLUSH_ROWS}")
    columns = _stored_columns(connection, select_sql, target)
    kept = _kept(target, base, columns)
    tag = uuid4().hex  # a rebuild must never overwrite a file that a version refers to
    with writing(target.table, tag), _discarded_on_failure(target.table, tag):
        on_step("marked")
        copied = _copy(connection, _stored_select(select_sql, columns, target), target, tag)
        on_step("copied")
        files = tuple(_files(copied, columns, target))
        _refuse_other_partitions(files, target)
        on_step("hashed")
        sync_folders(_folders(target.table, files))
        on_step("synced")
        candidate = _candidate(target, columns, files, kept)
        with table_lock(target.table):
            write_manifest(candidate)
        on_step("made known")
    return candidate


def resulting_relation(candidate: Candidate) -> str:
    """A bracketed SELECT over the table as it will be: new files and kept ones, columns typed."""
    names = [*(file.path for file in candidate.files), *candidate.kept]
    files = [candidate.table / name for name in names]
    return files_relation(files, candidate.columns, candidate.partition_columns)


def _base(target: CandidateTarget) -> Snapshot | None:
    served = read_snapshot(target.port, target.major, target.table)
    served_version = None if served is None else served.version
    if served_version != target.base_version:
        raise StaleCandidate(target.port, target.base_version, served_version)
    return served


def _stored_columns(
    connection: DuckDBPyConnection, select_sql: str, target: CandidateTarget
) -> tuple[tuple[str, str, str], ...]:
    """Name, DuckDB type as selected, DuckDB type as written."""
    relation = connection.sql(f"SELECT * FROM {_bracketed(select_sql)} LIMIT 0")
    pairs = zip(relation.columns, relation.types, strict=True)
    columns = tuple((name, str(kind), storable(name, kind)) for name, kind in pairs)
    written = {name: kind for name, _, kind in columns}
    for name in target.partition_columns:
        check_partition(name, written.get(name, "missing"))
    return columns


def _kept(
    target: CandidateTarget, base: Snapshot | None, columns: Sequence[tuple[str, str, str]]
) -> tuple[str, ...]:
    if target.changed_partitions is None:
        return ()
    if base is None:
        raise NotIncremental(target.port, "nothing is published that it could add to")
    if not target.partition_columns or base.partition_columns != target.partition_columns:
        raise NotIncremental(target.port, "the published files are not split the same way")
    if base.columns != tuple((name, kind) for name, _, kind in columns):
        raise NotIncremental(target.port, "its columns are not those of the published version")
    split_by = target.partition_columns[0]
    changed = set(target.changed_partitions)
    return tuple(f.path for f in base.table_files if f.partition_values[split_by] not in changed)


def _stored_select(
    select_sql: str, columns: Sequence[tuple[str, str, str]], target: CandidateTarget
) -> str:
    emptiable = {n for n, _, kind in columns if kind == "VARCHAR"} & set(target.partition_columns)
    if not emptiable and all(selected == written for _, selected, written in columns):
        return _bracketed(select_sql)
    listed = []
    for name, selected, written in columns:
        value = quoted(name) if selected == written else f"CAST({quoted(name)} AS {written})"
        value = f"nullif({value}, '')" if name in emptiable else value
        listed.append(f"{value} AS {quoted(name)}")
    return f"(SELECT {', '.join(listed)} FROM {_bracketed(select_sql)})"


def _copy(
    connection: DuckDBPyConnection, select_sql: str, target: CandidateTarget, tag: str
) -> list[tuple[Any, ...]]:
    options = [
        "FORMAT parquet",
        "COMPRESSION snappy",
        f"ROW_GROUP_SIZE {_ROW_GROUP_ROWS}",
        f"FILE_SIZE_BYTES '{_FILE_SIZE}'",
        f"FILENAME_PATTERN 'part-{tag}-{{i}}'",
        "OVERWRITE_OR_IGNORE",
        "RETURN_STATS",
    ]
    if target.partition_columns:
        split_by = ", ".join(quoted(name) for name in target.partition_columns)
        options += [f"PARTITION_BY ({split_by})", "WRITE_PARTITION_COLUMNS"]
    statement = f"COPY {select_sql} TO {literal(str(target.table))} ({', '.join(options)})"
    return connection.execute(statement).fetchall()


def _files(
    copied: Iterable[tuple[Any, ...]],
    columns: Sequence[tuple[str, str, str]],
    target: CandidateTarget,
) -> Iterable[CandidateFile]:
    written = [(name, kind) for name, _, kind in columns if name not in target.personal_columns]
    kinds = {name: kind for name, _, kind in columns}
    recorded = permitted(written, target.statistics_columns, target.partition_columns)
    for name, rows, size, _, statistics, partition_values, *_ in copied:
        path = Path(name)
        if rows == 0:  # COPY leaves one empty file where there is nothing to write
            path.unlink()
            continue
        for column, value in (partition_values or {}).items():
            check_partition_value(column, kinds[column], value)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        sync(path)
        yield CandidateFile(
            path=path.relative_to(target.table).as_posix(),
            size_bytes=size,
            rows=rows,
            sha256=digest,
            statistics=delta_statistics(rows, statistics, recorded),
            partition_values=dict(partition_values or {}),
        )


def _folders(table: Path, files: Iterable[CandidateFile]) -> set[Path]:
    relative = {parent for file in files for parent in Path(file.path).parents}
    return {table / parent for parent in relative} | {table}


def _refuse_other_partitions(files: Sequence[CandidateFile], target: CandidateTarget) -> None:
    if target.changed_partitions is None:
        return
    split_by = target.partition_columns[0]
    found = {file.partition_values[split_by] for file in files} - set(target.changed_partitions)
    if found:
        listed = ", ".join(f"`{value}`" for value in sorted(map(str, found)))
        reason = f"it has rows of `{split_by}` {listed}, which were not to change"
        raise NotIncremental(target.port, reason)


def _candidate(
    target: CandidateTarget,
    columns: Sequence[tuple[str, str, str]],
    files: tuple[CandidateFile, ...],
    kept: tuple[str, ...],
) -> Candidate:
    return Candidate(
        port=target.port,
        major=target.major,
        table=target.table,
        columns=tuple((name, kind) for name, _, kind in columns),
        partition_columns=target.partition_columns,
        files=files,
        kept=kept,
        base_version=target.base_version,
        fingerprint=target.fingerprint,
        sources=dict(target.sources),
        content_hash=_content_hash(columns, files, kept),
    )


@contextmanager
def _discarded_on_failure(table: Path, tag: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for path in table.rglob(f"part-{tag}-*"):
            path.unlink()
        raise


def _content_hash(
    columns: Sequence[tuple[str, str, str]], files: Sequence[CandidateFile], kept: Sequence[str]
) -> str:
    named = [(name, kind) for name, _, kind in columns]
    hashes = sorted(
        file.sha256 for file in files
    )  # names differ from build to build, bytes need not
    text = json.dumps([named, hashes, sorted(kept)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _bracketed(select_sql: str) -> str:
    # The line break ends a comment that the statement may end with.
    return f"(\n{select_sql.strip().rstrip(';')}\n)"
