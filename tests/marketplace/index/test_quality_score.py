"""Scores in the index: only what was assessed is ranked, and only by what is served."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from contracts.quality.dimensions import MAPPING
from contracts.verdict import Outcome
from marketplace.index.build import write_index
from marketplace.index.facets import score_bands
from marketplace.index.search import ListingIndex, SearchQuery

SIX = [word for word in MAPPING if word != "uniqueness"]


def results(make_result: Any, outcome: Outcome = Outcome.PASSED) -> list[Any]:
    """A result for each dimension of the strategy, accuracy with this outcome."""
    return [
        make_result(
            outcome if word == "accuracy" else Outcome.PASSED,
            dimension=word,
            check_id=word,
            failing_rows=0,
            informative=True,
        )
        for word in SIX
    ]


@pytest.mark.requirement("QUA-02")
def test_a_port_that_is_not_wholly_assessed_has_no_score(shop: Any) -> None:
    shop.publish(["2026-03-01"])

    assert shop.invoices().score is None
    assert [score_bands(each) for each in shop.listings()] == [(), ()]


@pytest.mark.requirement("QUA-04")
def test_the_score_is_that_of_the_served_version_with_its_trend(
    shop: Any, make_result: Any, now: Any
) -> None:
    shop.publish(["2026-03-01"], *results(make_result, Outcome.FAILED))
    later = now + timedelta(minutes=1)
    shop.publish(["2026-03-02"], *results(make_result), checked_at=later)
    shop.fail(["2026-03-03"])

    port = shop.invoices()

    assert [point.overall for point in port.quality_trend] == ["91.6", "100.0"]
    assert port.score == Decimal("100.0")


def test_search_sorts_by_score_with_the_unassessed_last_and_counts_only_the_assessed(
    shop: Any, make_result: Any, tmp_path: Any
) -> None:
    shop.publish(["2026-03-01"], *results(make_result))
    write_index(shop.listings(), tmp_path / "index")
    index = ListingIndex.open(tmp_path / "index")

    page = index.search(SearchQuery(sort="quality"))

    assert [each.reference for each in page.listings] == [
        "finance/invoices",
        "insight/monthly_totals",
    ]
    (facet,) = [each for each in page.facets if each.name == "quality_score"]
    assert [(each.value, each.count) for each in facet.values] == [("95 and over", 1)]
