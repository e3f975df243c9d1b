"""One file over HTTP: continued with Range, limited in size, checked by SHA-256."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin

import httpx

from orchestration.sources.addresses import check_address, check_redirect, shown
from orchestration.sources.errors import DownloadFailed, DownloadRefused
from orchestration.sources.landing_store import sync_folder, write_atomically


@dataclass(frozen=True, slots=True)
class Limits:
    """What a download may take."""

    largest_file: int = 4 << 30  # bytes
    timeout_seconds: float = 60.0  # without a byte arriving
    redirects: int = 5
    attempts: int = 3

    def refuse(self, url: str, size: int) -> NoReturn:
        """Raises DownloadRefused for a file that is too large."""
        reason = f"{size:,} bytes, and at most {self.largest_file:,} are accepted"
        raise DownloadRefused(shown(url), f"{reason}: raise MARKETPLACE_DOWNLOAD_LIMIT_MB")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file to fetch: from where, to where, and what the index says of it."""

    url: str
    destination: Path
    part: Path
    sha256: str | None
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is here: what the server said of it, and what was received."""

    url: str
    sha256: str  # of the bytes received
    bytes: int
    etag: str | None
    last_modified: str | None


def transfer(
    client: httpx.Client, asked: Transfer, known: Stored | None, limits: Limits
) -> tuple[Stored, bool]:
    """Fetches a file unless it is here already; says whether it was.

    Raises DownloadRefused, and DownloadFailed after the last attempt: the part stays.
    """
    here = known if known is not None and _is_here(asked, known) else None
    if here is not None and asked.sha256 is not None and asked.sha256 == here.sha256:
        return here, True
    for attempt in range(1, limits.attempts + 1):
        try:
            stored = _attempt(client, asked, here, limits)
        except httpx.HTTPError as error:
            if attempt == limits.attempts:
                raise DownloadFailed(
                    shown(asked.url), f"{type(error).__name__}: {error}"
                ) from error
        else:
            return stored, stored is here
    raise DownloadFailed(shown(asked.url), "no attempt was allowed")


def fetch_bytes(client: httpx.Client, url: str, most: int, limits: Limits) -> bytes | None:
    """A small document; None where the server has none. Raises as `transfer` does."""
    check_address(url)
    try:
        with _response(client, url, {}, limits) as response:
            if response.status_code in {403, 404, 410}:
                return None
            _expect(response, url, {200})
            content = bytearray()
            for block in response.iter_raw():
                content += block
                if len(content) > most:
                    raise DownloadRefused(shown(url), f"it is larger than {most:,} bytes")
            return bytes(content)
    except httpx.HTTPError as error:
        raise DownloadFailed(shown(url), f"{type(error).__name__}: {error}") from error


def _is_here(asked: Transfer, known: Stored) -> bool:
    return (
        known.url == asked.url
        and asked.destination.is_file()
        and asked.destination.stat().st_size == known.bytes
    )


def _attempt(client: httpx.Client, asked: Transfer, here: Stored | None, limits: Limits) -> Stored:
    headers = _conditions(asked, here)
    with _response(client, asked.url, headers, limits) as response:
        if response.status_code == 304 and here is not None:
            return here
        if response.status_code == 416:
            _forget(asked)
            raise httpx.RemoteProtocolError("the part is not of this file any more")
        _expect(response, asked.url, {200, 206})
        offset = _offset(response, asked, headers)
        _check_size(response, asked, offset, limits)
        if not offset:
            _forget(asked)
        validators = (response.headers.get("etag"), response.headers.get("last-modified"))
        _remember(asked, validators)
        _receive(response, asked, offset, limits)
    return _complete(asked, validators)


def _conditions(asked: Transfer, here: Stored | None) -> dict[str, str]:
    """Asks for the rest of a part, or only for what differs from the file that is here."""
    held = _held(asked)
    if held is not None:
        size, validator = held
        return {"Range": f"bytes={size}-", "If-Range": validator}
    if here is None or asked.sha256 is not None:
        return {}
    given = {"If-None-Match": here.etag, "If-Modified-Since": here.last_modified}
    return {name: value for name, value in given.items() if value is not None}


def _held(asked: Transfer) -> tuple[int, str] | None:
    """Size and validator of a part that can be continued: never on a weak validator."""
    try:
        noted = json.loads(_note(asked).read_bytes())
        size = asked.part.stat().st_size
    except (FileNotFoundError, ValueError):
        return None
    etag, modified = noted.get("etag"), noted.get("last_modified")
    strong = etag if etag is not None and not etag.startswith("W/") else modified
    return (size, strong) if size and strong and noted.get("url") == asked.url else None


def _offset(response: httpx.Response, asked: Transfer, headers: dict[str, str]) -> int:
    """Where the body begins; the server may answer a request for the rest with the whole."""
    if response.status_code == 200:
        return 0
    held = asked.part.stat().st_size if asked.part.is_file() else 0
    if "Range" not in headers or not response.headers.get("content-range", "").startswith(
        f"bytes {held}-"
    ):
        _forget(asked)
        raise httpx.RemoteProtocolError("the server sent another part than was asked for")
    return held


def _check_size(response: httpx.Response, asked: Transfer, offset: int, limits: Limits) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise DownloadRefused(shown(asked.url), "the server packed it although asked not to")
    length = response.headers.get("content-length")
    if length is not None and length.isdecimal() and offset + int(length) > limits.largest_file:
        limits.refuse(asked.url, offset + int(length))


def _receive(response: httpx.Response, asked: Transfer, offset: int, limits: Limits) -> None:
    received = offset
    with asked.part.open("ab" if offset else "wb") as file:
        # Without a block size: what has arrived when the line breaks must be in the part.
        for block in response.iter_raw():
            received += len(block)
            if received > limits.largest_file:
                _forget(asked)
                limits.refuse(asked.url, received)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _complete(asked: Transfer, validators: tuple[str | None, str | None]) -> Stored:
    """Checks the part against the index and gives it its name."""
    with asked.part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    size = asked.part.stat().st_size
    if asked.bytes is not None and size != asked.bytes:
        _forget(asked)
        raise DownloadRefused(shown(asked.url), f"{size:,} bytes, the index says {asked.bytes:,}")
    if asked.sha256 is not None and found != asked.sha256:
        _forget(asked)
        reason = f"its SHA-256 is `{found}`, the index says `{asked.sha256}`"
        raise DownloadRefused(shown(asked.url), reason)
    asked.destination.parent.mkdir(parents=True, exist_ok=True)
    asked.part.replace(asked.destination)
    _note(asked).unlink(missing_ok=True)
    sync_folder(asked.destination.parent)
    return Stored(asked.url, found, size, *validators)


@contextmanager
def _response(
    client: httpx.Client, url: str, headers: dict[str, str], limits: Limits
) -> Iterator[httpx.Response]:
    """The answer after redirects, each of them checked."""
    current = url
    for _ in range(limits.redirects + 1):
        with client.stream(
            "GET", current, headers={"Accept-Encoding": "identity", **headers}
        ) as response:
            if not response.has_redirect_location:
                yield response
                return
            target = urljoin(current, response.headers["location"])
        check_redirect(current, target)
        current = target
    raise DownloadRefused(shown(url), f"it redirects more than {limits.redirects} times")


def _expect(response: httpx.Response, url: str, statuses: set[int]) -> None:
    if response.status_code in statuses:
        return
    reason = f"the server answered {response.status_code} {response.reason_phrase}"
    if response.status_code >= 500 or response.status_code == 429:
        raise httpx.RemoteProtocolError(reason)
    raise DownloadRefused(shown(url), reason)


def _note(asked: Transfer) -> Path:
    return asked.part.with_suffix(".json")


def _remember(asked: Transfer, validators: tuple[str | None, str | None]) -> None:
    note = {"url": asked.url, "etag": validators[0], "last_modified": validators[1]}
    write_atomically(_note(asked), json.dumps(note).encode())


def _forget(asked: Transfer) -> None:
    asked.part.unlink(missing_ok=True)
    _note(asked).unlink(missing_ok=True)
