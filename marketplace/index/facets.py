"""Facets: values to narrow a search by, each with the number of listings that it leads to."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from marketplace.index.errors import InvalidSearch
from marketplace.index.model import Listing

Selected = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet. `count` listings have it, under the other facets' selection."""

    value: str
    count: int
    is_selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow a search; values by count, then by name."""

    name: str
    title: str
    values: tuple[FacetValue, ...]


SCORE_BANDS = ((95, "95 and over"), (80, "80 to 94"), (0, "Under 80"))  # as confidence has them


def score_bands(listing: Listing) -> tuple[str, ...]:
    """The band of a listing's overall quality score; none where it was not assessed."""
    score = listing.score
    if score is None:
        return ()
    return (next(name for lowest, name in SCORE_BANDS if score >= lowest),)


_VALUES: Mapping[str, Callable[[Listing], Collection[str]]] = {
    "business_unit": lambda listing: (listing.business_unit,),
    "theme": lambda listing: listing.themes,
    "marking": lambda listing: (listing.marking,),
    "access_rights": lambda listing: (listing.access_rights,),
    "freshness": lambda listing: (listing.freshness,),
    "quality": lambda listing: (listing.quality,),
    "quality_score": score_bands,
}
FACETS: Mapping[str, str] = {
    "business_unit": "Business unit",
    "theme": "Theme",
    "marking": "Security marking",
    "access_rights": "Access rights",
    "freshness": "Freshness",
    "quality": "Quality",
    "quality_score": "Quality score",
}


def narrowed(
    listings: Sequence[Listing], selected: Selected, without: str | None = None
) -> list[Listing]:
    """The listings that have one of the selected values in every facet, but for `without`.

    Raises InvalidSearch where a facet does not exist.
    """
    for name in selected:
        if name not in FACETS:
            raise InvalidSearch("facet", name, FACETS)
    wanted = [
        (_VALUES[name], frozenset(values))
        for name, values in selected.items()
        if values and name != without
    ]
    return [
        listing
        for listing in listings
        if all(not values.isdisjoint(values_of(listing)) for values_of, values in wanted)
    ]


def counted(listings: Sequence[Listing], selected: Selected) -> tuple[Facet, ...]:
    """Every facet over the listings.

    A value's count is what the search gives when it is this facet's only selected value. Selected
    values that no listing has are shown with 0, so that they can be taken away again.
    """
    return tuple(_counted(name, listings, selected) for name in FACETS)


def _counted(name: str, listings: Sequence[Listing], selected: Selected) -> Facet:
    values_of = _VALUES[name]
    counts = Counter(
        value
        for listing in narrowed(listings, selected, without=name)
        for value in frozenset(values_of(listing))
        if value
    )
    chosen = frozenset(selected.get(name, ()))
    for value in chosen:
        counts.setdefault(value, 0)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].casefold()))
    return Facet(
        name,
        FACETS[name],
        tuple(FacetValue(value, count, value in chosen) for value, count in ranked),
    )
