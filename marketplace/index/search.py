"""Search over the listings: words, facets, order, pages, and a way on where nothing is found."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from marketplace.index.errors import IndexUnreadable, InvalidSearch, UnknownListing
from marketplace.index.facets import FACETS, Facet, counted, narrowed
from marketplace.index.generations import EMPTY, Generation, current_name, read_generation
from marketplace.index.model import Listing, PortListing
from marketplace.index.reading_time import as_of
from marketplace.index.spelling import Vocabulary, completions, corrected
from marketplace.index.text_index import asked_words

MaySee = Callable[[Listing], bool]
_LARGEST_PAGE = 100
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Sort(StrEnum):
    """The order of a search's listings."""

    RELEVANCE = "relevance"
    TITLE = "title"
    NEWEST = "newest"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for. Values within a facet are alternatives; pages count from 1."""

    words: str = ""
    facets: Mapping[str, Collection[str]] = field(default_factory=dict)
    sort: str = Sort.RELEVANCE
    page: int = 1
    page_size: int = 20


@dataclass(frozen=True, slots=True)
class Widening:
    """A change to a search that finds something; `count` listings, under all its other terms.

    Either `facet` is no longer narrowed by, or `words` are searched for instead.
    """

    sentence: str
    count: int
    facet: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of a search's result, and the facets over all of it."""

    query: SearchQuery
    listings: tuple[Listing, ...]
    total: int
    page: int
    pages: int
    facets: tuple[Facet, ...]
    is_near: bool  # no listing has these words: these have words that are spelled alike
    suggestion: str | None  # did you mean
    widenings: tuple[Widening, ...]  # where nothing was found


def everyone(_: Listing) -> bool:
    """Every listing may be seen."""
    return True


