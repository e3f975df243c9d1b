"""How far a person's next statement steps back, by what their statements used lately."""

import threading
import time
from collections import Counter
from collections.abc import Callable

_HALF_LIFE_SECONDS = 10.0
# CPU seconds used lately: nice values. On two processors a person who keeps both busy settles
# near 29, a person with a statement of 50 ms every second near 0.7.
_LEVELS = ((12.0, 9), (6.0, 6), (2.0, 3))
_BESIDE_ANOTHER = 3  # the second of two statements takes about half of what the first does


class Pace:
    """Remembers what each person's statements used, and forgets half of it every ten seconds.

    Thread-safe. A bomb, or many small ones, so steps back behind other people's statements.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, tuple[float, float]] = {}  # actor: CPU seconds, at which time
        self._running: Counter[str] = Counter()

    def begins(self, actor_id: str) -> int:
        """How far a statement that begins now steps back: a nice value, 0 for not at all."""
        with self._lock:
            beside = _BESIDE_ANOTHER if self._running[actor_id] > 0 else 0
            self._running[actor_id] += 1
            used = self._lately(actor_id)
        return beside + next((nice for most, nice in _LEVELS if used > most), 0)

    def ends(self, actor_id: str, cpu_seconds: float) -> None:
        """A statement that began has ended, and used so much."""
        with self._lock:
            self._running[actor_id] -= 1
            self._running += Counter()
            self._used[actor_id] = (self._lately(actor_id) + cpu_seconds, self._clock())
            if len(self._used) > 10_000:
                self._used = {who: one for who, one in self._used.items() if self._lately(who) > 1}

    def _lately(self, actor_id: str) -> float:
        used, at = self._used.get(actor_id, (0.0, 0.0))
        return float(used * 0.5 ** ((self._clock() - at) / _HALF_LIFE_SECONDS))
