"""Writing that survives a crash: a file is there whole or not at all, and stays."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def sync(path: Path) -> None:
    """Force a file's bytes, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(folders: Iterable[Path]) -> None:
    """Force the names in each folder to the disk, each once."""
    for folder in sorted(set(folders)):
        sync(folder)


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, and force their names to the disk."""
    missing = [folder, *folder.parents]
    missing = [path for path in missing if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    sync_folders(path.parent for path in missing)


def write_json(path: Path, document: Any) -> None:
    """Put `document` at `path` in one step: a reader sees the old file or the new one.

    The folder is made when it is missing. A crash may leave `.<name>.<process>.tmp` behind.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, as write_json does."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def remove(path: Path) -> None:
    """Remove a file that may be gone already, and force that to the disk."""
    path.unlink(missing_ok=True)
    if path.parent.exists():
        sync(path.parent)
