"""Calls that reach for others' things: by id, by path, by header, by what a form says."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

# What the analyst asks for; each is refused, or reads as if it did not exist.
ATTACKS = {
    # others' requests, grants, tokens, candidates by id
    "request_of_another": ("GET", "/access/requests/{others_request}"),
    "open_request_of_another": ("GET", "/access/requests/{open_request}"),
    "decide_for_another": ("POST", "/access/requests/{open_request}/decision", "decision=approve"),
    "withdraw_for_another": ("POST", "/access/requests/{open_request}/withdrawal", ""),
    "revoke_anothers_grant": (
        "POST", "/access/grants/{others_grant}/revocation", "reason=I would like it to end"),
    "grant_as_request": ("GET", "/access/requests/{others_grant}"),
    "end_anothers_token": ("POST", "/tokens/{others_token}/revocation", ""),
    "candidate": ("GET", "/quarantine/commercial/supplier_spend/{candidate}"),
    "candidate_twin": ("GET", "/quarantine/commercial/supplier_spend/{candidate}.json"),
    "query_candidate": (
        "POST", "/quarantine/commercial/supplier_spend/{candidate}/query", "sql=select 1"),
    "release_candidate": (
        "POST", "/quarantine/commercial/supplier_spend/{candidate}/release", "reason=It is good"),
    "discard_candidate": (
        "POST", "/quarantine/commercial/supplier_spend/{candidate}/discard", "reason=It is bad"),
    "request_in_anothers_name": (
        "POST", "/access/requests", "port=people.nothing&purpose=For somebody else&days=9"
        "&actor_id=governance"),
    # pages of other roles
    "audit": ("GET", "/audit"),
    "audit_twin": ("GET", "/audit.json"),
    "audit_of_a_person": ("GET", "/audit?person=owner"),
    "products_log": ("GET", "/log/products?port=people.learning_records"),
    "rejects": ("GET", "/rejects"),
    "rejects_of_a_system": ("GET", "/rejects/payments_ledger"),
    "rejects_twin": ("GET", "/rejects/payments_ledger.json"),
    "held_columns": ("GET", "/held/people/learning_records"),
    "decide_on_a_column": (
        "POST", "/held/people/learning_records", "column=person_name&outcome=not_personal"),
    "impact": ("GET", "/products/people/learning_records/ports/learning_records/impact"),
    "failing_rows_as_file": ("GET", "/evidence/people/learning_records/results/csv"),
    "failing_rows_as_json": ("GET", "/evidence/people/learning_records/results/json"),
    "issue_on_an_ungranted_port": (
        "POST", "/issues", "port=people.nothing&title=x&description=y&severity=high"),
    # paths
    "twin_of_a_twin": ("GET", "/audit.json.json"),
    "trailing_slash": ("GET", "/audit/"),
    "doubled_slash": ("GET", "/audit//"),
    "encoded_slash": ("GET", "/%2faudit"),
    "dot_segment": ("GET", "/./audit"),
    "encoded_dots": ("GET", "/static/%2e%2e/%2e%2e/app.py"),
    "doubly_encoded_dots": ("GET", "/static/%252e%252e/%252e%252e/app.py"),
    "backslashes": ("GET", "/static/..%5c..%5capp.py"),
    "static_null": ("GET", "/static/build/main.css%00.py"),
    "static_absolute": ("GET", "/static//etc/passwd"),
    "static_hidden": ("GET", "/static/build/.built-from"),
    "encoded_letter": ("GET", "/%61udit"),
    "upper_case": ("GET", "/AUDIT"),
    "path_parameter": ("GET", "/audit;a=b"),
    "evidence_traversal": ("GET", "/evidence/..%2f..%2f/state.db/" + "0" * 64),
    "evidence_wildcard": ("GET", "/evidence/people/%2a/" + "0" * 64),
    "evidence_dots": ("GET", "/evidence/people/../learning_records"),
    "evidence_of_quarantine": ("GET", "/evidence/commercial/supplier_spend/..%2f..%2fquarantine"),
    "candidate_traversal": ("GET", "/quarantine/people/learning_records/..%2f..%2f"),
    "candidate_glob": ("GET", "/quarantine/commercial/supplier_spend/%2a"),
    "rejects_traversal": ("GET", "/rejects/..%2f..%2fstate.db"),
    "rejects_null": ("GET", "/rejects/payments_ledger%00"),
    "files_of_the_server": ("GET", "/.git/config"),
    "environment_file": ("GET", "/.env"),
    "state_file": ("GET", "/state.db"),
    "debug_pages": ("GET", "/docs"),
    "redoc": ("GET", "/redoc"),
    "metrics": ("GET", "/metrics"),
    # what a form may say
    "grant_itself": (
        "POST", "/access/requests/{open_request}/decision", "decision=approve&actor=steward"),
    "approve_by_json_role": (
        "POST", "/access/requests/{open_request}/decision", "decision=approve&roles=steward"),
    "endless_period": (
        "POST", "/access/requests", "port=people.learning_records&purpose=For study&days=99999999"),
    "negative_period": (
        "POST", "/access/requests", "port=people.learning_records&purpose=For study&days=-1"),
    "period_in_other_digits": (
        "POST", "/access/requests", "port=people.learning_records&purpose=For study&days=\u0663"),
    "port_as_pattern": (
        "POST", "/access/requests", "port=people.%25&purpose=For study of it&days=9"),
    "port_as_path": (
        "POST", "/access/requests", "port=../../people&purpose=For study of it&days=9"),
    "port_as_sql": (
        "POST", "/access/requests", "port=people.x' or 1=1--&purpose=For study&days=9"),
    "token_for_ever": ("POST", "/tokens", "name=mine&days=3650"),
    "unknown_decision": ("POST", "/access/requests/{others_request}/decision", "decision=own"),
}  # fmt: skip


def _sent(fortress: Any, ada: Any, call: tuple[str, ...], accept: str) -> Any:
    method, address, *form = (fortress.spelled(part) for part in call)
    more: dict[str, Any] = {"headers": {"accept": accept}}
    if form:
        pairs = [pair.split("=", 1) for pair in form[0].split("&") if pair]
        more["data"] = {"csrf": ada.csrf(), **dict(pairs)}
    return ada.send(method, address, **more)


@pytest.mark.requirement("SEC-07")
@pytest.mark.requirement("ACC-04")
@pytest.mark.parametrize("call", ATTACKS.values(), ids=ATTACKS)
def test_a_call_for_what_is_not_ones_own_is_refused(
    call: tuple[str, ...], fortress: Any, ada: Any
) -> None:
    grants = fortress.rooms.store.grants_of("analyst")

    page, twin = (_sent(fortress, ada, call, kind) for kind in ("text/html", "application/json"))

    assert {page.status_code, twin.status_code} <= {400, 403, 404, 405, 422}, page.status_code
    assert fortress.leaks(page) == fortress.leaks(twin) == []
    assert "Traceback" not in page.text and str(fortress.rooms.settings.home) not in page.text
    assert set(twin.json()["error"]) >= {"code", "message", "way_on"}
    assert fortress.rooms.store.grants_of("analyst") == grants
    assert fortress.rooms.store.grant(fortress.ids["others_grant"]).revoked_at is None
    assert fortress.rooms.store.requests.find(fortress.ids["open_request"]).decided_at is None


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize(
    ("address", "others"),
    [
        ("/access/requests/{}", "{others_request}"),
        ("/quarantine/commercial/supplier_spend/{}", "{candidate}"),
    ],
)
def test_what_is_anothers_reads_as_what_does_not_exist(
    address: str, others: str, fortress: Any, ada: Any
) -> None:
    known = fortress.spelled(others)
    unknown = known[:-6] + "000000"

    answers = [
        ada.get(address.format(name), accept="application/json") for name in (known, unknown)
    ]
    texts = [
        answer.text.replace(name, "ID").replace(name[:12], "ID")
        for answer, name in zip(answers, (known, unknown), strict=True)
    ]

    assert answers[0].status_code == answers[1].status_code
    assert texts[0] == texts[1]


# Headers that other software trusts; each pretends to be somebody or somewhere else.
SPOOFED = {
    "forwarded_for": {"x-forwarded-for": "127.0.0.1"},
    "forwarded_host": {"x-forwarded-host": "evil.example"},
    "forwarded": {"forwarded": "for=127.0.0.1;host=evil.example;proto=https"},
    "forwarded_proto": {"x-forwarded-proto": "https"},
    "real_ip": {"x-real-ip": "127.0.0.1", "true-client-ip": "127.0.0.1"},
    "original_url": {"x-original-url": "/audit", "x-rewrite-url": "/audit"},
    "remote_user": {"remote-user": "governance", "x-remote-user": "governance"},
    "forwarded_user": {"x-forwarded-user": "governance", "x-forwarded-email": "governance"},
    "actor": {"x-actor": "governance", "x-user": "governance", "x-user-id": "governance"},
    "role": {"x-role": "governance", "x-roles": "steward", "x-groups": "people-stewards"},
    "client_certificate": {"x-ssl-client-cert": "CN=governance", "ssl-client-verify": "SUCCESS"},
    "internal": {"x-internal": "true", "x-debug": "1", "x-admin": "1"},
    "path_prefix": {"x-forwarded-prefix": "/audit", "x-script-name": "/audit"},
    "method": {"x-http-method": "DELETE", "x-method-override": "DELETE"},
}  # fmt: skip


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("headers", SPOOFED.values(), ids=SPOOFED)
def test_a_spoofed_header_makes_nobody_somebody(
    headers: dict[str, str], fortress: Any, ada: Any, intruder: Callable[[], Any]
) -> None:
    stranger = intruder()

    as_nobody = stranger.get("/audit", **headers)
    as_analyst = ada.get("/audit", **headers)
    page = stranger.get("/", **headers)

    assert as_nobody.status_code == 303
    assert as_analyst.status_code == 403
    assert fortress.leaks(as_analyst) == []
    assert "evil.example" not in page.text and "Chain intact" not in page.text


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("headers", [{}, *SPOOFED.values()], ids=["plainly", *SPOOFED])
def test_demo_people_sign_in_from_this_machine_alone(
    headers: dict[str, str], intruder: Callable[[], Any]
) -> None:
    stranger = intruder().from_elsewhere("203.0.113.9")
    sent = {"csrf": stranger.csrf(), "person": "governance"}

    answer = stranger.send("POST", "/sign-in", data=sent, headers=headers)

    assert answer.status_code in {403, 429}
    assert "session" not in stranger.client.cookies


HOSTS = (
    "evil.example", "127.0.0.1.evil.example", "evil.example:8000", "127.0.0.1@evil.example",
    "localhost.evil.example", "evil.example#127.0.0.1", "[::1].evil.example", "127.1", "0.0.0.0",
    "",
)  # fmt: skip


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host or "none")
def test_a_foreign_host_is_refused(host: str, fortress: Any, ada: Any) -> None:
    answer = ada.get("/log", host=host)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_host"


WAYS_BACK = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
    " https://evil.example", "/%0d%0aSet-Cookie:%20session=x", "/\r\nSet-Cookie: session=x",
    "https:/evil.example", "/@evil.example/../..//evil.example", "///evil.example",
)  # fmt: skip


@pytest.mark.requirement("SEC-03")
@pytest.mark.parametrize("way_back", WAYS_BACK, ids=range(len(WAYS_BACK)))
def test_signing_in_leads_nowhere_else(way_back: str, intruder: Callable[[], Any]) -> None:
    answer = intruder().form("/sign-in", person="analyst", next=way_back)

    location = answer.headers["location"]
    assert answer.status_code == 303
    assert location.startswith("/") and not location.startswith(("//", "/\\", "/\t", "/\n"))
    assert "\r" not in location and "\n" not in location
    assert all("session=x" not in each for each in answer.headers.get_list("set-cookie"))


# What people write where others read it.
TEXTS = {
    "script": "<script>alert(1)</script> for the analysis",
    "attribute": '" onmouseover="alert(1)" for the analysis',
    "image": "<img src=x onerror=alert(1)> for the analysis",
    "template": "{{ 7 * 191 }}{% for x in ().__class__.__base__ %} analysis",
    "template_config": "{{ self._TemplateReference__context }} analysis",
    "format": "{0.__class__.__mro__} %s %n %(secret)s ${jndi:ldap://127.0.0.1/a} analysis",
    "log_line": "analysis\n2026-01-01 access.approve governance people.learning_records",
    "log_return": "analysis\r\nsession.sign_in governance",
    "ansi": "analysis \x1b[2J\x1b[31mred",
    "null": "analysis \x00 with nothing",
    "bidirectional": "analysis \u202egnitide",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt; analysis",
    "svg": "<svg/onload=alert(1)> for the analysis",
    "markdown": "[x](javascript:alert(1)) ![x](http://127.0.0.1:9/x) analysis",
    "formula": "=HYPERLINK(\"http://127.0.0.1:9\", \"x\") analysis",
    "style": "</style><style>*{background:url(//evil.example)}</style> analysis",
}  # fmt: skip


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_person_writes_is_text_to_who_reads_it(
    text: str, fortress: Any, ada: Any, sam: Any, gwen: Any
) -> None:
    made = ada.form("/access/requests", "application/json", port="commercial.supplier_spend",
                    purpose=text, days="9")  # fmt: skip
    request_id = made.json()["id"]

    read = [
        sam.get(f"/access/requests/{request_id}"), sam.get("/access/inbox"), gwen.get("/audit"),
        sam.get("/log/products?port=commercial.supplier_spend"),
    ]  # fmt: skip
    record = fortress.audited("analyst")[0]
    ada.form(f"/access/requests/{request_id}/withdrawal")

    for page in read:
        assert page.status_code == 200
        assert not any(sign in page.text for sign in ("<script>alert", "<img src=x", "<svg/onload"))
        assert "1337" not in page.text and '" onmouseover="' not in page.text
        assert 'href="javascript:' not in page.text and "</style><style>" not in page.text
    assert record.details["request_id"] == request_id
    assert "\n" not in json.dumps(dict(record.details)) and len(record.resource) < 100


class _Listener(http.server.BaseHTTPRequestHandler):
    hits: list[str] = []

    def do_GET(self) -> None:
        """Remember that somebody called."""
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()

    do_POST = do_HEAD = do_PUT = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def listener() -> Iterator[str]:
    """An address on this machine that must never be called."""
    _Listener.hits.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


REQUEST_FORGERIES = {
    "csv": "from read_csv('{listener}/a.csv')",
    "parquet": "from read_parquet('{listener}/a.parquet')",
    "by_name": "from '{listener}/a.parquet'",
    "text": "from read_text('{listener}/a')",
    "json": "from read_json('{listener}/a.json')",
    "attach": "attach '{listener}/a.duckdb' as a",
    "install": "install x from '{listener}'",
    "s3_endpoint": "create secret s (type s3, endpoint '{listener}', use_ssl false)",
    "copy": "copy (select 1) to '{listener}/a.csv'",
    "set_proxy": "set http_proxy = '{listener}'",
}


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("sql", REQUEST_FORGERIES.values(), ids=REQUEST_FORGERIES)
def test_no_statement_makes_the_server_call_anybody(sql: str, ada: Any, listener: str) -> None:
    answer = ada.form("/query", sql=sql.replace("{listener}", listener))

    assert 400 <= answer.status_code < 500
    assert _Listener.hits == []


@pytest.mark.requirement("SEC-07")
@pytest.mark.parametrize("name", ["next", "port", "q", "words", "url", "redirect_uri", "sql"])
def test_no_parameter_makes_the_server_call_anybody(name: str, ada: Any, listener: str) -> None:
    for page in ("/", "/search", "/sign-in", "/access/requests/new", "/query", "/issues/new"):
        assert ada.send("GET", page, params={name: listener}).status_code < 500

    assert _Listener.hits == []


@pytest.mark.parametrize(
    "body",
    [b"{", b"[" * 50_000, b'{"sql": ' * 20_000, b'{"sql": 1e999}', b'{"sql": {"$gt": ""}}',
     b'{"sql": ["select 1"]}', b"null", b"\xff\xfe", b'"select 1"', b'{"SQL": "select 1"}',
     b'{"sql": "select 1", "sql": "from people.learning_records"}', b'{"__proto__": {"sql": "x"}}',
     b'{"sql": "\\ud800"}', b'{"sql": "select 1\\u0000"}'],
    ids=range(14),
)  # fmt: skip
def test_a_malformed_call_is_answered_exactly(body: bytes, fortress: Any, ada: Any) -> None:
    headers = {
        "authorization": f"Bearer {fortress.tokens['analyst'][1]}",
        "content-type": "application/json",
    }

    answer = ada.send("POST", "/api/v1/query", content=body, headers=headers)

    assert 400 <= answer.status_code < 500
    assert set(answer.json()["error"]) >= {"code", "message", "way_on"}
    assert fortress.leaks(answer) == []
