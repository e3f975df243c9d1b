"""A real Chromium against a real server over the seeded lake."""

import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from marketplace.access.anomalies import Anomaly, AnomalyKind
from marketplace.access.plan_book import ElementMeasured
from marketplace.access.plan_model import Measured
from marketplace.web.app import create_app
from marketplace.web.server import bound

CHROMIUM = "/usr/bin/chromium"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_SEED = Path(__file__).parents[1] / "marketplace" / "web" / "seeded_lake.py"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; without it these tests skip, but in CI they fail.

    Not for the whole session: while it is open, no other test of this process can run a loop.
    """
    program = shutil.which("chromium") or CHROMIUM
    if not Path(program).exists():
        reason = "Chromium is not installed: `apt-get install chromium` runs the browser tests"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the marketplace is served from a thread of this process."""
    specification = importlib.util.spec_from_file_location("browser_seeded_lake", _SEED)
    assert specification is not None and specification.loader is not None
    seeded_lake = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = seeded_lake
    specification.loader.exec_module(seeded_lake)
    seeded = seeded_lake.seed(tmp_path_factory.mktemp("seeded"))
    with bound("127.0.0.1", 0) as listener:
        app = create_app(seeded.settings, lambda: seeded_lake.NOW)
        _open_plan(app, seeded_lake.NOW)
        _open_alert(app, seeded_lake.NOW)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


def _open_plan(app: Any, now: datetime) -> None:
    """As a run does that measures critical data below its target."""
    measured = Measured("97.1", False, ("schema[0]",), "c" * 64, "v" * 64, now)
    found = ElementMeasured("commercial.payments", "supplier_name", "100.0", measured)
    app.state.rooms.store.plans.measure("pipeline", [found], now)


def _open_alert(app: Any, now: datetime) -> None:
    """As the watch does that finds a person's statements refused again and again."""
    said = "Statements were refused 12 times in an hour."
    found = Anomaly(
        AnomalyKind.DENIALS, "engineer", now.date(), ("commercial.payments",), said, {}, (1,)
    )
    app.state.rooms.store.alerts.open(found, now)


class Person:
    """Someone at a keyboard: a page of their own, and what its console complained of."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        # The browser reports a refused form (422, 403) as an error; that is not a fault.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        """A page of the marketplace."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def sign_in(self, person: str) -> "Person":
        """Sign in as a demo person."""
        self.open("/sign-in")
        self.page.locator(f"form:has(input[value={person}]) button").click()
        return self

    def press(self, *keys: str) -> None:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, text: str, most: int = 120) -> None:
        """Tab until what has the focus says `text`; fails where the keyboard cannot reach it."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if text in self.focused():
                return
        raise AssertionError(f"The keyboard does not reach `{text}`.")

    def focused(self) -> str:
        """Text, label or id of what has the focus."""
        return str(
            self.page.evaluate(
                """() => {
                    const e = document.activeElement
                    if (!e || e === document.body) return ''
                    const label = e.labels && e.labels[0] ? e.labels[0].innerText : ''
                    return [e.innerText || '', label, e.id || ''].join(' | ')
                }"""
            )
        )


@pytest.fixture
def person(chromium: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Person]:
    """A person on a screen of the width that the test asks for; 1280 unless told."""
    width = getattr(request, "param", 1280)
    context = chromium.new_context(viewport={"width": width, "height": 900})
    yield Person(context.new_page(), address)
    context.close()


@pytest.fixture
def other(chromium: Browser, address: str) -> Iterator[Person]:
    """A second person, with a browser of their own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield Person(context.new_page(), address)
    context.close()
