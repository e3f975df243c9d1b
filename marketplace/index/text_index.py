"""The words of the listings in tantivy: what is indexed, and how a search's words are asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import tantivy
from tantivy import Filter, Occur, Query, TextAnalyzerBuilder, Tokenizer

from marketplace.index.model import Listing

# Every word must match somewhere, and its best field counts: with the fields' scores added up, one
# word in a title beat two words found elsewhere.
_BOOSTS: Mapping[str, float] = {
    "title": 4.0,
    "tags": 3.0,
    "unit": 2.5,
    "summary": 2.0,
    "columns": 1.5,
    "descriptions": 1.0,
}
_PREFIX_SCORE = 0.4
_NEAR_SCORE = 0.2
_TIE_BREAKER = 0.1
_WRITER_BYTES = 15_000_000  # tantivy's smallest
_MOST_WORDS = 12  # of one search; more add nothing and cost time
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class TextIndex:
    """A read-only index of one generation; safe to share between threads."""

    index: tantivy.Index
    searcher: tantivy.Searcher

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index in `folder`, whose files may be deleted once it is open."""
        index = tantivy.Index.open(str(folder))
        _register(index)
        # A generation never changes: otherwise a thread watches its files while it is open.
        index.config_reader("manual")
        return cls(index, index.searcher())

    def matches(self, words: Iterable[str], near: bool = False) -> dict[int, float]:
        """Positions of the listings that have every word, with their scores.

        A word matches in its stem or as the beginning of a longer one; `near` also takes words
        that are spelled alike.
        """
        clauses = [(Occur.Must, self._word(word, near)) for word in words]
        if not clauses or self.searcher.num_docs == 0:
            return {}
        found = self.searcher.search(
            Query.boolean_query(clauses), limit=self.searcher.num_docs, count=False
        )
        addresses = [address for _, address in found.hits]
        positions = self.searcher.fast_field_values("position", addresses)
        scores = [score for score, _ in found.hits]
        return {int(p): s for p, s in zip(positions, scores, strict=True) if p is not None}

    def _word(self, word: str, near: bool) -> Query:
        schema = self.index.schema
        stems = stems_of(word) or [word]
        queries = [
            Query.boost_query(Query.term_query(schema, name, stem), boost)
            for name, boost in _BOOSTS.items()
            for stem in stems
        ]
        begun = Query.fuzzy_term_query(schema, "words", word, distance=0, prefix=True)
        queries.append(Query.const_score_query(begun, _PREFIX_SCORE))
        distance = _distance(word)
        if near and distance:
            alike = Query.fuzzy_term_query(schema, "words", word, distance=distance)
            queries.append(Query.const_score_query(alike, _NEAR_SCORE))
        return Query.disjunction_max_query(queries, tie_breaker=_TIE_BREAKER)


def words_in(text: str) -> tuple[str, ...]:
    """The words as they are compared: folded, split at punctuation and underscores."""
    sound = text.encode("utf-8", "replace").decode("utf-8")  # tantivy refuses half a surrogate pair
    return tuple(dict.fromkeys(_PLAIN.analyze(sound)))


def asked_words(text: str) -> tuple[str, ...]:
    """The words of a search, without those that say nothing, unless there are no others."""
    words = words_in(text)[:_MOST_WORDS]
    telling = tuple(word for word in words if stems_of(word))
    return telling or words


def stems_of(word: str) -> list[str]:
    """The stem of a word; empty for a stop word."""
    stems: list[str] = _STEMMED.analyze(word)
    return stems


def texts_of(listing: Listing) -> Mapping[str, str]:
    """What is indexed of a listing, by field."""
    ports = listing.ports
    columns = [column for port in ports for column in port.contract.get("columns", ())]
    synonyms = [_synonyms(port.contract.get("custom", {})) for port in ports]
    return {
        "title": _joined(listing.title, *(port.contract.get("title", "") for port in ports)),
        "tags": _joined(*listing.tags, *listing.themes, *synonyms),
        "unit": _joined(listing.business_unit, listing.reference),
        "summary": _joined(listing.summary, listing.purpose),
        "columns": _joined(
            *(port.reference for port in ports),
            *(f"{column['name']} {column.get('business_name', '')}" for column in columns),
        ),
        "descriptions": _joined(
            *(port.contract.get("description", "") for port in ports),
            *(column.get("description", "") for column in columns),
        ),
    }


def write_text_index(listings: tuple[Listing, ...], folder: Path) -> None:
    """Index the listings by their position in the tuple."""
    index = tantivy.Index(_schema(), str(folder))
    _register(index)
    writer = index.writer(_WRITER_BYTES, num_threads=1)
    for position, listing in enumerate(listings):
        texts = texts_of(listing)
        document = tantivy.Document()
        document.add_integer("position", position)
        for name, text in texts.items():
            document.add_text(name, text)
        document.add_text("words", _joined(*texts.values()))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("position", fast=True)
    for name in _BOOSTS:
        builder.add_text_field(name, tokenizer_name="stemmed", index_option="freq")
    builder.add_text_field("words", tokenizer_name="plain", index_option="basic")
    return builder.build()


def _register(index: tantivy.Index) -> None:
    index.register_tokenizer("plain", _PLAIN)
    index.register_tokenizer("stemmed", _STEMMED)


def _folding() -> TextAnalyzerBuilder:
    folded = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_LONGEST_WORD))
    return folded.filter(Filter.lowercase()).filter(Filter.ascii_fold())


_PLAIN = _folding().build()
_STEMMED = _folding().filter(Filter.stopword("english")).filter(Filter.stemmer("english")).build()


def _distance(word: str) -> int:
    """How many letters may differ: none in short words, where nearly everything is alike."""
    if len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


def _synonyms(custom: Mapping[str, object]) -> str:
    """Other words that the contract's custom property `synonyms` offers its readers."""
    offered = custom.get("synonyms")
    return _joined(*(str(word) for word in offered)) if isinstance(offered, list) else ""


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)
