"""Statements wait in a fair order; who uses much steps back; a role may give more."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from confinement.watch import Stop
from marketplace.access.model import Role
from marketplace.config import RoleLimits, Settings
from marketplace.errors import UnknownRole
from marketplace.query.errors import QueryCancelled, TooManyQueries
from marketplace.query.limits import Allowance, Limits, QuerySettings
from marketplace.query.pace import Pace
from marketplace.query.turns import Places, Turns
from marketplace.web.query_settings import query_settings


@contextmanager
def queue(turns: Turns, *actors: str) -> Iterator[list[str]]:
    """Statements of `actors` that wait, in this order; who had a turn so far."""
    served: list[str] = []

    def ask(actor: str) -> None:
        with turns.taken(actor):
            served.append(actor)

    threads = []
    for actor in actors:
        thread = threading.Thread(target=ask, args=(actor,))
        thread.start()
        threads.append(thread)
        time.sleep(0.02)
    yield served
    for thread in threads:
        thread.join()


def test_nobody_waits_behind_anothers_whole_queue() -> None:
    turns = Turns(Places(at_once=1, per_actor=1, waiting_per_actor=9, wait_seconds=30))

    with ExitStack() as held:
        held.enter_context(turns.taken("first"))
        with queue(turns, "bomber", "bomber", "bomber", "ada", "ben") as served:
            assert served == []
            held.close()

    assert served == ["bomber", "ada", "ben", "bomber", "bomber"]


def test_the_next_place_goes_to_who_runs_least() -> None:
    turns = Turns(Places(at_once=2, per_actor=2, waiting_per_actor=9, wait_seconds=30))

    with turns.taken("bomber"), ExitStack() as held:
        held.enter_context(turns.taken("bomber"))
        with queue(turns, "bomber", "ada") as served:
            held.close()

    assert served == ["ada", "bomber"]


def test_who_has_too_many_waiting_is_refused_at_once() -> None:
    turns = Turns(Places(at_once=1, per_actor=1, waiting_per_actor=2, wait_seconds=30))

    with ExitStack() as held:
        held.enter_context(turns.taken("bomber"))
        with queue(turns, "bomber", "bomber"):
            with pytest.raises(TooManyQueries, match=r"`1` of your .* and `2` more wait"):
                turns.taken("bomber").__enter__()
            held.close()


def test_a_waiting_statement_can_be_stopped() -> None:
    turns = Turns(Places(at_once=1, per_actor=1, waiting_per_actor=2, wait_seconds=30))
    stop = Stop()

    with turns.taken("ada"):
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(QueryCancelled):
            turns.taken("ben", stop=stop).__enter__()

    with turns.taken("ben"):
        pass


def test_a_statement_that_was_stopped_before_takes_no_place() -> None:
    turns = Turns(Places(at_once=1, per_actor=1, waiting_per_actor=2, wait_seconds=0))
    stop = Stop()
    stop.set()

    with pytest.raises(QueryCancelled):
        turns.taken("ada", stop=stop).__enter__()

    with turns.taken("ada"):
        pass


def test_who_used_much_steps_back_until_it_is_forgotten() -> None:
    now = [0.0]
    pace = Pace(lambda: now[0])
    steps = []
    for cpu_seconds in (0.5, 20.0, 0.0):
        steps.append(pace.begins("bomber"))
        pace.ends("bomber", cpu_seconds)

    now[0] = 60.0

    assert steps == [0, 0, 9]
    assert pace.begins("ada") == 0
    assert pace.begins("bomber") == 0


def test_the_second_statement_of_two_steps_back() -> None:
    pace = Pace()

    assert [pace.begins(actor) for actor in ("ada", "ada", "ben")] == [0, 3, 0]


def test_a_role_gives_more_and_never_less() -> None:
    plain = Limits(seconds=30, memory_mb=500, rows=1000)
    more = Allowance(Limits(seconds=90, memory_mb=100, rows=1000), at_once=1)
    settings = QuerySettings(scratch=None, limits=plain, by_role={Role.STEWARD: more})  # type: ignore[arg-type]

    assert settings.allowance({Role.ENGINEER}) == Allowance(plain, 2)
    allowed = settings.allowance({Role.STEWARD, Role.ENGINEER})
    assert (allowed.limits.seconds, allowed.limits.memory_mb, allowed.at_once) == (90, 500, 2)


def test_settings_name_what_a_role_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_QUERY_ROLE_LIMITS", '{"steward": {"row_limit": 7000000}}')

    made = query_settings(Settings())

    assert made.allowance({Role.STEWARD}).limits.rows == 7_000_000
    assert made.allowance({Role.ENGINEER}).limits.rows == 100_000


def test_limits_for_a_role_that_is_not_there_are_refused() -> None:
    settings = Settings(query_role_limits={"boss": RoleLimits(row_limit=5)})

    with pytest.raises(UnknownRole) as refusal:
        query_settings(settings)

    roles = ", ".join(role.value for role in Role)
    assert str(refusal.value) == (
        "`MARKETPLACE_QUERY_ROLE_LIMITS` gives limits to the role `boss`, which there is not. "
        f"The roles are: {roles}. Correct its name."
    )
