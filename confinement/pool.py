"""The engine's side of the zygote: starts it, takes workers from it, restarts it, ends it."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import confinement
from confinement import wire
from confinement.errors import NoWorker
from confinement.sandbox import Confinement
from confinement.watch import STEPS, Watch, step_back
from confinement.worker import LAST, Job

_START_SECONDS = 60.0
_FAREWELL_SECONDS = 10.0
_LARGEST_ENDING = 4 * 1024 * 1024
_PREFIX = "query-"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended. `message` is what it said itself, None where it could not."""

    message: dict[str, Any] | None
    was_started: bool  # it said that it took the job
    timed_out: bool
    is_known_gone: bool  # the zygote saw its end: nothing writes to the result any more
    signal: int
    cpu_milliseconds: int
    memory_mb: int
    is_kept: bool = False  # it waits for the next job: what it wrote, it could still change


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said to a job."""

    message: dict[str, Any] | None
    was_started: bool
    timed_out: bool
    nice: int = 0  # how far the worker has stepped back


@dataclass(frozen=True, slots=True)
class Hired:
    """A worker, as the engine holds it."""

    id: int
    peer: socket.socket
    ending: int

    def dismiss(self) -> None:
        """Have it end where it waits for a job; how it ended can still be told."""
        self.peer.close()

    def close(self) -> None:
        """Let go of it; a worker that waits for a job ends."""
        self.dismiss()
        os.close(self.ending)


@dataclass(frozen=True, slots=True)
class _Zygote:
    process: subprocess.Popen[bytes]
    control: socket.socket
    confinement: Confinement


class WorkerPool:
    """Workers for single use, from a zygote that is started when it is needed; thread-safe."""

    def __init__(self, scratch: Path, spares: int) -> None:
        self._parent = scratch.absolute()  # workers have another current folder
        self._spares = spares
        self._lock = threading.Lock()
        self._zygote: _Zygote | None = None
        self._folder: tuple[Path, int] | None = None
        self._is_closed = False

    def start(self) -> Confinement:
        """What workers are confined with. Starts the zygote unless it runs.

        Raises NoWorker when it does not start.
        """
        with self._lock:
            return self._running().confinement

    @property
    def folder(self) -> Path:
        """Where results are spooled: made by `start`, gone after `close`."""
        if self._folder is None:
            raise NoWorker("the query engine is not started")
        return self._folder[0]

    def run(self, job: Job, result: int, seconds: float, watch: Watch | None = None) -> Ended:
        """Run `job` in a worker that writes to the open file `result`; ends it at the deadline.

        Raises NoWorker when no worker can be had.
        """
        hired = self.hire()
        try:
            return self.ended(hired, self.asked(hired, job, result, seconds, watch))
        finally:
            hired.close()

    def asked(
        self, hired: Hired, job: Job, result: int, seconds: float, watch: Watch | None = None
    ) -> Answer:
        """What a worker makes of a job; it is ended at the deadline, or when the watch says so.

        With a watch, it steps back the longer it runs.
        """
        stop = watch.stop.calls(lambda: self._end(hired)) if watch else contextlib.nullcontext()
        with stop:
            if not self._given(hired, job, result):
                return Answer(None, was_started=False, timed_out=False)
            deadline = time.monotonic() + seconds
            nice = _stepping_back(hired, seconds, watch.nice) if watch else 0
            hired.peer.settimeout(max(deadline - time.monotonic(), 0.001))
            message, timed_out = self._told(hired)
            return Answer(message, was_started=True, timed_out=timed_out, nice=nice)

    def ended(self, hired: Hired, answer: Answer) -> Ended:
        """The answer with how the worker went, once it is gone."""
        record = self._farewell(hired)
        return Ended(
            message=answer.message,
            was_started=answer.was_started,
            timed_out=answer.timed_out,
            is_known_gone=record is not None,
            signal=record["signal"] if record else 0,
            cpu_milliseconds=record["cpu_milliseconds"] if record else 0,
            memory_mb=record["memory_mb"] if record else 0,
        )

    @contextlib.contextmanager
    def kept_worker(self) -> Iterator["KeptWorker"]:
        """A worker for jobs that say that others may follow; when it ends, another takes its place.

        No process is started before the first job.
        """
        kept = KeptWorker(self)
        try:
            yield kept
        finally:
            kept.close()

    def close(self) -> None:
        """End the zygote and every worker, and remove what they wrote."""
        with self._lock:
            self._is_closed = True
            self._stop()
            if self._folder is not None:
                folder, lock = self._folder
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
                self._folder = None

    def hire(self) -> Hired:
        """A worker, to be closed by the caller. Raises NoWorker when none can be had."""
        with self._lock:
            for _ in range(2):  # the zygote may have died since the last statement
                zygote = self._running()
                try:
                    wire.send(zygote.control, {"ask": "worker"})
                    message, files = wire.receive(zygote.control)
                except (wire.Disconnected, TimeoutError):
                    self._stop()
                    continue
                return Hired(message["worker"], socket.socket(fileno=files[0]), files[1])
        raise NoWorker("the process that starts workers ended twice in a row")

    def _given(self, hired: Hired, job: Job, result: int) -> bool:
        """Whether the worker said that it took the job; a worker just forked connects first."""
        hired.peer.settimeout(_START_SECONDS)
        try:
            wire.send(hired.peer, job.document(), (result,))
            _, files = wire.receive(hired.peer, _LARGEST_ENDING)
        except TimeoutError:
            self._end(hired)
            return False
        except wire.Disconnected:
            return False
        _close(files)
        return True

    def _told(self, hired: Hired) -> tuple[dict[str, Any] | None, bool]:
        """What the worker says at its end, and whether the deadline came first."""
        try:
            message, files = wire.receive(hired.peer, _LARGEST_ENDING)
        except TimeoutError:
            self._end(hired)
            return None, True
        except wire.Disconnected:
            return None, False
        _close(files)
        return message, False

    def _farewell(self, hired: Hired) -> dict[str, int] | None:
        for attempt in ("wait", "end"):
            if attempt == "end":
                self._end(hired)
            if select.select([hired.ending], [], [], _FAREWELL_SECONDS)[0]:
                text = os.read(hired.ending, 4096)
                return json.loads(text) if text else None
        return None

    def _end(self, hired: Hired) -> None:
        with self._lock, contextlib.suppress(wire.Disconnected):
            if self._zygote is not None:
                wire.send(self._zygote.control, {"ask": "end", "worker": hired.id})

    def _running(self) -> _Zygote:
        if self._is_closed:
            raise NoWorker("the query engine is closed")
        if self._zygote is not None and self._zygote.process.poll() is None:
            return self._zygote
        self._stop()
        if self._folder is None:
            self._folder = _own_folder(self._parent)
        self._zygote = _started(self._folder[0], self._spares)
        return self._zygote

    def _stop(self) -> None:
        if self._zygote is None:
            return
        self._zygote.control.close()  # it ends its workers, then itself
        try:
            self._zygote.process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._zygote.process.kill()
            self._zygote.process.wait()
        self._zygote = None


class KeptWorker:
    """One worker at a time for the statements of one author over the same files."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._hired: Hired | None = None

    def run(self, job: Job, result: int, seconds: float) -> Ended:
        """As WorkerPool.run does; the worker stays unless the job was its end."""
        if self._hired is None:
            self._hired = self._pool.hire()
        answer = self._pool.asked(self._hired, job, result, seconds)
        if answer.message is not None and answer.message["ending"] not in LAST:
            return Ended(
                message=answer.message,
                was_started=True,
                timed_out=False,
                is_known_gone=False,
                signal=0,
                cpu_milliseconds=0,
                memory_mb=0,
            )
        try:
            return self._pool.ended(self._hired, answer)
        finally:
            self.close()

    def close(self) -> None:
        """Let the worker end."""
        if self._hired is not None:
            self._hired.close()
            self._hired = None


