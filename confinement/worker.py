"""One statement in its own process: gets ready, is confined, runs it, writes the result, ends.

Only where its job says so, it stays for further statements over the same files.
"""

import io
import os
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.ipc

from confinement import guard, sandbox, wire
from confinement.errors import RefusedStatement
from confinement.leftovers import Trace, trace_of
from confinement.limits import Limits
from confinement.scan import scanned_mb
from confinement.view import View

__all__ = ["LAST", "Job", "View", "child", "serve"]

_ROWS_PER_BATCH = 8192
_MB = 1024 * 1024
_LONGEST_MESSAGE = 2000
LAST = frozenset({"unready", "unconfined", "broken"})  # endings of the worker with its job
_IDLE_MARGIN_SECONDS = 5.0  # the engine lets go of a worker that waits before the kernel ends it
_AT_CONNECT: dict[str, str | bool | int] = {
    # No thread before the sandbox: Landlock would not hold it.
    "threads": 1,
    "async_threads": 0,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
}


@dataclass(frozen=True, slots=True)
class Job:
    """A statement, what it may see, and what it may use."""

    sql: str
    views: tuple[View, ...]
    limits: Limits
    further_seconds: float = 0.0  # for statements over these files that may follow; 0: none may
    leaves_nothing: bool = False  # others may follow only where this one leaves no trace

    def document(self) -> dict[str, Any]:
        """The job as JSON holds it."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """The job that `document` was made of."""
        views = tuple(
            View(view["unit"], view["port"], view["relation"], tuple(view["files"]))
            for view in document["views"]
        )
        limits = Limits(**document["limits"])
        further, leaves_nothing = document["further_seconds"], document["leaves_nothing"]
        return cls(document["sql"], views, limits, further, leaves_nothing)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of all views: all that the statement can open."""
        return tuple(file for view in self.views for file in view.files)


def serve(peer: socket.socket, scratch: Path) -> None:
    """Connect, wait for a job and a file for its result, do it, say how it ended.

    The process must have no other thread, and ends afterwards: it can never be unconfined. While
    jobs say that others may follow, it waits for those; they open what the first one opened.
    """
    room = _Room(_connected(scratch), scratch)
    while True:
        try:
            message, files = wire.receive(peer)
            wire.send(peer, {"started": os.getpid()})
        except wire.Disconnected:
            return  # the engine has no use for this one
        job = Job.from_document(message)
        with os.fdopen(files[0], "wb", buffering=0) as result:
            try:
                ending = room.ending_of(job, result)
            except Exception as error:  # noqa: BLE001 (the engine logs it: here is nowhere to)
                ending = {"ending": "broken", "message": repr(error)}
        wire.send(peer, ending)
        if job.further_seconds == 0 or ending["ending"] in LAST or not room.is_clean_after(job):
            return
        sandbox.set_alarm_after(job.further_seconds + _IDLE_MARGIN_SECONDS)


class _Room:
    """The database of one worker, and what of it is ready."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self._scratch = scratch
        self._is_confined = False
        self._shown: tuple[View, ...] | None = None
        self._trace: Trace = frozenset()

    def ending_of(self, job: Job, result: io.RawIOBase) -> dict[str, Any]:
        """What came of the job, whose statement has a connection of its own."""
        unready = None if self._is_confined else _confined(self._connection, job, self._scratch)
        if unready is not None:
            return unready
        self._is_confined = True
        sandbox.set_alarm(job.limits)
        if self._shown != job.views:
            try:
                _show(self._connection, job)
            except duckdb.Error as error:
                return {"ending": "unready", "message": _cleaned(str(error), job, self._scratch)}
            self._shown = job.views
            if job.leaves_nothing:
                self._trace = trace_of(self._connection, self._scratch)
        connection = self._connection.cursor()
        try:
            return _ending_of(connection, job, result, self._scratch)
        finally:
            connection.close()

    def is_clean_after(self, job: Job) -> bool:
        """Whether another statement finds the room as this one did, where the job asks for that."""
        return not job.leaves_nothing or trace_of(self._connection, self._scratch) == self._trace


def _connected(scratch: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={**_AT_CONNECT, "temp_directory": str(scratch)})
    # The first of everything is slow, and loads modules that the sandbox could not open.
    connection.execute("SET GLOBAL TimeZone = 'UTC'")  # of every statement's connection
    admitted = guard.admit(connection, "SELECT 'é' AS a, DATE '2024-01-01' AS b, 1.5 AS c")
    batches = connection.sql(admitted.statement).to_arrow_reader(_ROWS_PER_BATCH)
    with pyarrow.ipc.new_stream(pa.BufferOutputStream(), batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch.slice(0, int(batch.nbytes > 0)))
    return connection


def _confined(
    connection: duckdb.DuckDBPyConnection, job: Job, scratch: Path
) -> dict[str, Any] | None:
    """None once the process is confined to the job's files; else how that ended."""
    seconds = job.limits.seconds + job.further_seconds
    try:
        sandbox.confine(job.files, scratch, replace(job.limits, seconds=seconds))
    except FileNotFoundError:
        message = "A file of a port was removed while the statement started. Run it again."
        return {"ending": "unready", "message": message}
    except (OSError, RuntimeError) as error:
        return {"ending": "unconfined", "message": _cleaned(str(error), job, scratch)}
    _lock(connection, job)
    sandbox.forbid_processes()
    return None


