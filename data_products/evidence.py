"""The verdicts on candidates and re-checks of what is published, for good, in a Delta table.

docs/explanation/evidence.md says how the table is laid out and how to query it.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from contracts.verdict import Verdict
from data_products.candidate_writer import OnStep
from data_products.errors import UnreadableTable
from data_products.evidence_index import Entry, PortIndex
from data_products.evidence_rows import KeptVerdict, kept_verdict, major_of, rows_of
from data_products.evidence_table import EvidenceTable
from data_products.folders import port_folder
from data_products.older_evidence import older_files, read_older, set_aside

__all__ = ["EvidenceStore", "HistoryPage", "KeptVerdict"]

_REMEMBERED = 512  # verdicts in memory, 20 to 100 kB each: the trends of a few ports
_ATTEMPTS = 3  # of a read whose files were merged away meanwhile


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some verdicts of a port, newest first, and how many there are."""

    verdicts: tuple[KeptVerdict, ...]
    total: int


class EvidenceStore:
    """Every verdict that was ever reached, in one Delta table at `root`.

    All that is read here raises UnreadableTable where the table is broken, and UnknownPort where
    `port` is not `unit.port`. A verdict whose rows were changed afterwards is given with every
    result an error, so that nobody takes it for passed.
    """

    def __init__(self, root: Path, on_step: OnStep = lambda _: None) -> None:
        self._root = root
        self._table = EvidenceTable(root, on_step)
        self._indexes: dict[str, PortIndex] = {}
        self._remembered: OrderedDict[Hashable, KeptVerdict] = OrderedDict()
        self._is_adopted = False
        self._guard = RLock()

    def save(self, verdict: Verdict) -> str:
        """Append a verdict, on disk when this returns; gives its hash.

        One that is kept already is not appended again. Another one on the same candidate is, and
        from then on it is the one that counts.
        """
        port_folder(self._root, verdict.port, major_of(verdict))
        with self._guard:
            self._adopt()
            with self._table.lock():
                return self._append([verdict])[0]

    def of_candidate(self, port: str, major: int, candidate_hash: str) -> Verdict | None:
        """The newest verdict by which a candidate may be published, or None: never checked.

        Later checks of the published version are not among these.
        """
        kept = self.kept_of_candidate(port, major, candidate_hash)
        return None if kept is None else kept.verdict

    def kept_of_candidate(self, port: str, major: int, candidate_hash: str) -> KeptVerdict | None:
        """What of_candidate gives, with its hash and whether it is intact."""
        with self._guard:
            return next(
                (
                    self._kept(port, entry)
                    for entry in self._entries(port, major)
                    if entry.candidate_hash == candidate_hash and not entry.is_recheck
                ),
                None,
            )

    def of_commit(self, port: str, major: int, said: Mapping[str, Any]) -> KeptVerdict | None:
        """The verdict that let a version through, as the commit's metadata names it.

        None where that verdict is not kept: another one, however good, is not its evidence. Older
        commits name none; there it is the newest on the candidate.
        """
        named = said.get("verdict", {}).get("hash")
        kept = self.checks_of(port, major, str(said.get("candidate_hash")))
        judged = [each for each in kept if not each.verdict.is_recheck]
        return next((k for k in judged if named is None or k.content_hash == named), None)

    def checks_of(self, port: str, major: int, candidate_hash: str) -> tuple[KeptVerdict, ...]:
        """All verdicts on one candidate, later checks of it too, newest first."""
        with self._guard:
            entries = self._entries(port, major)
            own = [entry for entry in entries if entry.candidate_hash == candidate_hash]
            return tuple(self._kept(port, entry) for entry in own)

    def latest(self, port: str, major: int) -> Verdict | None:
        """The newest verdict on a candidate of a port, published or not."""
        with self._guard:
            judged = (entry for entry in self._entries(port, major) if not entry.is_recheck)
            return next((self._kept(port, entry).verdict for entry in judged), None)

    def history(self, port: str, major: int, limit: int | None = None) -> tuple[Verdict, ...]:
        """All verdicts of a port, newest first, later checks too; the `limit` newest if given."""
        with self._guard:
            entries = self._entries(port, major)[:limit]
            return tuple(self._kept(port, entry).verdict for entry in entries)

    def history_page(self, port: str, major: int, first: int, most: int) -> HistoryPage:
        """At `most` verdicts from the `first` on, newest first; 0 is the newest."""
        with self._guard:
            entries = self._entries(port, major)
            shown = entries[first : first + most]
            return HistoryPage(tuple(self._kept(port, entry) for entry in shown), len(entries))

    def _append(self, verdicts: Sequence[Verdict]) -> list[str]:
        """Append those that are not there; call it under the table's lock."""
        rows = [rows_of(verdict) for verdict in verdicts]
        names = [str(each[0]["verdict_hash"]) for each in rows]
        known = {
            entry.content_hash
            for verdict in {verdict.port: verdict for verdict in verdicts}.values()
            for entry in self._all_entries(verdict.port)
        }
        new = {name: each for name, each in zip(names, rows, strict=True) if name not in known}
        if new:
            self._table.append([row for each in new.values() for row in each])
        return names

    def _adopt(self) -> None:
        """Read in the JSON files of an older home, once; a crash in between repeats it."""
        if self._is_adopted:
            return
        if older_files(self._root):
            with self._table.lock():
                read = read_older(older_files(self._root))
                if read:
                    self._append(list(read.values()))
                    set_aside(self._root, tuple(read))
        self._is_adopted = True

    def _entries(self, port: str, major: int) -> list[Entry]:
        port_folder(self._root, port, major)
        self._adopt()
        return [entry for entry in self._all_entries(port) if entry.major == major]

    def _all_entries(self, port: str) -> tuple[Entry, ...]:
        index = self._indexes.setdefault(port, PortIndex(self._root, port))
        for attempt in range(_ATTEMPTS):
            try:
                index.read(tuple(f for f in self._table.files() if f.port == port))
                break
            except FileNotFoundError as error:
                if attempt + 1 == _ATTEMPTS:
                    reason = f"file `{error.filename}` is gone"
                    raise UnreadableTable(str(self._root), reason) from error
        return index.entries

    def _kept(self, port: str, entry: Entry) -> KeptVerdict:
        index = self._indexes[port]
        key = (entry.content_hash, index.identity(entry))
        known = self._remembered.pop(key, None)
        if known is None:
            try:
                rows = index.rows(entry)
            except FileNotFoundError:  # merged away since the index was read
                entries = self._all_entries(port)
                entry = next(e for e in entries if e.content_hash == entry.content_hash)
                rows = index.rows(entry)
            known = kept_verdict(rows)
        self._remembered[key] = known
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return known
