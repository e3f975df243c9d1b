"""The application over a small lake that was really published, and people who sign in to it."""

import asyncio
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from marketplace.config import Settings
from marketplace.web.app import create_app
from marketplace.web.assets import AssetsNotBuilt, assets_version


def _loaded(name: str) -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    specification = importlib.util.spec_from_file_location(f"web_{name}", path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


seeded_lake = _loaded("seeded_lake")


@dataclass
class Clock:
    """The time that the application is told."""

    now: datetime = field(default_factory=lambda: seeded_lake.NOW)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        """Let time pass."""
        self.now += timedelta(days=days)


class Http:
    """Sends requests to the application in process, on one event loop."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(
                app, raise_app_exceptions=False, client=("127.0.0.1", 50000)
            ),
            base_url="http://127.0.0.1:8000",
        )

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        """One request and its whole response."""
        return self._runner.run(self.client.request(method, address, **more))

    def get(self, address: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", address, **more)

    def post(self, address: str, **more: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", address, **more)

    def close(self) -> None:
        """Close the client and its loop."""
        self._runner.run(self.client.aclose())
        self._runner.close()


class Browser:
    """One person's browser: keeps cookies, sends forms with the token of the page."""

    def __init__(self, app: Any) -> None:
        self.http = Http(app)

    def get(self, address: str, **headers: str) -> Any:
        """A page."""
        return self.http.get(address, headers={"accept": "text/html", **headers})

    def json(self, address: str) -> Any:
        """A page's JSON twin."""
        return self.http.get(address, headers={"accept": "application/json"}).json()

    def token(self) -> str:
        """What forms of this browser's session send back."""
        page = self.get("/sign-in").text
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
        assert found is not None
        return found.group(1)

    def post(self, address: str, **form: str) -> Any:
        """A form, as its page would send it."""
        return self.http.post(
            address, data={"csrf": self.token(), **form}, headers={"accept": "text/html"}
        )

    def sign_in(self, person: str) -> "Browser":
        """Sign in as a demo person."""
        answered = self.post("/sign-in", person=person)
        assert answered.status_code == 303, answered.text
        return self


@pytest.fixture(scope="session")
def seeding() -> ModuleType:
    """What the published lake was made with, to publish and judge more."""
    return seeded_lake


@pytest.fixture(scope="session")
def seed_folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The published lake, made once; tests get copies of its state."""
    return seeded_lake.seed(tmp_path_factory.mktemp("seeded"))


@pytest.fixture(scope="session", autouse=True)
def stylesheet() -> None:
    """The compiled stylesheet, without which no page is served."""
    try:
        assets_version()
    except AssetsNotBuilt as error:
        pytest.fail(str(error))


@pytest.fixture
def clock() -> Clock:
    """The application's clock."""
    return Clock()


@pytest.fixture
def settings(seed_folder: Any, tmp_path: Path) -> Settings:
    """Settings over the published lake, with an access state of the test's own."""
    state = f"sqlite:///{tmp_path / 'state.db'}"
    return seed_folder.settings.model_copy(update={"state_url": state})


@pytest.fixture
def own_lake(seed_folder: Any, tmp_path: Path) -> Settings:
    """Settings over a copy of the published lake, for tests that change it."""
    home = tmp_path / "home"
    shutil.copytree(seed_folder.settings.home, home)
    return seed_folder.settings.model_copy(
        update={"home": home, "state_url": f"sqlite:///{tmp_path / 'state.db'}"}
    )


@pytest.fixture
def app(settings: Settings, clock: Clock, seed_folder: Any) -> Iterator[Any]:
    """The application, closed after the test."""
    made = create_app(settings, clock, seed_folder.registry)
    yield made
    made.state.rooms.engine.close()
    made.state.rooms.store.close()


@pytest.fixture
def browser(app: Any) -> Iterator[Callable[[], Browser]]:
    """A fresh browser on each call."""
    opened: list[Browser] = []

    def new() -> Browser:
        opened.append(Browser(app))
        return opened[-1]

    yield new
    for each in opened:
        each.http.close()


@pytest.fixture
def visitor(browser: Callable[[], Browser]) -> Browser:
    """Someone who is not signed in."""
    return browser()


@pytest.fixture
def analyst(browser: Callable[[], Browser]) -> Browser:
    """Ada, who finds and uses data."""
    return browser().sign_in("analyst")


@pytest.fixture
def steward(browser: Callable[[], Browser]) -> Browser:
    """Sam, who answers for the products."""
    return browser().sign_in("steward")


@pytest.fixture
def owner(browser: Callable[[], Browser]) -> Browser:
    """Oona, who is accountable for the products."""
    return browser().sign_in("owner")
