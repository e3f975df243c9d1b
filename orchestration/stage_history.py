"""What was seen at the stages before a verdict: one line of JSON per landing and per build.

Append-only, one file per subject below the root: `landing/<system>.<object>.jsonl`,
`models/<unit>.<port>.jsonl`.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from contracts.model import Severity
from contracts.verdict import CheckResult, Outcome

KEPT_IN_VIEW = 8  # runs that a figure is held against: older ones tell less of what is usual


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One run of one stage about one subject: its figures, and how they compared."""

    at: datetime  # UTC
    figures: Mapping[str, Any]
    results: tuple[CheckResult, ...]


class StageHistory:
    """The records below one folder; constructing it touches nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def append(self, stage: str, subject: str, record: StageRecord) -> None:
        """Keep a record, on disk when this returns."""
        path = self._path(stage, subject)
        path.parent.mkdir(parents=True, exist_ok=True)
        document = asdict(record)
        document["at"] = record.at.isoformat()
        line = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
        with FileLock(f"{path}.lock"), path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def records(self, stage: str, subject: str) -> tuple[StageRecord, ...]:
        """The newest records of a subject, oldest first; one cut short by a crash is left out."""
        path = self._path(stage, subject)
        if not path.exists():
            return ()
        lines = path.read_bytes().split(b"\n")[:-1]
        return tuple(_record(json.loads(line)) for line in lines[-KEPT_IN_VIEW:] if _is_whole(line))

    def latest(self, stage: str, subject: str) -> StageRecord | None:
        """The newest record of a subject, or None."""
        return next(reversed(self.records(stage, subject)), None)

    def _path(self, stage: str, subject: str) -> Path:
        return self._root / stage / f"{subject}.jsonl"


def _is_whole(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _record(document: Mapping[str, Any]) -> StageRecord:
    return StageRecord(
        at=datetime.fromisoformat(document["at"]),
        figures=document["figures"],
        results=tuple(
            CheckResult(
                **{
                    **each,
                    "severity": Severity(each["severity"]),
                    "outcome": Outcome(each["outcome"]),
                    "sample": tuple(each["sample"]),
                }
            )
            for each in document["results"]
        ),
    )
