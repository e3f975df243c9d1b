"""Search results: facets that count what they lead to, order, pages, and a way on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from marketplace.index.facets import Facet
from marketplace.index.search import SearchPage, SearchQuery, Sort
from marketplace.web import urls
from marketplace.web.formats import label
from marketplace.web.pages.listing import Card, card
from marketplace.web.pages.notices import Known
from marketplace.web.pages.page import Choice, Link, Page

_SORTS = {
    Sort.RELEVANCE: "Relevance",
    Sort.NEWEST: "Newest first",
    Sort.TITLE: "Title",
    Sort.QUALITY: "Quality score",
}
Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FacetChoice:
    """One value of a facet and where choosing it, or taking it away, leads."""

    value: str
    text: str
    count: int
    href: str
    selected: bool


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """The values of one facet."""

    name: str
    title: str
    values: tuple[FacetChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsPage(Page):
    """What was found, and how to find more or less."""

    template: ClassVar[str] = "search.html"
    section: ClassVar[str] = "search"
    words: str
    chosen: tuple[tuple[str, str], ...]
    facets: tuple[FacetGroup, ...]
    removals: tuple[Link, ...]
    sorts: tuple[Choice, ...]
    total: int
    number: int
    pages: int
    results: tuple[Card, ...]
    suggestion: Link | None  # did you mean
    is_near: bool
    suggestions: tuple[Link, ...]  # where nothing was found
    previous: str
    next: str
    steps: tuple[Mapping[str, object], ...]


def results_page(found: SearchPage, known: Known) -> ResultsPage:
    """`found` as a page."""
    query = found.query
    words = [("words", query.words)]
    narrowed = [(name, value) for name, values in query.facets.items() for value in values]
    order = [("sort", query.sort)] if query.sort != Sort.RELEVANCE else []
    address = [*words, *narrowed, *order]
    return ResultsPage(
        title="Find data",
        is_sample=any(listing.is_sample for listing in found.listings),
        words=query.words,
        chosen=(*narrowed, *order),
        facets=tuple(group for facet in found.facets if (group := _group(facet, address)).values),
        removals=tuple(
            Link(label(value), urls.search(_without(address, name, value)))
            for name, value in narrowed
        ),
        sorts=tuple(
            Choice(sort.value, text, selected=sort == query.sort) for sort, text in _SORTS.items()
        ),
        total=found.total,
        number=found.page,
        pages=found.pages,
        results=tuple(card(listing, known) for listing in found.listings),
        suggestion=_suggestion(found, [*narrowed, *order]),
        is_near=found.is_near,
        suggestions=_widenings(found, address),
        previous=_numbered(address, found.page - 1) if found.page > 1 else "",
        next=_numbered(address, found.page + 1) if found.page < found.pages else "",
        steps=_steps(address, found.page, found.pages),
    )


def search_query(
    words: str, facets: Mapping[str, Sequence[str]], sort: str, page: str
) -> SearchQuery:
    """What the address asks for; a page that is no number is the first."""
    asked = {name: tuple(dict.fromkeys(filter(None, values))) for name, values in facets.items()}
    return SearchQuery(
        words=" ".join(words.split())[:200],
        facets={name: values for name, values in asked.items() if values},
        sort=sort or Sort.RELEVANCE,
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )


def _group(facet: Facet, address: Pairs) -> FacetGroup:
    return FacetGroup(
        facet.name,
        facet.title,
        tuple(
            FacetChoice(
                value=each.value,
                text=label(each.value),
                count=each.count,
                href=urls.search(
                    _without(address, facet.name, each.value)
                    if each.is_selected
                    else [*address, (facet.name, each.value)]
                ),
                selected=each.is_selected,
            )
            for each in facet.values
        ),
    )


def _without(address: Pairs, name: str, value: str) -> Pairs:
    return [pair for pair in address if pair != (name, value)]


def _suggestion(found: SearchPage, kept: Pairs) -> Link | None:
    meant = found.suggestion
    return Link(meant, urls.search([("words", meant), *kept])) if meant else None


def _widenings(found: SearchPage, address: Pairs) -> tuple[Link, ...]:
    """Each widening as words with the number of products that it leads to."""
    links = []
    for offer in found.widenings:
        pairs = [pair for pair in address if pair[0] != offer.facet]
        if offer.words is not None:
            pairs = [("words", offer.words), *(pair for pair in pairs if pair[0] != "words")]
        if offer.words == "":
            pairs = []
        links.append(Link(f"{offer.sentence} ({offer.count:,})", urls.search(pairs)))
    return tuple(links)


def _numbered(address: Pairs, page: int) -> str:
    return urls.search([*address, ("page", str(page) if page > 1 else "")])


def _steps(address: Pairs, number: int, pages: int) -> tuple[Mapping[str, object], ...]:
    """First, last and the pages near this one, with gaps between."""
    shown = sorted({1, pages, *range(max(1, number - 1), min(pages, number + 1) + 1)})
    steps: list[Mapping[str, object]] = []
    for before, page in zip([0, *shown], shown, strict=False):
        if page - before > 1:
            steps.append({"ellipsis": True})
        steps.append({"number": page, "href": _numbered(address, page), "current": page == number})
    return tuple(steps)
