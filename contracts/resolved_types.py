"""The whole type of a property, from its own word and from what is declared within it.

`struct`, `array` and `map` alone take their shape from the properties, items, key and value below;
what is spelled out (`struct(a integer)[]`) gives the types that those leave out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.type_trees import TypeTree
from contracts.type_words import type_tree

Raw = Mapping[str, Any]
_OPEN_WORDS = {
    "object": {"", "struct", "object"},
    "array": {"", "array", "list"},
    "map": {"", "map"},
}


def inner_parts(raw: Raw) -> Iterator[tuple[str, str, Raw]]:
    """What a property declares within itself: name of the part in its type, key, declaration."""
    for position, part in enumerate(raw.get("properties") or []):
        yield str(part.get("name") or ""), f"properties[{position}]", part
    if isinstance(raw.get("items"), Mapping):
        yield "item", "items", raw["items"]
    for key in ("key", "value"):
        entries = raw.get("map") or {}
        if isinstance(entries.get(key), Mapping):
            yield key, f"map.{key}", entries[key]


def resolved_tree(raw: Raw, given: TypeTree | None = None) -> TypeTree | None:
    """The type of a property; `given` is what the type around it says of it.

    None where neither says it, or a word is not DuckDB's.
    """
    word = str(raw.get("physicalType") or "").strip()
    logical = str(raw.get("logicalType") or "")
    if word.lower() not in _OPEN_WORDS.get(logical, {""}):
        return type_tree(word)
    if given is not None:
        return given
    parts = [(name, resolved_tree(part)) for name, _, part in inner_parts(raw)]
    known = tuple((name, tree) for name, tree in parts if tree is not None)
    if logical not in _OPEN_WORDS or not known or len(known) < len(parts):
        return None
    if logical == "map" and len(known) < 2:
        return None  # a key or a value that nobody described
    return TypeTree({"object": "STRUCT", "array": "LIST", "map": "MAP"}[logical], known)
