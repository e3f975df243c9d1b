"""What holds for every request: its host, its size, the JSON twin's address, the headers."""

import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.config import Environment, Settings
from marketplace.web import urls
from marketplace.web.errors import ForeignOrigin, Problem, TooLarge, UnknownHost, problem_of
from marketplace.web.twin import encode

BODY_LIMIT = 128 * 1024  # bytes; the longest statement that the query page takes is 100,000
_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_HSTS = "max-age=31536000; includeSubDomains"
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::[0-9]{1,5})?")
_OWN_JSON = {urls.OPENAPI}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def hosts_of(settings: Settings) -> frozenset[str]:
    """The host names that a request may ask for."""
    if settings.environment == Environment.PRODUCTION:
        return frozenset({urlsplit(settings.public_url or "").hostname or ""})
    return frozenset({"127.0.0.1", "localhost", "::1", settings.host})


class Guard:
    """Refuses a foreign host and an oversized body before anything is parsed; adds the headers.

    `/page.json` is passed on as `/page` with the wish for JSON in `request.state`.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], is_production: bool) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._headers = {**HEADERS}
        if is_production:
            self._headers["Strict-Transport-Security"] = _HSTS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, refused or passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})
        scope["state"]["request_id"] = secrets.token_hex(8)
        _prefer_twin(scope)
        answer = self._with_headers(send, scope["state"]["request_id"])
        refused = self._refused(headers, scope["method"])
        if refused is not None:
            await _answer(refused, answer)
            return
        await self._app(scope, _limited(receive), answer)

    def _refused(self, headers: Headers, method: str) -> Problem | None:
        if _host_of(headers.get("host", "")) not in self._hosts:
            return problem_of(UnknownHost())
        if method not in _SAFE_METHODS and self._is_foreign(headers):
            return problem_of(ForeignOrigin())
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            return problem_of(TooLarge(BODY_LIMIT))
        return None

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a browser says that another site's page sent this; programs say nothing.

        The second line behind the form tokens.
        """
        origin = headers.get("origin")
        if origin is not None and _host_of(origin.partition("://")[2]) not in self._hosts:
            return True
        return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}

    def _with_headers(self, send: Send, request_id: str) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("X-Request-Id", request_id)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return answer


def _host_of(header: str) -> str | None:
    """The host of a Host header; None where it is none: nothing of it is read past."""
    found = _HOST.fullmatch(header.lower())
    return None if found is None else found["address"] or found["name"]


def _prefer_twin(scope: Scope) -> None:
    path: str = scope["path"]
    if path.endswith(".json") and path not in _OWN_JSON and not path.startswith(urls.STATIC):
        page = path.removesuffix(".json")
        scope["path"] = urls.HOME if page == "/index" else page
        scope["raw_path"] = scope["path"].encode()
        scope["state"]["wants_json"] = True


def _limited(receive: Receive) -> Receive:
    """`receive`, which stops a body that grows beyond the limit without saying so first."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_LIMIT:
            raise TooLarge(BODY_LIMIT)
        return message

    return limited


async def _answer(problem: Problem, send: Send) -> None:
    body = encode(problem.document())
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
