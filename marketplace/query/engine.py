"""Runs one statement as one person: what they may read now, in a sandbox, logged."""

import logging
import secrets
import signal
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa

from confinement import guard
from confinement.errors import NoWorker
from confinement.pool import Ended, WorkerPool
from confinement.warm import WarmWorkers
from confinement.watch import Stop, Watch
from confinement.worker import Job
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.model import Actor, AuditEntry
from marketplace.access.secret_keys import Entropy
from marketplace.access.store import AccessStore
from marketplace.query.canary_rows import shown_canaries
from marketplace.query.copies import Copies
from marketplace.query.entitlement import Entitlement
from marketplace.query.errors import (
    NotOneSelect,
    QueryCancelled,
    QueryError,
    QueryFailed,
    QueryTimedOut,
    QueryTooLarge,
    SandboxUnavailable,
    ScanTooLarge,
)
from marketplace.query.limits import Allowance, Limits, QuerySettings
from marketplace.query.pace import Pace
from marketplace.query.result import QueryResult, copied, spooled
from marketplace.query.rights import Rights
from marketplace.query.running import RunningStatement, RunningStatements
from marketplace.query.statement_text import readable
from marketplace.query.turns import Places, Turns

_log = logging.getLogger(__name__)
_NO_NAMES = guard.Named(frozenset(), is_complete=True)
_ATTEMPTS = 3
_MB = 1024 * 1024
_RAN_OUT_OF_TIME = frozenset({signal.SIGALRM, signal.SIGXCPU})


@dataclass(slots=True)
class _Statement:
    """A statement on its way, and what is known of it so far."""

    actor: Actor
    sql: str
    now: datetime
    limits: Limits
    started: float  # monotonic
    at_once: int
    stop: Stop
    entitlement: Entitlement | None = None
    over: Entitlement | None = None  # instead of the actor's grants
    named: guard.Named = _NO_NAMES
    cpu_milliseconds: int = 0

    @property
    def milliseconds(self) -> int:
        return round((time.monotonic() - self.started) * 1000)

    @property
    def ports(self) -> tuple[str, ...]:
        """The ports it names; every one it can see as well, where it hides what it reads."""
        if self.entitlement is None:
            return ()
        ports = set(self.entitlement.ports_of(self.named.relations))
        if not self.named.is_complete:
            ports.update(self.entitlement.seen)
        return tuple(sorted(ports))

    @property
    def delta_versions(self) -> Mapping[str, int]:
        if self.entitlement is None:
            return {}
        versions = self.entitlement.delta_versions
        return {port: versions[port] for port in self.ports if port in versions}

    @property
    def purposes(self) -> Mapping[str, list[str]]:
        if self.entitlement is None:
            return {}
        given = self.entitlement.purposes
        return {port: list(given[port]) for port in self.ports if port in given}


