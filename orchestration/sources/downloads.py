"""Source files by URL: fetched once, continued where they broke off, checked, kept.

The folder that results is a source root like any other.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from orchestration.sources.addresses import check_address, joined, path_of, safe_path, shown
from orchestration.sources.errors import DownloadRefused
from orchestration.sources.landing_store import write_atomically
from orchestration.sources.transfers import Limits, Stored, Transfer, fetch_bytes, transfer

_LARGEST_INDEX = 16 << 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that an index names; what it says of the file is checked."""

    path: PurePosixPath
    url: str
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Said after each file of an index."""

    path: str
    position: int  # from 1
    total: int
    bytes: int
    was_kept: bool  # it was here already


@dataclass(frozen=True, slots=True)
class Downloads:
    """What a download left: the folder to land from, and each file in it."""

    root: Path
    files: tuple[Stored, ...]
    fetched: int  # files that were transferred, not kept
    removed: tuple[str, ...]  # files that the index no longer names


def fetch_sources(
    addresses: str | Sequence[str],
    folder: Path,
    limits: Limits | None = None,
    progress: Callable[[DownloadProgress], None] | None = None,
) -> Downloads:
    """Fetches what an index, or a list of file URLs, names into a folder below `folder`.

    One URL is a folder with `index.json` (a list of {path, sha256?, bytes?}, also under `files`)
    or `MANIFEST.csv` (column `file` or `path`, and those two); several are files. Everything
    the index says is checked before the first file is asked for.
    Raises DownloadRefused and DownloadFailed; what has arrived by then is kept.
    """
    limits = limits or Limits()
    urls = [addresses] if isinstance(addresses, str) else list(addresses)
    for url in urls:
        check_address(url)
    # Redirects are followed by hand, each one checked; the environment's proxies are not asked.
    with httpx.Client(
        follow_redirects=False, timeout=limits.timeout_seconds, trust_env=False
    ) as client:
        if isinstance(addresses, str):
            listed = read_index(client, addresses, limits)
        else:
            listed = tuple(Listed(path_of(url), url) for url in urls)
        _check_listed(listed, urls[0] if urls else "", limits)
        name = hashlib.sha256("\n".join(urls).encode()).hexdigest()[:16]
        return _fetch_all(client, listed, _Folder(folder / name), (limits, progress))


def read_index(client: httpx.Client, base: str, limits: Limits) -> tuple[Listed, ...]:
    """The files that the index below `base` names. Raises DownloadRefused."""
    for name, reader in (("index.json", _from_json), ("MANIFEST.csv", _from_csv)):
        url = joined(base, PurePosixPath(name))
        content = fetch_bytes(client, url, _LARGEST_INDEX, limits)
        if content is not None:
            return tuple(_listed(base, url, row) for row in reader(url, content))
    raise DownloadRefused(
        shown(base), "it has neither `index.json` nor `MANIFEST.csv`: expected one of them"
    )


class _Folder:
    """The folder of one index: files below `files`, and what is known of them beside it."""

    def __init__(self, root: Path) -> None:
        self.files = root / "files"
        self.parts = root / "parts"
        self._ledger = root / "downloads.json"

    def load(self) -> dict[str, Stored]:
        try:
            document = json.loads(self._ledger.read_bytes())
        except FileNotFoundError:
            return {}
        return {path: Stored(**facts) for path, facts in document.items()}

    def save(self, stored: dict[str, Stored]) -> None:
        content = {path: asdict(facts) for path, facts in stored.items()}
        write_atomically(self._ledger, json.dumps(content, indent=1).encode())

    def remove_others(self, kept: set[str]) -> tuple[str, ...]:
        """Removes files that the index no longer names."""
        removed = []
        for file in sorted(self.files.rglob("*")):
            path = file.relative_to(self.files).as_posix()
            if file.is_file() and path not in kept:
                file.unlink()
                removed.append(path)
        return tuple(removed)


def _fetch_all(
    client: httpx.Client,
    listed: tuple[Listed, ...],
    folder: _Folder,
    given: tuple[Limits, Callable[[DownloadProgress], None] | None],
) -> Downloads:
    limits, progress = given
    folder.files.mkdir(parents=True, exist_ok=True)
    folder.parts.mkdir(parents=True, exist_ok=True)
    known = folder.load()
    fetched = 0
    for position, each in enumerate(listed, 1):
        path = each.path.as_posix()
        part = folder.parts / f"{hashlib.sha256(path.encode()).hexdigest()[:32]}.part"
        asked = Transfer(each.url, folder.files / each.path, part, each.sha256, each.bytes)
        stored, was_kept = transfer(client, asked, known.get(path), limits)
        if not was_kept:
            fetched += 1
            known[path] = stored
            folder.save(known)
        if progress is not None:
            progress(DownloadProgress(path, position, len(listed), stored.bytes, was_kept))
    kept = {each.path.as_posix() for each in listed}
    removed = folder.remove_others(kept)
    folder.save({path: facts for path, facts in known.items() if path in kept})
    return Downloads(folder.files, tuple(known[path] for path in sorted(kept)), fetched, removed)


def _check_listed(listed: tuple[Listed, ...], index: str, limits: Limits) -> None:
    seen: set[str] = set()
    for each in listed:
        path = each.path.as_posix()
        if path.casefold() in seen:
            raise DownloadRefused(shown(index), f"it names `{path}` twice")
        seen.add(path.casefold())
        if each.bytes is not None and each.bytes > limits.largest_file:
            limits.refuse(each.url, each.bytes)


def _from_json(url: str, content: bytes) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise DownloadRefused(shown(url), f"it is not JSON: {error}") from error
    rows = document.get("files") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise DownloadRefused(shown(url), "expected a list of {path, sha256?, bytes?}")
    for row in rows:
        yield {"path": row} if isinstance(row, str) else row


def _from_csv(url: str, content: bytes) -> Iterator[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        names = reader.fieldnames or []
        column = next((name for name in ("file", "path") if name in names), None)
        if column is None:
            raise DownloadRefused(shown(url), "expected a column `file` or `path`")
        for row in reader:
            yield {
                **{name: row.get(name) or None for name in ("sha256", "bytes")},
                "path": row[column],
            }
    except (UnicodeDecodeError, csv.Error) as error:
        raise DownloadRefused(shown(url), f"it is no CSV in UTF-8: {error}") from error


def _listed(base: str, index: str, row: object) -> Listed:
    facts = row if isinstance(row, dict) else {}
    if not isinstance(facts.get("path"), str):
        raise DownloadRefused(shown(index), f"expected a `path` in each row, found `{row}`"[:300])
    path = safe_path(facts["path"], index)
    sha256, size = facts.get("sha256"), facts.get("bytes")
    if sha256 is not None and not _is_sha256(sha256):
        raise DownloadRefused(shown(index), f"`sha256` of `{path}` is not 64 hexadecimal digits")
    if size is not None and not str(size).isdecimal():
        raise DownloadRefused(shown(index), f"`bytes` of `{path}` is not a whole number")
    return Listed(
        path,
        joined(base, path),
        str(sha256).lower() if sha256 is not None else None,
        int(size) if size is not None else None,
    )


def _is_sha256(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) == 64
        and set(value.lower()) <= set("0123456789abcdef")
    )
