"""Copies of ports' files with what a combination of grants shows, and nothing else.

Each is made once per port, Delta version and combination, by this trusted process, and lies in
`<unit>/<port>/v<major>/<version>/<identity>/`: `rows.parquet`, read-only, and `copy.json` with its
hash, sealed with the secret. A copy is there whole or not at all. What was altered since is set
aside and never shown.
"""

import hashlib
import hmac
import json
import logging
import os
import shutil
import stat
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from contracts.port_names import read_name
from data_products.durable import make_folder, sync, write_json
from data_products.folders import port_folder
from marketplace.query.combination import Combination
from marketplace.query.copy_building import SPILL, Build, BuildTooLarge, BuildTooLong, built
from marketplace.query.errors import CopyAltered, CopyFailed, CopyTooLarge
from marketplace.query.masks import HashKey

_log = logging.getLogger(__name__)
_MB = 1024 * 1024
_ROWS, _MANIFEST = "rows.parquet", "copy.json"
_IDLE_SECONDS = 900.0  # longer than any statement: nobody reads a copy that was not asked for since
_TOUCH_SECONDS = 60.0
_ATTEMPTS = 3
_ALTERED, _GONE = ".altered", ".gone"


@dataclass(frozen=True, slots=True)
class CopySettings:
    """Where copies lie, what keys their masks and seals, and how much they may take."""

    folder: Path  # made when it is missing; nothing else may lie in it
    secret: bytes = field(repr=False)
    budget_mb: int = 4096  # of all copies together, on disk
    memory_mb: int = 512  # of making one
    seconds: float = 60.0  # of making one


@dataclass(frozen=True, slots=True)
class _Found:
    """A copy in its folder, with its time of last use in seconds since 1970."""

    folder: Path
    bytes: int
    used: float


