"""Types within types: structs, lists, vectors and maps, read from DuckDB's words into a tree."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DEEPEST = 8
_FIELD = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([A-Za-z_]\w*))\s+(.+)', re.DOTALL)
_LIST = re.compile(r"(.+)\[(\d*)\]", re.DOTALL)
_CALL = re.compile(r"(struct|map)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[a-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypeTree:
    """A type: a plain word, or STRUCT, LIST, ARRAY (of fixed length) or MAP with its parts."""

    name: str
    parts: tuple[tuple[str, "TypeTree"], ...] = ()  # fields; `item`; `key` and `value`
    length: int | None = None

    def part(self, name: str) -> "TypeTree | None":
        """The part of that name, without regard to case; None where there is none."""
        return next((tree for part, tree in self.parts if part.lower() == name.lower()), None)

    def __str__(self) -> str:
        if self.name in {"LIST", "ARRAY"}:
            length = "" if self.length is None else str(self.length)
            return f"{self.parts[0][1]}[{length}]"
        if self.name == "MAP":
            return f"MAP({self.parts[0][1]}, {self.parts[1][1]})"
        if self.name == "STRUCT":
            return f"STRUCT({', '.join(f'{_shown(name)} {tree}' for name, tree in self.parts)})"
        return self.name


def read_tree(text: str, plain: Callable[[str], str | None], depth: int = 0) -> TypeTree | None:
    """The tree of a type; `plain` gives the canonical word of a type without parts.

    None where a word is not known, a bracket is not closed, or it is nested deeper than 8 levels.
    """
    text = text.strip()
    if depth > DEEPEST or len(text) > 20_000:
        return None
    listed = _LIST.fullmatch(text)
    if listed is not None:
        item = read_tree(listed.group(1), plain, depth + 1)
        length = int(listed.group(2)) if listed.group(2) else None
        name = "LIST" if length is None else "ARRAY"
        return TypeTree(name, (("item", item),), length) if item is not None else None
    called = _CALL.fullmatch(text)
    if called is None:
        word = plain(text)
        return TypeTree(word) if word is not None else None
    pieces = list(_pieces(called.group(2)))
    if called.group(1).lower() == "map":
        return _map(pieces, plain, depth)
    return _struct(pieces, plain, depth)


def _map(pieces: list[str], plain: Callable[[str], str | None], depth: int) -> TypeTree | None:
    trees = [read_tree(piece, plain, depth + 1) for piece in pieces]
    if len(trees) != 2 or trees[0] is None or trees[1] is None:
        return None
    return TypeTree("MAP", (("key", trees[0]), ("value", trees[1])))


def _struct(pieces: list[str], plain: Callable[[str], str | None], depth: int) -> TypeTree | None:
    parts: list[tuple[str, TypeTree]] = []
    for piece in pieces:
        found = _FIELD.fullmatch(piece)
        tree = read_tree(found.group(3), plain, depth + 1) if found is not None else None
        if found is None or tree is None:
            return None
        name = found.group(2) or found.group(1).replace('""', '"')
        if any(name.lower() == other.lower() for other, _ in parts):
            return None
        parts.append((name, tree))
    return TypeTree("STRUCT", tuple(parts)) if parts else None


def _pieces(text: str) -> Iterator[str]:
    """The text between commas that stand in no bracket and no quotes."""
    depth = start = 0
    is_quoted = False
    for position, letter in enumerate(text):
        if letter == '"':
            is_quoted = not is_quoted
        elif not is_quoted and letter in "([":
            depth += 1
        elif not is_quoted and letter in ")]":
            depth -= 1
        elif not is_quoted and letter == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def _shown(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'
