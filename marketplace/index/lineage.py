"""From source systems through dbt's models to a product's ports, and on to who consumes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from marketplace.index.model import LineageNode

_PORTS = "ports"  # the dbt source schema that holds published ports


@dataclass(frozen=True, slots=True)
class Lineage:
    """The graph of all ports: every step, and the steps that feed it. Grain: one node per step."""

    nodes: Mapping[str, LineageNode]

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], ports: Iterable[str]) -> Self:
        """The graph that dbt's manifest.json describes; `ports` are the references offered.

        A mart is the model that is materialised as a port, bears the port's name, and lies in
        its business unit's folder.
        """
        offered = frozenset(ports)
        models: Mapping[str, Any] = {
            key: node
            for key, node in manifest.get("nodes", {}).items()
            if node.get("resource_type") == "model"
        }
        made = {key: port for key, model in models.items() if (port := _port_of(model, offered))}
        names = {key: f"model:{model['name']}" for key, model in models.items()}
        names |= {
            key: name
            for key, source in manifest.get("sources", {}).items()
            if (name := _source_name(source)) is not None
        }
        # Whoever reads another mart reads its port: the border between two products.
        upstream_names = names | {key: f"port:{port}" for key, port in made.items()}
        nodes = {name: _bare(name) for name in names.values() if not name.startswith("model:")}
        for key, model in models.items():
            above = model.get("depends_on", {}).get("nodes", ())
            upstream = tuple(sorted({upstream_names[u] for u in above if u in upstream_names}))
            nodes[names[key]] = LineageNode(names[key], _kind(model), model["name"], upstream)
        for key, port in made.items():
            nodes[f"port:{port}"] = LineageNode(f"port:{port}", "port", port, (names[key],))
        return cls(nodes)

    def of_ports(self, ports: Iterable[str]) -> tuple[LineageNode, ...]:
        """The steps into these ports, sources first, then the ports that consume them.

        It ends at other products' ports on both sides; their own pages go on from there. Every
        upstream that a node names is among the nodes.
        """
        own = [f"port:{port}" for port in ports]
        kept = {node.id: node for name in own for node in self._into(name, frozenset(own))}
        for consumer in self._consumers(frozenset(own)):
            fed_by = tuple(sorted(self._ports_behind(consumer.id) & set(own)))
            kept.setdefault(
                consumer.id, LineageNode(consumer.id, consumer.kind, consumer.label, fed_by)
            )
        return tuple(kept.values())

    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """For each port that another one is made from, the ports whose models read it."""
        found: dict[str, tuple[str, ...]] = {}
        for node in self.nodes.values():
            for source in sorted(self._ports_behind(node.id)) if node.kind == "port" else ():
                name = source.removeprefix("port:")
                found[name] = (*found.get(name, ()), node.label)
        return found

    def _into(self, start: str, own: frozenset[str]) -> Iterator[LineageNode]:
        """The node and everything before it, up to ports of other products; upstream first."""
        seen: set[str] = set()

        def visit(name: str) -> Iterator[LineageNode]:
            if name in seen:
                return
            seen.add(name)
            node = self.nodes.get(name, _bare(name))
            if node.kind == "port" and name not in own:
                yield _bare(name)
                return
            for above in node.upstream:
                yield from visit(above)
            yield node

        return visit(start)

    def _consumers(self, own: frozenset[str]) -> Iterator[LineageNode]:
        for node in self.nodes.values():
            if node.kind == "port" and node.id not in own and self._ports_behind(node.id) & own:
                yield node

    def _ports_behind(self, port: str) -> frozenset[str]:
        """The ports of other marts that a port is made from, one product away."""
        found: set[str] = set()
        waiting = list(self.nodes.get(port, _bare(port)).upstream)
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if name.startswith("port:"):
                found.add(name)
            else:
                waiting.extend(self.nodes.get(name, _bare(name)).upstream)
        return frozenset(found)


def _bare(name: str) -> LineageNode:
    """A step without what feeds it."""
    kind, _, label = name.partition(":")
    return LineageNode(name, kind, label, ())


def _port_of(model: Mapping[str, Any], offered: frozenset[str]) -> str | None:
    """The port that a model makes; None for models on the way."""
    if model.get("config", {}).get("materialized") != "port":
        return None
    folders = PurePosixPath(str(model.get("path", "")).replace("\\", "/")).parts[:-1]
    made = (f"{folder}.{model['name']}" for folder in reversed(folders))
    return next((port for port in made if port in offered), None)


def _source_name(source: Mapping[str, Any]) -> str | None:
    """`source:<system>.<object>` for landed rows, `port:<unit>.<port>` for a published port."""
    table = str(source["name"])
    left, separator, right = table.partition("__")
    if source.get("source_name") == _PORTS or source.get("schema") == _PORTS:
        meta = {**(source.get("config", {}).get("meta") or {}), **(source.get("meta") or {})}
        return f"port:{meta.get('port') or f'{left}.{right}'}"
    return f"source:{left}.{right}" if separator else f"source:{table}"


def _kind(model: Mapping[str, Any]) -> str:
    """The dbt layer of a model, by its folder."""
    folder = PurePosixPath(str(model.get("path", "")).replace("\\", "/")).parts[:1]
    return {"staging": "staging", "marts": "mart"}.get(folder[0] if folder else "", "intermediate")
