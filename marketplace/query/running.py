"""The statements that run or wait at this moment; each can be cancelled by its own person."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from confinement.watch import Stop
from marketplace.access.secret_keys import Entropy, new_id
from marketplace.query.errors import UnknownStatement


@dataclass(frozen=True, slots=True)
class RunningStatement:
    """A statement that runs or waits."""

    id: str
    actor_id: str
    sql: str
    asked_at: datetime
    stop: Stop


class RunningStatements:
    """What runs now in this process; thread-safe."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._lock = threading.Lock()
        self._running: dict[str, RunningStatement] = {}

    @contextmanager
    def listed(self, actor_id: str, sql: str, now: datetime, stop: Stop) -> Iterator[None]:
        """List a statement for as long as the block runs."""
        statement_id = new_id("stmt", self._entropy)
        with self._lock:
            self._running[statement_id] = RunningStatement(statement_id, actor_id, sql, now, stop)
        try:
            yield
        finally:
            with self._lock:
                del self._running[statement_id]

    def of(self, actor_id: str) -> tuple[RunningStatement, ...]:
        """The statements of one person, oldest first."""
        with self._lock:
            return tuple(each for each in self._running.values() if each.actor_id == actor_id)

    def cancel(self, actor_id: str, statement_id: str) -> None:
        """End one's own statement.

        Raises UnknownStatement, in the same words for another person's.
        """
        with self._lock:
            found = self._running.get(statement_id)
        if found is None or found.actor_id != actor_id:
            raise UnknownStatement(statement_id)
        found.stop.set()
