"""A platform that ran once on the sample, shared by the stories that are told on it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from marketplace.config import Settings
from marketplace.web.app import create_app
from marketplace.web.sessions import form_token
from orchestration.__main__ import run
from orchestration.run_log import RunLog
from sample_sources.maker import make_sample
from sample_sources.model import SampleSize

PROJECT = Path(__file__).parents[2]


class Clock:
    """The application's clock, which a test can move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class World:
    """A platform that ran once on the sample, and its application."""

    settings: Settings
    first: RunLog
    application: Any
    clock: Clock

    def as_person(self, actor_id: str) -> "Person":
        rooms = self.application.state.rooms
        return Person(self, rooms.store.open_session(actor_id, self.clock(), 12))


@dataclass
class Person:
    """Somebody signed in, asking for JSON."""

    world: World
    secret: str

    async def ask(self, method: str, address: str, **sent: Any) -> httpx.Response:
        rooms = self.world.application.state.rooms
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.world.application),
            base_url="http://localhost",
            cookies={rooms.cookies.session: self.secret},
            headers={
                "accept": "application/json",
                "x-csrf-token": form_token(rooms.form_key, self.secret),
            },
            follow_redirects=True,
        ) as client:
            return await client.request(method, address, **sent)

    def get(self, address: str) -> httpx.Response:
        return asyncio.run(self.ask("GET", address))

    def post(self, address: str, **form: str) -> httpx.Response:
        return asyncio.run(self.ask("POST", address, json=form))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, project=PROJECT)
    make_sample(settings.sample, SampleSize(rows=4_000, seed=7, until=this_month()))
    first = run(settings, Console(quiet=True))
    clock = Clock()
    application = create_app(settings, now=clock)
    yield World(settings, first, application, clock)
    application.state.rooms.engine.close()
    application.state.rooms.store.close()


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)
