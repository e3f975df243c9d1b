"""Messages between the engine, the zygote and its workers: framed JSON, and open files."""

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

_HEAD = struct.Struct("!I")
LARGEST_MESSAGE = 32 * 1024 * 1024
_MOST_FILES = 4


class Disconnected(Exception):
    """The other side is gone, or speaks something else."""


def send(peer: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send one message, with open files that the other side gets its own copies of.

    Raises Disconnected when the other side is gone.
    """
    body = json.dumps(message).encode("ascii")
    frame = _HEAD.pack(len(body)) + body
    try:
        sent = socket.send_fds(peer, [frame], files) if files else 0
        if sent < len(frame):  # a peer that has read it all may be gone by now
            peer.sendall(frame[sent:])
    except OSError as error:
        raise Disconnected(str(error)) from error


def receive(
    peer: socket.socket, largest: int = LARGEST_MESSAGE
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """The next message and the files that came with it; they are the caller's to close.

    Raises Disconnected when the other side is gone or sends no message, and TimeoutError after
    the socket's own timeout.
    """
    files: list[int] = []
    try:
        head = _exactly(peer, _HEAD.size, files)
        (size,) = _HEAD.unpack(head)
        if size > largest:
            raise Disconnected(f"a message of {size} bytes")
        message = json.loads(_exactly(peer, size, files))
        if not isinstance(message, dict):
            raise Disconnected("a message that is no object")
    except BaseException as error:
        for file in files:
            os.close(file)
        if isinstance(error, (ValueError, ConnectionError)):
            raise Disconnected(str(error)) from error
        raise
    return message, tuple(files)


def _exactly(peer: socket.socket, size: int, files: list[int]) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        wanted = min(size - len(parts), 1 << 20)
        chunk, received, _, _ = socket.recv_fds(peer, wanted, _MOST_FILES)
        files.extend(received)
        if not chunk:
            raise Disconnected("the other side closed")
        parts += chunk
    return bytes(parts)
