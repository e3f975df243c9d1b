"""How often each port was queried lately, counted from the audit log at most once a minute."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

from marketplace.access.model import AuditFilter, AuditVerification
from marketplace.access.store import AccessStore

_KEPT_FOR = timedelta(minutes=1)
_COUNTED = timedelta(days=30)
_MOST = 1000  # newest statements; enough to rank by


class Usage:
    """Statements per port over the last 30 days."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._lock = Lock()
        self._counted_at: datetime | None = None
        self._counts: Mapping[str, int] = {}

    def counts(self, now: datetime) -> Mapping[str, int]:
        """How many statements read each port."""
        with self._lock:
            if self._counted_at is None or not timedelta(0) <= now - self._counted_at < _KEPT_FOR:
                self._counts = self._count(now)
                self._counted_at = now
            return self._counts

    def _count(self, now: datetime) -> Mapping[str, int]:
        done = AuditFilter(action="query.run", outcome="done", since=now - _COUNTED, limit=_MOST)
        ports: Counter[str] = Counter()
        for record in self._store.audit(done):
            ports.update(str(port) for port in record.details.get("ports") or ())
        return ports


class ChainState:
    """The last verification of the audit chain, repeated when the log grew or a minute passed."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self._lock = Lock()
        self._state: tuple[AuditVerification, datetime, int] | None = None

    def verified(self, now: datetime) -> tuple[AuditVerification, datetime]:
        """The verification and when it was made."""
        newest = next(iter(self._store.audit(AuditFilter(limit=1))), None)
        head = newest.sequence if newest is not None else 0
        with self._lock:
            state = self._state
            if state is None or state[2] != head or now - state[1] >= _KEPT_FOR:
                state = (self._store.verify_audit(), now, head)
                self._state = state
            return state[0], state[1]
