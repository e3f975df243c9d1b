"""A whole marketplace under attack: an analyst with one grant, and secrets of others around her."""

import asyncio
import html
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from marketplace.access.model import AuditFilter, Decision
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import one_stage
from marketplace.access.scopes import Scope
from marketplace.web.app import create_app

GRANTED, FOREIGN = "commercial.payments", "people.learning_records"
OTHERS_STATEMENT = "periwinkle-3141"  # stands in a statement that only its author may see
OTHERS_PURPOSE = "To study hemlock-2718 for a colleague"
ENVIRONMENT = "brimstone-9911"  # stands in an environment variable of the serving process


def _loaded(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "marketplace" / "web" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(f"attacked_{name}", path)
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


class Intruder:
    """A client that sends whatever it likes, as nobody or with somebody's session."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self.client = self._client(app, "127.0.0.1")
        self._app = app

    def _client(self, app: Any, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")

    def send(self, method: str, address: str, **more: Any) -> httpx.Response:
        """One request, and its whole answer."""
        return self._runner.run(self.client.request(method, address, **more))

    def get(self, address: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.send("GET", address, headers={"accept": "text/html", **headers})

    def json(self, address: str) -> Any:
        """A page's JSON twin."""
        return self.send("GET", address, headers={"accept": "application/json"}).json()

    def csrf(self) -> str:
        """What a form of this session sends back."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/sign-in").text)
        assert found is not None
        return found.group(1)

    def form(self, address: str, accept: str = "text/html", **fields: str) -> httpx.Response:
        """A form, as its page would send it."""
        sent = {"csrf": self.csrf(), **fields}
        return self.send("POST", address, data=sent, headers={"accept": accept})

    def sign_in(self, person: str) -> "Intruder":
        """Sign in as a demo person."""
        answered = self.form("/sign-in", person=person)
        assert answered.status_code == 303, answered.text
        return self

    def from_elsewhere(self, address: str) -> "Intruder":
        """The same client, coming from another network address."""
        self.client = self._client(self._app, address)
        return self

    def close(self) -> None:
        """Close the client and its loop."""
        self._runner.run(self.client.aclose())
        self._runner.close()


@dataclass(frozen=True)
class Fortress:
    """The application, the places that an attacker would like to reach, and what they must not see.

    `secrets` are contents; names and paths that the attacker typed are no secret.
    """

    app: Any
    rooms: Any
    clock: Clock
    places: Mapping[str, str]
    tokens: Mapping[str, tuple[str, str]]  # person -> id and secret
    ids: Mapping[str, str]  # of others' requests, grants, candidates
    secrets: Mapping[str, str]  # what it is -> the text

    def spelled(self, text: str) -> str:
        """`text` with the places and ids put in."""
        for name, place in {**self.places, **self.ids}.items():
            text = text.replace(f"{{{name}}}", place)
        return text

    def leaks(self, answer: httpx.Response | str | bytes, *typed: str) -> list[str]:
        """Which secrets an answer shows, beyond an echo of what was typed."""
        shown = _text_of(answer)
        for text in typed:
            for echo in (text, html.escape(text), html.escape(text, quote=False)):
                shown = shown.replace(echo, "")
        return [name for name, secret in self.secrets.items() if secret in shown]

    def audited(self, person: str, most: int = 1000) -> tuple[Any, ...]:
        """The audit records of a person, newest first."""
        return self.rooms.store.audit(AuditFilter(actor_id=person, limit=most))


def _text_of(answer: httpx.Response | str | bytes) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, bytes):
        return answer.decode("utf-8", "replace")
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
    return f"{headers}\n{answer.content.decode('utf-8', 'replace')}"


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The published lake; no attack may change it."""
    return seeded_lake.seed(tmp_path_factory.mktemp("fortress"))


@pytest.fixture(scope="module")
def fortress(seeded: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    """The marketplace with a state of this module's own; nothing outside it is ever touched."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["CANARY_OF_THE_SERVER"] = ENVIRONMENT
    settings = seeded.settings.model_copy(
        update={"state_url": f"sqlite:///{folder / 'state.db'}", "query_timeout_seconds": 10}
    )
    clock = Clock()
    app = create_app(settings, clock, seeded.registry)
    rooms = app.state.rooms
    yield _furnished(app, rooms, clock, seeded, folder)
    rooms.engine.close()
    rooms.store.close()
    del os.environ["CANARY_OF_THE_SERVER"]


def grant(rooms: Any, person: str, port: str, now: datetime) -> tuple[str, str]:
    """A standing grant, asked for and approved; ids of request and grant."""
    request = rooms.store.requests.submit(
        rooms.people.by_id(person), Asked(port, OTHERS_PURPOSE, 30), None, now
    )
    decision = Decision(rooms.people.by_id("steward"), approve=True, reason="")
    approvers = rooms.registry.port(port).contract.approvers
    rooms.store.requests.decide(request.id, decision, one_stage(approvers), now)
    return request.id, rooms.store.grant_of(request.id).id


def _furnished(app: Any, rooms: Any, clock: Clock, seeded: Any, folder: Path) -> Fortress:
    now, home = clock.now, seeded.settings.home
    _, own_grant = grant(rooms, "analyst", GRANTED, now - timedelta(hours=2))
    others_request, others_grant = grant(rooms, "owner", FOREIGN, now - timedelta(hours=1))
    open_request = rooms.store.requests.submit(
        rooms.people.by_id("engineer"), Asked(FOREIGN, OTHERS_PURPOSE, 7), None, now
    )
    people = ("analyst", "steward", "owner", "engineer", "governance")
    tokens = {
        person: rooms.store.create_token(
            rooms.people.by_id(person), f"of {person}", 30, now, [Scope.QUERY]
        )
        for person in people
    }
    statement = f"select person_name, '{OTHERS_STATEMENT}' as note from {FOREIGN}"
    rooms.engine.run(rooms.people.by_id("owner"), statement, now)
    session = rooms.store.open_session("governance", now, 12)
    personal = rooms.lakehouse.snapshot(FOREIGN, 1)
    granted = rooms.lakehouse.snapshot(GRANTED, 1)
    candidate = rooms.lakehouse.quarantined("commercial.supplier_spend", 1)[0]
    places = {
        "personal": str(personal.files[0]),
        "log": str(personal.table / "_delta_log" / f"{0:020}.json"),
        "granted": str(granted.files[0]),
        "old": str(rooms.lakehouse.snapshot(GRANTED, 1, 0).files[0]),
        "candidate_file": str(candidate.files[0]),
        "home": str(home),
        "state": str(folder / "state.db"),
        "anchor": str(folder / "state.db.audit-head"),
        "key": str(home / "secret_key"),
        "rejects": str(next((home / "landing").rglob("*.parquet"))),
        "out": str(folder / "stolen"),
        "project": str(seeded.settings.project),
    }
    secrets = {
        "rows of another port": seeded_lake.PERSONAL_VALUE,
        "a statement of another person": OTHERS_STATEMENT,
        "the environment of the server": ENVIRONMENT,
        "the password file": "root:x:0:0",
        "a Delta log": '"commitInfo"',
        "the access state": "SQLite format 3",
        "the key of form tokens": rooms.form_key.decode(),
        "a session of another person": session,
        "rejected rows": "ACME,#####",
        "a trace": "Traceback (most recent call last)",
        **{f"the token of {name}": tokens[name][1] for name in people if name != "analyst"},
    }
    ids = {
        "own_grant": own_grant,
        "others_request": others_request,
        "others_grant": others_grant,
        "open_request": open_request.id,
        "others_token": tokens["steward"][0],
        "candidate": candidate.candidate.content_hash,
    }
    return Fortress(app, rooms, clock, places, tokens, ids, secrets)


@pytest.fixture
def intruder(fortress: Fortress) -> Iterator[Callable[[], Intruder]]:
    """A fresh client on each call."""
    opened: list[Intruder] = []

    def new() -> Intruder:
        opened.append(Intruder(fortress.app))
        return opened[-1]

    yield new
    for each in opened:
        each.close()


@pytest.fixture(scope="module")
def ada(fortress: Fortress) -> Iterator[Intruder]:
    """The analyst with one grant, who turns hostile; tests leave her signed in."""
    client = Intruder(fortress.app).sign_in("analyst")
    yield client
    client.close()


@pytest.fixture(scope="module")
def sam(fortress: Fortress) -> Iterator[Intruder]:
    """A steward, who may see one candidate in quarantine."""
    client = Intruder(fortress.app).sign_in("steward")
    yield client
    client.close()


@pytest.fixture(scope="module")
def gwen(fortress: Fortress) -> Iterator[Intruder]:
    """Governance, who reads the whole audit log."""
    client = Intruder(fortress.app).sign_in("governance")
    yield client
    client.close()
