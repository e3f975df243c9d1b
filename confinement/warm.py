"""Workers that stay for the next statement of the same holder over the same files.

A worker serves one holder and one set of rights in its whole life. It is let go on any difference:
another right, another file or version, other limits, an ending that is not `done`, a statement that
may have left something behind, too many statements, too many seconds, too much memory.
"""

import contextlib
import os
import resource
import select
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path

from confinement.limits import Limits
from confinement.pool import Answer, Ended, Hired, WorkerPool
from confinement.watch import Watch
from confinement.worker import Job, View

_MB = 1024 * 1024
_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED: what all threads of a process have used


@dataclass(frozen=True, slots=True)
class Stay:
    """How long workers stay."""

    workers: int = 64  # that wait at the same time, of everybody; 0: none stays
    per_holder: int = 2
    statements: int = 200  # of one worker
    seconds: float = 60.0  # of one worker, from its first statement
    memory_mb: int = 192  # that one which waits may have come to hold of its own
    total_mb: int = 2048  # that all which wait may hold together
    result_mb: int = 4  # a larger result is read only when its writer is gone


@dataclass(slots=True)
class _Kept:
    """A worker that serves one holder with one set of rights."""

    hired: Hired
    holder: Hashable
    rights: object
    views: tuple[View, ...]
    limits: Limits
    since: float
    statements: int = 0
    nice: int = 0  # a worker never steps forward again
    shared_mb: int = 0  # resident when it was new: the zygote's, which all share
    own_mb: int = 0

    def fits(self, rights: object, job: Job) -> bool:
        return self.rights == rights and self.views == job.views


class WarmWorkers:
    """Runs jobs in workers that stay, each for one holder alone; thread-safe."""

    def __init__(
        self, pool: WorkerPool, stay: Stay, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._stay = stay
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: list[_Kept] = []  # the one that waits longest first

    def run(
        self, holder: Hashable, rights: object, job: Job, result: int, watch: Watch | None = None
    ) -> Ended:
        """Run `job` in a worker of `holder` with exactly these `rights`, or in a new one.

        What it ended with `is_kept` was written by a process that is still there: copy it before
        it is read. Raises NoWorker when no worker can be had.
        """
        asked = replace(job, further_seconds=self._stay.seconds, leaves_nothing=True)
        watched = watch or Watch()
        kept = self._taken(holder, rights, asked, watched.nice)
        if kept is None:
            kept = _Kept(self._pool.hire(), holder, rights, job.views, job.limits, self._clock())
            kept.shared_mb = _resident_mb(kept.hired)
        try:
            return self._ended(kept, asked, result, watched)
        except BaseException:
            kept.hired.close()
            raise

    def close(self) -> None:
        """Let go of every worker that waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for kept in waiting:
            kept.hired.close()

    def forget(self, holder: Hashable) -> None:
        """Let go of the workers that wait for `holder`."""
        with self._lock:
            self._let_go([kept for kept in self._waiting if kept.holder == holder])

    @property
    def waiting(self) -> int:
        """How many workers wait."""
        with self._lock:
            return len(self._waiting)

    def _ended(self, kept: _Kept, job: Job, result: int, watch: Watch) -> Ended:
        before = _processor_seconds(kept.hired)
        answer = self._pool.asked(kept.hired, job, result, job.limits.seconds, watch)
        kept.statements += 1
        kept.nice = answer.nice
        if self._may_stay(kept, answer, result):
            used = _processor_seconds(kept.hired) - before
            self._keep(kept)
            return _stayed(answer, round(used * 1000))
        kept.hired.dismiss()  # it would wait for another job
        ended = self._pool.ended(kept.hired, answer)
        kept.hired.close()
        used = ended.cpu_milliseconds / 1000 - before
        return replace(ended, cpu_milliseconds=max(0, round(used * 1000)))

    def _taken(self, holder: Hashable, rights: object, job: Job, nice: int) -> _Kept | None:
        with self._lock:
            self._let_go([kept for kept in self._waiting if self._is_over(kept)])
            own = [kept for kept in self._waiting if kept.holder == holder]
            self._let_go([kept for kept in own if not kept.fits(rights, job)])
            self._let_go([kept for kept in own if kept in self._waiting and kept.nice > nice])
            for kept in reversed(own):
                if kept in self._waiting and kept.limits == job.limits:
                    self._waiting.remove(kept)
                    return kept
        return None

    def _is_over(self, kept: _Kept) -> bool:
        # A worker that waits has nothing to say: it has ended, or it cannot be trusted.
        has_spoken = bool(select.select([kept.hired.peer], [], [], 0)[0])
        return has_spoken or self._clock() - kept.since >= self._stay.seconds

    def _may_stay(self, kept: _Kept, answer: Answer, result: int) -> bool:
        message = answer.message
        return (
            self._stay.workers > 0
            and message is not None
            and message.get("ending") == "done"
            and message.get("is_complete") is True
            and kept.statements < self._stay.statements
            and self._clock() - kept.since < self._stay.seconds
            and os.fstat(result).st_size <= self._stay.result_mb * _MB
            and self._own_mb(kept) <= self._stay.memory_mb
        )

    def _own_mb(self, kept: _Kept) -> int:
        kept.own_mb = max(0, _resident_mb(kept.hired) - kept.shared_mb)
        return kept.own_mb

    def _keep(self, kept: _Kept) -> None:
        with self._lock:
            self._waiting.append(kept)
            own = [each for each in self._waiting if each.holder == kept.holder]
            self._let_go(own[: -self._stay.per_holder])
            self._let_go(self._waiting[: -self._stay.workers])
            while self._waiting and self._held_mb() > self._stay.total_mb:
                self._let_go(self._waiting[:1])

    def _held_mb(self) -> int:
        return sum(each.own_mb for each in self._waiting)

    def _let_go(self, ending: list[_Kept]) -> None:
        for kept in ending:
            self._waiting.remove(kept)
            kept.hired.close()


def _stayed(answer: Answer, cpu_milliseconds: int) -> Ended:
    return Ended(
        message=answer.message,
        was_started=True,
        timed_out=False,
        is_known_gone=False,
        signal=0,
        cpu_milliseconds=cpu_milliseconds,
        memory_mb=0,
        is_kept=True,
    )


def _processor_seconds(hired: Hired) -> float:
    """What the process has used so far, as the kernel tells it; 0 where it is gone."""
    with contextlib.suppress(OSError):
        return time.clock_gettime((~hired.id << 3) | _PROCESS_CLOCK)
    return 0.0


def _resident_mb(hired: Hired) -> int:
    """Memory that the process holds; endless where it cannot be told."""
    try:
        pages = int(Path(f"/proc/{hired.id}/statm").read_bytes().split()[1])
    except OSError:
        return 1 << 30
    return pages * resource.getpagesize() // _MB
