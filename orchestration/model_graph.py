"""Which dbt models feed which port, read from the manifest: pure, so that it is tested alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """Models that one step builds: those that feed exactly the same ports."""

    name: str  # of the one port (unit__port), or shared__<ports>
    ports: tuple[str, ...]  # unit.port
    models: tuple[str, ...]  # unique ids, upstream first


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a port's models read."""

    models: tuple[str, ...]  # unique ids, upstream first, the mart last
    sources: tuple[str, ...]  # landed rows and published ports, by their names in the warehouse
    landed: tuple[str, ...]  # <source_system>__<object>
    ports: tuple[str, ...]  # unit.port, read as published


class ModelGraph:
    """The manifest's models as the ports' upstreams."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._nodes: Mapping[str, Any] = manifest["nodes"]
        self._sources: Mapping[str, Any] = manifest["sources"]
        self._marts = {port_of(node): key for key, node in self._nodes.items() if is_mart(node)}

    @property
    def ports(self) -> tuple[str, ...]:
        """Every port that has a mart, producers before their consumers."""
        ordered: dict[str, None] = {}
        for port in sorted(self._marts):
            self._visit(port, ordered, ())
        return tuple(ordered)

    def mart(self, port: str) -> str:
        """The unique id of the port's mart."""
        unique_id: str = self._marts[port]
        return unique_id

    @property
    def manifest(self) -> Manifest:
        """The manifest that it was read from."""
        return self._manifest

    def node(self, unique_id: str) -> Mapping[str, Any]:
        """A model or a source as the manifest has it."""
        found: Mapping[str, Any] = self._nodes.get(unique_id) or self._sources[unique_id]
        return found

    def inputs(self, port: str) -> Inputs:
        """Everything that the port's mart reads, up to landed rows and published ports."""
        models: dict[str, None] = {}
        sources: dict[str, None] = {}
        self._walk(self._marts[port], models, sources)
        named = [self._sources[key] for key in sources]
        return Inputs(
            models=tuple(models),
            sources=tuple(f"{s['source_name']}.{s['name']}" for s in named),
            landed=tuple(s["name"] for s in named if s["source_name"] == "landing"),
            ports=tuple(s["name"].replace("__", ".", 1) for s in named if is_port(s)),
        )

    def code(self, port: str) -> tuple[str, ...]:
        """The source text of every model and macro that the port's mart is made by."""
        ids = self.inputs(port).models
        macros: dict[str, None] = {}
        for unique_id in ids:
            self._walk_macros(self._nodes[unique_id]["depends_on"]["macros"], macros)
        texts = [self._nodes[unique_id]["raw_code"] for unique_id in ids]
        return (*texts, *(self._manifest["macros"][key]["macro_sql"] for key in sorted(macros)))

    def groups(self) -> tuple[ModelGroup, ...]:
        """The models in steps, such that a failing port stops no other port's branch."""
        feeds: dict[str, list[str]] = {}
        for port in self.ports:
            for unique_id in self.inputs(port).models:
                feeds.setdefault(unique_id, []).append(port)
        grouped: dict[tuple[str, ...], list[str]] = {}
        for unique_id, ports in feeds.items():
            grouped.setdefault(tuple(ports), []).append(unique_id)
        return tuple(
            ModelGroup(_group_name(ports), ports, tuple(models))
            for ports, models in grouped.items()
        )

    def _visit(self, port: str, ordered: dict[str, None], path: tuple[str, ...]) -> None:
        if port in ordered or port in path or port not in self._marts:
            return
        for upstream in self.inputs(port).ports:
            self._visit(upstream, ordered, (*path, port))
        ordered[port] = None

    def _walk(self, key: str, models: dict[str, None], sources: dict[str, None]) -> None:
        if key in self._sources:
            sources[key] = None
            return
        for upstream in self._nodes[key]["depends_on"]["nodes"]:
            if upstream not in models:
                self._walk(upstream, models, sources)
        models[key] = None

    def _walk_macros(self, keys: list[str], seen: dict[str, None]) -> None:
        """Only this project's macros: dbt's own change with dbt's version."""
        own = self._manifest["metadata"]["project_name"]
        for key in keys:
            macro = self._manifest["macros"].get(key)
            if macro is not None and macro["package_name"] == own and key not in seen:
                seen[key] = None
                self._walk_macros(macro["depends_on"]["macros"], seen)


def is_mart(node: Mapping[str, Any]) -> bool:
    """Whether the node is a port's mart."""
    return bool(node["resource_type"] == "model" and node["config"]["materialized"] == "port")


def is_port(source: Mapping[str, Any]) -> bool:
    """Whether the dbt source is a published port."""
    return bool(source["source_name"] == "ports")


def port_of(node: Mapping[str, Any]) -> str:
    """The port that a mart is for: its folder is the business unit, its name the port."""
    unit = node["fqn"][-2]
    return f"{unit}.{node['name']}"


def _group_name(ports: tuple[str, ...]) -> str:
    names = "__and__".join(port.replace(".", "__") for port in ports)
    return names if len(ports) == 1 else f"shared_by__{names}"
