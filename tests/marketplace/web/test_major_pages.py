"""Two majors of a port on pages and in answers: the countdown, the end, and whom it meets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from contracts.model import ServiceLevel
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.model import OutputPort
from data_products.registry import Registry
from marketplace.config import Settings
from marketplace.index.build import BuildFacts, refresh
from marketplace.web.app import create_app

V1, V2 = "commercial.payments", "commercial.payments_v2"
PRODUCT = "/products/commercial/payments"
PURPOSE = "To compare what departments pay to whom."


@pytest.fixture
def registry(seed_folder: Any) -> Registry:
    """The seeded products; payments in two majors, the first of which ends on 30 June 2026."""
    offered = seed_folder.registry.port(V1)
    end = ServiceLevel("slaProperties[9]", "endOfLife", "2026-06-30", None, None, None, "")
    levels = (*offered.contract.service_levels, end)
    first = replace(offered.contract, status="deprecated", service_levels=levels)
    second = replace(offered.contract, id="v2", version="2.0.0", content_hash="2" * 64)
    ports = tuple(OutputPort("payments", offered.product, each) for each in (first, second))
    products = tuple(
        replace(product, output_ports=ports) if product.reference == offered.product else product
        for product in seed_folder.registry.products
    )
    return Registry(products, seed_folder.registry.sources)


@pytest.fixture
def settings(own_lake: Settings) -> Settings:
    """A lake of the test's own."""
    return own_lake


@pytest.fixture
def app(settings: Settings, clock: Any, registry: Registry, seeding: Any) -> Iterator[Any]:
    """The application after the second major was published."""
    lakehouse = Lakehouse(settings.lake, settings.home / "quarantine")
    evidence = EvidenceStore(settings.evidence)
    sql = seeding.PAYMENTS.format(rows=101)
    seeding.publish(lakehouse, evidence, registry, V2, sql)
    facts = BuildFacts(now=seeding.NOW, is_sample=True, manifest=seeding.MANIFEST)
    refresh(registry, lakehouse, evidence, facts, settings.index)
    made = create_app(settings, clock, registry)
    yield made
    made.state.rooms.engine.close()
    made.state.rooms.store.close()


@pytest.fixture
def granted(browser: Callable[[], Any]) -> tuple[Any, Any]:
    """An analyst with a grant on the first major, and the steward who gave it."""
    analyst, steward = browser().sign_in("analyst"), browser().sign_in("steward")
    asked = analyst.post("/access/requests", port=V1, purpose=PURPOSE, days="365")
    assert asked.status_code == 303, asked.text
    decided = steward.post(f"{asked.headers['location']}/decision", decision="approve", reason="")
    assert decided.status_code == 303, decided.text
    return analyst, steward


@pytest.mark.requirement("REU-04")
def test_a_product_shows_both_majors_and_counts_the_days_of_the_first(visitor: Any) -> None:
    page = visitor.json(PRODUCT)

    first, second = page["ports"]
    assert [first["reference"], second["reference"]] == [V1, V2]
    assert first["title"].endswith(", version 1") and second["title"].endswith(", version 2")
    assert first["ending"]["days_left"] == 91
    assert first["ending"]["sentence"] == "It is served until 30 June 2026: 91 days left."
    assert first["ending"]["successor"]["text"] == V2
    assert second["ending"] is None
    assert second["rows"] == 100
    assert visitor.get(f"{PRODUCT}/ports/payments").text.count("91 days left") == 1
    assert visitor.get(f"{PRODUCT}/ports/payments_v2").text.count("days left") == 0


@pytest.mark.requirement("REU-04")
def test_the_search_and_the_home_page_count_down_too(visitor: Any) -> None:
    (found,) = [
        r for r in visitor.json("/search")["results"] if r["reference"] == "commercial/payments"
    ]

    assert [(n["port"], n["kind"]) for n in found["notices"]] == [(V1, "ending")]
    assert "91 days left" in visitor.get("/search").text


@pytest.mark.requirement("REU-04")
def test_an_answer_says_that_what_was_read_ends(granted: tuple[Any, Any]) -> None:
    analyst, _ = granted

    page = analyst.post("/query", sql=f"select count(*) from {V1}", format="page")
    file = analyst.post("/query", sql=f"select count(*) from {V1}", format="csv")

    assert "91 days left" in page.text
    assert file.headers["sunset"] == "Wed, 01 Jul 2026 00:00:00 GMT"
    assert "commercial.payments_v2 takes its place" in file.headers["x-data-notices"]


@pytest.mark.requirement("REU-04")
def test_after_its_end_the_port_is_gone_and_the_grant_says_why(
    granted: tuple[Any, Any], clock: Any
) -> None:
    analyst, _ = granted
    clock.pass_days(91)

    analyst.sign_in("analyst")
    answer = analyst.post("/query", sql=f"select * from {V1}", format="page")
    (line,) = analyst.json("/access/grants")["mine"]

    assert answer.status_code == 410
    assert "its life ended on 30 June 2026" in answer.text
    assert f"Request access to {V2}" in answer.text
    assert (line["status"], line["query"], line["revocation"]) == ("ended", "", "")
    assert "Ended with the port" in analyst.get("/access/grants").text


@pytest.mark.requirement("REU-04")
def test_whoever_answers_for_a_port_sees_who_relies_on_it(granted: tuple[Any, Any]) -> None:
    analyst, steward = granted

    page = steward.json(f"{PRODUCT}/ports/payments/impact")

    assert page["reference"] == V1
    (grant,) = page["consumers"]
    assert (grant["kind"], grant["name"]) == ("grant", "analyst")
    assert grant["reason"].endswith(f"to: {PURPOSE}")
    assert "People with a grant" in steward.get(f"{PRODUCT}/ports/payments/impact").text
    refused = analyst.get(f"{PRODUCT}/ports/payments/impact")
    assert refused.status_code == 403
    assert PURPOSE not in refused.text
    assert "Who relies on it" in steward.get(PRODUCT).text
    assert "Who relies on it" not in analyst.get(PRODUCT).text


def test_a_port_that_nobody_relies_on_says_so(granted: tuple[Any, Any]) -> None:
    _, steward = granted

    page = steward.json(f"{PRODUCT}/ports/payments_v2/impact")

    assert (page["total"], page["consumers"]) == (0, [])
    text = steward.get(f"{PRODUCT}/ports/payments_v2/impact").text
    assert "Nobody who is known to the marketplace relies on it" in text
