"""Cookies that name a session, and tokens that tie a form to it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from marketplace.config import Environment, Settings

_PURPOSE = b"marketplace form "


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names and attributes of the service's cookies; stricter in production."""

    secure: bool

    @classmethod
    def of(cls, settings: Settings) -> "Cookies":
        """The cookies of this environment; `__Host-` binds them to https and this host."""
        return cls(secure=settings.environment == Environment.PRODUCTION)

    @property
    def session(self) -> str:
        """The name of the cookie that holds a session's secret."""
        return "__Host-session" if self.secure else "session"

    @property
    def visitor(self) -> str:
        """The name of the cookie that ties the sign-in form to one browser."""
        return "__Host-visitor" if self.secure else "visitor"

    @property
    def ticket(self) -> str:
        """The name of the cookie that ties a sign-in's way back to its way out."""
        return "__Host-ticket" if self.secure else "ticket"

    def put(self, response: Response, name: str, value: str) -> None:
        """Set a cookie that no script reads and no other site's form sends."""
        response.set_cookie(
            name, value, httponly=True, samesite="lax", secure=self.secure, path="/"
        )

    def drop(self, response: Response, name: str) -> None:
        """Have the browser forget a cookie."""
        response.delete_cookie(name, httponly=True, samesite="lax", secure=self.secure, path="/")

    def subject(self, request: Request) -> str:
        """What the forms of this browser are tied to; empty when it has no cookie yet."""
        kept = request.cookies
        return kept.get(self.session) or kept.get(self.visitor) or ""


def form_token(key: bytes, subject: str) -> str:
    """What a form must send back: an HMAC of the cookie, which no other site knows."""
    return hmac.new(key, _PURPOSE + subject.encode(), hashlib.sha256).hexdigest()


def is_form_token(key: bytes, subject: str, sent: str) -> bool:
    """Whether `sent` belongs to `subject`; compared in constant time."""
    return bool(subject) and hmac.compare_digest(form_token(key, subject).encode(), sent.encode())


def new_visitor() -> str:
    """A fresh name for a browser that nobody is signed in on."""
    return secrets.token_urlsafe(24)
