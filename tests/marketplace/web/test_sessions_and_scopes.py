"""Sessions are listed, ended and never carried over; a token opens what its scopes say."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.access.scopes import Scope
from marketplace.web import urls
from marketplace.web.app import routes
from marketplace.web.token_scopes import OPENED

ROUTES = [(method, path) for method, path, _ in routes() if path != urls.OPENAPI]
OPEN_TO_TOKENS = frozenset().union(*OPENED.values())
WITHOUT_A_PERSON = {
    urls.HEALTH,
    urls.READY,
    urls.HELP,
    urls.ACCESSIBILITY,
    urls.SIGN_IN_OUT,
    urls.SIGN_IN_BACK,
}


def made(person: Any, *scopes: str) -> str:
    """The secret of a token with these scopes."""
    page = person.post("/tokens", name="program", days="7", scope=" ".join(scopes))
    assert page.status_code == 201, page.text
    return re.search(r"mkt_[a-z0-9]+\.[\w-]+", page.text).group()


def asked(visitor: Any, method: str, path: str, secret: str, **more: Any) -> Any:
    """A program's request, with nothing but its token."""
    address = re.sub(r"\{\w+\}", "any", path)
    headers = {"authorization": f"Bearer {secret}", "accept": "application/json"}
    return visitor.http.request(method, address, headers=headers, **more)


def code(answered: Any) -> str:
    return answered.json().get("error", {}).get("code", "")


@pytest.mark.requirement("ACC-02")
def test_every_row_of_the_scopes_table_is_a_route() -> None:
    assert set(ROUTES) >= OPEN_TO_TOKENS


@pytest.mark.requirement("ACC-04")
def test_a_token_of_all_scopes_changes_nothing_outside_the_table(
    steward: Any, visitor: Any
) -> None:
    secret = made(steward, *Scope)
    closed = [each for each in ROUTES if each not in OPEN_TO_TOKENS]

    codes = {
        (method, path): code(asked(visitor, method, path, secret))
        for method, path in closed
        if path not in WITHOUT_A_PERSON
    }

    changes = {each for each in codes if each[0] == "POST"}
    assert len(changes) >= 15
    # `GET /help` and the like know no person and open to everyone; nothing else may.
    assert {each: found for each, found in codes.items() if found != "out_of_scope"} == {}


@pytest.mark.requirement("ACC-04")
@pytest.mark.parametrize("scope", list(Scope))
def test_a_scope_opens_its_own_routes_alone(steward: Any, visitor: Any, scope: Scope) -> None:
    secret = made(steward, scope)

    for method, path in OPEN_TO_TOKENS:
        answered = asked(visitor, method, path, secret)

        is_open = code(answered) != "out_of_scope"
        assert is_open == ((method, path) in OPENED[scope]), (method, path, answered.text)


def test_a_token_reads_metadata_unless_more_is_ticked(analyst: Any, visitor: Any) -> None:
    secret = made(analyst)

    found = asked(visitor, "GET", "/search", secret)
    refused = asked(visitor, "POST", "/api/v1/query", secret, json={"sql": "select 1"})

    assert found.status_code == 200
    assert analyst.json("/tokens")["tokens"][0]["scope"] == "metadata"
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        "The token was refused here: its scopes are `metadata`. "
        "Make a token with the scope `query`.",
    )
    denied = analyst.json("/log")["records"][0]
    assert (denied["action"], denied["resource"]) == ("token.use", "/api/v1/query")


def test_a_program_asks_for_access_without_a_form_token(analyst: Any, visitor: Any) -> None:
    secret = made(analyst, "request")
    form = {"port": "commercial.payments", "purpose": "To see what suppliers are paid", "days": 30}

    answered = asked(visitor, "POST", "/access/requests", secret, json=form)

    assert answered.status_code == 200, answered.text
    assert analyst.json("/access/requests")["requests"][0]["port"] == "commercial.payments"


def test_a_wrong_token_is_not_rescued_by_a_cookie(analyst: Any) -> None:
    answered = analyst.http.get(
        "/tokens", headers={"authorization": "Bearer mkt_x.y", "accept": "application/json"}
    )

    assert answered.status_code == 401


def test_a_scope_that_there_is_not_is_refused(analyst: Any) -> None:
    answered = analyst.post("/tokens", name="program", days="7", scope="publish")

    assert answered.status_code == 422
    assert "Choose among the uses that are listed" in answered.text
    assert analyst.json("/tokens")["tokens"] == []


