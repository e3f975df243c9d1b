"""Listings say what is offered, published and checked, and nothing better than it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.model import Severity
from contracts.verdict import Outcome, from_document
from data_products.registry import Registry
from marketplace.index.build import BuildFacts, refresh, write_index
from marketplace.index.documents import listing_from, to_document
from marketplace.index.generations import current_name, read_generation
from marketplace.index.search import ListingIndex

RECENT = ["2026-03-20", "2026-04-01"]


def test_a_product_is_listed_before_anything_is_published(shop):
    invoices, totals = shop.listings()

    (port,) = invoices.ports
    assert (invoices.reference, totals.reference) == ("finance/invoices", "insight/monthly_totals")
    assert (port.delta_version, port.rows, port.versions) == (None, None, ())
    assert (port.quality, port.freshness) == ("unpublished", "unknown")
    assert (invoices.quality, invoices.freshness) == ("unpublished", "unknown")


def test_a_published_port_shows_its_version_rows_and_checks(shop):
    shop.publish(RECENT)

    port = shop.invoices()

    assert (port.delta_version, port.rows, port.quality) == (0, 2, "passed")
    assert from_document(port.served_verdict).passed
    assert port.last_verdict is None
    assert port.versions[0].run_id == "run-1"
    assert port.versions[0].code_version == "abc123"
    assert port.versions[0].sources == {"invoices.csv": "1" * 64}


def test_a_listing_carries_who_answers_and_the_terms(shop):
    invoices, totals = shop.listings()

    assert (invoices.owner, invoices.steward, invoices.custodian) == (
        "team:finance-owners",
        "team:finance-stewards",
        "team:finance-custodians",
    )
    assert (invoices.marking, totals.marking) == ("OFFICIAL", "OFFICIAL-SENSITIVE")
    assert (invoices.access_rights, invoices.licence) == ("INTERNAL", "OGL-UK-3.0")
    assert (invoices.update_frequency, invoices.themes, invoices.tags) == (
        "monthly",
        ("finance",),
        ("purchase",),
    )
    assert invoices.is_sample
    assert invoices.support[0]["url"] == "mailto:help@example.org"
    assert invoices.ports[0].contract["approvers"] == ["team:finance-stewards"]
    assert invoices.ports[0].contract["columns"][1]["description"] == "Who is paid."


def test_a_product_is_as_restricted_as_its_most_restricted_port(shop, make_contract, make_product):
    first = make_contract("finance", "a", custom={"accessRights": "OPEN", "updateFrequency": ""})
    second = make_contract(
        "finance", "b", custom={"accessRights": "COMMERCIAL", "sensitive": True, "summary": "B"}
    )
    product = make_product(first)
    ports = (*product.output_ports, *make_product(second).output_ports)
    shop.registry = Registry((replace(product, output_ports=ports),), ())

    (listing,) = shop.listings()

    assert (listing.marking, listing.access_rights) == ("OFFICIAL-SENSITIVE", "COMMERCIAL")
    assert listing.summary == product.purpose
    assert [port.reference for port in listing.ports] == ["finance.a", "finance.b"]


@pytest.mark.parametrize(
    ("newest", "now", "expected"),
    [
        ("2026-04-01", datetime(2026, 4, 6, tzinfo=UTC), "fresh"),
        ("2026-04-01", datetime(2026, 5, 1, tzinfo=UTC), "fresh"),
        ("2026-04-01", datetime(2026, 5, 1, 0, 0, 1, tzinfo=UTC), "late"),
        ("not a day", datetime(2026, 4, 6, tzinfo=UTC), "unknown"),
        ("2026-04-07", datetime(2026, 4, 6, tzinfo=UTC), "unknown"),
    ],
    ids=["young", "exactly as promised", "a second late", "no time in it", "yet to come"],
)
def test_freshness_is_the_age_of_the_newest_event_against_the_promise(shop, newest, now, expected):
    shop.publish(["2026-01-01", newest] if expected != "unknown" else [newest])

    assert shop.invoices(now=now).freshness == expected


def test_the_event_time_is_read_from_the_served_rows(shop):
    shop.publish(["2026-03-20", "2026-04-01 12:30:00+01:00"])

    assert shop.invoices().event_time == datetime(2026, 4, 1, 11, 30, tzinfo=UTC)


def test_a_port_without_a_freshness_promise_is_neither_fresh_nor_late(shop, make_contract):
    contract = make_contract("finance", "invoices", service_levels=())
    listed = shop.invoices
    shop.publish(RECENT)
    product = replace(
        shop.registry.products[0],
        output_ports=(replace(shop.registry.port("finance.invoices"), contract=contract),),
    )
    shop.registry = Registry((product,), ())

    assert (listed().event_time, listed().freshness) == (None, "unknown")


def test_a_failed_candidate_makes_the_served_version_stale(shop):
    shop.publish(RECENT)

    shop.fail(["2026-04-05"])

    port = shop.invoices()
    assert (port.delta_version, port.rows, port.quality) == (0, 2, "stale")
    assert from_document(port.served_verdict).passed
    assert not from_document(port.last_verdict).passed


def test_a_version_published_after_a_failure_is_not_stale(shop, now):
    shop.publish(RECENT)
    shop.fail(["2026-04-05"], checked_at=now + timedelta(hours=1))

    shop.publish(["2026-04-04"], checked_at=now + timedelta(hours=2))

    assert shop.invoices().quality == "passed"


def test_a_failure_before_the_first_publication_stays_unpublished(shop):
    shop.fail(["2026-04-05"])

    port = shop.invoices()
    assert port.quality == "unpublished"
    assert not from_document(port.last_verdict).passed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"outcome": Outcome.FAILED, "severity": Severity.WARNING}, "warnings"),
        ({"outcome": Outcome.ERROR, "severity": Severity.WARNING}, "warnings"),
        ({"outcome": Outcome.UNCHECKED, "severity": Severity.WARNING}, "warnings"),
        ({"outcome": Outcome.FAILED, "informative": True}, "warnings"),
        ({"outcome": Outcome.UNCHECKED, "informative": True}, "passed"),
    ],
)
def test_only_kept_promises_pass(shop, make_result, changes, expected):
    passed = make_result(Outcome.PASSED)

    shop.publish(RECENT, passed, make_result(**{"check_id": "another", **changes}))

    assert shop.invoices().quality == expected


def test_a_version_of_which_nothing_was_checked_does_not_pass(shop, make_result):
    shop.publish(RECENT, make_result(Outcome.UNCHECKED, informative=True))

    assert shop.invoices().quality == "warnings"


def test_a_version_without_its_evidence_does_not_pass(shop, tmp_path):
    shop.publish(RECENT)
    for file in (tmp_path / "evidence").rglob("*.json"):
        file.unlink()

    port = shop.invoices()

    assert (port.quality, port.served_verdict) == ("warnings", None)


def test_failing_rows_never_reach_the_index(shop):
    shop.publish(RECENT)
    shop.fail(["2026-04-05"])

    assert "Secret Supplier" not in repr(shop.listings())


def test_each_version_says_what_changed(shop, make_contract):
    shop.publish(RECENT)
    newer = make_contract("finance", "invoices", version="1.1.0")
    sources = {"invoices.csv": "2" * 64, "april.csv": "3" * 64}
    shop.publish([*RECENT, "2026-04-03"], sources=sources, contract=newer)
    shop.publish(["2026-04-03"], sources={"april.csv": "3" * 64}, contract=newer)

    assert [(version.delta_version, version.changes) for version in shop.invoices().versions] == [
        (2, "1 row, 2 fewer than version 1; 1 removed source."),
        (
            1,
            "3 rows, 1 more than version 0; contract 1.0.0 became 1.1.0; 1 new source; "
            "1 changed source.",
        ),
        (0, "First version, with 2 rows."),
    ]


def test_listings_survive_their_documents(shop):
    shop.publish(RECENT)
    shop.fail(["2026-04-05"])

    for listing in shop.listings():
        assert listing_from(to_document(listing)) == listing


def test_a_refresh_replaces_the_whole_index(shop, tmp_path, manifest, now):
    folder = tmp_path / "index"
    facts = BuildFacts(now, True, manifest)
    refresh(shop.registry, shop.lakehouse, shop.evidence, facts, folder)
    index = ListingIndex.open(folder)
    first = index.generation
    shop.publish(RECENT)

    listings = refresh(shop.registry, shop.lakehouse, shop.evidence, facts, folder)

    assert index.generation != first
    assert index.listings() == listings
    assert index.port("finance.invoices").rows == 2
    assert read_generation(folder, index.generation).listings == listings


def test_the_same_listings_make_the_same_generation(shop, tmp_path):
    folder = tmp_path / "index"
    name = write_index(shop.listings(), folder)
    written = (folder / name / "listings.json").stat().st_mtime_ns

    assert write_index(shop.listings(), folder) == name == current_name(folder)
    assert (folder / name / "listings.json").stat().st_mtime_ns == written


def test_old_generations_are_removed(shop, tmp_path):
    folder = tmp_path / "index"
    (listing, _) = shop.listings()

    names = [write_index((replace(listing, title=f"Title {n}"),), folder) for n in range(6)]

    kept = {path.name for path in folder.iterdir() if path.is_dir()}
    assert kept == set(names[-3:])
