"""What runs found out about a port that neither a commit nor the newest verdict keeps.

One file of JSON lines for each major version of a port, only ever added to: `attempt` (a verdict,
or a run that could not build), and `probe` (a look at whether the served version can be read).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.service_history import Attempt, Probe
from data_products.durable import make_folder, sync
from data_products.folders import port_folder


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The facts of one port, in the order in which they were recorded."""

    attempts: tuple[Attempt, ...] = ()
    probes: tuple[Probe, ...] = ()


class ServiceLog:
    """The service logs below one folder: `<unit>/<port>/v<major>.jsonl`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def record_attempt(self, port: str, major: int, attempt: Attempt, reason: str = "") -> None:
        """Keep how an attempt to publish ended; on disk when this returns."""
        begun = attempt.begun_at
        self._append(
            port,
            major,
            {
                "fact": "attempt",
                "at": attempt.ended_at.isoformat(),
                "subject": attempt.subject,
                "failed": attempt.failed,
                "begun_at": None if begun is None else begun.isoformat(),
                "reason": reason,
            },
        )

    def record_probe(self, port: str, major: int, probe: Probe, reason: str = "") -> None:
        """Keep whether the served version could be read; on disk when this returns."""
        said = {"fact": "probe", "at": probe.at.isoformat(), "is_readable": probe.is_readable}
        self._append(port, major, {**said, "reason": reason})

    def facts(self, port: str, major: int) -> ServiceFacts:
        """Everything that was recorded; a line that a crash cut short is passed over."""
        attempts, probes = [], []
        for said in self._read(port, major):
            at = datetime.fromisoformat(said["at"])
            if said["fact"] == "probe":
                probes.append(Probe(at, said["is_readable"]))
            elif said["fact"] == "attempt":
                begun = said.get("begun_at")
                begun_at = None if begun is None else datetime.fromisoformat(begun)
                attempts.append(Attempt(said["subject"], at, said["failed"], begun_at))
        return ServiceFacts(tuple(attempts), tuple(probes))

    def _append(self, port: str, major: int, fact: Mapping[str, Any]) -> None:
        path = self._path(port, major)
        make_folder(path.parent)
        # The line break stands first, so that a line cut short by a crash spoils no other.
        line = f"\n{json.dumps(fact, ensure_ascii=False, sort_keys=True)}".encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync(path.parent)

    def _read(self, port: str, major: int) -> list[dict[str, Any]]:
        try:
            lines = self._path(port, major).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        found = []
        for line in lines.splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            found.append(said)
        return found

    def _path(self, port: str, major: int) -> Path:
        folder = port_folder(self._root, port, major)
        return folder.with_name(f"{folder.name}.jsonl")