def _stepping_back(hired: Hired, seconds: float, nice: int) -> int:
    """Waits until the worker speaks or has stepped back as far as it goes; how far that was."""
    if nice > 0:
        step_back(hired.id, nice)
    waited = 0.0
    for after, step in STEPS:
        until = min(after, seconds)
        if select.select([hired.peer], [], [], max(until - waited, 0.0))[0] or until < after:
            break
        waited = until
        if step > nice:
            nice = step
            step_back(hired.id, nice)
    return nice


def _close(files: Sequence[int]) -> None:
    for file in files:  # a worker has none to give
        os.close(file)


def _started(folder: Path, spares: int) -> _Zygote:
    ours, theirs = socket.socketpair()
    work = tempfile.mkdtemp(prefix="workers-", dir=folder)
    name = str(theirs.fileno())
    with theirs:
        process = subprocess.Popen(  # noqa: S603 (no text of a person is in it)
            [sys.executable, "-m", "confinement.zygote", name, work, str(spares)],
            env={},
            cwd=Path(confinement.__file__).parents[1],
            stdin=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # Ctrl-C reaches the engine only, which ends it in order
        )
    ours.settimeout(_START_SECONDS)
    try:
        offered, _ = wire.receive(ours)
    except (wire.Disconnected, TimeoutError) as error:
        ours.close()
        process.kill()
        process.wait()
        raise NoWorker("the process that starts workers did not start") from error
    return _Zygote(process, ours, Confinement(**offered))


def _own_folder(parent: Path) -> tuple[Path, int]:
    """A folder of this engine alone, held by a lock; those that no engine holds are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _remove_if_left(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # another engine was quicker
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # in use
    finally:
        os.close(lock)
