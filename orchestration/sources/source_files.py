"""Finding the files below a source root, which contract claims each, and what each contains."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from orchestration.sources.errors import SourceRootMissing
from orchestration.sources.landing_store import write_atomically
from orchestration.sources.source_objects import SourceObject

# A file changed twice within the clock's grain keeps its size and time, so younger files are
# hashed again the next time.
_SETTLED_NANOSECONDS = 2_000_000_000
# Downloads in progress and what open spreadsheets leave beside themselves.
_PASSING = re.compile(r".*\.(part|tmp|crdownload)|~\$.*|\.~lock.*")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below the root; `path` is relative to it, POSIX."""

    path: str
    location: Path
    bytes: int
    modified: int  # nanoseconds

    @property
    def is_unchanged(self) -> bool:
        """Whether the file on disk is still the one that was found."""
        try:
            facts = self.location.stat()
        except FileNotFoundError:
            return False
        return (facts.st_size, facts.st_mtime_ns) == (self.bytes, self.modified)


def find_files(root: Path) -> tuple[FoundFile, ...]:
    """Every file below the root, by path. Links to folders, and out of the root, are not followed.

    Raises SourceRootMissing.
    """
    if not root.is_dir():
        raise SourceRootMissing(root)
    inside = root.resolve()
    found: list[FoundFile] = []
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in names:
            location = Path(folder, name)
            if _PASSING.fullmatch(name) or _leads_out(location, inside) or not location.is_file():
                continue
            facts = location.stat()
            path = location.relative_to(root).as_posix()
            found.append(FoundFile(path, location, facts.st_size, facts.st_mtime_ns))
    return tuple(sorted(found, key=lambda each: each.path))


def claimed_by(source: SourceObject, files: Iterable[FoundFile]) -> tuple[FoundFile, ...]:
    """The files that a schema object's globs match."""
    patterns = [glob_pattern(glob) for glob in source.globs]
    return tuple(each for each in files if any(p.fullmatch(each.path) for p in patterns))


def unclaimed(sources: Iterable[SourceObject], files: Iterable[FoundFile]) -> tuple[str, ...]:
    """Paths that no schema object claims."""
    patterns = [glob_pattern(glob) for source in sources for glob in source.globs]
    return tuple(e.path for e in files if not any(p.fullmatch(e.path) for p in patterns))


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A glob as an expression: `*` and `?` stay within one folder, `**/` spans any number.

    Unlike a shell's, `*` also matches names that begin with a dot: published sets have them.
    """
    parts = []
    position = 0
    text = PurePosixPath(glob).as_posix()
    tokens = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]")
    for token in tokens.finditer(text):
        parts.append(re.escape(text[position : token.start()]))
        parts.append(_TOKENS.get(token.group()) or token.group().replace("[!", "[^", 1))
        position = token.end()
    parts.append(re.escape(text[position:]))
    return re.compile("".join(parts), re.DOTALL)


_TOKENS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class ContentHashes:
    """SHA-256 of files, remembered by path, size and time of change in a small JSON ledger."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._known: Mapping[str, list[object]] | None = None
        self._seen: dict[str, list[object]] = {}

    def of(self, file: FoundFile, now: datetime) -> str:
        """The hash of a file's bytes; read from the ledger where the file has not changed."""
        name = str(file.location.absolute())
        facts = [file.bytes, file.modified]
        known = self._remembered().get(name)
        if known is not None and known[:2] == facts:
            self._seen[name] = known
            return str(known[2])
        with file.location.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if file.modified < now.timestamp() * 1e9 - _SETTLED_NANOSECONDS:
            self._seen[name] = [*facts, found]
        return found

    def save(self) -> None:
        """Writes the ledger if anything in it is new or gone."""
        if self._seen != self._remembered():
            self._ledger.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._ledger, json.dumps(self._seen).encode())

    def _remembered(self) -> Mapping[str, list[object]]:
        """The ledger; a damaged one only costs hashing again."""
        if self._known is None:
            try:
                self._known = json.loads(self._ledger.read_bytes())
            except (FileNotFoundError, ValueError):
                self._known = {}
        return self._known or {}


def _leads_out(location: Path, inside: Path) -> bool:
    return location.is_symlink() and not location.resolve().is_relative_to(inside)