@pytest.mark.requirement("ACC-04")
def test_signing_in_never_keeps_the_secret_that_came_with_the_browser(
    browser: Callable[[], Any], app: Any
) -> None:
    person, rooms = browser(), app.state.rooms
    planted = "session_planted.by-an-attacker"
    person.http.client.cookies.set("session", planted, domain="127.0.0.1")
    person.sign_in("analyst")
    first = person.http.client.cookies["session"]

    person.sign_in("analyst")

    second = person.http.client.cookies["session"]
    assert planted not in {first, second}
    assert first != second
    assert rooms.store.session(first, rooms.now()) is None
    assert len(rooms.store.sessions.standing_of("analyst", rooms.now())) == 1


def test_a_person_sees_and_ends_where_they_are_signed_in(browser: Callable[[], Any]) -> None:
    here, there = browser().sign_in("analyst"), browser().sign_in("analyst")
    browser().sign_in("steward")

    listed = here.json("/sessions")["sessions"]
    other = next(each for each in listed if not each["is_this_one"])
    ended = here.post(other["ending"])

    assert len(listed) == 2
    assert ended.headers["location"] == "/sessions"
    assert there.json("/tokens")["error"]["code"] == "not_signed_in"
    assert here.get("/tokens").status_code == 200


def test_all_other_sessions_end_together(browser: Callable[[], Any]) -> None:
    people = [browser().sign_in("analyst") for _ in range(3)]

    people[0].post("/sessions/end")

    assert [each.get("/tokens").status_code for each in people] == [200, 303, 303]


def test_governance_ends_anyones_session_and_others_see_only_their_own(
    browser: Callable[[], Any], analyst: Any, steward: Any
) -> None:
    governance = browser().sign_in("governance")
    everyone = governance.json("/sessions/everyone")["sessions"]
    ada = next(each for each in everyone if each["person"] == "Ada Fenwick")

    by_steward = steward.post(ada["ending"])
    listed_by_steward = steward.get("/sessions/everyone")
    before = analyst.get("/tokens").status_code
    governance.post(ada["ending"])

    assert (by_steward.status_code, listed_by_steward.status_code, before) == (403, 403, 200)
    assert analyst.get("/tokens").status_code == 303


@pytest.mark.requirement("ACC-04")
def test_an_idle_session_ends_and_a_used_one_goes_on(
    analyst: Any, steward: Any, clock: Any
) -> None:
    from datetime import timedelta

    for _ in range(3):
        clock.now += timedelta(minutes=40)
        analyst.get("/tokens")

    assert analyst.get("/tokens").status_code == 200
    assert steward.get("/tokens").status_code == 303


def test_failed_sign_ins_pause_an_address_and_no_longer(visitor: Any, clock: Any) -> None:
    from datetime import timedelta

    refused = [visitor.post("/sign-in", person="nobody").status_code for _ in range(11)]
    paused = visitor.post("/sign-in", person="analyst")
    clock.now += timedelta(minutes=5)
    later = visitor.post("/sign-in", person="analyst")

    assert refused == [403] * 10 + [429]
    assert paused.status_code == 429
    assert paused.headers["retry-after"] == "300"
    assert "Try again in 300 seconds." in paused.text
    assert later.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_a_change_from_another_sites_page_is_refused(analyst: Any, headers: dict[str, str]) -> None:
    form = {"csrf": analyst.token(), "name": "program", "days": "7"}

    answered = analyst.http.post("/tokens", data=form, headers=headers)

    assert (answered.status_code, code(answered)) == (403, "foreign_origin")
    assert analyst.json("/tokens")["tokens"] == []


def test_every_change_needs_the_sessions_form_token(steward: Any) -> None:
    changes = [path for method, path in ROUTES if method == "POST"]

    answers = {
        path: steward.http.post(
            re.sub(r"\{\w+\}", "any", path),
            data={"csrf": "0" * 64},
            headers={"accept": "application/json"},
        )
        for path in changes
    }

    # The interface for programs takes no cookie at all.
    expected = {
        path: "not_signed_in" if path.startswith("/api/") else "form_expired" for path in changes
    }
    assert {path: code(each) for path, each in answers.items()} == expected
