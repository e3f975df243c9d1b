"""Every page in HTML and as its JSON twin."""

import json
from typing import Any

import jsonschema
import pytest

from marketplace.web.app import routes

PUBLIC = (
    "/",
    "/search",
    "/search?words=payments",
    "/search?words=zzzz",
    "/search?business_unit=people",
    "/products/commercial/payments",
    "/products/people/learning_records",
    "/products/commercial/payments/ports/payments",
    "/products/commercial/payments/ports/payments/quality",
    "/products/commercial/payments/ports/supplier_spend/quality",
    "/evidence/commercial/payments",
    "/evidence/commercial/supplier_spend",
    "/help",
    "/accessibility",
    "/roles",
    "/sign-in",
)
PERSONAL = (
    "/access/requests",
    "/access/requests/new",
    "/access/requests/new?port=commercial.payments",
    "/access/grants",
    "/access/inbox",
    "/query",
    "/log",
    "/log/products",
    "/notifications",
    "/tokens",
    "/sessions",
)
STEWARDS = ("/quarantine", "/rejects", "/rejects/payments_ledger")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_opens_without_signing_in(visitor: Any, address: str) -> None:
    answered = visitor.get(address)

    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"].startswith("text/html")
    assert answered.text.count("<h1") == 1
    assert "OFFICIAL" in answered.text
    assert "Sample data" in answered.text


@pytest.mark.parametrize("address", [*PERSONAL, *STEWARDS])
def test_a_stewards_page_opens(steward: Any, address: str) -> None:
    answered = steward.get(address)

    assert answered.status_code == 200, answered.text
    assert answered.text.count("<h1") == 1


@pytest.mark.parametrize("address", [*PUBLIC, *PERSONAL, *STEWARDS])
def test_the_twin_at_json_and_by_accept_is_the_same(steward: Any, address: str) -> None:
    path, mark, rest = address.partition("?")
    twin = f"{'/index' if path == '/' else path}.json{mark}{rest}"

    by_address = steward.http.get(twin)
    by_accept = steward.http.get(address, headers={"accept": "application/json"})

    assert by_address.status_code == by_accept.status_code == 200
    assert by_address.headers["content-type"] == "application/json"
    assert _shape(by_address.json()) == _shape(by_accept.json())
    assert by_address.json()["marking"]


def _shape(document: Any) -> Any:
    """The names of a document, without values that an audit record of the first call changes."""
    return sorted(document) if isinstance(document, dict) else type(document)


def test_no_script_of_a_readme_reaches_the_page(visitor: Any) -> None:
    page = visitor.get("/products/commercial/payments").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.requirement("SEC-01")
def test_the_marking_is_on_the_page_and_in_the_header(visitor: Any) -> None:
    answered = visitor.get("/products/people/learning_records")

    assert answered.headers["x-data-marking"] == "OFFICIAL-SENSITIVE"
    assert "app-marking--sensitive" in answered.text


def test_an_unchecked_promise_is_never_green(visitor: Any) -> None:
    page = visitor.get("/products/commercial/payments").text
    twin = visitor.json("/products/commercial/payments")

    outcomes = {
        line["title"]: line["outcome"] for port in twin["ports"] for line in port["served"]["lines"]
    }
    assert outcomes["Figures agree with the published accounts"] == "unchecked"
    assert "Not checked" in page
    assert twin["card"]["quality"] != "passed"


def test_a_refused_candidate_is_named_beside_the_last_good_version(visitor: Any) -> None:
    twin = visitor.json("/products/commercial/payments")

    spend = next(p for p in twin["ports"] if p["reference"] == "commercial.supplier_spend")
    assert spend["quality"] == "stale"
    assert spend["newest"]["passed"] is False
    assert spend["rows"] == 7
    assert "It was not published" in visitor.get("/products/commercial/payments").text


@pytest.mark.requirement("REU-02")
def test_versions_say_what_changed(visitor: Any) -> None:
    twin = visitor.json("/products/commercial/payments/ports/payments")

    versions = twin["port"]["versions"]
    assert [version["delta_version"] for version in versions] == [1, 0]
    assert "100 more than version 0" in versions[0]["changes"]


