"""Words near those that were typed: corrections where nothing matched, completions while typing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Self

from marketplace.index.model import Listing
from marketplace.index.text_index import stems_of, texts_of, words_in

_LEAST_ALIKE = 0.7
_SHORTEST = 3  # letters of a word that is offered


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of some listings, so that nothing is offered that only hidden ones have."""

    by_listing: Mapping[str, frozenset[str]]
    titles: Mapping[str, tuple[str, tuple[str, ...]]]  # by listing: the title, and its words
    words: frozenset[str]

    @classmethod
    def of(cls, listings: Iterable[Listing]) -> Self:
        """The words of these listings, read once for each generation."""
        by_listing: dict[str, frozenset[str]] = {}
        titles = {}
        for listing in listings:
            texts = " ".join(texts_of(listing).values())
            by_listing[listing.reference] = frozenset(words_in(texts))
            titles[listing.reference] = (listing.title, words_in(listing.title))
        return cls(by_listing, titles, frozenset().union(*by_listing.values()))

    def among(self, visible: Collection[Listing]) -> Self:
        """What is left of the vocabulary for who may see these listings only."""
        known = [each.reference for each in visible if each.reference in self.by_listing]
        if len(known) == len(self.by_listing):
            return self
        by_listing = {reference: self.by_listing[reference] for reference in known}
        titles = {reference: self.titles[reference] for reference in known}
        return replace(
            self,
            by_listing=by_listing,
            titles=titles,
            words=frozenset().union(*by_listing.values()),
        )


def corrected(words: Sequence[str], vocabulary: Collection[str]) -> tuple[str, ...] | None:
    """The words with each unknown one replaced by the nearest known; None where nothing changes.

    A word that has nothing near it stays, so that the rest of a search can still be corrected.
    """
    meant = tuple(
        word if _is_known(word, vocabulary) else next(iter(nearest(word, vocabulary)), word)
        for word in words
    )
    return meant if meant != tuple(words) else None


def nearest(word: str, vocabulary: Iterable[str], count: int = 1) -> tuple[str, ...]:
    """Known words that are spelled most like `word`, best first."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(word)
    letters = frozenset(word)
    ranked = []
    for known in vocabulary:
        # Cheap tests first: 10,000 words cost 3 ms with them and 200 ms without.
        if len(known) < _SHORTEST or abs(len(known) - len(word)) > 3:
            continue
        if len(letters.intersection(known)) * 2 < len(letters):
            continue
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() >= _LEAST_ALIKE and matcher.quick_ratio() >= _LEAST_ALIKE:
            alike = matcher.ratio()
            if alike >= _LEAST_ALIKE:
                ranked.append((-alike, known))
    return tuple(known for _, known in sorted(ranked)[:count])


def completions(text: str, vocabulary: Vocabulary, limit: int) -> tuple[str, ...]:
    """Titles with a word that begins as the last typed one, then the words themselves."""
    typed = words_in(text)
    if not typed or limit < 1:
        return ()
    *before, last = typed
    fitting = (title for title, words in vocabulary.titles.values() if _has(words, before, last))
    begun = sorted(
        word
        for word in vocabulary.words
        if word.startswith(last) and word != last and len(word) >= _SHORTEST
    )
    offered = [*sorted(fitting, key=str.casefold), *(" ".join([*before, word]) for word in begun)]
    return tuple(dict.fromkeys(offered))[:limit]


def _has(words: Sequence[str], before: Sequence[str], last: str) -> bool:
    return set(before) <= set(words) and any(word.startswith(last) for word in words)


def _is_known(word: str, vocabulary: Collection[str]) -> bool:
    """Whether a listing has the word, a longer one, or another form of it."""
    stem = min([*stems_of(word), word], key=len)
    return word in vocabulary or any(known.startswith(stem) for known in vocabulary)