class Copies:
    """The copies of all ports below one folder; safe to share between threads and processes."""

    def __init__(self, settings: CopySettings) -> None:
        self._settings = settings
        self._root = settings.folder.absolute()
        self._seen: dict[Path, tuple[int, ...]] = {}  # file -> what it was like when it was hashed
        self._making = threading.Lock()

    def file(self, wanted: Combination, relation: str, now: datetime) -> Path:
        """The file with what `wanted` shows of `relation`, made now where there is none.

        `relation` holds the rows of `wanted.needed`. Raises CopyAltered, after which the next call
        makes it anew, CopyTooLarge or CopyFailed.
        """
        folder = self._folder(wanted)
        for _ in range(_ATTEMPTS):
            if not folder.exists():
                self._make(wanted, relation, folder, now)
            fault = self._fault(folder)
            if fault is None:
                self._touch(folder, now)
                return (folder / _ROWS).resolve()
            if folder.exists():  # otherwise it made room for another in this moment
                self._set_aside(folder, fault)
                raise CopyAltered(wanted.snapshot.port, fault)
        raise CopyFailed(wanted.snapshot.port, "others took its room again and again")

    def has(self, wanted: Combination) -> bool:
        """Whether a copy was made already, altered or not."""
        return self._folder(wanted).exists()

    def sweep(self, served: Callable[[str, int], int | None], now: datetime) -> tuple[str, ...]:
        """Remove copies of other versions than the served, and what crashes left; returns which.

        `served` gives the Delta version of `unit.port` and a major version; None: none is offered.
        What was used in the last quarter of an hour stays.
        """
        gone = []
        for found in (*self._copies(), *self._leftovers()):
            name = found.folder.name
            is_leftover = name[0] == "." and not name.startswith(_ALTERED)
            is_idle = now.timestamp() - found.used > _IDLE_SECONDS
            if is_idle and (is_leftover or not self._is_served(found.folder, served)):
                self._remove(found.folder)
                gone.append(found.folder.relative_to(self._root).as_posix())
        return tuple(sorted(gone))

    def altered(self) -> Mapping[str, str]:
        """Every copy whose bytes are not those that were written, each with its fault."""
        self._seen.clear()
        faults = {found.folder: self._fault(found.folder) for found in self._copies()}
        return {
            folder.relative_to(self._root).as_posix(): fault
            for folder, fault in sorted(faults.items())
            if fault is not None
        }

    def _folder(self, wanted: Combination) -> Path:
        snapshot = wanted.snapshot
        # Another secret makes other hashes: they are other copies.
        name = hmac.new(self._settings.secret, wanted.identity.encode(), "sha256").hexdigest()[:32]
        return self._version_folder(snapshot.port, snapshot.major, snapshot.version) / name

    def _version_folder(self, port: str, major: int, version: int) -> Path:
        return port_folder(self._root, port, major) / str(version)

    def _is_served(self, folder: Path, served: Callable[[str, int], int | None]) -> bool:
        unit, port, major, version = folder.relative_to(self._root).parts[:4]
        if not major[1:].isdecimal():
            return False
        return version == str(served(f"{unit}.{port}", int(major[1:])))

    # Making one

    def _make(self, wanted: Combination, relation: str, folder: Path, now: datetime) -> None:
        """One at a time: together they would take more memory and disk than was allowed."""
        port = wanted.snapshot.port
        make_folder(self._root)
        self._root.chmod(0o700)
        lock = FileLock(self._root / ".making.lock")
        if not self._making.acquire(timeout=self._settings.seconds):
            raise CopyFailed(port, "others were being made for as long as one may wait")
        try:
            with lock.acquire(timeout=self._settings.seconds):
                if not folder.exists():
                    self._make_alone(wanted, relation, folder, now)
        except Timeout as error:
            fault = "others were being made for as long as one may wait"
            raise CopyFailed(port, fault) from error
        finally:
            self._making.release()

    def _make_alone(self, wanted: Combination, relation: str, folder: Path, now: datetime) -> None:
        port = wanted.snapshot.port
        room = self._room(wanted.needed.bytes, now)
        draft = folder.with_name(f".{folder.name}")
        self._remove(draft)  # a crash left it: nobody else is making one
        make_folder(draft)
        key = HashKey(self._settings.secret, read_name(port)[0])
        build = Build(
            wanted.select(relation),
            draft,
            key,
            wanted.hashed,
            (self._settings.memory_mb, self._settings.seconds, room),
        )
        try:
            built(build, draft / _ROWS)
            self._seal(draft, folder)
            draft.rename(folder)
            sync(folder.parent)
        except BuildTooLarge as error:
            raise CopyTooLarge(port, self._settings.budget_mb) from error
        except BuildTooLong as error:
            fault = f"it took longer than {self._settings.seconds:g} seconds"
            raise CopyFailed(port, fault) from error
        except Exception as error:
            # The text may hold rows that nobody was granted: to the platform's log alone.
            _log.exception("A copy of `%s` could not be made", port)
            raise CopyFailed(port, "it could not be made, which was reported") from error
        finally:
            self._remove(draft)

    def _seal(self, draft: Path, folder: Path) -> None:
        shutil.rmtree(draft / SPILL, ignore_errors=True)
        rows = draft / _ROWS
        rows.chmod(0o400)
        sync(rows)
        facts = {
            "place": folder.relative_to(self._root).as_posix(),
            "bytes": rows.stat().st_size,
            "sha256": _digest(rows),
        }
        write_json(draft / _MANIFEST, {**facts, "seal": self._seal_of(facts)})

    def _seal_of(self, facts: Mapping[str, Any]) -> str:
        text = json.dumps(facts, sort_keys=True)
        return hmac.new(self._settings.secret, f"copy\0{text}".encode(), "sha256").hexdigest()

    def _room(self, expected: int, now: datetime) -> int:
        """Bytes that one more copy may take; idle copies make room, the longest unused first."""
        budget = self._settings.budget_mb * _MB
        found = sorted(self._copies(), key=lambda each: each.used)
        used = sum(each.bytes for each in found)
        for each in found:
            if used + expected <= budget or now.timestamp() - each.used <= _IDLE_SECONDS:
                break
            self._remove(each.folder)
            used -= each.bytes
        return max(0, budget - used)

    # Trusting one

    def _fault(self, folder: Path) -> str | None:
        """What of a copy is not as it was written; None where nothing is.

        The bytes are hashed again only when the file system says that the file was touched.
        """
        rows = folder / _ROWS
        try:
            facts = json.loads((folder / _MANIFEST).read_bytes())
            state = rows.lstat()
        except (OSError, ValueError):
            return "a file of it is missing or unreadable"
        if not isinstance(facts, dict) or not isinstance(seal := facts.pop("seal", None), str):
            return "its manifest is not the one that was written"
        is_sealed = hmac.compare_digest(
            seal.encode("utf-8", "surrogatepass"), self._seal_of(facts).encode()
        )
        if not is_sealed or facts.get("place") != folder.relative_to(self._root).as_posix():
            return "its manifest is not the one that was written"
        if not stat.S_ISREG(state.st_mode) or state.st_size != facts["bytes"]:
            return "its rows are not the ones that were written"
        look = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if self._seen.get(rows) == look:
            return None
        if _digest(rows) != facts["sha256"]:
            return "its rows are not the ones that were written"
        self._seen[rows] = look
        return None

    def _set_aside(self, folder: Path, fault: str) -> None:
        """Keep an altered copy as evidence, where no statement looks."""
        _log.error("A copy was altered and set aside: `%s`, %s", folder, fault)
        with suppress(OSError):  # another process did it
            count = sum(1 for _ in folder.parent.glob(f"{_ALTERED}-*-{folder.name}"))
            folder.rename(folder.with_name(f"{_ALTERED}-{count}-{folder.name}"))

    def _touch(self, folder: Path, now: datetime) -> None:
        manifest = folder / _MANIFEST
        with suppress(OSError):
            if abs(manifest.stat().st_mtime - now.timestamp()) > _TOUCH_SECONDS:
                os.utime(manifest, (now.timestamp(), now.timestamp()))

    # What lies on disk

    def _copies(self) -> tuple[_Found, ...]:
        folders = self._root.glob("*/*/v*/*/*/")
        return tuple(_found(folder) for folder in folders if folder.name[0] != ".")

    def _leftovers(self) -> tuple[_Found, ...]:
        return tuple(_found(folder) for folder in self._root.glob("*/*/v*/*/.*/"))

    def _remove(self, folder: Path) -> None:
        """In one step, so that nobody takes half a copy for an altered one."""
        self._seen.pop(folder / _ROWS, None)
        gone = folder.with_name(f"{_GONE}-{os.getpid()}-{threading.get_ident()}-{folder.name}")
        with suppress(OSError):
            folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()  # once it is empty


def _found(folder: Path) -> _Found:
    size, used = 0, 0.0
    with suppress(OSError):
        size = (folder / _ROWS).lstat().st_size
        used = folder.stat().st_mtime
        used = (folder / _MANIFEST).stat().st_mtime
    return _Found(folder, size, used)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
