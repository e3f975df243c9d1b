"""Landlock: from here on this thread, and what it starts, reaches only the files it was given.

The kernel applies it to the calling thread alone, so it is put on while there is only one.
Source: linux/landlock.h, kernel documentation `userspace-api/landlock`.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
# Bits of the file system that each version knows: an older kernel refuses newer ones.
_FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ALL_TCP = 0b11  # bind, connect: version 4
_ALL_SCOPES = 0b11  # abstract sockets, signals to processes outside: version 6

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """The version of Landlock that this kernel offers, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    version: int = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    return max(version, 0)


def restrict(readable: Sequence[str], scratch: str) -> None:
    """Leave this thread `readable` files to read, the folder `scratch` to work in, nothing else.

    No other file can be opened, listed or made; with version 4 no TCP, with version 6 no signal
    and no abstract socket out of the sandbox. Needs no_new_privs. Raises OSError, with nothing
    half granted, when the kernel refuses or a file is missing.
    """
    version = abi()
    every = (1 << _FILE_BITS[min(version, 5)]) - 1
    ruleset = _create(version, every)
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE)
        work = _READ_FILE | _WRITE_FILE | _READ_DIR | _REMOVE_FILE | _MAKE_FILE | _TRUNCATE
        _allow(ruleset, scratch, work & every)
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "restrict the worker")
    finally:
        os.close(ruleset)


def _create(version: int, every: int) -> int:
    fields = [every]
    if version >= 4:
        fields.append(_ALL_TCP)
    if version >= 6:
        fields.append(_ALL_SCOPES)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    size = ctypes.c_size_t(len(attributes))
    return _checked(_libc.syscall(_CREATE_RULESET, attributes, size, 0), "make a ruleset")


def _allow(ruleset: int, path: str, access: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", access, opened)
        added = _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        _checked(added, f"allow `{path}`")
    finally:
        os.close(opened)


def _checked(returned: int, what: str) -> int:
    if returned < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock did not {what}: {os.strerror(code)}")
    return returned
