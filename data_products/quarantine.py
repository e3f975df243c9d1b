"""Where a candidate goes that failed its contract: out of the table, kept for its steward."""

import shutil
from dataclasses import asdict
from pathlib import Path

from contracts.verdict import Verdict, to_document
from data_products.candidate import Candidate
from data_products.candidate_manifests import remove_manifest
from data_products.delta_log import files_ever_added
from data_products.durable import make_folder, sync_folders, write_json
from data_products.errors import AlreadyPublished


def move_to_quarantine(candidate: Candidate, verdict: Verdict, folder: Path) -> Path:
    """Move a candidate's new files to `folder`, beside its manifest and its verdict.

    May be repeated after a crash. Call it under the table's lock. Raises AlreadyPublished.
    """
    if not files_ever_added(candidate.table).isdisjoint(file.path for file in candidate.files):
        raise AlreadyPublished(candidate.port, candidate.content_hash)
    write_json(folder / "verdict.json", to_document(verdict))
    write_json(folder / "candidate.json", {**asdict(candidate), "table": str(candidate.table)})
    touched = set()
    for file in candidate.files:
        source, target = candidate.table / file.path, folder / file.path
        if source.exists():
            make_folder(target.parent)
            shutil.move(source, target)  # the quarantine may lie on another disk
            touched |= {source.parent, target.parent}
    sync_folders(touched)
    remove_manifest(candidate)
    return folder
