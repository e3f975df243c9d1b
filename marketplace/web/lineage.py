"""The picture of a product's lineage: boxes in layers from sources to downstream, as numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.index.model import LineageNode
from marketplace.web.formats import counted

_WIDTH, _HEIGHT = 196, 42
_GAP_X, _GAP_Y, _EDGE = 20, 38, 8
_LONGEST_LABEL = 29
LAYERS = {
    "source": "Source",
    "staging": "Staging",
    "intermediate": "Intermediate",
    "mart": "Mart",
    "port": "Output port",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One step, placed; lengths are in the picture's own units."""

    id: str
    kind: str
    label: str
    shown: str
    x: int
    y: int
    width: int
    height: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve from one step to the next."""

    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step in words: the picture's alternative."""

    kind: str
    label: str
    upstream: tuple[str, ...]
    href: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole lineage, drawn and in words."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    rows: tuple[Row, ...]
    sentence: str


def picture(
    nodes: Sequence[LineageNode], own: frozenset[str], addresses: Mapping[str, str]
) -> Picture:
    """`nodes` laid out by their longest way from a source.

    `own` are the port references of the product shown; `addresses` leads from a port reference to
    its page. An edge to a step that is not among `nodes` is left out of the picture and the words.
    """
    known = {node.id: node for node in nodes}
    upstream = {
        node.id: tuple(above for above in node.upstream if above in known) for node in nodes
    }
    ranks = _ranks(upstream)
    placed = _place(nodes, upstream, ranks, own)
    return Picture(
        width=max((box.x + box.width for box in placed.values()), default=0) + _EDGE,
        height=max((box.y + box.height for box in placed.values()), default=0) + _EDGE,
        boxes=tuple(placed.values()),
        edges=tuple(
            Edge(_curve(placed[above], placed[id_]))
            for id_, every in upstream.items()
            for above in every
        ),
        rows=tuple(_row(known[id_], upstream[id_], known, addresses) for id_ in placed),
        sentence=_sentence(nodes, own),
    )


def _ranks(upstream: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many steps each node is from a source. A cycle, which dbt refuses, is cut."""
    ranks: dict[str, int] = {}

    def rank(id_: str, above: frozenset[str]) -> int:
        if id_ not in ranks:
            ways = [rank(up, above | {id_}) for up in upstream[id_] if up not in above]
            ranks[id_] = max(ways, default=-1) + 1
        return ranks[id_]

    for id_ in upstream:
        rank(id_, frozenset())
    return ranks


def _place(
    nodes: Sequence[LineageNode],
    upstream: Mapping[str, Sequence[str]],
    ranks: Mapping[str, int],
    own: frozenset[str],
) -> dict[str, Box]:
    """Boxes in rows, each near the middle of what feeds it, so that lines cross less."""
    placed: dict[str, Box] = {}
    widest = max((list(ranks.values()).count(rank) for rank in set(ranks.values())), default=0)
    for rank in sorted(set(ranks.values())):
        layer = [node for node in nodes if ranks[node.id] == rank]
        layer.sort(key=lambda node: (_middle(node, upstream, placed), node.label))
        offset = (widest - len(layer)) * (_WIDTH + _GAP_X) // 2
        for place, node in enumerate(layer):
            placed[node.id] = _box(
                node,
                _EDGE + offset + place * (_WIDTH + _GAP_X),
                _EDGE + rank * (_HEIGHT + _GAP_Y),
                own,
            )
    return placed


def _middle(
    node: LineageNode, upstream: Mapping[str, Sequence[str]], placed: Mapping[str, Box]
) -> float:
    places = [placed[up].x for up in upstream[node.id] if up in placed]
    return sum(places) / len(places) if places else 0.0


def _box(node: LineageNode, x: int, y: int, own: frozenset[str]) -> Box:
    cut = node.label
    shown = cut if len(cut) <= _LONGEST_LABEL else cut[: _LONGEST_LABEL - 1] + "…"
    is_own = node.kind == "port" and node.id.removeprefix("port:") in own
    return Box(node.id, node.kind, node.label, shown, x, y, _WIDTH, _HEIGHT, is_own)


def _curve(start: Box, end: Box) -> str:
    x1, y1 = start.x + start.width // 2, start.y + start.height
    x2, y2 = end.x + end.width // 2, end.y - 7  # 7: the arrow's length
    bend = max(14, (y2 - y1) // 2)
    return f"M{x1} {y1} C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"


def _row(
    node: LineageNode,
    above: Sequence[str],
    known: Mapping[str, LineageNode],
    addresses: Mapping[str, str],
) -> Row:
    return Row(
        kind=LAYERS.get(node.kind, node.kind),
        label=node.label,
        upstream=tuple(known[up].label for up in above),
        href=addresses.get(node.id.removeprefix("port:")) if node.kind == "port" else None,
    )


def _sentence(nodes: Sequence[LineageNode], own: frozenset[str]) -> str:
    """From what, through what, to what; and who reads it."""
    ports = [node for node in nodes if node.kind == "port"]
    others = [node for node in ports if node.id.removeprefix("port:") not in own]
    inputs = [node for node in others if not node.upstream]
    sources = sum(node.kind == "source" for node in nodes)
    models = len(nodes) - sources - len(ports)
    begins = [counted(sources, "source")] if sources else []
    begins += [f"{counted(len(inputs), 'port')} of other products"] if inputs else []
    through = f" through {counted(models, 'model')}" if models else ""
    said = f"From {' and '.join(begins) or 'nothing that is recorded'}{through} to "
    said += f"{counted(len(ports) - len(others), 'output port')} of this product."
    readers = len(others) - len(inputs)
    if readers:
        said += f" {counted(readers, 'port')} of other products {_reads(readers)} it."
    return said


def _reads(readers: int) -> str:
    return "reads" if readers == 1 else "read"
