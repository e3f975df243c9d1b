"""The Delta log of the results table, read and written entry by entry.

An entry is a link to a whole file: it is there at once or not at all, and the second of two writers
of one version is told. delta-rs opens, makes and checkpoints the table; a commit of its own costs
36 ms of CPU with everything around it, this one 1 ms.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError

from data_products.delta_log import METADATA_KEY, latest_version, log_entry
from data_products.durable import sync
from data_products.errors import UnreadableTable
from data_products.evidence_rows import PARTITION, SCHEMA
from data_products.snapshots import open_table

_CHECKPOINT_EVERY = 50
_CONFIGURATION = {
    "delta.checkpointInterval": str(_CHECKPOINT_EVERY),
    "delta.logRetentionDuration": "interval 7 days",
    "delta.deletedFileRetentionDuration": "interval 1 days",
}


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One Parquet file of the table."""

    path: str  # relative to the table's folder
    port: str
    rows: int
    size_bytes: int
    modified_ms: int


class EvidenceLog:
    """The table's log at one folder. Not for several threads at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._version = -1
        self._identity: tuple[int, int] | None = None
        self._files: dict[str, EvidenceFile] = {}

    def files(self) -> tuple[EvidenceFile, ...]:
        """The files of the newest version; two looks at the file system where nothing is new.

        Raises UnreadableTable.
        """
        if self._version < 0 or _identity(self._root, self._version) != self._identity:
            self._open()  # for the first time, made anew, or older entries were cleaned up
        while self._version >= 0 and log_entry(self._root, self._version + 1).exists():
            self._read_next()
        return tuple(self._files.values())

    def commit(
        self, choose: Callable[[tuple[EvidenceFile, ...]], Sequence[Mapping[str, Any]]]
    ) -> None:
        """Write the actions that `choose` makes of the current files as the next version.

        On disk when this returns. Where somebody else wrote that version first, `choose` is asked
        again; no actions, no version.
        """
        self.files()
        if self._version < 0:
            self._create()
        while True:
            actions = choose(self.files())
            if not actions:
                return
            if _put(log_entry(self._root, self._version + 1), actions):
                break
        self.files()
        if self._version % _CHECKPOINT_EVERY == 0:
            self._checkpoint()

    def _create(self) -> None:
        DeltaTable.create(
            str(self._root),
            Schema.from_arrow(SCHEMA),
            mode="ignore",
            partition_by=[PARTITION],
            name="check_results",
            description="Every result of every check, as it was found.",
            configuration=_CONFIGURATION,
        )
        sync(log_entry(self._root, 0))
        sync(self._root / "_delta_log")
        sync(self._root)
        self.files()

    def _open(self) -> None:
        self._version, self._identity, self._files = -1, None, {}
        if latest_version(self._root) is None:
            return
        delta = open_table(self._root)
        actions = delta.get_add_actions(flatten=True)
        names = ("path", f"partition.{PARTITION}", "num_records", "size_bytes", "modification_time")
        for path, port, rows, size, moment in zip(
            *(actions[name].to_pylist() for name in names), strict=True
        ):
            name = unquote(path)
            modified = int(moment.timestamp() * 1000) if hasattr(moment, "timestamp") else moment
            self._files[name] = EvidenceFile(name, str(port), rows, size, modified)
        self._version = delta.version()
        self._identity = _identity(self._root, self._version)

    def _read_next(self) -> None:
        entry = log_entry(self._root, self._version + 1)
        actions = [json.loads(line) for line in entry.read_text("utf-8").splitlines() if line]
        if any("metaData" in action or "protocol" in action for action in actions):
            self._open()  # refuses features that we do not read
            return
        for action in actions:
            if "remove" in action:
                self._files.pop(unquote(action["remove"]["path"]), None)
        for action in actions:
            if "add" in action:
                file = _file(action["add"])
                self._files[file.path] = file
        self._version += 1
        self._identity = _identity(self._root, self._version)

    def _checkpoint(self) -> None:
        """For readers that begin; without it they read more entries, so a failure costs no data."""
        try:
            delta = open_table(self._root)
            delta.create_checkpoint()
            delta.cleanup_metadata()
        except DeltaError as error:
            raise UnreadableTable(str(self._root), str(error)) from error
        for draft in (self._root / "_delta_log").glob("_commit_*.json.tmp"):
            draft.unlink(missing_ok=True)


def appended(files: Sequence[EvidenceFile], moment_ms: int) -> list[Mapping[str, Any]]:
    """The actions of an append."""
    told = {"operation": "WRITE", "operationParameters": {"mode": "Append"}, "isBlindAppend": True}
    return [_info(told, moment_ms), *(_add(file, is_new=True) for file in files)]


def merged(
    into: EvidenceFile, files: Sequence[EvidenceFile], moment_ms: int
) -> list[Mapping[str, Any]]:
    """The actions that put one file in the place of others with the same rows."""
    removes = [
        {
            "remove": {
                "path": quote(file.path, safe="/=."),
                "deletionTimestamp": moment_ms,
                "dataChange": False,
                "extendedFileMetadata": True,
                "partitionValues": {PARTITION: file.port},
                "size": file.size_bytes,
            }
        }
        for file in files
    ]
    return [_info({"operation": "OPTIMIZE"}, moment_ms), _add(into, is_new=False), *removes]


def _info(told: Mapping[str, Any], moment_ms: int) -> Mapping[str, Any]:
    facts = {METADATA_KEY: {"table": "check_results"}}
    return {"commitInfo": {"timestamp": moment_ms, **told, **facts}}


def _add(file: EvidenceFile, is_new: bool) -> Mapping[str, Any]:
    return {
        "add": {
            "path": quote(file.path, safe="/=."),
            "partitionValues": {PARTITION: file.port},
            "size": file.size_bytes,
            "modificationTime": file.modified_ms,
            "dataChange": is_new,
            "stats": json.dumps({"numRecords": file.rows}),
        }
    }


def _file(add: Mapping[str, Any]) -> EvidenceFile:
    rows = json.loads(add.get("stats") or "{}").get("numRecords", 0)
    port = add["partitionValues"][PARTITION]
    return EvidenceFile(unquote(add["path"]), port, rows, add["size"], add["modificationTime"])


def _put(entry: Path, actions: Sequence[Mapping[str, Any]]) -> bool:
    """Put an entry in place, on disk; False where that version is taken."""
    draft = entry.with_name(f"_commit_{os.getpid()}.json.tmp")
    with draft.open("w", encoding="utf-8") as file:
        file.write("".join(json.dumps(action) + "\n" for action in actions))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, entry)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    sync(entry.parent)
    return True


def _identity(root: Path, version: int) -> tuple[int, int] | None:
    try:
        found = log_entry(root, version).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