class ListingIndex:
    """The index as it is now; follows each new generation, and serves any number of threads."""

    def __init__(self, folder: Path, now: Callable[[], datetime] | None = None) -> None:
        self._folder = folder
        self._now = now
        self._generation = EMPTY
        self._vocabulary = Vocabulary.of(())
        self._loading = threading.Lock()

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime] | None = None) -> Self:
        """The index in `folder`; empty until the first build. Raises IndexUnreadable.

        With a clock, freshness is what it is when it is read; else what it was at the build.
        """
        index = cls(folder, now)
        index._current()
        return index

    @property
    def generation(self) -> str:
        """The name of the generation that answers now; empty before the first build."""
        return self._current().name

    def listings(self, may_see: MaySee = everyone) -> tuple[Listing, ...]:
        """Every listing that may be seen, by reference."""
        return tuple(filter(may_see, self._read(self._current())))

    def listing(self, reference: str, may_see: MaySee = everyone) -> Listing:
        """The product `unit/product`. Raises UnknownListing with near names that may be seen."""
        visible = {listing.reference: listing for listing in self.listings(may_see)}
        if reference not in visible:
            raise UnknownListing(reference, visible)
        return visible[reference]

    def port(self, reference: str, may_see: MaySee = everyone) -> PortListing:
        """The port `unit.port`. Raises UnknownListing with near names that may be seen."""
        offered = {p.reference: p for each in self.listings(may_see) for p in each.ports}
        if reference not in offered:
            raise UnknownListing(reference, offered)
        return offered[reference]

    def product_of(self, port: str, may_see: MaySee = everyone) -> Listing:
        """The product that offers `unit.port`. Raises UnknownListing."""
        self.port(port, may_see)
        offers = (each for each in self.listings(may_see) if port in _ports_of(each))
        return next(offers)

    def search(self, query: SearchQuery, may_see: MaySee = everyone) -> SearchPage:
        """The listings that fit, with facets that count exactly what they lead to.

        What may not be seen is in no result, count or suggestion. Raises InvalidSearch for a
        facet or an order that does not exist.
        """
        if query.sort not in list(Sort):
            raise InvalidSearch("order", query.sort, Sort)
        generation = self._current()
        visible = [each for each in self._read(generation) if may_see(each)]
        words = asked_words(query.words)
        scores, is_near = self._scored(generation, words, visible)
        matching = visible if not words else [each for each in visible if each.reference in scores]
        found = narrowed(matching, query.facets)
        suggestion = None
        if is_near or not matching:
            suggestion = self._did_you_mean(generation, words, visible)
        return SearchPage(
            query=query,
            listings=_page(_ordered(found, Sort(query.sort), scores), query),
            total=len(found),
            page=_page_number(query, len(found)),
            pages=_pages(query, len(found)),
            facets=counted(matching, query.facets),
            is_near=is_near,
            suggestion=suggestion,
            widenings=() if found else self._widenings(generation, query, matching, visible),
        )

    def suggest(self, words: str, may_see: MaySee = everyone, limit: int = 8) -> tuple[str, ...]:
        """How what was typed so far may go on: titles first, then words of visible listings."""
        visible = self.listings(may_see)
        return completions(words, self._vocabulary.among(visible), limit)

    def _read(self, generation: Generation) -> tuple[Listing, ...]:
        if self._now is None:
            return generation.listings
        now = self._now()
        return tuple(as_of(listing, now) for listing in generation.listings)

    def _current(self) -> Generation:
        name = current_name(self._folder)
        if name is None or name == self._generation.name:
            return self._generation
        with self._loading:
            # A writer keeps the generation before: one newer pointer is enough of a second try.
            for _ in range(2):
                name = current_name(self._folder) or ""
                if name == self._generation.name:
                    break
                try:
                    self._generation = read_generation(self._folder, name)
                    self._vocabulary = Vocabulary.of(self._generation.listings)
                except IndexUnreadable:
                    if current_name(self._folder) == name:
                        raise
            return self._generation

    def _scored(
        self, generation: Generation, words: Sequence[str], visible: Iterable[Listing]
    ) -> tuple[dict[str, float], bool]:
        """Scores of the visible listings that have every word; else of those with words alike."""
        allowed = {listing.reference for listing in visible}
        if generation.text is None or not words:
            return {}, False
        for near in (False, True):
            scores = {
                generation.listings[position].reference: score
                for position, score in generation.text.matches(words, near).items()
                if generation.listings[position].reference in allowed
            }
            if scores:
                return scores, near
        return {}, False

    def _did_you_mean(
        self, generation: Generation, words: Sequence[str], visible: Sequence[Listing]
    ) -> str | None:
        """The words with those that nothing has replaced by the nearest that something has."""
        meant = corrected(words, self._vocabulary.among(visible).words)
        if meant is None or not self._scored(generation, meant, visible)[0]:
            return None
        return " ".join(meant)

    def _widenings(
        self,
        generation: Generation,
        query: SearchQuery,
        matching: Sequence[Listing],
        visible: Sequence[Listing],
    ) -> tuple[Widening, ...]:
        """What finds something: a facet less, all facets less, a word less. Most results first."""
        offers = [
            Widening(f"Search in every {FACETS[name].lower()}", len(left), facet=name)
            for name, values in query.facets.items()
            if values and (left := narrowed(matching, query.facets, without=name))
        ]
        words = asked_words(query.words)
        for word in words if len(words) > 1 else ():
            others = [other for other in words if other != word]
            scores, _ = self._scored(generation, others, visible)
            left = narrowed([e for e in visible if e.reference in scores], query.facets)
            if left:
                fewer = " ".join(others)
                offers.append(Widening(f"Search for “{fewer}” only", len(left), words=fewer))
        if not offers and visible:
            offers.append(Widening("See all data products", len(visible), words=""))
        return tuple(sorted(offers, key=lambda offer: -offer.count))


def _ports_of(listing: Listing) -> frozenset[str]:
    return frozenset(port.reference for port in listing.ports)


def _ordered(listings: list[Listing], sort: Sort, scores: Mapping[str, float]) -> Sequence[Listing]:
    by_title = sorted(listings, key=lambda each: (each.title.casefold(), each.reference))
    if sort is Sort.NEWEST:
        return sorted(by_title, key=lambda each: each.published_at or _LONG_AGO, reverse=True)
    if sort is Sort.QUALITY:  # what was not assessed stands last, as it has no place in the order
        return sorted(
            by_title, key=lambda each: -1 if each.score is None else each.score, reverse=True
        )
    if sort is Sort.RELEVANCE and scores:
        return sorted(by_title, key=lambda each: -scores[each.reference])
    return by_title


def _size(query: SearchQuery) -> int:
    return max(1, min(query.page_size, _LARGEST_PAGE))


def _pages(query: SearchQuery, total: int) -> int:
    return max(1, -(-total // _size(query)))


def _page_number(query: SearchQuery, total: int) -> int:
    """The asked page, or the nearest that exists."""
    return max(1, min(query.page, _pages(query, total)))


def _page(ordered: Sequence[Listing], query: SearchQuery) -> tuple[Listing, ...]:
    start = (_page_number(query, len(ordered)) - 1) * _size(query)
    return tuple(ordered[start : start + _size(query)])
