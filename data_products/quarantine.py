"""Where a candidate goes that failed its contract: out of the table, kept for its steward.

`<hash>/candidate.json` is the candidate, `<hash>/verdict.json` what was found, beside its files. A
folder without the first is no candidate any more: only its removal was cut short.
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from contracts.verdict import Verdict, from_document, to_document
from data_products.candidate import Candidate
from data_products.candidate_manifests import candidate_from, remove_manifest
from data_products.delta_log import commit_of, files_ever_added, log_entry
from data_products.durable import make_folder, remove, sync, sync_folders, write_json
from data_products.errors import AlreadyPublished, CandidateLost
from data_products.sql import files_relation

_CANDIDATE, _VERDICT = "candidate.json", "verdict.json"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A candidate in quarantine, with the verdict that put it there."""

    candidate: Candidate  # `table` is the port's table, where it would be published
    verdict: Verdict
    folder: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """Absolute paths of the table as it would be: files in quarantine, then kept ones."""
        new = (self.folder / file.path for file in self.candidate.files)
        kept = (self.candidate.table / path for path in self.candidate.kept)
        return (*new, *kept)

    @property
    def resolved_relation(self) -> str:
        """The same by resolved paths, for a process that has another current folder."""
        candidate = self.candidate
        files = [path.resolve() for path in self.files]
        return files_relation(files, candidate.columns, candidate.partition_columns)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of files that are gone: a crash came between, or somebody removed them."""
        return tuple(path.name for path in self.files if not path.exists())

    @property
    def relation(self) -> str:
        """A bracketed SELECT over the table as it would be."""
        candidate = self.candidate
        return files_relation(self.files, candidate.columns, candidate.partition_columns)


def move_to_quarantine(candidate: Candidate, verdict: Verdict, folder: Path) -> Path:
    """Move a candidate's new files to `folder`, beside its manifest and its verdict.

    May be repeated after a crash. A later build of the same content takes the place of an earlier
    one. Call it under the table's lock. Raises AlreadyPublished.
    """
    if not files_ever_added(candidate.table).isdisjoint(file.path for file in candidate.files):
        raise AlreadyPublished(candidate.port, candidate.content_hash)
    write_json(folder / _VERDICT, to_document(verdict))
    write_json(folder / _CANDIDATE, {**asdict(candidate), "table": str(candidate.table)})
    touched = set()
    for file in candidate.files:
        source, target = candidate.table / file.path, folder / file.path
        if source.exists():
            make_folder(target.parent)
            shutil.move(source, target)  # the quarantine may lie on another disk
            touched |= {source.parent, target.parent}
    sync_folders(touched)
    current = {folder / file.path for file in candidate.files}
    for path in folder.rglob("*.parquet"):
        if path not in current:
            path.unlink()
    remove_manifest(candidate)
    return folder


def quarantined_in(folder: Path, table: Path) -> Quarantined | None:
    """The candidate that lies in `folder`; None where there is none (any more)."""
    try:
        document = json.loads((folder / _CANDIDATE).read_text(encoding="utf-8"))
        verdict = from_document(json.loads((folder / _VERDICT).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    document.pop("table")  # the lake may have been moved since
    return Quarantined(candidate_from(table, document), verdict, folder)


def quarantined_below(folder: Path, table: Path) -> tuple[Quarantined, ...]:
    """The candidates in the folders of a port's quarantine, the newest verdict first."""
    found = [quarantined_in(each, table) for each in sorted(folder.glob("*/"))]
    kept = [each for each in found if each is not None and not was_released(each.candidate)]
    return tuple(sorted(kept, key=lambda each: each.verdict.checked_at, reverse=True))


def was_released(candidate: Candidate) -> bool:
    """Whether the version after the candidate's base is the candidate itself, by a release."""
    version = 0 if candidate.base_version is None else candidate.base_version + 1
    if not log_entry(candidate.table, version).exists():
        return False
    said = commit_of(candidate.table, version).metadata
    return said.get("candidate_hash") == candidate.content_hash and "release" in said


def bring_back(found: Quarantined) -> None:
    """Put a candidate's files into the table's folder again, unseen; quarantine keeps its own.

    A crash leaves files that nobody refers to, and a sweep removes those. Call it under the
    table's lock. Raises CandidateLost where a file is gone.
    """
    missing = found.missing
    if missing:
        faults = [f"`{name}` is gone" for name in missing]
        raise CandidateLost(found.candidate.port, found.candidate.content_hash, faults)
    touched = set()
    for file in found.candidate.files:
        source, target = found.folder / file.path, found.candidate.table / file.path
        make_folder(target.parent)
        target.unlink(missing_ok=True)  # of a release that was cut short
        try:
            os.link(source, target)
        except OSError:  # on another disk, or one without links
            shutil.copy2(source, target)
            sync(target)
        touched.add(target.parent)
    sync_folders(touched)


def remove_quarantined(folder: Path) -> None:
    """Remove a candidate from quarantine: at once for every reader, then its files."""
    remove(folder / _CANDIDATE)
    shutil.rmtree(folder, ignore_errors=True)
