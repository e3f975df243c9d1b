"""What ties a sign-in's way out to its way back: one browser, ten minutes, one use.

The browser's cookie holds a ticket; state, nonce and PKCE verifier are derived from it under the
service's own key, so that an address that somebody saw gives none of the others away.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from marketplace.web.openid.errors import SignInRefused

LASTS_SECONDS = 600
_MOST_USED = 10_000
_NOT_BEGUN = "it was not begun in this browser, or more than 10 minutes ago"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One sign-in that was begun."""

    body: str
    way_back: str
    key: bytes

    @property
    def state(self) -> str:
        """What the provider sends back with the code."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the ID token must repeat."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What proves to the provider that who began also ends it."""
        return self._derived("verifier")

    def _derived(self, purpose: str) -> str:
        said = f"marketplace sign-in {purpose} {self.body}".encode()
        return hmac.new(self.key, said, hashlib.sha256).hexdigest()


class Tickets:
    """Makes tickets and takes each back once. Safe to share between threads."""

    def __init__(self, key: bytes, new_body: Callable[[], str]) -> None:
        self._key = key
        self._new_body = new_body
        self._used: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def begin(self, way_back: str, now: datetime) -> tuple[Ticket, str]:
        """A ticket, and what the browser's cookie keeps of it."""
        place = base64.urlsafe_b64encode(way_back.encode()).decode().rstrip("=")
        body = f"{self._new_body()}.{int(now.timestamp())}.{place}"
        return Ticket(body, way_back, self._key), f"{body}.{self._seal(body)}"

    def take(self, kept: str | None, state: str, now: datetime) -> Ticket:
        """The ticket of a cookie, if it is ours, fresh, unused and fits. Raises SignInRefused."""
        body, _, seal = (kept or "").rpartition(".")
        if not hmac.compare_digest(self._seal(body).encode(), seal.encode("utf-8", "replace")):
            raise SignInRefused(_NOT_BEGUN)
        _, begun, place = body.rsplit(".", 2)
        if not 0 <= now.timestamp() - int(begun) <= LASTS_SECONDS:
            raise SignInRefused(_NOT_BEGUN)
        way_back = base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode()
        ticket = Ticket(body, way_back, self._key)
        if not hmac.compare_digest(ticket.state.encode(), state.encode("utf-8", "replace")):
            raise SignInRefused("what came back belongs to another sign-in")
        self._use(body)
        return ticket

    def _use(self, body: str) -> None:
        with self._lock:
            if body in self._used:
                raise SignInRefused("this sign-in has already been used")
            self._used[body] = None
            if len(self._used) > _MOST_USED:
                self._used.popitem(last=False)

    def _seal(self, body: str) -> str:
        return hmac.new(
            self._key, b"marketplace ticket " + body.encode(), hashlib.sha256
        ).hexdigest()
