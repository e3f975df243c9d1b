"""Whether a value looks like the name of a person: its shape, a given name, no word of a body."""

import re
from functools import cache
from pathlib import Path

_MOST_WORDS = 4
_LONGEST = 120  # characters: what is longer is prose
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "dame", "lord", "lady"}
    | {"rev", "reverend", "revd", "cllr", "councillor", "hon", "baroness", "baron", "viscount"}
)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.-])*")
_AFTER = re.compile(r"\s[-\u2013:;]\s")  # `Jane Doe - Director`
_ASIDE = re.compile(r"\s*[(\[].*", re.DOTALL)
_FOLDER = Path(__file__).parent


def given_names() -> frozenset[str]:
    """The given names that are known, folded."""
    return _words("given_names.txt")


@cache
def _words(file: str) -> frozenset[str]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


def is_person_name(value: str) -> bool:
    """Whether a value is one person's name, with or without a title, post or remark after it.

    Two to four words, the first a known given name or a title, none a word of organisations:
    `Jane Doe`, `DOE, Jane`, `Dr J Doe (Director)`. A surname alone is not known as one.
    """
    if not 4 < len(value) <= _LONGEST or not _may_begin_a_name(value):
        return False
    first, comma, rest = _ASIDE.sub("", value).partition(",")
    words = first.split()
    if comma and len(words) == 1:  # `Doe, Jane`; of `Doe, London` the second word is no given name
        words = [*rest.split()[:2], *words]
    else:
        words = _AFTER.split(first)[0].split()
    folded = [_folded(word) for word in words]
    titles = next((i for i, word in enumerate(folded) if word not in _TITLES), len(folded))
    if not (1 if titles else 2) <= len(folded) - titles <= _MOST_WORDS:
        return False
    if not titles and not _is_given(folded[0]):
        return False
    if len(folded[-1]) < 2 or not _words("words_of_bodies.txt").isdisjoint(folded[titles:]):
        return False
    return all(_WORD.fullmatch(word) is not None for word in words)


def _may_begin_a_name(value: str) -> bool:
    """Most values of other columns leave here: after 0.5 microseconds, not 5."""
    head = value.split(None, 1)[0] if not value.isspace() else ""
    folded = _folded(head)
    return head.endswith(",") or "," in head or folded in _TITLES or _is_given(folded)


def _is_given(folded: str) -> bool:
    names = given_names()
    return folded in names or folded.partition("-")[0] in names


def _folded(word: str) -> str:
    return word.rstrip(".").casefold()