@pytest.mark.requirement("REU-01")
def test_the_lineage_is_a_picture_and_a_table(visitor: Any) -> None:
    page = visitor.get("/products/commercial/payments").text
    rows = visitor.json("/products/commercial/payments")["lineage"]["rows"]

    assert "<svg" in page and "Lineage as a table" in page
    by_label = {row["label"]: row for row in rows}
    assert by_label["stg_payments_ledger__monthly"]["upstream"] == ["payments_ledger.monthly"]


def test_a_search_without_result_says_what_to_do_next(visitor: Any) -> None:
    page = visitor.get("/search?words=zzzzqqq").text

    assert "0 data products" in page
    assert "What you can do next" in page


@pytest.mark.requirement("FND-02")
def test_each_facet_count_is_what_choosing_it_gives(visitor: Any) -> None:
    found = visitor.json("/search")

    for facet in found["facets"]:
        for value in facet["values"]:
            assert visitor.json(value["href"])["total"] == value["count"], facet["name"]


@pytest.mark.requirement("ACC-04")
def test_evidence_shows_counts_to_all_and_rows_to_the_entitled(visitor: Any, steward: Any) -> None:
    twin = visitor.json("/products/commercial/payments/ports/payments")
    address = twin["port"]["served"]["href"]

    shown = visitor.json(address)
    entitled = steward.json(address)

    def failed(page: Any) -> Any:
        return next(check for check in page["checks"] if check["line"]["outcome"] == "failed")

    assert failed(shown)["failing_rows"] == 6
    assert failed(shown)["sample"] == []
    assert failed(shown)["sample_is_hidden"] is True
    assert failed(entitled)["sample"]
    assert "select" in failed(shown)["query"].lower()


@pytest.mark.requirement("ACC-02")
@pytest.mark.parametrize("address", [*PUBLIC, *PERSONAL, *STEWARDS])
def test_a_twin_is_what_openapi_says(steward: Any, app: Any, address: str) -> None:
    described = app.openapi()
    path = _template_of(described["paths"], address.partition("?")[0])
    schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]

    twin = steward.json(address)

    assert schema["schema"]
    jsonschema.validate(twin, {**schema["schema"], "components": described["components"]})


def _template_of(paths: Any, address: str) -> str:
    parts = address.split("/")
    for path in [address, *paths]:
        if path in paths and len(path.split("/")) == len(parts):
            pairs = zip(path.split("/"), parts, strict=True)
            if all(a == b or a.startswith("{") for a, b in pairs):
                return path
    raise AssertionError(f"OpenAPI does not describe {address}.")


def test_errors_are_what_openapi_says(visitor: Any, app: Any) -> None:
    described = app.openapi()
    error = {"$ref": "#/components/schemas/ErrorDocument", "components": described["components"]}

    jsonschema.validate(visitor.json("/nothing"), error)

    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert {"4XX", "5XX"} <= set(operation["responses"]), (path, method)


def test_openapi_lists_every_route(visitor: Any) -> None:
    described = visitor.http.get("/openapi.json").json()
    listed = {
        (method.upper(), path) for path, methods in described["paths"].items() for method in methods
    }

    assert listed == {(m, path) for m, path, _ in routes()} - {("GET", "/openapi.json")}
    assert all(summary for _, _, summary in routes())
    assert described["paths"]["/api/v1/query"]["post"]["security"] == [{"token": []}]


def test_health_and_readiness_answer(visitor: Any) -> None:
    assert visitor.http.get("/health").json() == {"status": "ok"}
    assert visitor.http.get("/ready").json() == {"status": "ready", "missing": []}


def test_the_twin_is_valid_json_of_every_kind_of_value(visitor: Any) -> None:
    body = visitor.http.get("/products/commercial/payments.json").text

    assert json.loads(body)["title"] == "Government payments"
