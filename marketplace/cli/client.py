"""The API without a server: commands ask the same application that serves the pages.

So every rule, log entry and answer is written once. Acting as a person is for a laptop: it needs
the demo people, which production does not have.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from marketplace.config import Settings
from marketplace.errors import MarketplaceError
from marketplace.web.app import create_app
from marketplace.web.dependencies import Rooms
from marketplace.web.sessions import form_token

ORIGIN = "http://localhost"


class ApiRefused(MarketplaceError):
    """The API answered with an error; its message says what to do."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.document = status, document
        super().__init__(str(document.get("error", {}).get("message", document)))


class LocalApi:
    """Requests to the application in this process, as one person."""

    def __init__(self, application: Any, rooms: Rooms, secret: str | None) -> None:
        self._application = application
        self._rooms = rooms
        self._secret = secret

    def get(self, address: str, **parameters: str) -> Any:
        """The JSON twin of a page. Raises ApiRefused."""
        return self._send("GET", address, params=parameters).json()

    def post(self, address: str, **form: str) -> Any:
        """What a form's answer leads to. Raises ApiRefused."""
        return self._send("POST", address, json=form).json()

    def _send(self, method: str, address: str, **sent: Any) -> httpx.Response:
        response = asyncio.run(self._ask(method, address, sent))
        if response.is_error:
            raise ApiRefused(response.status_code, response.json())
        return response

    async def _ask(self, method: str, address: str, sent: Mapping[str, Any]) -> httpx.Response:
        headers = {"accept": "application/json"}
        cookies = {}
        if self._secret is not None:
            cookies[self._rooms.cookies.session] = self._secret
            headers["x-csrf-token"] = form_token(self._rooms.form_key, self._secret)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self._application),
            base_url=ORIGIN,
            headers=headers,
            cookies=cookies,
            follow_redirects=True,
        ) as client:
            return await client.request(method, address, **sent)


@contextmanager
def local_api(actor_id: str | None = None) -> Iterator[LocalApi]:
    """The application over this process's settings, signed in as `actor_id` when given.

    Raises PeopleUnavailable in production, and ApiRefused for a person whom nobody knows.
    """
    application = create_app(Settings.from_environment())
    rooms: Rooms = application.state.rooms
    now = datetime.now(UTC)
    secret = None
    if actor_id is not None:
        if rooms.people.by_id(actor_id) is None:
            known = ", ".join(person.id for person in rooms.people.all()) or "nobody"
            message = f"Nobody is known as `{actor_id}`. Choose one of: {known}."
            raise ApiRefused(404, {"error": {"message": message}})
        secret = rooms.store.open_session(actor_id, now, 1)
    try:
        yield LocalApi(application, rooms, secret)
    finally:
        if secret is not None:
            rooms.store.close_session(secret, datetime.now(UTC))
        rooms.engine.close()
        rooms.store.close()
