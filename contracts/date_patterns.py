"""Dates written as text: patterns of the JDK's DateTimeFormatter, read for DuckDB.

A text keeps a pattern when it has its shape (so many digits, these names in English) and names a
moment that exists: 30 February does not. Letters that are not known make no pattern.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from contracts.sql_text import quoted_text

_PART = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# letters: (strptime, shape)
_LETTERS = {
    "yyyy": ("%Y", r"\d{4}"),
    "uuuu": ("%Y", r"\d{4}"),
    "yy": ("%y", r"\d{2}"),
    "uu": ("%y", r"\d{2}"),
    "MMMM": ("%B", f"(?:{'|'.join(_MONTHS)})"),
    "MMM": ("%b", f"(?:{'|'.join(name[:3] for name in _MONTHS)})"),
    "MM": ("%m", r"\d{2}"),
    "M": ("%m", r"\d{1,2}"),
    "dd": ("%d", r"\d{2}"),
    "d": ("%d", r"\d{1,2}"),
    "DDD": ("%j", r"\d{3}"),
    "HH": ("%H", r"\d{2}"),
    "H": ("%H", r"\d{1,2}"),
    "hh": ("%I", r"\d{2}"),
    "h": ("%I", r"\d{1,2}"),
    "mm": ("%M", r"\d{2}"),
    "m": ("%M", r"\d{1,2}"),
    "ss": ("%S", r"\d{2}"),
    "s": ("%S", r"\d{1,2}"),
    "a": ("%p", "(?:AM|PM)"),
    "X": ("%z", r"(?:Z|[+-]\d{2}(?:\d{2})?)"),
    "XX": ("%z", r"(?:Z|[+-]\d{4})"),
    "XXX": ("%z", r"(?:Z|[+-]\d{2}:\d{2})"),
    "xx": ("%z", r"[+-]\d{4}"),
    "xxx": ("%z", r"[+-]\d{2}:\d{2}"),
} | {"S" * count: ("%n", rf"\d{{{count}}}") for count in range(1, 10)}
_FULL = {
    "date": ({"%d", "%j"},),
    "timestamp": ({"%d", "%j"}, {"%H", "%I"}),
    "time": ({"%H", "%I"},),
}


@dataclass(frozen=True, slots=True)
class DatePattern:
    """A pattern in DuckDB's words."""

    strptime: str
    shape: str  # RE2, of the whole text

    def moment(self, column: str) -> str:
        """SQL of the moment that a text names, NULL where it names none."""
        text = f"regexp_replace({column}, 'Z$', '+00:00')" if "%z" in self.strptime else column
        return f"try_strptime({text}, {quoted_text(self.strptime)})"

    def violation(self, column: str) -> str:
        """The SQL condition of a text that is not written so; NULL is not."""
        return (
            f"NOT regexp_full_match({column}, {quoted_text(self.shape)}) "
            f"OR ({column} IS NOT NULL AND {self.moment(column)} IS NULL)"
        )

    def names_a(self, logical_type: str) -> bool:
        """Whether it has the parts that a date, timestamp or time is made of."""
        needed: tuple[set[str], ...] = _FULL.get(logical_type, ())
        words = set(re.findall("%.", self.strptime))
        is_dated = logical_type == "time" or {"%Y", "%y"} & words
        return bool(needed) and bool(is_dated) and all(part & words for part in needed)


@lru_cache(maxsize=256)
def date_pattern(pattern: str) -> DatePattern | None:
    """The pattern read for DuckDB; None where a part of it is not known, or no moment is in it."""
    words, shapes, position = [], [], 0
    for part in _PART.finditer(pattern):
        if part.start() != position:
            return None
        position = part.end()
        text = part.group()
        if part.group(2) is not None:
            if text not in _LETTERS:
                return None
            word, shape = _LETTERS[text]
        else:
            literal = "'" if text == "''" else (part.group(1) or text).replace("''", "'")
            word, shape = literal.replace("%", "%%"), re.escape(literal)
        words.append(word)
        shapes.append(shape)
    if position != len(pattern) or not {"%Y", "%y", "%H", "%I"} & set(words):
        return None
    return DatePattern("".join(words), "".join(shapes))
