"""What is looked for is found, counted exactly, and never shows what may not be seen."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.index.build import write_index
from marketplace.index.errors import IndexUnreadable, InvalidSearch, UnknownListing
from marketplace.index.facets import FACETS, counted, narrowed
from marketplace.index.model import FRESHNESS, QUALITY, Listing, PortListing
from marketplace.index.search import ListingIndex, SearchQuery, Sort

THEMES = ("finance", "people", "estates")
DAY = datetime(2026, 4, 1, tzinfo=UTC)


def listing(reference: str, title: str, **facts: object) -> Listing:
    unit, name = reference.split("/")
    columns = facts.get("columns", {})
    assert isinstance(columns, dict)
    port = PortListing(
        reference=f"{unit}.{name}",
        contract={
            "title": title,
            "description": str(facts.get("description", "")),
            "columns": [
                {"name": column, "business_name": "", "type": "varchar", "description": text}
                for column, text in columns.items()
            ],
            "custom": {"synonyms": facts.get("synonyms", [])},
        },
        delta_version=1,
        rows=1,
        published_at=facts.get("published_at"),  # type: ignore[arg-type]
        event_time=None,
        freshness=str(facts.get("freshness", "fresh")),
        quality=str(facts.get("quality", "passed")),
        served_verdict=None,
        last_verdict=None,
        versions=(),
    )
    themes = facts.get("themes", ("finance",))
    assert isinstance(themes, tuple)
    return Listing(
        reference=reference,
        title=title,
        business_unit=unit,
        summary=str(facts.get("summary", "")),
        purpose="",
        limitations="",
        status="active",
        version="1.0.0",
        owner="team:owners",
        steward="team:stewards",
        custodian="team:custodians",
        marking=str(facts.get("marking", "OFFICIAL")),
        access_rights=str(facts.get("access_rights", "OPEN")),
        licence="OGL-UK-3.0",
        themes=themes,
        tags=facts.get("tags", ()),  # type: ignore[arg-type]
        update_frequency="monthly",
        is_sample=True,
        readme="",
        support=(),
        ports=(port,),
        lineage=(),
    )


CATALOGUE = (
    listing(
        "commercial/payments",
        "Payments to suppliers",
        summary="What departments paid",
        columns={"supplier_name": "Who was paid", "amount": "Pounds"},
        tags=("spend",),
        published_at=DAY,
        quality="warnings",
    ),
    listing(
        "machinery_of_government/organisations",
        "Organisations",
        summary="Bodies of government, with suppliers of none",
        columns={"organisation_id": "Stable identifier"},
        themes=("government",),
        synonyms=["departments", "quangos"],
        published_at=DAY + timedelta(days=2),
    ),
    listing(
        "people/workforce",
        "Workforce by month",
        summary="Headcount and paybill",
        columns={"headcount": "People employed"},
        themes=("people", "finance"),
        marking="OFFICIAL-SENSITIVE",
        freshness="late",
        published_at=DAY + timedelta(days=1),
    ),
    listing("people/secret", "Zebra investigations", description="Covert zebrafish payments"),
)


def hides_zebras(candidate: Listing) -> bool:
    return candidate.reference != "people/secret"


@pytest.fixture
def index(tmp_path: Path) -> ListingIndex:
    write_index(CATALOGUE, tmp_path / "index")
    return ListingIndex.open(tmp_path / "index")


@pytest.fixture
def find(index: ListingIndex) -> Callable[..., list[str]]:
    def found(words: str = "", **query: object) -> list[str]:
        page = index.search(SearchQuery(words, **query), hides_zebras)  # type: ignore[arg-type]
        return [each.reference.split("/")[1] for each in page.listings]

    return found


@pytest.mark.requirement("FND-02")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("payments", ["payments"]),
        ("PAYMENT", ["payments"]),
        ("supplier", ["payments", "organisations"]),
        ("supplier_name", ["payments"]),
        ("identifier", ["organisations"]),
        ("machinery of government", ["organisations"]),
        ("headcount in the workforce", ["workforce"]),
        ("quangos", ["organisations"]),
        ("spend", ["payments"]),
        ("orga", ["organisations"]),
        ("the", []),
        ("payments headcount", []),
        ("", ["organisations", "payments", "workforce"]),
        ("   ", ["organisations", "payments", "workforce"]),
    ],
)
def test_words_find_titles_summaries_columns_tags_synonyms_and_units(find, words, expected):
    assert find(words) == expected


def test_every_word_must_match(find):
    assert find("suppliers bodies") == ["organisations"]


@pytest.mark.parametrize("words", ["payemnts", "workfroce", "organizations", "suplier", "Pâyments"])
def test_misspelt_words_find_what_is_spelled_alike(index, words):
    page = index.search(SearchQuery(words), hides_zebras)

    assert page.total >= 1


def test_a_near_match_says_so_and_suggests(index):
    page = index.search(SearchQuery("payemnts"), hides_zebras)

    assert (page.is_near, page.suggestion) == (True, "payments")
    assert not index.search(SearchQuery("payments"), hides_zebras).is_near


@pytest.mark.parametrize(
    "words", ['"', "a:b", "title:(", "*", "AND OR NOT", "\x00\ud800", "+-!" * 99]
)
def test_no_punctuation_breaks_a_search(index, words):
    assert index.search(SearchQuery(words), hides_zebras).total >= 0


def test_nothing_found_says_what_to_do_next(index):
    page = index.search(SearchQuery("payments", facets={"business_unit": ["people"]}), hides_zebras)

    assert page.total == 0
    (widening,) = page.widenings
    assert (widening.sentence, widening.facet, widening.count) == (
        "Search in every business unit",
        "business_unit",
        1,
    )


def test_too_many_words_offer_fewer(index):
    page = index.search(SearchQuery("payments headcount"), hides_zebras)

    assert [(offer.words, offer.count) for offer in page.widenings] == [
        ("headcount", 1),
        ("payments", 1),
    ]


def test_an_unknown_word_offers_everything(index):
    page = index.search(SearchQuery("xylophone"), hides_zebras)

    (widening,) = page.widenings
    assert (page.suggestion, widening.words, widening.count) == (None, "", 3)


def test_each_widening_finds_what_it_promises(index):
    query = SearchQuery("supplier headcount", {"quality": ["stale"], "theme": ["people"]})

    for offer in index.search(query).widenings:
        facets = {name: v for name, v in query.facets.items() if name != offer.facet}
        words = query.words if offer.words is None else offer.words
        kept = facets if offer.words != "" else {}
        assert index.search(SearchQuery(words, kept)).total == offer.count > 0


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("title", ["organisations", "payments", "workforce"]),
        ("newest", ["organisations", "workforce", "payments"]),
        ("relevance", ["organisations", "payments", "workforce"]),
    ],
)
def test_results_are_ordered(find, sort, expected):
    assert find(sort=sort) == expected


def test_pages_cover_the_result_once(index):
    pages = [index.search(SearchQuery(page=n, page_size=3)) for n in (1, 2)]

    assert [len(page.listings) for page in pages] == [3, 1]
    assert {each.reference for page in pages for each in page.listings} == {
        each.reference for each in CATALOGUE
    }
    assert (pages[0].total, pages[0].pages) == (4, 2)
    assert index.search(SearchQuery(page=99, page_size=3)).page == 2
    assert index.search(SearchQuery(page=-1, page_size=0)).page == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            SearchQuery(facets={"colour": ["red"]}),
            "There is no facet `colour`. Choose from: `business_unit`, `theme`, `marking`, "
            "`access_rights`, `freshness`, `quality`, `quality_score`.",
        ),
        (
            SearchQuery(sort="price"),
            "There is no order `price`. Choose from: `relevance`, `title`, `newest`, `quality`.",
        ),
    ],
)
def test_a_search_that_cannot_be_understood_is_refused(index, query, message):
    with pytest.raises(InvalidSearch) as refused:
        index.search(query)

    assert str(refused.value) == message


@pytest.mark.requirement("FND-02")
def test_values_within_a_facet_are_alternatives_and_facets_narrow(find):
    assert find(facets={"theme": ["people", "government"]}) == ["organisations", "workforce"]
    assert find(facets={"theme": ["finance"], "freshness": ["late"]}) == ["workforce"]
    assert find(facets={"theme": []}) == find()


def test_a_selected_value_without_listings_can_be_taken_away(index):
    page = index.search(SearchQuery(facets={"quality": ["stale"]}), hides_zebras)

    quality = next(facet for facet in page.facets if facet.name == "quality")
    assert [(v.value, v.count, v.is_selected) for v in quality.values] == [
        ("passed", 2, False),
        ("warnings", 1, False),
        ("stale", 0, True),
    ]


LISTINGS = st.lists(
    st.builds(
        lambda number, **facts: listing(f"unit{number % 3}/p{number}", f"P {number}", **facts),
        st.integers(0, 500),
        themes=st.sets(st.sampled_from(THEMES)).map(lambda themes: tuple(sorted(themes))),
        quality=st.sampled_from(QUALITY),
        freshness=st.sampled_from(FRESHNESS),
        marking=st.sampled_from(["OFFICIAL", "OFFICIAL-SENSITIVE"]),
        access_rights=st.sampled_from(["OPEN", "INTERNAL"]),
    ),
    max_size=25,
    unique_by=lambda each: each.reference,
)
SELECTIONS = st.dictionaries(
    st.sampled_from(list(FACETS)),
    st.sets(st.sampled_from([*THEMES, *QUALITY, *FRESHNESS, "OFFICIAL", "OPEN", "unit1"])),
)


@pytest.mark.requirement("FND-02")
@settings(max_examples=60, deadline=None)
@given(LISTINGS, SELECTIONS)
def test_each_facet_count_equals_the_records_it_filters_to(listings, selected):
    for facet in counted(listings, selected):
        for value in facet.values:
            alone = {**selected, facet.name: [value.value]}
            assert value.count == len(narrowed(listings, alone)), (facet.name, value)
        shown = {value.value for value in facet.values if value.count}
        reachable = narrowed(listings, selected, without=facet.name)
        assert all(len(narrowed(reachable, {facet.name: [value]})) for value in shown)


@pytest.mark.requirement("FND-02")
def test_counts_on_a_page_are_those_of_its_searches(index):
    words = "supplier"
    page = index.search(SearchQuery(words))

    for facet in page.facets:
        for value in facet.values:
            narrowed_page = index.search(SearchQuery(words, {facet.name: [value.value]}))
            assert narrowed_page.total == value.count


@pytest.mark.parametrize("words", ["zebra", "zebrafsh", "covert", "investigations", "payments", ""])
@pytest.mark.parametrize("facets", [{}, {"business_unit": ["people"]}, {"quality": ["stale"]}])
def test_what_may_not_be_seen_leaves_no_trace(tmp_path, index, words, facets):
    write_index(tuple(filter(hides_zebras, CATALOGUE)), tmp_path / "without")
    without = ListingIndex.open(tmp_path / "without")
    query = SearchQuery(words, facets)

    assert index.search(query, hides_zebras) == without.search(query)
    assert index.suggest(words, hides_zebras) == without.suggest(words)
    assert index.search(SearchQuery("zebra")).total == 1


def test_a_hidden_product_reads_like_one_that_does_not_exist(tmp_path, index):
    write_index(tuple(filter(hides_zebras, CATALOGUE)), tmp_path / "without")
    without = ListingIndex.open(tmp_path / "without")

    for reference in ("people/secret", "people/secre"):
        with pytest.raises(UnknownListing) as hidden:
            index.listing(reference, hides_zebras)
        with pytest.raises(UnknownListing) as absent:
            without.listing(reference)
        assert str(hidden.value) == str(absent.value)
    assert index.listing("people/secret").title == "Zebra investigations"


def test_typing_is_completed_with_titles_first(index):
    assert index.suggest("work", hides_zebras) == ("Workforce by month", "workforce")
    assert index.suggest("payments sup", hides_zebras)[:2] == (
        "Payments to suppliers",
        "payments supplier",
    )
    assert index.suggest("", hides_zebras) == ()
    assert len(index.suggest("p", hides_zebras, limit=2)) == 2


def test_listings_and_ports_are_found_by_their_reference(index):
    assert index.listing("people/workforce").title == "Workforce by month"
    assert index.port("people.workforce").freshness == "late"
    assert index.product_of("people.workforce").reference == "people/workforce"
    with pytest.raises(UnknownListing) as refused:
        index.port("people.workforces")
    assert str(refused.value) == (
        "There is no listing `people.workforces`. Near it: `people.workforce`, `people.secret`."
    )


def test_an_index_that_was_never_built_is_empty(tmp_path):
    index = ListingIndex.open(tmp_path / "nowhere")

    page = index.search(SearchQuery("payments"))

    assert (page.total, page.pages, page.widenings, index.generation) == (0, 1, (), "")
    write_index(CATALOGUE, tmp_path / "nowhere")
    assert index.search(SearchQuery("payments")).total == 2


def test_an_index_of_no_products_is_searched(tmp_path):
    write_index((), tmp_path / "index")

    assert ListingIndex.open(tmp_path / "index").search(SearchQuery("payments")).total == 0


def test_an_index_of_another_format_is_refused(tmp_path, index):
    file = tmp_path / "index" / index.generation / "listings.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))

    with pytest.raises(IndexUnreadable) as refused:
        ListingIndex.open(tmp_path / "index")

    assert str(refused.value) == (
        f"Index generation `{index.generation}` was not read: its format is `99`, not `1`. The "
        "index is derived from what is published: build it again with `marketplace index build`."
    )


def test_a_reader_keeps_its_generation_when_the_files_go(tmp_path, index):
    for file in (tmp_path / "index" / index.generation / "text").iterdir():
        file.unlink()

    assert index.search(SearchQuery("payments"), hides_zebras).total == 1


def test_searches_see_whole_generations_while_they_are_replaced(tmp_path, index):
    sizes: set[int] = set()
    failures: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                sizes.add(index.search(SearchQuery(sort=Sort.TITLE)).total)
                index.search(SearchQuery("payemnts"))
            except Exception as failure:
                failures.append(failure)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(8):
        write_index(CATALOGUE[: 1 + number % 4], tmp_path / "index")
    done.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert sizes <= {1, 2, 3, 4}
    assert index.search(SearchQuery()).total == 4
