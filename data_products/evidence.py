"""The verdicts on candidates, published or not: one JSON file each, kept for good."""

import json
import re
from pathlib import Path

from contracts.verdict import Verdict, from_document, to_document
from data_products.durable import write_json
from data_products.folders import port_folder

_HASH = re.compile(r"[0-9a-f]{8,128}")


class EvidenceStore:
    """Verdict files below one folder: `<unit>/<port>/v<major>/<candidate hash>.json`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[Path, tuple[tuple[int, int], Verdict]] = {}

    def save(self, verdict: Verdict) -> Path:
        """Keep a verdict, on disk when this returns; it replaces one on the same candidate."""
        major = int(verdict.contract_version.split(".", 1)[0])
        folder = port_folder(self._root, verdict.port, major)
        path = folder / f"{verdict.candidate_hash}.json"
        write_json(path, to_document(verdict))
        return path

    def of_candidate(self, port: str, major: int, candidate_hash: str) -> Verdict | None:
        """The verdict on one candidate, or None where it was never checked."""
        if _HASH.fullmatch(candidate_hash) is None:
            return None
        return self._verdict(port_folder(self._root, port, major) / f"{candidate_hash}.json")

    def latest(self, port: str, major: int) -> Verdict | None:
        """The newest verdict of a port, published or not."""
        return next(iter(self.history(port, major)), None)

    def history(self, port: str, major: int) -> tuple[Verdict, ...]:
        """All verdicts of a port, newest first."""
        folder = port_folder(self._root, port, major)
        verdicts = (self._verdict(path) for path in folder.glob("*.json"))
        found = (verdict for verdict in verdicts if verdict is not None)
        return tuple(sorted(found, key=lambda v: (v.checked_at, v.candidate_hash), reverse=True))

    def _verdict(self, path: Path) -> Verdict | None:
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        identity = (stat.st_ino, stat.st_mtime_ns)
        known = self._read.get(path)
        if known is None or known[0] != identity:
            verdict = from_document(json.loads(path.read_text(encoding="utf-8")))
            known = (identity, verdict)
            self._read[path] = known
        return known[1]
