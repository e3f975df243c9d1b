"""QUA-04: a reader can judge confidence, and every number leads to its evidence."""

import re
from typing import Any

import pytest

PORT = "/products/commercial/payments/ports/payments"


@pytest.mark.requirement("QUA-04")
def test_a_product_page_says_how_far_to_rely_on_the_data(visitor: Any) -> None:
    page = visitor.get("/products/commercial/payments.json").json()

    scores = page["ports"][0]["scores"]
    assert scores["level"] in {"high", "moderate", "low"}
    assert "We assessed 4 of 6 dimensions" in scores["statement"]
    assert scores["overall"] is not None and scores["checked_at"] is not None
    assert scores["limitations"].startswith("Bodies outside the centre")
    assert {"collection_method", "sources", "trend"} <= set(scores)


@pytest.mark.requirement("QUA-02")
def test_both_views_have_six_dimensions_and_what_was_not_assessed_has_no_score(
    visitor: Any,
) -> None:
    views = visitor.get(f"{PORT}.json").json()["port"]["scores"]["views"]

    strategy, framework = ({d["dimension"]: d for d in view["dimensions"]} for view in views)
    assert len(strategy) == len(framework) == 6
    assert sum(d["total"] for d in strategy.values()) == sum(d["total"] for d in framework.values())
    assert strategy["accuracy"]["score"] is None
    assert strategy["accuracy"]["reason"]["approved_by"] == "team:commercial-owners"
    assert framework["accuracy"]["score"] is None and framework["accuracy"]["reason"] is None
    assert float(strategy["timeliness"]["score"]) <= 100


@pytest.mark.requirement("QUA-02")
def test_a_dimension_that_was_not_assessed_is_never_green(visitor: Any) -> None:
    text = visitor.get(PORT).text

    row = re.search(r'<th scope="row"[^>]*>Accuracy</th>.*?</tr>', text, re.DOTALL)

    assert row is not None
    assert "Not assessed" in row.group(0)
    assert "green" not in row.group(0)


@pytest.mark.requirement("QUA-09")
def test_every_number_leads_to_the_checks_that_made_it(visitor: Any) -> None:
    page = visitor.get(PORT).text
    numbers = re.findall(rf'href="({PORT}/quality)#([a-z-]+)"', page)
    assert len(numbers) >= 8

    behind = visitor.get(f"{PORT}/quality").text

    anchors = set(re.findall(r'id="([a-z]+-[a-z]+)"', behind))
    assert {anchor for _, anchor in numbers} <= anchors
    (evidence, anchor), *_ = re.findall(r'href="(/evidence/[^"#]+)#([^"]+)"', behind)
    assert f'id="{anchor}"' in visitor.get(evidence).text


def test_the_page_behind_the_numbers_has_every_check_once_in_each_view(visitor: Any) -> None:
    page = visitor.get(f"{PORT}/quality.json").json()

    for view in page["views"]:
        ids = [c["line"]["anchor"] for d in view["dimensions"] for c in d["checks"]]
        assert len(ids) == len(set(ids)) > 10
    assert len(page["past"]) == 2


def test_two_versions_have_a_trend_in_words_and_as_a_drawing(visitor: Any) -> None:
    text = visitor.get(PORT).text

    assert re.search(r"(Up|Down|Unchanged)[ 0-9.]* since \d+ \w+ 2026, over 2 versions", text)
    assert re.search(r'role="img" aria-label="Overall over time: [\d.]+ on ', text)


def test_a_stale_port_is_not_shown_with_high_confidence(visitor: Any) -> None:
    page = visitor.get("/products/commercial/payments.json")

    (scores,) = [
        p["scores"] for p in page.json()["ports"] if p["reference"] == "commercial.supplier_spend"
    ]

    assert scores["level"] != "high"
    assert "A newer version failed its checks" in scores["statement"]
