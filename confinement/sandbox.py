"""Confines the calling process to one statement: its files, memory and time, and no way out."""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from confinement import landlock, seccomp
from confinement.limits import Limits

_MB = 1024 * 1024
_NO_NEW_PRIVILEGES, _DUMPABLE, _PARENT_DEATH_SIGNAL = 38, 4, 1  # prctl
_CAPABILITY_VERSION = 0x20080522
# A thread's stack and its malloc arena take address space long before they take memory.
_ADDRESS_SPACE_PER_THREAD = 80 * _MB
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What this machine offers to confine a worker with."""

    landlock_abi: int  # 0: none
    has_seccomp: bool

    @property
    def missing(self) -> str | None:
        """What a worker would go without, in words; None where nothing is missing."""
        absent = [
            name
            for name, there in (("Landlock", self.landlock_abi > 0), ("seccomp", self.has_seccomp))
            if not there
        ]
        return f"the kernel offers no {' and no '.join(absent)}" if absent else None


def confinement() -> Confinement:
    """What this machine offers, asked of the kernel."""
    return Confinement(landlock.abi(), seccomp.is_available())


def confine(readable: Sequence[str], scratch: Path, limits: Limits) -> None:
    """Put this process, single-threaded still, in its sandbox. There is no way back.

    What the kernel does not offer is left out: who starts workers decides whether that is
    acceptable (`confinement`). Raises RuntimeError when there is a second thread, because it would
    stay free, and OSError when the kernel refuses or a file of `readable` is gone.
    """
    set_alarm(limits)
    if sys.platform.startswith("linux"):
        _require_one_thread()
        _be_the_first_to_go()
    limit_resources(limits, len(readable))
    offered = confinement()
    if sys.platform.startswith("linux"):
        _drop_privileges()
    if offered.landlock_abi > 0:
        landlock.restrict(readable, str(scratch))
    if offered.has_seccomp:
        seccomp.restrict()


def limit_resources(limits: Limits, files: int) -> None:
    """Set hard limits on address space, CPU, files and their size, for this process."""
    processor = int(limits.seconds * limits.threads) + 2
    for which, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, processor),
        (resource.RLIMIT_FSIZE, max(limits.spill_mb, limits.result_mb + 16) * _MB),
        (resource.RLIMIT_NOFILE, files + 256),
    ):
        _lower(which, most)
    if sys.platform.startswith("linux"):
        # DuckDB's own limit comes first; a quarter above it is for what DuckDB does not count.
        room = limits.memory_mb * _MB * 5 // 4 + limits.threads * _ADDRESS_SPACE_PER_THREAD
        _lower(resource.RLIMIT_AS, _address_space() + room + 64 * _MB)


def forbid_processes() -> None:
    """No further process or thread of this user; the superuser is held by seccomp alone."""
    _lower(resource.RLIMIT_NPROC, 0)


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends, also when the parent is killed."""
    if not sys.platform.startswith("linux"):
        return
    _libc.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def set_alarm(limits: Limits) -> None:
    """Have the kernel end this process a second after its statement's deadline."""
    # The engine ends a worker at its deadline. Should the engine be stuck, the kernel does.
    set_alarm_after(limits.seconds + 1)


def set_alarm_after(seconds: float) -> None:
    """Have the kernel end this process when so many seconds have passed."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _require_one_thread() -> None:
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise RuntimeError(f"{threads} threads before the sandbox: the others would stay free")


def _be_the_first_to_go() -> None:
    # When the machine runs out of memory, it takes a worker and not the web server. Confinement
    # does not rest on it, and a container may have /proc read-only.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(b"1000")


def _drop_privileges() -> None:
    _checked(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "give up new privileges")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc.capset(header, bytes(24)), "drop capabilities")
    _checked(_libc.prctl(_DUMPABLE, 0, 0, 0, 0), "hide from tracers")


def _address_space() -> int:
    pages = Path("/proc/self/statm").read_bytes().split()[0]
    return int(pages) * resource.getpagesize()


def _lower(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (limit, limit))


def _checked(returned: int, what: str) -> None:
    if returned != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"The worker could not {what}: {os.strerror(code)}")
