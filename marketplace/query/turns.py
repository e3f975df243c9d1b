"""Places for running statements: so many at once, so many of one person, in a fair order."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confinement.watch import Stop
from marketplace.query.errors import QueryCancelled, TooManyQueries


@dataclass(frozen=True, slots=True)
class Places:
    """How many places there are."""

    at_once: int  # of everybody
    per_actor: int
    waiting_per_actor: int  # more than that are refused at once
    wait_seconds: float


@dataclass(eq=False, slots=True)
class _Waiter:
    actor_id: str
    per_actor: int
    ticket: int


class Turns:
    """Hands out places to statements; thread-safe.

    The next place goes to the person with the fewest running statements, among those to the one
    who has gone longest without a turn: nobody waits behind another's whole queue.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._running: Counter[str] = Counter()
        self._waiting: list[_Waiter] = []
        self._last_turn: dict[str, int] = {}
        self._tickets = 0
        self._changed = threading.Condition()

    @contextmanager
    def taken(
        self, actor_id: str, per_actor: int | None = None, stop: Stop | None = None
    ) -> Iterator[None]:
        """Hold a place for as long as the block runs; `per_actor` in place of what is set.

        Raises TooManyQueries when none becomes free in time or too many wait already, and
        QueryCancelled when `stop` comes first.
        """
        most = self._places.per_actor if per_actor is None else per_actor
        asked = stop if stop is not None else Stop()
        with asked.calls(self._wake):
            self._take(actor_id, most, asked)
        try:
            yield
        finally:
            with self._changed:
                self._running[actor_id] -= 1
                self._running += Counter()  # forget who has none
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take(self, actor_id: str, per_actor: int, stop: Stop) -> None:
        with self._changed:
            queued = sum(1 for each in self._waiting if each.actor_id == actor_id)
            waiter = _Waiter(actor_id, per_actor, self._ticket())
            self._waiting.append(waiter)
            try:
                if self._next() is not waiter:
                    if queued >= self._places.waiting_per_actor:
                        raise TooManyQueries(True, self._running[actor_id], queued)
                    self._wait(waiter, stop)
                if stop.is_set:
                    raise QueryCancelled
                self._running[actor_id] += 1
                self._last_turn[actor_id] = self._ticket()
            finally:
                self._waiting.remove(waiter)
                if not self._waiting:
                    self._last_turn.clear()  # nobody has waited in vain
                self._changed.notify_all()  # a further place may be free for another

    def _wait(self, waiter: _Waiter, stop: Stop) -> None:
        free = self._changed.wait_for(
            lambda: stop.is_set or self._next() is waiter, self._places.wait_seconds
        )
        if not free:
            held = self._running[waiter.actor_id]
            own = held >= waiter.per_actor
            raise TooManyQueries(own, held if own else self._running.total())

    def _next(self) -> _Waiter | None:
        if self._running.total() >= self._places.at_once:
            return None
        ready = [each for each in self._waiting if self._running[each.actor_id] < each.per_actor]
        return min(ready, key=self._order, default=None)

    def _order(self, waiter: _Waiter) -> tuple[int, int, int]:
        last = self._last_turn.get(waiter.actor_id, 0)
        return self._running[waiter.actor_id], last, waiter.ticket

    def _ticket(self) -> int:
        self._tickets += 1
        return self._tickets
