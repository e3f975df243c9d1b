"""The Delta table that every check result is appended to, split by port: written, merged, swept.

Append: the rows lie on disk, whole and forced there, before the log names them; so does the log
entry before `append` returns. Whoever dies in between leaves a file that nobody refers to.
Merge: a port's small files become one when there are `MERGE_AT` of them, so that 10,000 verdicts
are about thirty files. What was merged away, or never named, is deleted a day later.
"""

import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock

from data_products.candidate_writer import OnStep
from data_products.durable import make_folder, sync, sync_folders
from data_products.evidence_log import EvidenceFile, EvidenceLog, appended, merged
from data_products.evidence_rows import PARTITION, SCHEMA

MERGE_AT = 32  # small files of one port; each costs a reader that begins 0.6 ms
SMALL_ROWS = 20_000  # a file of fewer is merged again: each row is rewritten a few times
GROUP_ROWS = 1_000  # of a merged file: what is decoded to find one verdict
_GRACE_SECONDS = 86_400  # for readers of an older version
_FILE_SCHEMA = pa.schema([field for field in SCHEMA if field.name != PARTITION])


class EvidenceTable:
    """The table at one folder. Safe for threads, processes and crashes."""

    def __init__(self, root: Path, on_step: OnStep = lambda _: None) -> None:
        self._root = root
        self._on_step = on_step
        self._guard = Lock()
        self._log = EvidenceLog(root)

    def files(self) -> tuple[EvidenceFile, ...]:
        """The files of the newest version. Raises UnreadableTable."""
        with self._guard:
            return self._log.files()

    def lock(self) -> FileLock:
        """Held for the length of an append, so that nobody appends the same twice."""
        make_folder(self._root)
        return FileLock(self._root / "_evidence.lock")

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows in one commit, on disk when this returns. Call it under `lock`."""
        by_port: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_port.setdefault(row[PARTITION], []).append(row)
        with self._guard:
            written = [
                self._write(port, pa.Table.from_pylist(its_rows, _FILE_SCHEMA))
                for port, its_rows in by_port.items()
            ]
            self._on_step("rows on disk")
            moment = max(file.modified_ms for file in written)
            self._log.commit(lambda _: appended(written, moment))
            self._on_step("appended")
            for port in by_port:
                self._merge(port)

    def _merge(self, port: str) -> None:
        """Put the small files of a port into one, once they are many; no row is changed."""
        current = self._log.files()
        small = [file for file in current if file.port == port and file.rows < SMALL_ROWS]
        if len(small) < MERGE_AT:
            return
        rows = pa.concat_tables([_read(self._root / file.path) for file in small])
        order: Any = [(name, "ascending") for name in ("checked_at", "verdict_hash", "position")]
        into = self._write(port, rows.sort_by(order))
        self._on_step("merged file on disk")
        self._log.commit(
            lambda now: merged(into, small, into.modified_ms) if set(small) <= set(now) else ()
        )
        self._on_step("merged")
        for file in small:
            os.utime(self._root / file.path)  # its day of grace begins now
        self._sweep(port, into.modified_ms / 1000 - _GRACE_SECONDS)

    def _sweep(self, port: str, before: float) -> None:
        """Delete a port's files that no version has named since `before`."""
        named = {self._root / file.path for file in self._log.files()}
        for path in (self._root / f"{PARTITION}={port}").glob("*.parquet"):
            if path not in named and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    def _write(self, port: str, table: Any) -> EvidenceFile:
        """Write rows that nobody sees yet; the same verdicts always have the same file name."""
        names = pc.unique(table["verdict_hash"]).to_pylist()
        name = f"{sha256(''.join(names).encode()).hexdigest()[:32]}-{len(names)}.parquet"
        path = self._root / f"{PARTITION}={port}" / name
        make_folder(path.parent)
        with pq.ParquetWriter(path, _FILE_SCHEMA, compression="zstd") as writer:
            for group in _groups(table):
                writer.write_table(group, row_group_size=max(group.num_rows, 1))
        sync(path)
        sync_folders([path.parent])
        found = path.stat()
        modified_ms = found.st_mtime_ns // 1_000_000
        relative = path.relative_to(self._root).as_posix()
        return EvidenceFile(relative, port, table.num_rows, found.st_size, modified_ms)


def _read(path: Path) -> pa.Table:
    """The rows of a file, with our types also where another tool has merged files."""
    with pq.ParquetFile(path) as file:
        return file.read().select(_FILE_SCHEMA.names).cast(_FILE_SCHEMA)


def _groups(table: Any) -> list[pa.Table]:
    """The rows in parts of about GROUP_ROWS; the rows of one verdict stay together."""
    positions = table["position"].to_pylist()
    starts = [row for row, position in enumerate(positions) if position == 0]
    cuts = [0]
    for start in starts:
        if start - cuts[-1] >= GROUP_ROWS:
            cuts.append(start)
    cuts.append(table.num_rows)
    return [table.slice(a, b - a) for a, b in pairwise(cuts)]
