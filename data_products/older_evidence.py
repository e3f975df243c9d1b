"""Verdicts that an older version of the platform kept as JSON files: read in once, then set aside.

They lie at `<unit>/<port>/v<major>/<candidate hash>.json` below the folder of the results table,
and go to `_read_in/` beside it, which Delta's readers pass over.
"""

import json
import logging
import shutil
from pathlib import Path

from contracts.verdict import Verdict, from_document
from data_products.durable import make_folder, sync_folders

_SET_ASIDE = "_read_in"
log = logging.getLogger("data_products.evidence")


def older_files(root: Path) -> tuple[Path, ...]:
    """The JSON files that await being read in; empty for a home of this version."""
    if not root.is_dir():
        return ()
    units = [
        p for p in root.iterdir() if p.is_dir() and p.name[0] not in "._" and "=" not in p.name
    ]
    return tuple(sorted(path for unit in units for path in unit.glob("*/v*/*.json")))


def read_older(files: tuple[Path, ...]) -> dict[Path, Verdict]:
    """The verdict of each file; one that holds none stays where it is, and the log says so."""
    read = {}
    for path in files:
        try:
            read[path] = from_document(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, KeyError, TypeError, ValueError) as error:
            log.warning("Verdict `%s` was not read in: %s. Mend or remove it.", path, error)
    return read


def set_aside(root: Path, files: tuple[Path, ...]) -> None:
    """Move files whose verdicts are in the table; call it once those are on disk."""
    touched = set()
    for path in files:
        target = root / _SET_ASIDE / path.relative_to(root)
        make_folder(target.parent)
        shutil.move(path, target)
        touched |= {path.parent, target.parent}
    sync_folders(touched)
