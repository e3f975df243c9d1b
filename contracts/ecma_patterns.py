"""Regular expressions as ECMA-262 reads them, rewritten for the engines that run them here.

ODCS writes patterns in ECMA-262; DuckDB runs RE2, which reads some of the same text otherwise
(`\\s`, `.`, `\\uXXXX`) and lacks look-around and back-references: those run in the `regex` package.
Values are Unicode text: characters are code points, as with ECMA's flag `u`.
"""

import re
from dataclasses import dataclass, field
from enum import Enum

_SPACES = (0xA0, 0x1680, (0x2000, 0x200A), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF)
_LINE_ENDS = (0x0A, 0x0D, 0x2028, 0x2029)
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_GROUP_NAME = re.compile(r"\?<([A-Za-z_][A-Za-z0-9_]*)>")
_PROPERTY = re.compile(r"\{(?:(?:Script|sc)=|(?:General_Category|gc)=)?(\w+)\}")
_CODE = re.compile(r"u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})")
_LOW_HALF = re.compile(r"\\u(D[C-F][0-9A-F]{2})", re.IGNORECASE)
_LARGEST = 0x10FFFF


class Dialect(Enum):
    """The engine that a pattern is written for."""

    RE2 = "re2"
    BACKTRACKING = "regex"


class NotEcma(Exception):
    """The text is not a pattern of ECMA-262, or not one that both readers would agree on."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A pattern for one engine; `needs_backtracking` where RE2 has no words for it."""

    text: str
    needs_backtracking: bool


def translated(pattern: str, dialect: Dialect) -> Translation:
    """The pattern as `dialect` writes it. Raises NotEcma with what was found."""
    reader = _Reader(pattern, dialect)
    return Translation(reader.read(), reader.needs_backtracking)


