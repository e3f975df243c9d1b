"""Which columns each model's columns come from, traced once when the project is parsed.

Tracing costs about 50 ms a model, so it is done at set-up and kept beside the manifest.
"""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

Columns = Mapping[str, str]  # name -> type
Traced = dict[str, dict[str, list[tuple[str, str]]]]  # node -> column -> (upstream node, column)


def trace_columns(manifest: Mapping[str, Any], declared: Mapping[str, Columns]) -> Traced:
    """For every model, the upstream columns that each of its columns is made of.

    `declared` gives the columns of the dbt sources, by `source_name.table`. A model that sqlglot
    cannot read has no entry: its lineage is unknown, which is shown as such.
    """
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings name no model
    schema: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    names: dict[tuple[str, str], str] = {}
    for key, source in manifest["sources"].items():
        name = f"{source['source_name']}.{source['name']}"
        _declare(schema, names, key, source, declared.get(name, {}))
    traced: Traced = {}
    for key in _upstream_first(manifest):
        node = manifest["nodes"][key]
        columns = _trace(node, schema, names)
        if columns is not None:
            traced[key] = columns
            _declare(schema, names, key, node, dict.fromkeys(columns, "unknown"))
    return traced


def kept_trace(
    path: Path, stamp: str, manifest: Mapping[str, Any], declared: Mapping[str, Columns]
) -> Traced:
    """The trace kept at `path` under `stamp`, made anew when the stamp is another."""
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["stamp"] == stamp:
            columns: Traced = kept["columns"]
            return columns
    columns = trace_columns(manifest, declared)
    path.write_text(json.dumps({"stamp": stamp, "columns": columns}), encoding="utf-8")
    return columns


def column_lineage(
    columns: Mapping[str, list[tuple[str, str]]], key_of: Callable[[str], dg.AssetKey]
) -> dg.TableColumnLineage:
    """A model's traced columns as Dagster shows them."""
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=key_of(upstream), column_name=name)
                for upstream, name in found
            ]
            for column, found in columns.items()
        }
    )


def _trace(
    node: Mapping[str, Any],
    schema: Mapping[str, Any],
    names: Mapping[tuple[str, str], str],
) -> dict[str, list[tuple[str, str]]] | None:
    try:
        found = lineage(None, node["compiled_code"], schema=dict(schema), dialect="duckdb")
    except SqlglotError:
        return None
    assert isinstance(found, dict)  # noqa: S101 - column=None gives all columns
    return {column: _leaves(root, names) for column, root in found.items()}


def _leaves(root: Node, names: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    leaves: dict[tuple[str, str], None] = {}
    for step in root.walk():
        table = step.source.find(exp.Table) if isinstance(step.source, exp.Table) else None
        if table is not None and (table.db, table.name) in names:
            leaves[names[table.db, table.name], step.name.rpartition(".")[2].strip('"')] = None
    return list(leaves)


def _declare(
    schema: dict[str, dict[str, dict[str, dict[str, str]]]],
    names: dict[tuple[str, str], str],
    key: str,
    node: Mapping[str, Any],
    columns: Columns,
) -> None:
    table = node.get("identifier") or node.get("alias") or node["name"]
    tables = schema.setdefault(node["database"], {}).setdefault(node["schema"], {})
    tables[table] = dict(columns)
    names[node["schema"], table] = key


def _upstream_first(manifest: Mapping[str, Any]) -> list[str]:
    models = {k: n for k, n in manifest["nodes"].items() if n["resource_type"] == "model"}
    ordered: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in models and key not in ordered:
            for upstream in models[key]["depends_on"]["nodes"]:
                visit(upstream)
            ordered[key] = None

    for key in sorted(models):
        visit(key)
    return list(ordered)
