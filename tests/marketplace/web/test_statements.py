"""A person sees and ends their own running statements, on the page and from a program."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from anyio import CapacityLimiter
from fastapi import Request

from confinement.watch import Stop
from marketplace.query.errors import QueryCancelled, QueryError
from marketplace.web.listening import while_listened_to

BOMB = "select count(*) from range(100000000000) t(i) where i % 7 = 9"


@contextmanager
def bomb_of(app: Any, person: str) -> Iterator[list[QueryError]]:
    """A statement of a person that runs until it is cancelled; what came of it."""
    rooms, ended = app.state.rooms, []
    actor = rooms.people.by_id(person)

    def ask() -> None:
        try:
            rooms.engine.run(actor, BOMB, rooms.now())
        except QueryError as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not rooms.engine.running(actor):
        time.sleep(0.02)
    yield ended
    thread.join()


def program(person: Any) -> dict[str, str]:
    """The headers of a program of this person."""
    page = person.post("/tokens", name="report", days="7", scope="query").text
    found = re.search(r"mkt_[a-z0-9]+\.[\w-]+", page)
    assert found is not None
    return {"authorization": f"Bearer {found.group()}"}


def test_the_query_page_lists_and_cancels_a_running_statement(app: Any, analyst: Any) -> None:
    with bomb_of(app, "analyst") as ended:
        (listed,) = analyst.json("/query")["running"]
        assert "Running now" in analyst.get("/query").text

        answered = analyst.post(listed["cancellation"])

    assert listed["sql"] == BOMB
    assert (answered.status_code, answered.headers["location"]) == (303, "/query")
    assert [type(error) for error in ended] == [QueryCancelled]
    assert "Running now" not in analyst.get("/query").text


@pytest.mark.requirement("SEC-02")
def test_a_program_lists_and_cancels_its_persons_statements_alone(
    app: Any, analyst: Any, steward: Any
) -> None:
    with bomb_of(app, "analyst") as ended:
        own, other = program(analyst), program(steward)
        (listed,) = analyst.http.get("/api/v1/statements", headers=own).json()["statements"]
        place = f"/api/v1/statements/{listed['id']}/cancellation"

        assert steward.http.get("/api/v1/statements", headers=other).json() == {"statements": []}
        refused = steward.http.post(place, headers=other)
        assert (refused.status_code, ended) == (404, [])
        assert refused.json()["error"]["code"] == "unknown_statement"
        answered = analyst.http.post(place, headers=own)

    assert (listed["sql"], answered.json()) == (BOMB, {"id": listed["id"], "cancelled": True})
    assert [type(error) for error in ended] == [QueryCancelled]


def test_who_goes_away_stops_their_statement() -> None:
    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    app = SimpleNamespace(state=SimpleNamespace(statement_threads=CapacityLimiter(1)))
    request = Request({"type": "http", "app": app}, gone)

    def work(stop: Stop) -> bool:
        for _ in range(500):
            if stop.is_set:
                return True
            time.sleep(0.01)
        return False

    assert asyncio.run(while_listened_to(request, work))