class QueryEngine:
    """The one place that runs consumers' SQL; thread-safe, and closed by who opened it."""

    def __init__(
        self,
        settings: QuerySettings,
        lakehouse: Lakehouse,
        registry: Registry,
        store: AccessStore,
        entropy: Entropy = secrets.token_bytes,
    ) -> None:
        self._settings = settings
        self._store = store
        self._pool = WorkerPool(settings.scratch, settings.spares)
        self._warm = WarmWorkers(self._pool, settings.stay)
        self._has_warned = False
        self._rights = Rights(settings.copies, lakehouse, registry, store)
        places = Places(
            settings.at_once,
            settings.at_once_per_actor,
            settings.waiting_per_actor,
            settings.wait_seconds,
        )
        self._turns = Turns(places)
        self._pace = Pace()
        self._running = RunningStatements(entropy)

    @property
    def copies(self) -> Copies | None:
        """What restricted grants are shown from; None where this process has none."""
        return self._rights.copies

    @property
    def limits(self) -> Limits:
        """The most that a statement may use, of a person whose roles give no more."""
        return self._settings.limits

    def allowance(self, actor: Actor) -> Allowance:
        """What the statements of `actor` may use."""
        return self._settings.allowance(actor.roles)

    def start(self) -> None:
        """Make workers ready; `run` does it too, later.

        Raises SandboxUnavailable where statements cannot be confined, unless the settings accept
        that; then it is warned of.
        """
        try:
            missing = self._pool.start().missing
        except NoWorker as error:
            raise SandboxUnavailable(error.reason) from error
        if missing is None:
            return
        if self._settings.confinement_required:
            self._pool.close()
            raise SandboxUnavailable(missing)
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "Statements run without their full sandbox: %s. Not for real data.", missing
            )

    def run(
        self,
        actor: Actor,
        sql: str,
        now: datetime,
        limits: Limits | None = None,
        over: Entitlement | None = None,
        stop: Stop | None = None,
    ) -> QueryResult:
        """The rows of one SELECT over the ports that `actor` has standing grants on at `now`.

        With `over`, which the caller has authorised (a candidate in quarantine), over that alone;
        the log then calls it `quarantine.query`. `limits` can only tighten the actor's, and
        `stop` ends it. Every statement is logged before its first row is seen, refused ones too.
        Raises the QueryErrors.
        """
        allowance = self.allowance(actor)
        statement = _Statement(
            actor,
            sql,
            now,
            allowance.limits.tightened(limits),
            time.monotonic(),
            allowance.at_once,
            stop if stop is not None else Stop(),
            over=over,
        )
        try:
            with self._running.listed(actor.id, sql, now, statement.stop):
                result = self._answer(statement)
        except QueryError as error:
            self._record(statement, error.outcome, {"reason": str(error)})
            raise
        facts: dict[str, Any] = {
            "rows": result.rows,
            "truncated": result.truncated,
            "bytes": result.size_bytes,
        }
        if statement.over is None:
            facts |= shown_canaries(result, self._store.alerts.canaries_in(result.ports))
        self._record(statement, "done", facts)
        return result

    def running(self, actor: Actor) -> tuple[RunningStatement, ...]:
        """The actor's own statements that run or wait, oldest first."""
        return self._running.of(actor.id)

    def cancel(self, actor: Actor, statement_id: str, now: datetime) -> None:
        """End one's own statement, running or waiting. Raises UnknownStatement. Both are logged."""
        try:
            self._running.cancel(actor.id, statement_id)
        except QueryError as error:
            facts = {"reason": str(error)}
            entry = AuditEntry(actor.id, "query.cancel", "query", error.outcome, facts)
            self._store.record(entry, now)
            raise
        facts = {"statement_id": statement_id}
        self._store.record(AuditEntry(actor.id, "query.cancel", "query", "done", facts), now)

    def close(self) -> None:
        """End every process and remove what they wrote. Results that are held stay readable."""
        self._warm.close()
        self._pool.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(self, statement: _Statement) -> QueryResult:
        sql = readable(statement.sql, statement.limits.statement_bytes)
        with self._turns.taken(statement.actor.id, statement.at_once, statement.stop):
            self.start()
            entitlement = statement.over or self._rights.at(statement.actor, sql, statement.now)
            statement.entitlement = entitlement
            job = Job(sql, entitlement.views, statement.limits)
            with tempfile.TemporaryFile(dir=self._pool.folder) as file:
                ended = self._run(statement, job, file)
                statement.cpu_milliseconds = ended.cpu_milliseconds
                return _judged(statement, ended, file, self._settings.stay.result_mb)

    def _run(self, statement: _Statement, job: Job, file: IO[Any]) -> Ended:
        actor_id = statement.actor.id
        watch = Watch(statement.stop, self._pace.begins(actor_id))
        used = 0
        try:
            for _ in range(_ATTEMPTS):
                ended = self._run_once(statement, job, file, watch)
                used += ended.cpu_milliseconds
                if statement.stop.is_set and ended.message is None:
                    _know_no_names(statement)
                    raise QueryCancelled
                if ended.was_started and (ended.is_known_gone or ended.timed_out or ended.is_kept):
                    return ended
                # The worker, or the zygote with all workers, was killed from outside. The
                # statement only reads: again, on an empty file.
                file.seek(0)
                file.truncate()
        finally:
            self._pace.ends(actor_id, used / 1000)
        raise SandboxUnavailable("the processes that run statements keep being ended")

    def _run_once(self, statement: _Statement, job: Job, file: IO[Any], watch: Watch) -> Ended:
        try:
            if statement.over is not None:
                return self._pool.run(job, file.fileno(), job.limits.seconds, watch)
            # What a worker may stay for: this person, and everything they are given now.
            rights = statement.entitlement
            return self._warm.run(statement.actor.id, rights, job, file.fileno(), watch)
        except NoWorker as error:
            raise SandboxUnavailable(error.reason) from error

    def _record(self, statement: _Statement, outcome: str, facts: Mapping[str, Any]) -> None:
        ports = list(statement.ports)
        details = {
            "sql": _loggable(statement.sql),
            "ports": ports,
            "delta_versions": dict(statement.delta_versions),
            "purposes": dict(statement.purposes),
            "milliseconds": statement.milliseconds,
            "cpu_milliseconds": statement.cpu_milliseconds,
            **facts,
        }
        resource = ports[0] if len(ports) == 1 else "query"
        action = "query.run" if statement.over is None else "quarantine.query"
        entry = AuditEntry(statement.actor.id, action, resource, outcome, details)
        self._store.record(entry, statement.now)