@dataclass(slots=True)
class _Reader:
    pattern: str
    dialect: Dialect
    at: int = 0
    needs_backtracking: bool = False
    made: list[str] = field(default_factory=list)

    def read(self) -> str:
        while self.at < len(self.pattern):
            self.made.append(self._next())
        return "".join(self.made)

    def _next(self) -> str:
        letter = self._take()
        if letter == "\\":
            return self._escape(in_class=False)
        if letter == "[":
            return self._class()
        if letter == "(":
            return self._group()
        if letter == ".":
            return f"[^{self._points(_LINE_ENDS)}]"
        if letter == "$":
            return "$" if self.dialect is Dialect.RE2 else r"\Z"
        if letter in "*+?" or (letter == "{" and _QUANTIFIER.match(self.pattern, self.at - 1)):
            return self._quantifier(letter)
        if letter in "{}]":
            return f"\\{letter}"
        return letter if letter in "^|)" else self._point(ord(letter))

    def _take(self) -> str:
        letter = self.pattern[self.at : self.at + 1]
        if not letter:
            raise NotEcma("it ends within an escape or a class")
        self.at += 1
        return letter

    def _quantifier(self, letter: str) -> str:
        text = letter
        if letter == "{":
            found = _QUANTIFIER.match(self.pattern, self.at - 1)
            text = found.group() if found is not None else letter
            self.at += len(text) - 1
        if self.pattern[self.at : self.at + 1] == "?":
            self.at += 1
            text += "?"
        is_repeated = _QUANTIFIER.match(self.pattern, self.at) is not None
        if is_repeated or self.pattern[self.at : self.at + 1] in {"*", "+", "?"}:
            raise NotEcma(f"`{text}{self.pattern[self.at]}` repeats a repetition")
        return text

    def _group(self) -> str:
        rest = self.pattern[self.at : self.at + 3]
        for opening in ("?<=", "?<!", "?=", "?!"):
            if rest.startswith(opening):
                self.needs_backtracking = True
                self.at += len(opening)
                return f"({opening}"
        for opening in ("?:", "?i:"):
            if rest.startswith(opening):
                self.at += len(opening)
                return f"({opening}"
        named = _GROUP_NAME.match(self.pattern, self.at)
        if named is not None:
            self.at = named.end()
            return f"(?P<{named.group(1)}>"
        if rest.startswith("?"):
            raise NotEcma(f"`({rest[:2]}` opens no group of ECMA-262")
        return "("

    def _class(self) -> str:
        is_negated = self.pattern[self.at : self.at + 1] == "^"
        self.at += is_negated
        parts = []
        while (letter := self._take()) != "]":
            if letter == "\\":
                parts.append(self._escape(in_class=True))
            elif letter == "[" and self.pattern[self.at : self.at + 1] in {":", ".", "="}:
                raise NotEcma(f"`[{self.pattern[self.at]}` opens no class of ECMA-262")
            else:
                plain = letter in "-.+*?|()${}#&~ "
                parts.append(letter if plain else self._point(ord(letter)))
        if not parts:  # `[]` is nothing, `[^]` is anything
            everything = f"{self._point(0)}-{self._point(_LARGEST)}"
            return f"[{everything}]" if is_negated else f"[^{everything}]"
        return f"[{'^' if is_negated else ''}{''.join(parts)}]"

    def _escape(self, in_class: bool) -> str:
        letter = self._take()
        if letter in "dDwW":
            return f"\\{letter}"
        if letter in "sS":
            return self._space(letter, in_class)
        if letter in "bB":
            return self._point(8) if in_class and letter == "b" else f"\\{letter}"
        if letter in _CONTROLS:
            return self._point(_CONTROLS[letter])
        if letter.isdigit():
            return self._digit(letter, in_class)
        if letter == "c" and re.match("[A-Za-z]", self.pattern[self.at : self.at + 1]):
            return self._point(ord(self._take()) % 32)
        if letter in "ux":
            return self._point(self._code())
        if letter in "pP":
            return self._property(letter)
        if letter == "k" and not in_class:
            return self._named_reference()
        if letter.isalnum():
            raise NotEcma(f"`\\{letter}` is no escape of ECMA-262")
        return self._point(ord(letter))

    def _space(self, letter: str, in_class: bool) -> str:
        inside = f"{self._point(9)}-{self._point(13)}{self._point(32)}{self._points(_SPACES)}"
        if letter == "s":
            return inside if in_class else f"[{inside}]"
        if in_class:
            raise NotEcma(r"`\S` within a class is written in no engine; use an alternative")
        return f"[^{inside}]"

    def _digit(self, letter: str, in_class: bool) -> str:
        following = self.pattern[self.at : self.at + 1]
        if letter == "0" and not following.isdigit():
            return self._point(0)
        if letter == "0" or in_class or following.isdigit():
            raise NotEcma(f"`\\{letter}{following}` is no escape of ECMA-262")
        self.needs_backtracking = True
        return f"(?:\\{letter})"

    def _named_reference(self) -> str:
        found = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>").match(self.pattern, self.at)
        if found is None:
            raise NotEcma("`\\k` names no group")
        self.at = found.end()
        self.needs_backtracking = True
        return f"(?P={found.group(1)})"

    def _property(self, letter: str) -> str:
        found = _PROPERTY.match(self.pattern, self.at)
        if found is None:
            raise NotEcma(f"`\\{letter}` names no property of characters")
        self.at = found.end()
        return f"\\{letter}{{{found.group(1)}}}"

    def _code(self) -> int:
        found = _CODE.match(self.pattern, self.at - 1)
        if found is None:
            raise NotEcma(f"`\\{self.pattern[self.at - 1]}` has no code of a character")
        self.at = found.end()
        code = int(next(part for part in found.groups() if part is not None), 16)
        low = _LOW_HALF.match(self.pattern, self.at)
        if 0xD800 <= code <= 0xDBFF and low is not None:
            self.at = low.end()
            code = 0x10000 + ((code - 0xD800) << 10) + (int(low.group(1), 16) - 0xDC00)
        if 0xD800 <= code <= 0xDFFF or not 0 <= code <= _LARGEST:
            raise NotEcma("half a character is named by its code")
        return code

    def _points(self, codes: tuple[int | tuple[int, int], ...]) -> str:
        return "".join(
            self._point(code)
            if isinstance(code, int)
            else f"{self._point(code[0])}-{self._point(code[1])}"
            for code in codes
        )

    def _point(self, code: int) -> str:
        """One character that stands for itself, within and outside classes."""
        letter = chr(code)
        if 32 < code < 127:
            return letter if letter.isalnum() or letter in "_'\"!%,/:;<=>@`" else f"\\{letter}"
        if code == 32 or (code > 0xA0 and letter.isprintable()):
            return letter
        return f"\\x{{{code:X}}}" if self.dialect is Dialect.RE2 else f"\\U{code:08X}"