def _ending_of(
    connection: duckdb.DuckDBPyConnection, job: Job, result: io.RawIOBase, scratch: Path
) -> dict[str, Any]:
    named = guard.Named(frozenset(), is_complete=False)
    try:
        admitted = guard.admit(connection, job.sql)
        named = admitted.named
        estimate = scanned_mb(connection, job.sql, admitted, job.views, job.limits.scan_mb)
        if estimate > job.limits.scan_mb:
            ending: dict[str, Any] = {"ending": "too_large", "what": "scan", "estimate": estimate}
        else:
            ending = _run(connection, admitted.statement, result, job.limits)
    except RefusedStatement as refusal:
        ending = {"ending": "refused", "found": list(refusal.found)}
    except MemoryError:
        ending = {"ending": "too_large", "what": "memory"}
    except (duckdb.Error, pa.ArrowException, OSError, RuntimeError, ValueError) as error:
        ending = _failure(error, job, scratch)
    return {**ending, "names": sorted(named.relations), "is_complete": named.is_complete}


def _lock(connection: duckdb.DuckDBPyConnection, job: Job) -> None:
    """No other file than the job's, no setting, no extension."""
    limits = job.limits
    connection.execute(f"SET memory_limit = '{limits.memory_mb}MiB'")
    # Given at connect, DuckDB ignores it.
    connection.execute(f"SET max_temp_directory_size = '{limits.spill_mb}MiB'")
    connection.execute(f"SET threads = {limits.threads}")
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in job.files)
    connection.execute(f"SET allowed_paths = [{listed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _show(connection: duckdb.DuckDBPyConnection, job: Job) -> None:
    for unit in sorted({view.unit for view in job.views}):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_quoted(unit)}")
    for view in job.views:
        name = f"{_quoted(view.unit)}.{_quoted(view.port)}"
        connection.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {view.relation}")


def _run(
    connection: duckdb.DuckDBPyConnection,
    statement: guard.Statement,
    result: io.RawIOBase,
    limits: Limits,
) -> dict[str, Any]:
    batches = connection.sql(statement).to_arrow_reader(_ROWS_PER_BATCH)
    rows, size, most = 0, 0, limits.result_mb * _MB
    truncated = False
    with pyarrow.ipc.new_stream(result, batches.schema) as writer:
        for batch in batches:
            fits = _rows_that_fit(batch, limits.rows - rows, most - size)
            if fits == 0 and rows == 0 and limits.rows > 0 and batch.num_rows > 0:
                return {"ending": "too_large", "what": "result"}
            kept = batch.slice(0, fits)
            if fits > 0:
                kept.validate(full=True)  # a HUGEINT of 39 digits is no Arrow decimal
                writer.write_batch(kept)
            rows, size = rows + fits, size + kept.nbytes
            truncated = fits < batch.num_rows
            if truncated:
                break
    return {"ending": "done", "truncated": truncated}


def _rows_that_fit(batch: pa.RecordBatch, rows: int, size: int) -> int:
    fits = min(batch.num_rows, rows)
    while fits > 0 and batch.slice(0, fits).nbytes > size:
        fits //= 2
    return fits


def _failure(error: Exception, job: Job, scratch: Path) -> dict[str, Any]:
    if isinstance(error, duckdb.OutOfMemoryException):
        spilled = "max_temp_directory_size" in str(error)
        return {"ending": "too_large", "what": "disk" if spilled else "memory"}
    message = _cleaned(str(error), job, scratch)
    return {
        "ending": "failed",
        "kind": type(error).__name__,
        "message": message,
        "denied": isinstance(error, duckdb.PermissionException),
    }


def _cleaned(message: str, job: Job, scratch: Path) -> str:
    for view in job.views:
        for file in view.files:
            message = message.replace(file, f"{view.unit}.{view.port}")
    message = message.replace(str(scratch), "the temporary folder")
    # Advice on settings, which are locked here.
    message = re.split(r"\n\s*Possible solutions:", message, maxsplit=1)[0]
    return message.strip()[:_LONGEST_MESSAGE]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def child(peer: socket.socket, scratch: Path, kept: Sequence[int]) -> None:
    """The whole life of a forked worker that keeps only the open files `kept`. Never returns."""
    status = 1
    try:
        _close_all_but(kept)
        serve(peer, scratch)
        status = 0
    finally:
        os._exit(status)


def _close_all_but(kept: Sequence[int]) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    edge = 3
    for file in sorted(kept):
        os.closerange(edge, file)
        edge = file + 1
    os.closerange(edge, os.sysconf("SC_OPEN_MAX"))
