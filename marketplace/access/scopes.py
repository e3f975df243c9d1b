"""What a token may be used for: never more than its owner may, and never to decide for them."""

from collections.abc import Collection
from enum import StrEnum

from marketplace.access.errors import UnknownScope


class Scope(StrEnum):
    """One thing that a token opens. Nothing publishes, decides, revokes or makes tokens."""

    METADATA = "metadata"
    REQUEST = "request"
    QUERY = "query"


MEANING = {
    Scope.METADATA: "Find data products and read what is known about them",
    Scope.REQUEST: "Ask for access in your name, follow your requests and withdraw them",
    Scope.QUERY: "Query what is granted to you",
}
LEAST = frozenset({Scope.METADATA})  # of a token whose maker names no scope


def scopes_of(names: Collection[str]) -> frozenset[Scope]:
    """The scopes with these names; the least one where there are none. Raises UnknownScope."""
    known = {scope.value for scope in Scope}
    unknown = sorted(set(names) - known)
    if unknown:
        raise UnknownScope(unknown[0], tuple(scope.value for scope in Scope))
    return frozenset(Scope(name) for name in names) or LEAST


def text_of(scopes: Collection[Scope]) -> str:
    """Scopes as they are kept, in the order of their table."""
    return " ".join(scope.value for scope in Scope if scope in scopes)


def kept_scopes(text: str) -> frozenset[Scope]:
    """The scopes of a kept token; a word that this release does not know opens nothing."""
    known = {scope.value for scope in Scope}
    return frozenset(Scope(word) for word in text.split() if word in known)
