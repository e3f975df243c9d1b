"""Safe and fast reading of YAML documents that other people wrote.

YAML 1.2 core scalars (`yes` and `2024-01-31` stay text, `010` is ten), only plain maps, lists and
scalars, unique text keys. Refused before anything is built: more than 2 MB, more than 200,000
values once aliases are followed, aliases that contain themselves, nesting deeper than 50.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from contracts.errors import Fault, UnreadableDocument

LARGEST_BYTES = 2_000_000
MOST_VALUES = 200_000
DEEPEST = 50

_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset(_TAG + word for word in ("str", "int", "float", "bool", "null", "seq", "map"))
_RESOLVERS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
)


class _Loader(yaml.CSafeLoader):
    """PyYAML's C loader with the scalars of YAML 1.2 instead of those of YAML 1.1."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def construct_core_int(self, node: ScalarNode) -> int:
        """An integer: decimal also with leading zeros, or 0o and 0x."""
        text = str(node.value)
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)

    def construct_core_float(self, node: ScalarNode) -> float:
        """A float, infinities and NaN included."""
        return float(str(node.value).lower().replace(".inf", "inf").replace(".nan", "nan"))


for _word, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(_TAG + _word, re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor(_TAG + "int", _Loader.construct_core_int)
_Loader.add_constructor(_TAG + "float", _Loader.construct_core_float)


@dataclass(frozen=True, slots=True)
class _Refusal(Exception):
    fault: str
    remedy: str


def read_content(path: Path) -> bytes:
    """The bytes of a document; raises UnreadableDocument when there are too many or none."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise _unreadable(
            path, f"cannot be opened ({error.strerror}).", "Check the path and its permissions."
        ) from error
    if len(content) > LARGEST_BYTES:
        raise _unreadable(path, "is larger than 2 MB.", "Split it: one document per port.")
    return content


def parse_document(content: bytes, path: Path) -> dict[str, Any]:
    """The mapping that a YAML document holds; raises UnreadableDocument, never anything else."""
    try:
        return _parse(content)
    except _Refusal as refusal:
        raise _unreadable(path, refusal.fault, refusal.remedy) from refusal
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
        problem = error.problem or "not understood"
        fault = f"is not readable YAML: {problem}{where}."
        raise _unreadable(path, fault, "Correct the YAML there.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        fault = f"is not readable YAML: {str(error).splitlines()[0]}."
        raise _unreadable(path, fault, "Correct the YAML.") from error


def _unreadable(path: Path, fault: str, remedy: str) -> UnreadableDocument:
    return UnreadableDocument(Fault(path.as_posix(), "document", fault, remedy))


def _parse(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Refusal("is not UTF-8 text.", "Save it as UTF-8.") from error
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if not isinstance(node, MappingNode):
            raise _Refusal("is not a mapping.", "Start it with `apiVersion:` and `kind:`.")
        _refuse_unsafe(node)
        document: dict[str, Any] = loader.construct_document(node)
        return document
    finally:
        loader.dispose()


def _refuse_unsafe(root: Node) -> None:
    """Walk the node graph once, without recursion, and refuse what is not a small plain tree.

    The size of a shared node counts once for each alias, so a bomb is seen before it is built.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, is_done = stack.pop()
        key = id(node)
        if is_done:
            open_nodes.discard(key)
            sizes[key] = 1 + sum(sizes[id(child)] for child in _children(node))
            if sizes[key] > MOST_VALUES:
                raise _Refusal(
                    "grows to more than 200,000 values when its aliases are followed.",
                    "Write the repeated parts out.",
                )
            continue
        if key in open_nodes:
            raise _Refusal("has an alias that contains itself.", "Remove the alias.")
        if key in sizes:
            continue
        _refuse_unplain(node, len(open_nodes))
        open_nodes.add(key)
        stack.append((node, True))
        stack.extend((child, False) for child in _children(node))


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _refuse_unplain(node: Node, depth: int) -> None:
    line = node.start_mark.line + 1
    if depth > DEEPEST:
        raise _Refusal(f"is nested deeper than 50 levels (line {line}).", "Flatten it.")
    if node.tag not in _PLAIN:
        raise _Refusal(
            f"has the tag `{node.tag}` (line {line}).", "Use text, numbers, true or false, null."
        )
    if not isinstance(node, MappingNode):
        return
    seen: set[str] = set()
    for key, _ in node.value:
        where = f"(line {key.start_mark.line + 1})"
        if not isinstance(key, ScalarNode) or key.tag != _TAG + "str":
            raise _Refusal(f"has a key that is not text {where}.", "Put the key in quotes.")
        if key.value in seen:
            raise _Refusal(
                f"has the key `{key.value}` twice in one mapping {where}.", "Keep one of them."
            )
        seen.add(key.value)
