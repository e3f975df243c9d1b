"""Forged and replayed tokens, fixed and stolen sessions, forms of another site."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marketplace.access.scopes import Scope

SQL = {"sql": "select 1 as one"}


def _program(intruder: Any, *headers: tuple[str, str], **more: Any) -> Any:
    sent = [("accept", "application/json"), *headers]
    return intruder.send("POST", "/api/v1/query", **{"json": SQL, "headers": sent, **more})


def _swapped(own: str, other: str) -> str:
    """The id of one token with the secret part of another."""
    return f"{other.partition('.')[0]}.{own.partition('.')[2]}"


# What is sent as `Authorization`, out of the analyst's own secret and a token id of another.
ATTACKS: dict[str, Callable[[str, str], str]] = {
    "no_scheme": lambda own, other: own,
    "basic_scheme": lambda own, other: f"Basic {own}",
    "empty": lambda own, other: "Bearer ",
    "only_scheme": lambda own, other: "Bearer",
    "id_without_secret": lambda own, other: f"Bearer {own.partition('.')[0]}",
    "id_with_empty_secret": lambda own, other: f"Bearer {own.partition('.')[0]}.",
    "secret_without_id": lambda own, other: f"Bearer {own.partition('.')[2]}",
    "id_of_another": lambda own, other: f"Bearer {_swapped(own, other)}",
    "short_by_one": lambda own, other: f"Bearer {own[:-1]}",
    "long_by_one": lambda own, other: f"Bearer {own}A",
    "other_case": lambda own, other: f"Bearer {own.swapcase()}",
    "reversed": lambda own, other: f"Bearer {own[::-1]}",
    "twice": lambda own, other: f"Bearer {own}.{own}",
    "with_comma": lambda own, other: f"Bearer {own}, Bearer {own}",
    "wildcard": lambda own, other: "Bearer mkt_%.%",
    "sql_in_id": lambda own, other: "Bearer mkt_' or '1'='1.x",
    "sql_union": lambda own, other: "Bearer mkt_x' union select * from tokens--.x",
    "null_token": lambda own, other: "Bearer null",
    "json_web_token_unsigned": lambda own, other: (
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJnb3Zlcm5hbmNlIn0."
    ),
    "name_of_a_person": lambda own, other: "Bearer governance",
    "huge": lambda own, other: f"Bearer {'A' * 30_000}",
    "very_many_dots": lambda own, other: f"Bearer {'.' * 5_000}",
    "path": lambda own, other: "Bearer ../../secret_key",
    "escaped_null": lambda own, other: f"Bearer {own}%00",
    "latin_letters": lambda own, other: "Bearer mkt_\u00e9\u00fc.\u00df",
}


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("forged", ATTACKS.values(), ids=ATTACKS)
def test_a_forged_token_opens_nothing(
    forged: Callable[[str, str], str], fortress: Any, intruder: Callable[[], Any]
) -> None:
    own, other = fortress.tokens["analyst"][1], fortress.ids["others_token"]
    header = forged(own, other).encode("latin-1")

    answer = _program(intruder(), (b"authorization", header))  # type: ignore[arg-type]

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert fortress.leaks(answer) == []


TOKEN_PLACES: dict[str, dict[str, Any]] = {
    "in_the_address": {"params": {"access_token": "{own}", "token": "{own}"}},
    "in_the_body": {"json": {**SQL, "access_token": "{own}"}},
    "in_a_cookie": {"headers": {"cookie": "token={own}; session={own}"}},
    "in_another_header": {"headers": {"x-api-key": "{own}", "x-authorization": "Bearer {own}"}},
    "in_proxy_header": {"headers": {"proxy-authorization": "Bearer {own}"}},
}


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("sent", TOKEN_PLACES.values(), ids=TOKEN_PLACES)
def test_a_token_counts_nowhere_but_in_its_header(
    sent: dict[str, Any], fortress: Any, intruder: Callable[[], Any]
) -> None:
    own = fortress.tokens["analyst"][1]
    spelled = {
        kind: {name: value.replace("{own}", own) for name, value in parts.items()}
        for kind, parts in sent.items()
    }

    answer = intruder().send("POST", "/api/v1/query", **{"json": SQL, **spelled})

    assert answer.status_code == 401


PAGES = (
    "/tokens",
    "/sessions",
    "/log",
    "/access/grants",
    "/access/inbox",
    "/audit",
    "/notifications",
)


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("address", PAGES)
def test_a_token_opens_no_page_beyond_its_scopes(
    address: str, fortress: Any, intruder: Callable[[], Any]
) -> None:
    secret = fortress.tokens["governance"][1]

    answer = intruder().get(address, authorization=f"Bearer {secret}", accept="application/json")

    assert answer.status_code == 403
    assert fortress.leaks(answer) == []


@pytest.mark.requirement("SEC-03")
def test_a_session_is_no_token(fortress: Any, ada: Any, intruder: Callable[[], Any]) -> None:
    session = ada.client.cookies["session"]

    answer = _program(intruder(), ("authorization", f"Bearer {session}"))

    assert answer.status_code == 401


@pytest.mark.requirement("SEC-03")
def test_a_revoked_token_is_not_replayed(fortress: Any, intruder: Callable[[], Any]) -> None:
    rooms, ada = fortress.rooms, fortress.rooms.people.by_id("analyst")
    token_id, secret = rooms.store.create_token(
        ada, "soon gone", 7, fortress.clock.now, [Scope.QUERY]
    )
    header = ("authorization", f"Bearer {secret}")
    before = _program(intruder(), header).status_code

    rooms.store.revoke_token(token_id, ada, fortress.clock.now)

    assert (before, _program(intruder(), header).status_code) == (200, 401)


@pytest.mark.requirement("SEC-03")
def test_an_expired_token_is_not_replayed(fortress: Any, intruder: Callable[[], Any]) -> None:
    rooms, ada = fortress.rooms, fortress.rooms.people.by_id("analyst")
    _, secret = rooms.store.create_token(
        ada, "one day", 1, fortress.clock.now - timedelta(days=2), [Scope.QUERY]
    )

    answer = _program(intruder(), ("authorization", f"Bearer {secret}"))

    assert answer.status_code == 401


@pytest.mark.requirement("SEC-03")
def test_the_stored_hash_of_a_session_opens_nothing(
    fortress: Any, intruder: Callable[[], Any]
) -> None:
    store = fortress.rooms.store
    secret = store.open_session("governance", fortress.clock.now, 12)
    kept = store.session(secret, fortress.clock.now)
    thief = intruder()

    thief.client.cookies.set("session", kept.id)

    assert thief.get("/audit").status_code == 303


@pytest.mark.requirement("SEC-03")
def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(
    fortress: Any, intruder: Callable[[], Any]
) -> None:
    planted = "session_planted.by-an-attacker"
    victim, attacker = intruder(), intruder()
    for name in ("session", "visitor"):
        victim.client.cookies.set(name, planted, domain="127.0.0.1", path="/")

    victim.sign_in("steward")
    attacker.client.cookies.set("session", planted)

    assert victim.client.cookies["session"] != planted
    assert attacker.get("/log").status_code == 303


@pytest.mark.requirement("SEC-03")
def test_the_session_before_a_sign_in_is_closed_by_it(intruder: Callable[[], Any]) -> None:
    shared, thief = intruder().sign_in("analyst"), intruder()
    stolen = shared.client.cookies["session"]

    shared.sign_in("steward")
    thief.client.cookies.set("session", stolen)

    assert shared.client.cookies["session"] != stolen
    assert thief.get("/log").status_code == 303


@pytest.mark.requirement("SEC-03")
def test_a_form_token_from_before_signing_in_is_worth_nothing_after(
    intruder: Callable[[], Any],
) -> None:
    someone = intruder()
    before = someone.csrf()

    someone.sign_in("analyst")
    answer = someone.send("POST", "/query", data={"csrf": before, **SQL})

    assert answer.status_code == 403


@pytest.mark.requirement("SEC-03")
def test_two_session_cookies_open_no_third_identity(
    fortress: Any, ada: Any, intruder: Callable[[], Any]
) -> None:
    own = ada.client.cookies["session"]
    someone = intruder()

    answer = someone.get("/log", cookie=f"session=nonsense; session={own}; session=governance")

    assert answer.status_code in {200, 303}
    assert fortress.leaks(answer) == []


FORGERIES: dict[str, dict[str, Any]] = {
    "no_token": {"data": SQL},
    "empty_token": {"data": {"csrf": "", **SQL}},
    "wrong_token": {"data": {"csrf": "f" * 64, **SQL}},
    "token_as_list": {"json": {"csrf": ["a"], **SQL}},
    "token_as_null": {"json": {"csrf": None, **SQL}},
    "token_as_true": {"json": {"csrf": True, **SQL}},
    "token_in_the_address": {"params": {"csrf": "{csrf}"}, "data": SQL},
    "token_in_a_cookie": {"headers": {"cookie": "csrf={csrf}"}, "data": SQL},
    "plain_text_form": {"content": b"sql=select 1", "headers": {"content-type": "text/plain"}},
    "plain_text_json": {"content": b'{"sql": "select 1"}', "headers": {"content-type": "text/x"}},
    "no_content_type": {"content": b"sql=select+1"},
    "xml": {"content": b"<sql>select 1</sql>", "headers": {"content-type": "text/xml"}},
    "other_charset": {
        "content": "sql=select 1".encode("utf-16"),
        "headers": {"content-type": "application/x-www-form-urlencoded; charset=utf-16"},
    },
    "not_ascii_token": {"data": {"csrf": "\u00e9" * 64, **SQL}},
    "method_override": {"data": {"_method": "POST", **SQL}},
    "foreign_origin": {"data": SQL, "headers": {"origin": "https://evil.example"}},
    "null_origin": {"data": SQL, "headers": {"origin": "null"}},
    "many_tokens": {"content": b"csrf=a&" * 40 + b"sql=select+1",
                    "headers": {"content-type": "application/x-www-form-urlencoded"}},
}  # fmt: skip
CHANGES = (
    "/query",
    "/access/requests",
    "/access/requests/{others_request}/decision",
    "/access/grants/{own_grant}/revocation",
    "/tokens",
    "/tokens/{others_token}/revocation",
    "/sign-out",
    "/issues",
    "/quarantine/commercial/supplier_spend/{candidate}/release",
)


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_form_of_another_site_changes_nothing(
    forgery: dict[str, Any], fortress: Any, ada: Any
) -> None:
    before, csrf = len(fortress.audited("analyst")), ada.csrf()
    sent = {
        kind: (
            {name: _with(value, csrf) for name, value in parts.items()}
            if kind in {"params", "headers"}
            else parts
        )
        for kind, parts in forgery.items()
    }
    if "cookie" in sent.get("headers", {}):
        sent["headers"]["cookie"] += f"; session={ada.client.cookies['session']}"

    found = {
        address: ada.send("POST", fortress.spelled(address), **sent).status_code
        for address in CHANGES
    }

    assert set(found.values()) <= {403, 413, 422}, found
    assert len(fortress.audited("analyst")) == before
    assert ada.get("/log").status_code == 200


def _with(value: str, csrf: str) -> str:
    return value.replace("{csrf}", csrf)


GET_CHANGES = (
    "/sign-out",
    "/tokens/{others_token}/revocation",
    "/access/grants/{own_grant}/revocation",
    "/access/requests/{others_request}/decision?decision=approve",
    "/access/requests/{others_request}/withdrawal",
    "/quarantine/commercial/supplier_spend/{candidate}/release?reason=because",
    "/quarantine/commercial/supplier_spend/{candidate}/discard?reason=because",
    "/api/v1/query?sql=select+1",
)


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("address", GET_CHANGES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE"])
def test_no_other_method_changes_anything(
    method: str, address: str, fortress: Any, ada: Any
) -> None:
    before = len(fortress.audited("analyst"))
    headers = {"x-http-method-override": "POST", "x-csrf-token": ada.csrf()}

    answer = ada.send(method, fortress.spelled(address), headers=headers)

    assert answer.status_code in {404, 405}
    assert len(fortress.audited("analyst")) == before
