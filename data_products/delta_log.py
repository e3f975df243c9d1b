"""A Delta table's log as files: which versions there are, and what each commit said of itself."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

METADATA_KEY = "marketplace"  # the part of commitInfo that publishing writes
_ENTRY = re.compile(r"(\d{20})\.json")


@dataclass(frozen=True, slots=True)
class Commit:
    """What one Delta version said of itself when it was committed."""

    version: int
    published_at: datetime  # UTC
    metadata: Mapping[str, Any]  # run_id, contract_version, candidate_hash ...; empty if foreign


def log_entry(table: Path, version: int) -> Path:
    """Where the commit of `version` lies."""
    return table / "_delta_log" / f"{version:020}.json"


def versions(table: Path) -> tuple[int, ...]:
    """The committed versions, oldest first."""
    folder = table / "_delta_log"
    if not folder.is_dir():
        return ()
    found = (_ENTRY.fullmatch(path.name) for path in folder.iterdir())
    return tuple(sorted(int(match[1]) for match in found if match is not None))


def latest_version(table: Path) -> int | None:
    """The newest committed version, or None where there is no table."""
    return max(versions(table), default=None)


def commit_of(table: Path, version: int) -> Commit:
    """What the commit of `version` said of itself."""
    for action in _actions(table, version):
        info = action.get("commitInfo")
        if info is not None:
            moment = datetime.fromtimestamp(info["timestamp"] / 1000, UTC)
            return Commit(version, moment, info.get(METADATA_KEY, {}))
    return Commit(version, datetime.fromtimestamp(0, UTC), {})


def files_ever_added(table: Path) -> frozenset[str]:
    """Relative paths of the files of every version, served and past."""
    return frozenset(
        unquote(action["add"]["path"])  # the log quotes each path once more than its folder does
        for version in versions(table)
        for action in _actions(table, version)
        if "add" in action
    )


def _actions(table: Path, version: int) -> Iterator[dict[str, Any]]:
    with log_entry(table, version).open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