def _judged(statement: _Statement, ended: Ended, file: IO[Any], kept_mb: int) -> QueryResult:
    """The result of a worker that ended well; otherwise raises what went wrong."""
    limits, message = statement.limits, ended.message
    if ended.timed_out or (message is None and ended.signal in _RAN_OUT_OF_TIME):
        _know_no_names(statement)
        raise QueryTimedOut(limits.seconds)
    if message is None:
        _know_no_names(statement)
        raise _unexplained(ended, limits)
    names = frozenset((str(unit), str(port)) for unit, port in message.get("names", ()))
    statement.named = guard.Named(names, message.get("is_complete") is True)
    if message["ending"] != "done":
        raise _refusal(statement, message)
    try:
        answer = copied(file, kept_mb * _MB) if ended.is_kept else spooled(file)
    except (pa.ArrowException, ValueError) as error:
        raise QueryFailed("The statement left no readable result. Try again.") from error
    if answer.rows > limits.rows:
        raise QueryFailed("The statement left more rows than it may return. Try again.")
    return QueryResult(
        schema=answer.schema,
        ports=statement.ports,
        delta_versions=statement.delta_versions,
        rows=answer.rows,
        truncated=message.get("truncated") is True,
        milliseconds=statement.milliseconds,
        cpu_milliseconds=ended.cpu_milliseconds,
        size_bytes=answer.stream.size,
        _stream=answer.stream,
    )


def _know_no_names(statement: _Statement) -> None:
    # It ended before it could tell: for the log it may have read all that it could see.
    statement.named = guard.Named(frozenset(), is_complete=False)


def _unexplained(ended: Ended, limits: Limits) -> QueryError:
    # Out of address space, the C++ library aborts; out of memory, the kernel kills.
    if ended.signal in {signal.SIGABRT, signal.SIGKILL} or ended.memory_mb > limits.memory_mb:
        return QueryTooLarge("memory", limits.memory_mb)
    return QueryFailed(
        "DuckDB stopped while it worked on the statement, and nothing was returned. It may be "
        "nested too deep: write it in smaller steps, for example with WITH."
    )


def _refusal(statement: _Statement, message: Mapping[str, Any]) -> QueryError:
    ending, limits = message["ending"], statement.limits
    if ending == "refused":
        return NotOneSelect(tuple(map(str, message["found"])))
    if ending == "too_large" and message["what"] == "scan":
        return ScanTooLarge(int(message["estimate"]), limits.scan_mb)
    if ending == "too_large":
        most = {"memory": limits.memory_mb, "disk": limits.spill_mb, "result": limits.result_mb}
        return QueryTooLarge(message["what"], most[message["what"]])
    if ending == "broken":
        _log.error("A query worker broke: %s", message["message"])
        return QueryFailed("The statement was not run: its worker broke. It was reported.")
    if ending == "unconfined":
        return SandboxUnavailable(f"a worker could not be confined ({message['message']})")
    if statement.entitlement is not None and ending == "failed":
        by_name = statement.entitlement.refusal_of(statement.named.relations)
        if by_name is not None and message["kind"] in {"CatalogException", "BinderException"}:
            return by_name
    return QueryFailed(str(message["message"]), denied=message.get("denied") is True)


def _loggable(sql: str) -> str:
    """`sql` as every store can hold it: no zero byte, no half character, not endless."""
    text = sql.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 100_000 else f"{text[:100_000]} ... ({len(text)} characters)"
