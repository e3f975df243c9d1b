"""Putting a table's folder in order after crashes: what nobody refers to goes, all else stays."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from data_products.candidate import Candidate
from data_products.candidate_manifests import (
    pending_candidates,
    remove_drafts,
    remove_manifest,
    writing_tags,
)
from data_products.delta_log import files_ever_added
from data_products.durable import sync
from data_products.snapshots import Snapshot

_OURS = ("_delta_log", "_candidates")
_TAG = re.compile(r"part-([0-9a-f]{32})-")
_LOG_LEFTOVERS = ("*.json#*", "*.parquet#*", "_commit_*.json.tmp")


def sweep_table(table: Path, served: Snapshot | None) -> tuple[str, ...]:
    """Remove orphans and leftovers below `table`; call it under the table's lock.

    A file is first being written (its tag is marked), then in a manifest, then in the log, and
    each of these begins before the one before it ends. So the folder is listed first and they are
    read in that order: a file that is in none of them is in nobody's hands.
    """
    found = tuple(_data_files(table))
    tags = writing_tags(table)
    pending = _publishable(table, served)
    awaited = {file.path for candidate in pending for file in candidate.files}
    suspects = [
        path
        for path in found
        if path.relative_to(table).as_posix() not in awaited and _tag(path) not in tags
    ]
    referred = files_ever_added(table) if suspects else frozenset()
    orphans = [path for path in suspects if path.relative_to(table).as_posix() not in referred]
    log = table / "_delta_log"
    leftovers = [path for pattern in _LOG_LEFTOVERS for path in log.glob(pattern)]
    for path in (*orphans, *leftovers):
        path.unlink(missing_ok=True)
    if not tags:  # a writer may be about to fill an empty folder
        _remove_empty_folders(table, {path.parent for path in orphans})
    removed = (*orphans, *leftovers, *remove_drafts(table))
    if removed:
        sync(table)
    return tuple(sorted(path.relative_to(table).as_posix() for path in removed))


def discard_files(candidate: Candidate, referred: Collection[str]) -> None:
    """Remove a candidate's new files, less those that a version refers to."""
    folders = set()
    for file in candidate.files:
        if file.path not in referred:
            path = candidate.table / file.path
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    _remove_empty_folders(candidate.table, folders)


def _publishable(table: Path, served: Snapshot | None) -> tuple[Candidate, ...]:
    """The candidates that may still be published; the manifests of the others are removed."""
    version = None if served is None else served.version
    kept = []
    for candidate in pending_candidates(table):
        is_whole = all((table / file.path).exists() for file in candidate.files)
        if candidate.base_version == version and is_whole:
            kept.append(candidate)
        else:
            remove_manifest(candidate)
    return tuple(kept)


def _data_files(table: Path) -> Iterator[Path]:
    for path in table.rglob("*.parquet*"):
        if path.relative_to(table).parts[0] not in _OURS and path.is_file():
            yield path


def _tag(path: Path) -> str | None:
    match = _TAG.match(path.name)
    return None if match is None else match[1]


def _remove_empty_folders(table: Path, folders: Collection[Path]) -> None:
    for folder in sorted(folders, reverse=True):
        for emptied in (folder, *folder.parents):
            if emptied == table or not emptied.is_dir() or any(emptied.iterdir()):
                break
            emptied.rmdir()
