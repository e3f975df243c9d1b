"""Business units are separated: what the models of a port may read, judged before they run.

A port is made of its own unit's landed rows and published ports. Of another unit it may read only
published ports, and only those that its product declares as input ports. What a model reads is
what its SQL says, not what it declares: a relation named outside `ref` and `source`, a file or a
statement of its own is refused.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import duckdb

from data_products.registry import Registry
from orchestration.model_graph import ModelGraph, is_mart, port_of

_RELATIONS = frozenset({"SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST"})
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_STATEMENTS = frozenset({"macro.dbt.run_query", "macro.dbt.statement"})
_SCHEMAS_OF_INPUTS = frozenset({"landing", "ports"})
Relation = tuple[str, str]  # schema, name


def separation_faults(port: str, graph: ModelGraph, registry: Registry) -> tuple[str, ...]:
    """Everything that the models of `unit.port` may not read or do, a sentence each."""
    models = graph.inputs(port).models
    return (
        *_undeclared_ports(port, graph, registry),
        *_foreign_rows(port, graph, registry),
        *(fault for model in models for fault in _foreign_mart(port, graph.node(model))),
        *model_faults(models, graph),
    )


def model_faults(models: Iterable[str], graph: ModelGraph) -> tuple[str, ...]:
    """What models (unique ids) do beyond one SELECT over what they declare."""
    return tuple(
        fault
        for model in models
        for fault in (
            *_undeclared_relations(graph.node(model), graph),
            *_own_statements(graph.node(model), graph),
        )
    )


def _undeclared_ports(port: str, graph: ModelGraph, registry: Registry) -> Iterator[str]:
    product = registry.product(registry.port(port).product)
    declared = {needed.port for needed in product.input_ports}
    for read in graph.inputs(port).ports:
        if _unit(read) != _unit(port) and read not in declared:
            yield (
                f"reads `{read}`, which `{product.reference}` does not declare: "
                "name it under inputPorts of its product.odps.yaml"
            )


def _foreign_rows(port: str, graph: ModelGraph, registry: Registry) -> Iterator[str]:
    units = {source.name: source.business_unit for source in registry.sources}
    for landed in graph.inputs(port).landed:
        system = landed.partition("__")[0]
        if units.get(system) != _unit(port):
            owner = units.get(system, "no unit")
            yield (
                f"reads landed rows of `{system}`, which is of {owner}: "
                "read a port that it publishes"
            )


def _foreign_mart(port: str, node: Mapping[str, Any]) -> Iterator[str]:
    if is_mart(node) and _unit(port_of(node)) != _unit(port):
        yield f"reads candidates of `{port_of(node)}`: read the published port"


def _undeclared_relations(node: Mapping[str, Any], graph: ModelGraph) -> Iterator[str]:
    name = node["name"]
    declared = {_relation(graph.node(key)) for key in node["depends_on"]["nodes"]}
    try:
        read = relations_read(node["compiled_code"])
    except ValueError as error:
        yield f"`{name}` cannot be judged: {error}"
        return
    for schema, relation in sorted(read - declared):
        shown = f"{schema}.{relation}" if schema else relation
        yield f"`{name}` reads `{shown}` past ref and source: name it by one of them"


def _own_statements(node: Mapping[str, Any], graph: ModelGraph) -> Iterator[str]:
    name = node["name"]
    config = node["config"]
    if config.get("pre-hook") or config.get("post-hook"):
        yield f"`{name}` has a hook, which may write anywhere: take it out"
    if node.get("schema") in _SCHEMAS_OF_INPUTS:
        yield f"`{name}` writes to the schema `{node['schema']}`, which holds others' rows"
    if not _STATEMENTS.isdisjoint(_macros(node["depends_on"].get("macros", ()), graph)):
        yield f"`{name}` runs statements of its own: let it be one SELECT"


def _macros(keys: Iterable[str], graph: ModelGraph) -> Set[str]:
    """The macros that are called, through the project's own."""
    own = graph.manifest["metadata"]["project_name"]
    seen: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        macro = graph.manifest["macros"].get(key)
        if key in seen or macro is None:
            continue
        seen.add(key)
        if macro["package_name"] == own:
            waiting += macro["depends_on"]["macros"]
    return seen


def _relation(node: Mapping[str, Any]) -> Relation:
    name = node.get("identifier") or node.get("alias") or node["name"]
    return (str(node["schema"]), str(name))


def _unit(reference: str) -> str:
    return reference.partition(".")[0]


def relations_read(sql: str) -> frozenset[Relation]:
    """Every relation that one SELECT names, but for the names of its own WITH clauses.

    Raises ValueError, with the reason, for text that is not one SELECT, and for a table function
    that could read a file or another table.
    """
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    parsed = json.loads(rows[0][0])
    if parsed.get("error") is not False or len(parsed["statements"]) != 1:
        raise ValueError("it is not one SELECT")
    found: set[Relation] = set()
    _walk(parsed["statements"][0], frozenset(), found)
    return frozenset(found)


def _walk(part: Any, scope: frozenset[str], found: set[Relation]) -> None:
    """Visit every node; `scope` is what a bare name may mean here."""
    if isinstance(part, list):
        for inner in part:
            _walk(inner, scope, found)
    if not isinstance(part, dict):
        return
    if "cte_map" in part:
        scope = _with_clauses(part, scope, found)
    kind = str(part.get("type"))
    if kind == "BASE_TABLE":
        schema, name = _named(part)
        if schema or name.lower() not in scope:
            found.add((schema, name))
    elif kind == "TABLE_FUNCTION":
        called = str(part["function"]["function_name"]).lower()
        if called not in _TABLE_FUNCTIONS:
            raise ValueError(f"it calls `{called}`, which may read what it does not name")
    elif "sample" in part and "alias" in part and kind not in _RELATIONS:
        raise ValueError(f"it reads from a {kind.lower().replace('_', ' ')}")
    for key, inner in part.items():
        if key != "cte_map":
            _walk(inner, scope, found)


def _with_clauses(
    part: Mapping[str, Any], scope: frozenset[str], found: set[Relation]
) -> frozenset[str]:
    """The scope below a node: a WITH name is known to what follows, a recursive one to itself."""
    for entry in part["cte_map"]["map"]:
        name = str(entry["key"]).lower()
        query = entry["value"]["query_node"]
        is_recursive = query.get("type") == "RECURSIVE_CTE_NODE"
        _walk(query, scope | {name} if is_recursive else scope, found)
        scope |= {name}
    return scope


def _named(part: Mapping[str, Any]) -> Relation:
    path = part.get("qualified_name", {}).get("path") or [part.get("table_name")]
    schema = path[-2] if len(path) > 1 else part.get("schema_name") or ""
    return str(schema), str(path[-1])
