"""A person ends their own statements, and theirs alone; long ones step back behind others."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from confinement.watch import Stop
from marketplace.access.model import AuditFilter, Role
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import QueryCancelled, QueryError, UnknownStatement
from marketplace.query.limits import Allowance, QuerySettings

BOMB = "select count(*) from range(100000000000) t(i) where i % 7 = 9"


@contextmanager
def running(room: Any, *actors: Any, **asked: Any) -> Iterator[list[QueryError]]:
    """A bomb of each actor that has begun; what came of them, once the block has ended."""
    ended: list[QueryError] = []

    def ask(actor: Any) -> None:
        try:
            room.engine.run(actor, BOMB, room.now, **asked)
        except QueryError as error:
            ended.append(error)

    threads = [threading.Thread(target=ask, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    until(lambda: all(room.engine.running(actor) for actor in actors))
    until(lambda: len(_busy(room)) >= len(actors))
    yield ended
    for thread in threads:
        thread.join()


def until(claim: Callable[[], bool]) -> None:
    """Waits for the claim to hold."""
    for _ in range(400):
        if claim():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to that")


def test_a_running_statement_is_cancelled_by_its_person(room):
    with running(room, room.ada) as ended:
        (found,) = room.engine.running(room.ada)
        assert (found.sql, found.asked_at) == (BOMB, room.now)

        room.engine.cancel(room.ada, found.id, room.now)

    assert [type(error) for error in ended] == [QueryCancelled]
    assert room.engine.running(room.ada) == ()
    assert room.rows("select 1 a") == [{"a": 1}]
    (cancelled,) = room.store.audit(AuditFilter(action="query.cancel"))
    assert (cancelled.actor_id, cancelled.outcome) == ("ada", "done")
    logged = room.store.audit(AuditFilter(action="query.run", outcome="failed"))
    assert [record.details["sql"] for record in logged] == [BOMB]


@pytest.mark.requirement("SEC-02")
def test_another_persons_statement_is_neither_seen_nor_cancelled(room):
    with running(room, room.ada) as ended:
        (found,) = room.engine.running(room.ada)

        assert room.engine.running(room.ben) == ()
        refusals = []
        for statement_id in (found.id, "stmt_none"):
            with pytest.raises(UnknownStatement) as refusal:
                room.engine.cancel(room.ben, statement_id, room.now)
            refusals.append(str(refusal.value).replace(statement_id, "?"))
        assert ended == []
        room.engine.cancel(room.ada, found.id, room.now)

    assert refusals[0] == refusals[1]
    denied = room.store.audit(AuditFilter(action="query.cancel", outcome="denied"))
    assert [record.actor_id for record in denied] == ["ben", "ben"]


def test_a_statement_whose_asker_has_gone_is_ended(room):
    stop = Stop()

    with running(room, room.ada, stop=stop) as ended:
        stop.set()

    assert [type(error) for error in ended] == [QueryCancelled]


@pytest.mark.requirement("PRP-10")
def test_a_bomb_steps_back_and_a_short_statement_does_not(room):
    limits = replace(room.limits, seconds=6)

    with running(room, room.ben, limits=limits):
        until(lambda: max(_busy(room).values(), default=0) - _own() >= 10)
        assert room.engine.run(room.ada, "select 1 a", room.now).rows == 1
        bomb, waits = max(_busy(room).values()), min(_nice_of_workers(room).values())

    assert bomb - _own() >= 10
    assert waits == _own()


def test_a_role_gives_its_limits_to_a_statement(room):
    more = Allowance(replace(room.limits, rows=60_000), at_once=3)
    settings = QuerySettings(
        scratch=room.folder / "other", limits=room.limits, by_role={Role.STEWARD: more}
    )

    with QueryEngine(settings, room.lakehouse, room.registry, room.store) as engine:
        rows = [
            engine.run(actor, "from range(100000)", room.now).rows for actor in (room.ada, room.sam)
        ]

    assert rows == [50_000, 60_000]


def _own() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def _busy(room: Any) -> dict[int, int]:
    """Nice values of the room's workers that have used a tenth of a second."""
    return {
        process: nice
        for process, nice in _nice_of_workers(room).items()
        if _ticks(process) > os.sysconf("SC_CLK_TCK") / 10
    }


def _nice_of_workers(room: Any) -> dict[int, int]:
    """The lowest nice value of any thread, by worker."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        process = int(status.parent.name)
        with suppress(OSError):
            parent = int(_fields(status)[1])
            command = Path(f"/proc/{parent}/cmdline").read_bytes()
            if b"confinement.zygote" in command and bytes(room.folder) in command:
                threads = status.parent.glob("task/*/stat")
                found[process] = min(int(_fields(thread)[16]) for thread in threads)
    return found


def _ticks(process: int) -> int:
    with suppress(OSError):
        fields = _fields(Path(f"/proc/{process}/stat"))
        return int(fields[11]) + int(fields[12])
    return 0


def _fields(status: Path) -> list[str]:
    return status.read_text().rsplit(")", 1)[1].split()
