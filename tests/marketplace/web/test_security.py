"""Who is let in, what is refused before it is read, and what every answer carries."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from marketplace.web.errors import NotFound, problem_of
from marketplace.web.security import BODY_LIMIT

NEEDS_A_PERSON = (
    "/access/requests",
    "/access/requests/new",
    "/access/requests/req_any",
    "/access/inbox",
    "/access/grants",
    "/query",
    "/log",
    "/log/products",
    "/audit",
    "/rejects",
    "/rejects/payments_ledger",
    "/tokens",
    "/sessions",
    "/sessions/everyone",
)
POSTS = (
    "/access/requests",
    "/access/requests/req_any/decision",
    "/access/requests/req_any/withdrawal",
    "/access/grants/grant_any/revocation",
    "/query",
    "/tokens",
    "/tokens/mkt_any/revocation",
    "/sessions/end",
    "/sessions/any/end",
)


@pytest.mark.requirement("ACC-04")
@pytest.mark.parametrize("address", NEEDS_A_PERSON)
def test_a_stranger_is_led_to_sign_in(visitor: Any, address: str) -> None:
    page = visitor.get(address)
    twin = visitor.http.get(address, headers={"accept": "application/json"})

    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in?next=%2F")
    assert twin.status_code == 401
    assert set(twin.json()) == {"error"}
    assert set(twin.json()["error"]) == {"code", "message", "way_on"}


@pytest.mark.requirement("ACC-04")
@pytest.mark.parametrize("address", POSTS)
def test_a_strangers_form_is_refused_before_it_is_read(visitor: Any, address: str) -> None:
    answered = visitor.http.post(
        address, content=b"\xff not a form", headers={"content-type": "image/png"}
    )

    assert answered.status_code == 401


@pytest.mark.parametrize(
    ("person", "address", "status"),
    [
        ("analyst", "/audit", 403),
        ("steward", "/audit", 403),
        ("engineer", "/audit", 403),
        ("governance", "/audit", 200),
        ("analyst", "/rejects/payments_ledger", 403),
        ("governance", "/rejects/payments_ledger", 403),
        ("steward", "/rejects/payments_ledger", 200),
        ("analyst", "/log/products?port=commercial.payments", 403),
        ("steward", "/log/products?port=commercial.payments", 200),
        ("steward", "/rejects/..%2F..%2Fetc", 404),
    ],
)
def test_roles_open_only_what_is_theirs(
    browser: Callable[[], Any], person: str, address: str, status: int
) -> None:
    answered = browser().sign_in(person).get(address)

    assert answered.status_code == status
    if status == 403:
        assert "ACME" not in answered.text and "Chain intact" not in answered.text
        denied = browser().sign_in("auditor").json("/audit?outcome=denied")["records"]
        assert [record["actor"] for record in denied] != []


@pytest.mark.parametrize("address", POSTS)
def test_a_form_without_its_sessions_token_changes_nothing(analyst: Any, address: str) -> None:
    answered = analyst.http.post(address, data={"csrf": "0" * 64, "sql": "select 1"})

    assert answered.status_code == 403
    assert "another session" in answered.text


def test_a_form_token_of_another_session_is_refused(analyst: Any, steward: Any) -> None:
    answered = analyst.http.post("/query", data={"csrf": steward.token(), "sql": "select 1"})

    assert answered.status_code == 403


def test_json_from_a_session_needs_the_token_too(analyst: Any) -> None:
    sent = {"sql": "select 1 as one"}

    without = analyst.http.post("/query", json=sent)
    with_token = analyst.http.post(
        "/query",
        json=sent,
        headers={"x-csrf-token": analyst.token(), "accept": "application/json"},
    )

    assert without.status_code == 403
    assert with_token.json()["rows"] == [[1]]


@pytest.mark.parametrize("address", ["/", "/search.json", "/nothing", "/health", "/openapi.json"])
def test_every_answer_carries_the_protecting_headers(visitor: Any, address: str) -> None:
    headers = visitor.get(address).headers

    policy = headers["content-security-policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_no_page_has_inline_script_or_style(visitor: Any, steward: Any) -> None:
    pages = [visitor.get("/products/commercial/payments").text, steward.get("/query").text]

    for page in pages:
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


def test_assets_are_kept_and_sources_are_not_served(visitor: Any) -> None:
    assert "immutable" in visitor.get("/static/build/main.css").headers["cache-control"]
    assert visitor.get("/static/styles/main.scss").status_code == 404
    assert visitor.get("/static/build/.built-from").status_code == 404
    assert visitor.get("/static/..%2f..%2fapp.py").status_code == 404


def test_a_foreign_host_is_refused(visitor: Any) -> None:
    answered = visitor.get("/", host="evil.example")

    assert answered.status_code == 400
    assert answered.json()["error"]["code"] == "unknown_host"


def test_too_large_a_body_is_refused(analyst: Any) -> None:
    announced = analyst.http.post("/query", content=b"x" * (BODY_LIMIT + 1))

    assert announced.status_code == 413
    assert announced.json()["error"]["code"] == "too_large"


def test_too_large_a_body_that_does_not_say_so_is_refused(analyst: Any) -> None:
    async def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 8192

    answered = analyst.http.post(
        "/query",
        content=chunks(),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        },
    )

    assert answered.status_code == 413


def test_sign_in_leads_only_within_the_service(browser: Callable[[], Any]) -> None:
    for address in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
        answered = browser().post("/sign-in", person="analyst", next=address)
        assert answered.headers["location"] == "/"
    assert browser().post("/sign-in", person="analyst", next="/query").headers["location"] == (
        "/query"
    )


def test_signing_out_ends_the_session_on_the_server(analyst: Any) -> None:
    kept = analyst.http.client.cookies["session"]

    analyst.post("/sign-out")
    analyst.http.client.cookies.set("session", kept)

    assert analyst.get("/log").status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts(browser: Callable[[], Any]) -> None:
    cookie = browser().post("/sign-in", person="analyst").headers.get_list("set-cookie")[0]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_an_unknown_person_cannot_sign_in(browser: Callable[[], Any]) -> None:
    assert browser().post("/sign-in", person="root").status_code == 403


def test_a_session_ends_after_its_hours(analyst: Any, clock: Any) -> None:
    clock.pass_days(1)

    assert analyst.get("/log").status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/products/commercial/nothing",
        "/products/a/b/c",
        "/products/commercial/payments/ports/nothing",
        "/evidence/commercial/payments/zz",
        "/evidence/commercial/payments/" + "0" * 64,
        "/evidence/nothing/nothing/" + "0" * 64,
    ],
)
def test_what_is_missing_is_said_in_html_and_in_the_one_shape(visitor: Any, address: str) -> None:
    page = visitor.get(address)
    twin = visitor.http.get(address, headers={"accept": "application/json"})

    assert page.status_code == twin.status_code == 404
    assert "What you can do next" in page.text
    assert set(twin.json()["error"]) >= {"code", "message", "way_on"}
    assert twin.json()["error"]["way_on"]
    assert "/home" not in page.text and "Traceback" not in page.text


def test_an_invalid_search_is_refused_in_the_one_shape(visitor: Any) -> None:
    answered = visitor.http.get("/search.json?sort=nothing")

    assert answered.status_code == 400
    assert answered.json()["error"]["code"] == "invalid_search"


def test_a_wrong_method_is_refused_in_the_one_shape(visitor: Any) -> None:
    answered = visitor.http.request("DELETE", "/search", headers={"accept": "application/json"})

    assert answered.status_code == 405
    assert answered.json()["error"]["code"] == "method_not_allowed"


def test_an_unexpected_fault_says_nothing_of_itself(
    visitor: Any, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def listings(self, *_: Any) -> Any:
            raise RuntimeError("/home/secret/path")

    rooms = app.state.rooms
    object.__setattr__(rooms, "index", Broken())

    with caplog.at_level(logging.CRITICAL):
        answered = visitor.get("/")

    assert answered.status_code == 500
    assert "secret" not in answered.text
    assert "nothing was changed" in answered.text


def test_errors_of_other_rooms_that_have_no_status_are_unexpected() -> None:
    assert problem_of(ValueError("/etc/passwd")).code == "unexpected"
    assert problem_of(NotFound()).status == 404
