"""The Python client against a marketplace that is served on this machine."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars
import pytest
import uvicorn

from marketplace.client import (
    AnswerIncomplete,
    InsecureAddress,
    Marketplace,
    NotReachable,
    PackageMissing,
    Refused,
    UnreadableAnswer,
)
from marketplace.client import marketplace as addresses
from marketplace.client.answer import answer_of
from marketplace.web.app import routes
from marketplace.web.server import bound

PORT = "commercial.payments"
PURPOSE = "To compare what departments pay the same suppliers"
GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "use-from-python.md"


@pytest.fixture
def secret(analyst: Any) -> str:
    page = analyst.post("/tokens", name="report", days="7", scope="metadata request query")
    found = re.search(r"mkt_[a-z0-9]+\.[\w-]+", page.text)
    assert found is not None
    return found.group()


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """Where the application is served from a thread of this process."""
    with bound("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def market(address: str, secret: str) -> Iterator[Marketplace]:
    with Marketplace(address, secret) as opened:
        yield opened


@pytest.fixture
def people(analyst: Any, steward: Any) -> tuple[Any, Any]:
    return analyst, steward


@pytest.fixture
def told(
    secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], str]:
    """What a program with the token has printed."""
    monkeypatch.setenv("MARKETPLACE_TOKEN", secret)
    return lambda: capsys.readouterr().out


def grant(analyst: Any, steward: Any) -> None:
    asked = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="30")
    steward.post(f"{asked.headers['location']}/decision", decision="approve")


@pytest.mark.requirement("ACC-02")
def test_a_stranger_finds_and_judges_and_may_not_query(address: str) -> None:
    with Marketplace(address) as market:
        found = market.search("payments")[0]
        product = market.describe(found.reference)
        port = market.port(found.ports[0])
        with pytest.raises(Refused) as refused:
            market.query(f"select 1 from {PORT}")

    assert (found.reference, found.marking) == ("commercial/payments", "OFFICIAL")
    assert product.ports[0] == port
    assert product.prohibited_uses == ("Decisions about a person",)
    assert (port.delta_version, port.rows, port.access) == (1, 300, "signed_out")
    assert port.columns[0].is_key and port.columns[0].name == "payment_id"
    assert (refused.value.status, refused.value.code) == (401, "not_signed_in")


@pytest.mark.requirement("ACC-01")
def test_a_query_gives_arrow_polars_and_plain_rows_with_its_terms(
    market: Marketplace, analyst: Any, steward: Any
) -> None:
    grant(analyst, steward)

    answer = market.query(f"select supplier_name, amount from {PORT} order by payment_id limit 2")

    assert answer.delta_versions == {PORT: 1}
    assert (answer.marking, answer.is_sample, answer.truncated) == ("OFFICIAL", True, False)
    assert answer.terms[0].granted_for == (PURPOSE,)
    assert answer.terms[0].licence == "OGL-UK-3.0"
    assert answer.rows()[0]["supplier_name"] == "Supplier 1"
    assert answer.columns == ("supplier_name", "amount")
    assert answer.polars().equals(polars.DataFrame(answer.rows(), answer.polars().schema))


def test_a_refusal_keeps_its_code_message_and_way_on(market: Marketplace) -> None:
    with pytest.raises(Refused) as refused:
        market.query(f"select 1 from {PORT}")

    assert refused.value.code == "no_grant"
    assert str(refused.value).startswith(f"No standing grant on `{PORT}`")
    assert refused.value.way_on[0][1] == f"/access/requests/new?port={PORT}"


@pytest.mark.requirement("ACC-03")
def test_a_program_asks_and_follows_its_request(market: Marketplace, steward: Any) -> None:
    asked = market.request(PORT, PURPOSE, 30)
    steward.post(f"/access/requests/{asked.id}/decision", decision="approve")

    with pytest.raises(Refused) as refused:
        market.request(PORT, "too short", 4000)

    assert (asked.status, asked.port, asked.purpose) == ("submitted", PORT, PURPOSE)
    assert market.request_status(asked.id).status == "approved"
    assert market.port(PORT).access == "standing"
    assert refused.value.fields.keys() & {"purpose", "days"}


def test_what_does_not_exist_is_refused_and_never_guessed(market: Marketplace) -> None:
    for call, reference in ((market.port, "commercial.nothing"), (market.describe, "a/b")):
        with pytest.raises(Refused) as refused:
            call(reference)
        assert refused.value.status == 404


def test_a_reference_cannot_lead_to_another_address(market: Marketplace) -> None:
    with pytest.raises(Refused) as refused:
        market.describe("commercial/../../openapi.json?x=")

    assert refused.value.status == 404


def test_pandas_says_that_it_is_missing(
    market: Marketplace, analyst: Any, steward: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(analyst, steward)
    answer = market.query(f"select 1 as one from {PORT} limit 1")
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(PackageMissing, match=r"`pandas\(\)` needs the package `pandas`"):
        answer.pandas()


def test_a_token_never_leaves_over_plain_http() -> None:
    with pytest.raises(InsecureAddress) as refused:
        Marketplace("http://data.example.test", "mkt_a.b")

    assert "mkt_a" not in str(refused.value)


def test_nothing_there_says_so() -> None:
    with bound("127.0.0.1", 0) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with Marketplace(address, timeout_seconds=2) as market, pytest.raises(NotReachable) as missed:
        market.search()

    assert f"The marketplace at `{address}` did not answer" in str(missed.value)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, b"<html>a hotel's network</html>"),
        (200, b'{"results": [{"reference": 4}]}'),
        (200, b'{"results": [{}]}'),
        (200, b"[]"),
        (302, b""),
        (500, b"oops"),
        (502, b'{"error": "bad gateway"}'),
    ],
)
def test_another_answer_is_not_taken_for_the_marketplaces(status: int, content: bytes) -> None:
    def answered(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"location": "https://x.test"})

    transport = httpx.MockTransport(answered)
    with Marketplace("https://data.test", "t", transport=transport) as market:
        with pytest.raises(UnreadableAnswer):
            market.search("payments")
        with pytest.raises(UnreadableAnswer):
            market.query("select 1")


def test_an_answer_that_was_cut_off_gives_no_rows(analyst: Any, steward: Any, secret: str) -> None:
    grant(analyst, steward)
    whole = analyst.http.post(
        "/api/v1/query",
        json={"sql": f"select * from {PORT}"},
        headers={"authorization": f"Bearer {secret}", "accept": addresses.ARROW},
    )
    sent = int(whole.headers["x-row-count"])

    assert answer_of(whole.content, sent).row_count == sent
    with pytest.raises(AnswerIncomplete, match=f"`{sent}` of {sent + 1} rows arrived"):
        answer_of(whole.content, sent + 1)


def test_every_address_of_the_client_is_a_route() -> None:
    known = {path for _, path, _ in routes()}
    named = {
        value
        for name, value in vars(addresses).items()
        if name.isupper() and isinstance(value, str) and value.startswith("/")
    }

    assert len(named) == 6
    assert named <= known


def test_importing_the_client_loads_nothing_of_the_server() -> None:
    program = (
        "import sys, marketplace.client; "
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout

    heavy = ("duckdb", "fastapi", "sqlalchemy", "deltalake", "pyarrow", "polars", "tantivy")
    assert [name for name in (*heavy, "contracts", "data_products") if f"'{name}'" in loaded] == []


@pytest.mark.parametrize("is_granted", [False, True])
def test_the_guides_examples_run(
    is_granted: bool, address: str, people: tuple[Any, Any], told: Any
) -> None:
    if is_granted:
        grant(*people)
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}

    for example in examples:
        text = "\n".join(line.removeprefix("   ") for line in example.splitlines())
        exec(text.replace("http://127.0.0.1:8000", address), names)
    names["market"].close()

    said = told()
    assert len(examples) == 4
    assert "commercial/payments OFFICIAL" in said
    assert ("no_grant" in said) == ("submitted" in said) == (not is_granted)
    assert (PURPOSE in said.splitlines()[-2]) == is_granted
