"""Contracts' rules in SQL, run where consumers' statements run: a process that can do nothing else.

A contract carries SQL that its author wrote: it is untrusted. Its process holds the candidate's
files and those of the ports that it refers to, read-only, and ends with the check.
"""

import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.ipc

from confinement.errors import NoWorker
from confinement.limits import Limits
from confinement.pool import Ended, KeptWorker, WorkerPool
from confinement.worker import Job, View
from contracts.errors import NotCheckable
from data_products.rule_processes import RuleProcesses
from data_products.sql import literal, relation_files

_SCHEMA = "main"  # rules name their relations without a schema
_OUT_OF_TIME = frozenset({signal.SIGALRM, signal.SIGXCPU})
_OUT_OF_MEMORY = frozenset({signal.SIGABRT, signal.SIGKILL})
_LARGEST_ANSWER = 4 * 1024 * 1024
_ANSWER = "The rule gave something else than one row with one column."


class RuleSandbox:
    """Runs one rule at a time over the given files, in `worker`, which comes of `pool`."""

    def __init__(
        self,
        pool: WorkerPool,
        worker: KeptWorker,
        relations: Sequence[str],
        limits: Limits,
        may_be_open: bool,
    ) -> None:
        self._pool = pool
        self._worker = worker
        files = dict.fromkeys(path for each in relations for path in relation_files(each))
        self._files = {path: str(Path(path).absolute()) for path in files}
        self._limits = limits
        self._may_be_open = may_be_open

    def __call__(self, sql: str, views: Sequence[tuple[str, str]], timeout_seconds: float) -> Any:
        """The single value of `sql` over `views`. Raises NotCheckable where it gives none."""
        limits = self._limits.tightened(Limits(seconds=timeout_seconds))
        files = tuple(self._files.values())
        placed = tuple(
            View(_SCHEMA, name, f"({self._placed(select)})", files if position == 0 else ())
            for position, (name, select) in enumerate(views)
        )
        try:
            missing = self._pool.start().missing
            if missing is not None and not self._may_be_open:
                raise NoWorker(missing)
            with tempfile.TemporaryFile(dir=self._pool.folder) as file:
                job = Job(sql, placed, limits, further_seconds=self._limits.seconds)
                ended = self._worker.run(job, file.fileno(), limits.seconds)
                return _answer(ended, limits, file)
        except NoWorker as error:
            raise NotCheckable(
                f"Rules in SQL are not run here: {error.reason}. They need Linux with Landlock and "
                "seccomp."
            ) from error

    def _placed(self, select: str) -> str:
        """The text with whole paths: the process has another current folder."""
        for path, place in self._files.items():
            if path != place:
                select = select.replace(literal(path), literal(place))
        return select


@contextmanager
def kept_open(processes: RuleProcesses) -> Iterator[RuleProcesses]:
    """The same zygote for all checks of a run: to start it takes more than most rules do.

    Nothing is started before the first rule, and each check has a process of its own.
    """
    with closing(WorkerPool(processes.scratch, spares=1)) as pool:
        yield replace(processes, pool=pool)


@contextmanager
def rule_sandbox(processes: RuleProcesses, relations: Sequence[str]) -> Iterator[RuleSandbox]:
    """A sandbox over the files of `relations`; its process starts with the first rule.

    The rules of one contract share it: they have one author and one set of files.
    """
    limits = Limits(seconds=3600.0, memory_mb=processes.memory_mb, rows=2, result_mb=1)
    with ExitStack() as own:
        pool = processes.pool or own.enter_context(closing(WorkerPool(processes.scratch, spares=1)))
        worker = own.enter_context(pool.kept_worker())
        yield RuleSandbox(pool, worker, relations, limits, processes.may_be_open)


def _answer(ended: Ended, limits: Limits, file: IO[Any]) -> Any:
    message = ended.message
    if ended.timed_out or (message is None and ended.signal in _OUT_OF_TIME):
        raise NotCheckable(f"The rule ran longer than {limits.seconds:g} s and was stopped.")
    if message is None:
        if ended.signal in _OUT_OF_MEMORY:
            raise NotCheckable(_too_large("memory", limits))
        raise NotCheckable("DuckDB stopped while it worked on the rule. Write it in smaller steps.")
    if message["ending"] == "too_large":
        raise NotCheckable(_too_large(str(message["what"]), limits))
    if message["ending"] == "refused":
        raise NotCheckable("The rule's SQL was refused: it is not exactly one SELECT.")
    if message["ending"] != "done":
        raise NotCheckable(f"The rule could not be run: {_first_line(message)}")
    return _single(file)


def _single(file: IO[Any]) -> Any:
    """The one value that the worker left. What it wrote is not trusted further than that."""
    file.seek(0)
    try:
        with pyarrow.ipc.open_stream(file.read(_LARGEST_ANSWER)) as stream:
            table = stream.read_all()
        table.validate(full=True)
    except (pa.ArrowException, ValueError) as error:
        raise NotCheckable("The rule left no readable answer.") from error
    if table.num_rows != 1 or table.num_columns != 1:
        raise NotCheckable(_ANSWER)
    return table.column(0)[0].as_py()


def _too_large(what: str, limits: Limits) -> str:
    if what == "memory":
        return f"The rule needed more than {limits.memory_mb:,} MB of memory and was stopped."
    if what == "disk":
        return f"The rule wrote more than {limits.spill_mb:,} MB beside memory and was stopped."
    return _ANSWER


def _first_line(message: dict[str, Any]) -> str:
    lines = str(message.get("message", "")).splitlines() or ["no reason was given"]
    return lines[0].split(" Error: ", 1)[-1].rstrip(".") + "."
