"""Places for running statements: so many at once, so many of one person."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from marketplace.query.errors import TooManyQueries


class Turns:
    """Hands out places to statements; thread-safe."""

    def __init__(self, at_once: int, at_once_per_actor: int, wait_seconds: float) -> None:
        self._at_once = at_once
        self._per_actor = at_once_per_actor
        self._wait_seconds = wait_seconds
        self._running: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, actor_id: str) -> Iterator[None]:
        """Hold a place for as long as the block runs.

        Raises TooManyQueries when none becomes free in time.
        """
        with self._changed:
            free = self._changed.wait_for(lambda: self._is_free(actor_id), self._wait_seconds)
            if not free:
                own = self._running[actor_id] >= self._per_actor
                held = self._running[actor_id] if own else self._running.total()
                raise TooManyQueries(own, held)
            self._running[actor_id] += 1
        try:
            yield
        finally:
            with self._changed:
                self._running[actor_id] -= 1
                self._running += Counter()  # forget who has none
                self._changed.notify_all()

    def _is_free(self, actor_id: str) -> bool:
        return self._running[actor_id] < self._per_actor and self._running.total() < self._at_once
