"""Which addresses may be downloaded from, and which paths an index may name."""

import ipaddress
import socket
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from orchestration.sources.errors import DownloadFailed, DownloadRefused

Resolver = Callable[[str], tuple[str, ...]]


def resolve(host: str) -> tuple[str, ...]:
    """The IP addresses of a host."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def is_address(source: str) -> bool:
    """Whether a source is named by URL and not by folder."""
    return source.lower().startswith(("http://", "https://"))


def shown(url: str) -> str:
    """The URL without the parts that may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def check_address(url: str) -> None:
    """Refuses what is not https, except on this machine. Raises DownloadRefused."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise DownloadRefused(shown(url), "it holds a user name or password: remove them")
    if not parts.hostname:
        raise DownloadRefused(shown(url), "it names no host")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback_name(parts.hostname)):
        return
    raise DownloadRefused(shown(url), "only https is accepted: give an https address")


def check_redirect(origin: str, target: str, resolver: Resolver = resolve) -> None:
    """Refuses a redirect to another scheme or to an address that is not public.

    On the same host anything goes that the first address could be. Raises DownloadRefused.
    """
    check_address(target)
    first, then = urlsplit(origin), urlsplit(target)
    if first.scheme != then.scheme:
        raise DownloadRefused(shown(origin), f"it redirects to another scheme: `{shown(target)}`")
    if (first.hostname, first.port) == (then.hostname, then.port):
        return
    if _is_loopback_name(first.hostname or "") and _is_loopback_name(then.hostname or ""):
        return
    try:
        addresses = resolver(then.hostname or "")
    except OSError as error:
        raise DownloadFailed(shown(target), f"its host has no address: {error}") from error
    for address in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            reason = f"it redirects to `{shown(target)}`, which is not a public address"
            raise DownloadRefused(shown(origin), reason)


def safe_path(path: str, index: str) -> PurePosixPath:
    """A path that an index names, if it stays below the folder. Raises DownloadRefused."""
    parts = path.split("/")
    is_unsafe = (
        not path
        or path.startswith("/")
        or "\\" in path
        or ":" in parts[0]
        or any(part in {"", ".", ".."} for part in parts)
        or any(ord(character) < 32 or ord(character) == 127 for character in path)
        or max(map(len, parts)) > 200
    )
    if is_unsafe:
        raise DownloadRefused(
            shown(index), f"it names the path `{path[:200]}`: expected one below its own folder"
        )
    return PurePosixPath(path)


def joined(base: str, path: PurePosixPath) -> str:
    """The address of a path below an index's folder."""
    return f"{base.rstrip('/')}/{quote(path.as_posix())}"


def path_of(url: str) -> PurePosixPath:
    """Where a file that is named by its own URL goes: the URL's path."""
    return safe_path(unquote(urlsplit(url).path).lstrip("/"), url)


def _is_loopback_name(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
