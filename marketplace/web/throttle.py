"""Slows down who keeps failing to sign in from one address. Kept in memory: there is one process.

A restart forgets the counts; what an attacker could guess then still has 256 bits.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

WINDOW = timedelta(minutes=5)
_MOST_ADDRESSES = 10_000  # about 3 MB; the address that failed longest ago is forgotten first


class Throttle:
    """Failures by address within the last five minutes; safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def wait(self, address: str, now: datetime) -> int:
        """Seconds until `address` may try again; 0 where it may now."""
        with self._lock:
            failures = self._recent(address, now)
            if len(failures) < self._most:
                return 0
            return max(1, int((failures[0] + WINDOW - now).total_seconds()))

    def failed(self, address: str, now: datetime) -> bool:
        """Count a failure; whether it is the one that closes the door."""
        with self._lock:
            failures = self._recent(address, now)
            failures.append(now)
            self._failures[address] = failures
            self._failures.move_to_end(address)
            if len(self._failures) > _MOST_ADDRESSES:
                self._failures.popitem(last=False)
            return len(failures) == self._most

    def _recent(self, address: str, now: datetime) -> deque[datetime]:
        failures = self._failures.get(address, deque(maxlen=self._most))
        while failures and failures[0] + WINDOW <= now:
            failures.popleft()
        return failures
