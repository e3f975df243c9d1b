"""What the index refuses.

MarketplaceError
└── ListingError
    ├── UnknownListing
    ├── InvalidSearch
    └── IndexUnreadable
"""

from collections.abc import Iterable
from difflib import get_close_matches

from marketplace.errors import MarketplaceError


class ListingError(MarketplaceError):
    """The root of everything that the index refuses."""


class UnknownListing(ListingError):
    """The index has no product, or no port, of this name."""

    def __init__(self, reference: str, offered: Iterable[str] = ()) -> None:
        self.reference = reference
        self.near = tuple(get_close_matches(reference, sorted(offered), n=3, cutoff=0.5))
        named = ", ".join(f"`{name}`" for name in self.near)
        way_on = f"Near it: {named}." if named else "Look for it with the search."
        super().__init__(f"There is no listing `{reference}`. {way_on}")


class InvalidSearch(ListingError):
    """A search names a facet or a page that does not exist."""

    def __init__(self, what: str, value: str, offered: Iterable[str]) -> None:
        self.what, self.value = what, value
        listed = ", ".join(f"`{name}`" for name in offered)
        super().__init__(f"There is no {what} `{value}`. Choose from: {listed}.")


class IndexUnreadable(ListingError):
    """The index's files are not those of this release."""

    def __init__(self, generation: str, reason: str) -> None:
        self.generation = generation
        super().__init__(
            f"Index generation `{generation}` was not read: {reason}. The index is derived from "
            "what is published: build it again with `marketplace index build`."
        )
