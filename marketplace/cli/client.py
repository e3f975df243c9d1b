"""The API without a server: commands ask the same application that serves the pages.

So every rule, log entry and answer is written once. Acting as a person is for a laptop: it needs
the demo people, which production does not have.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from marketplace.access.people import demo_people
from marketplace.client.connection import Connection
from marketplace.client.errors import Refused
from marketplace.config import Settings
from marketplace.web.app import create_app
from marketplace.web.rooms import Rooms
from marketplace.web.sessions import form_token

ORIGIN = "http://localhost"


class InProcess(httpx.BaseTransport):
    """Carries a request to an application in this process, with no network between."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The application's whole answer."""
        return asyncio.run(self._ask(request))

    async def _ask(self, request: httpx.Request) -> httpx.Response:
        async with httpx.ASGITransport(app=self._application) as transport:
            sent = httpx.Request(
                request.method, request.url, headers=request.headers, content=request.read()
            )
            answered = await transport.handle_async_request(sent)
            content = await answered.aread()
            return httpx.Response(answered.status_code, headers=answered.headers, content=content)


class LocalApi:
    """Requests to the application in this process, as one person."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, address: str, **parameters: str) -> Any:
        """The JSON twin of a page. Raises Refused."""
        return self._connection.get(address, parameters)

    def text(self, address: str) -> str:
        """A file, as it is. Raises Refused."""
        return self._connection.send("GET", address).text

    def post(self, address: str, **form: str) -> Any:
        """What a form's answer leads to. Raises Refused."""
        return self._connection.post(address, form)


@contextmanager
def local_api(actor_id: str | None = None) -> Iterator[LocalApi]:
    """The application over this process's settings, signed in as `actor_id` when given.

    Raises PeopleUnavailable in production, and Refused for a person whom nobody knows.
    """
    settings = Settings.from_environment()
    if actor_id is not None:
        demo_people(settings)
    application = create_app(settings)
    rooms: Rooms = application.state.rooms
    now = datetime.now(UTC)
    secret = None
    if actor_id is not None:
        if rooms.people.by_id(actor_id) is None:
            known = ", ".join(person.id for person in rooms.people.all()) or "nobody"
            message = f"Nobody is known as `{actor_id}`. Choose one of: {known}."
            raise Refused(404, "unknown_person", message)
        secret = rooms.store.open_session(actor_id, now, 1)
    try:
        with Connection(ORIGIN, _proof(rooms, secret), _client(application)) as connection:
            yield LocalApi(connection)
    finally:
        if secret is not None:
            rooms.store.close_session(secret, datetime.now(UTC))
        rooms.engine.close()
        rooms.store.close()


def _client(application: Any) -> httpx.Client:
    return httpx.Client(transport=InProcess(application), trust_env=False)


def _proof(rooms: Rooms, secret: str | None) -> dict[str, str]:
    """What a browser of the session would send."""
    if secret is None:
        return {}
    return {
        "cookie": f"{rooms.cookies.session}={secret}",
        "x-csrf-token": form_token(rooms.form_key, secret),
    }
