"""The candidates that lie in a table's folder: their manifests, and who is writing one now.

`_candidates/<content hash>.json` is a candidate that awaits its verdict or its publication.
`_candidates/<tag>.writing` is locked for as long as a process writes the files `part-<tag>-*`.
`_candidates/table.lock` is held for the moments in which the folder is put in order.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from data_products.candidate import Candidate, CandidateFile
from data_products.delta_log import latest_version
from data_products.durable import make_folder, remove, write_json
from data_products.errors import CandidateLost

_FOLDER = "_candidates"


@contextmanager
def table_lock(table: Path) -> Iterator[None]:
    """Keep other processes of this machine from committing to, or sweeping, the table."""
    make_folder(table / _FOLDER)
    with FileLock(table / _FOLDER / "table.lock"):
        yield


@contextmanager
def writing(table: Path, tag: str) -> Iterator[None]:
    """Mark the files `part-<tag>-*` as being written, so that no sweep takes them for leftovers.

    A process that dies inside lets go of the mark; a sweep then removes its files.
    """
    mark = table / _FOLDER / f"{tag}.writing"
    with table_lock(table):  # a sweep looks at marks under this lock: none is seen half made
        lock = FileLock(mark)
        lock.acquire()
    try:
        yield
    finally:
        remove(mark)
        lock.release()


def write_manifest(candidate: Candidate) -> None:
    """Make a written candidate known; its files must be on disk."""
    document = asdict(candidate)
    del document["table"]  # a manifest tells the same after its lake was moved
    write_json(manifest_path(candidate.table, candidate.content_hash), document)


def read_candidate(table: Path, content_hash: str) -> Candidate:
    """The candidate of that hash in a table's folder.

    Raises CandidateLost when there is none: it was published, put into quarantine or swept.
    """
    path = manifest_path(table, content_hash)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        port = ".".join(table.parts[-3:-1])
        raise CandidateLost(port, content_hash, ("its manifest is gone",)) from None
    return candidate_from(table, document)


def pending_candidates(table: Path) -> tuple[Candidate, ...]:
    """The candidates that await a verdict or publication, oldest first."""
    paths = sorted((table / _FOLDER).glob("[0-9a-f]*.json"), key=_age)
    return tuple(
        candidate_from(table, json.loads(path.read_text(encoding="utf-8"))) for path in paths
    )


def latest_candidate(table: Path) -> Candidate | None:
    """The candidate written last on top of the served version; None where none awaits it."""
    served = latest_version(table)
    current = (each for each in pending_candidates(table) if each.base_version == served)
    return max(
        current, key=lambda each: _age(manifest_path(table, each.content_hash)), default=None
    )


def remove_manifest(candidate: Candidate) -> None:
    """Forget a candidate; its files stay."""
    remove(manifest_path(candidate.table, candidate.content_hash))


def manifest_path(table: Path, content_hash: str) -> Path:
    """Where a candidate's manifest lies."""
    return table / _FOLDER / f"{content_hash}.json"


def written_at(candidate: Candidate) -> datetime | None:
    """When a candidate was made known, in UTC; None where its manifest is gone."""
    try:
        stat = manifest_path(candidate.table, candidate.content_hash).stat()
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(stat.st_mtime, UTC)


def writing_tags(table: Path) -> frozenset[str]:
    """Tags of files that a living process is writing. Removes the marks of those that died.

    Call it under `table_lock`.
    """
    living = set()
    for mark in (table / _FOLDER).glob("*.writing"):
        lock = FileLock(mark)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            living.add(mark.stem)
        else:
            mark.unlink(missing_ok=True)
            lock.release()
    return frozenset(living)


def remove_drafts(table: Path) -> tuple[Path, ...]:
    """Remove what crashed writers of manifests left; call it under `table_lock`."""
    drafts = tuple((table / _FOLDER).glob(".*.tmp"))
    for draft in drafts:
        draft.unlink(missing_ok=True)
    return drafts


def _age(path: Path) -> tuple[int, str]:
    return (path.stat().st_mtime_ns, path.name)


def candidate_from(table: Path, document: dict[str, Any]) -> Candidate:
    """The candidate that a manifest describes."""
    return Candidate(
        **{
            **document,
            "table": table,
            "columns": tuple((name, kind) for name, kind in document["columns"]),
            "partition_columns": tuple(document["partition_columns"]),
            "files": tuple(CandidateFile(**file) for file in document["files"]),
            "kept": tuple(document["kept"]),
        }
    )
