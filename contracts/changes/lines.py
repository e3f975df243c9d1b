"""The line of a document that a place in it stands on, for reviewers' annotations."""

import re

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")

Place = tuple[str | int, ...]


def place_of(path: str) -> Place:
    """A path such as `schema[0].properties[2].quality[0]` as keys and positions."""
    return tuple(int(index) if index else key for key, index in _PART.findall(path))


def lines_of(content: bytes) -> "Lines":
    """The lines of a document that was read without a fault; of another, its first line only."""
    try:
        return Lines(yaml.compose(content.decode("utf-8-sig"), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return Lines(None)


class Lines:
    """Where the parts of one document stand."""

    def __init__(self, root: Node | None) -> None:
        self._root = root

    def line(self, at: Place) -> int:
        """The line of the place, or of the nearest part around it that is there; from 1."""
        node, line = self._root, 1
        for part in at:
            found = _below(node, part)
            if found is None:
                break
            node, line = found
        return line


def _below(node: Node | None, part: str | int) -> tuple[Node, int] | None:
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child, child.start_mark.line + 1
    if isinstance(node, SequenceNode) and isinstance(part, str):
        return _named(node, part)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == str(part):
                return value, key.start_mark.line + 1
    return None


def _named(node: SequenceNode, name: str) -> tuple[Node, int] | None:
    """The entry of a list that bears the name: custom properties are pointed at like that."""
    for entry in node.value:
        pairs = entry.value if isinstance(entry, MappingNode) else ()
        if any(k.value in {"property", "name"} and v.value == name for k, v in pairs):
            return entry, entry.start_mark.line + 1
    return None
