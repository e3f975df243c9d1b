"""Which text is let through to run, and which ports it names.

Neither answer is the boundary: that is the files a worker can open. The gate keeps statements
that write or configure from running at all; the names make denials friendly and fill the audit
log. All parsing is DuckDB's own and happens in the worker, where a crash of the parser is cheap.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from confinement.errors import RefusedStatement

_GAP = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_OPENING = re.compile(rf"(?:{_GAP}\()*{_GAP}(\w+)", re.DOTALL)
_EXPLAIN = re.compile(rf"{_GAP}explain\b{_GAP}(?:(?:analyze|verbose)\b{_GAP})*", re.I | re.DOTALL)
_OPTIONS = re.compile(r"\([^()]*\)")
_READS = frozenset({"SELECT", "FROM", "WITH", "PIVOT", "VALUES", "TABLE", "SUMMARIZE", "DESCRIBE"})
_NO_PORT_BEHIND = frozenset({"range", "generate_series", "unnest", "repeat", "repeat_row"})
_WRITING = re.compile(r"\b(?:copy|insert|update|delete|merge)\b", re.I)
_DOTTED = re.compile(r'"?(\w+)"?\s*\.\s*"?(\w+)"?')

Statement = Any  # duckdb.Statement, whose stubs say less than the object


@dataclass(frozen=True, slots=True)
class Named:
    """The relations that a statement names, each (schema, table), as it spells them.

    Where `is_complete` is false it may read relations that it does not name: every one it can see
    counts as read.
    """

    relations: frozenset[tuple[str, str]]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    """A statement that may run, and the relations it names."""

    statement: Statement
    named: Named
    text: str  # of the statement, or of the one that it explains


def admit(connection: duckdb.DuckDBPyConnection, sql: str) -> Admitted:
    """The one statement in `sql`, a SELECT or an EXPLAIN of one, and what it names.

    PIVOT without a list of values is a SELECT between two steps of DuckDB's own, and passes.
    Raises RefusedStatement, also for a SELECT that writes in its WITH, and DuckDB's parser error.
    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise RefusedStatement(tuple(_kind(statement) for statement in statements))
    statement, text = statements[0], sql
    if _kind(statement) == "EXPLAIN":
        explained = _explained_text(connection, sql)
        if explained is None:
            raise RefusedStatement(("EXPLAIN of something else",))
        statement, text = explained
    if not _is_read(statement, text):
        raise RefusedStatement((_kind(statement),))
    return Admitted(statements[0], _names_in(connection, text), text)


def _explained_text(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> tuple[Statement, str] | None:
    """The statement that an EXPLAIN explains and its text; None where it is not exactly one."""
    opening = _EXPLAIN.match(sql)
    if opening is None:
        return None
    rest = sql[opening.end() :]
    for text in (rest, _OPTIONS.sub("", rest, count=1) if rest.startswith("(") else rest):
        try:
            inner = connection.extract_statements(text)
        except duckdb.Error:
            continue
        if len(inner) == 1:
            return inner[0], text
    return None


def _names_in(connection: duckdb.DuckDBPyConnection, sql: str) -> Named:
    try:
        # All of it is fetched: a result that is left open keeps the connection.
        asked = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql])
        tree = json.loads(asked.fetchall()[0][0])
    except (ValueError, RecursionError):
        tree = {"error": True}
    if not tree.get("error"):
        return _named(tree)
    # PIVOT has no tree. Names found by their looks are good enough for a friendly denial, but a
    # word that writes could stand in its WITH.
    writing = _WRITING.search(sql)
    if writing is not None:
        raise RefusedStatement((f"PIVOT with {writing[0].upper()}",))
    return Named(frozenset(_DOTTED.findall(sql)), is_complete=False)


def _named(tree: Mapping[str, Any]) -> Named:
    relations: set[tuple[str, str]] = set()
    bare: set[str] = set()
    common: set[str] = set()
    hides_reads = False
    for node in _nodes(tree):
        kind = node.get("type")
        if isinstance(kind, str) and kind.endswith("_QUERY_NODE"):
            # COPY, INSERT, UPDATE and DELETE may stand in WITH, and DuckDB calls it a SELECT.
            raise RefusedStatement((f"{kind.removesuffix('_QUERY_NODE')} in WITH",))
        if kind == "BASE_TABLE" and node.get("schema_name"):
            relations.add((node["schema_name"], node["table_name"]))
        elif kind == "BASE_TABLE":
            bare.add(node["table_name"])
        elif kind == "TABLE_FUNCTION":
            function = node.get("function", {}).get("function_name")
            hides_reads = hides_reads or function not in _NO_PORT_BEHIND
        if "cte_map" in node:
            common.update(entry["key"] for entry in node["cte_map"].get("map", ()))
    # A common table expression named like a file is no proof that the file is not read.
    plain = {name.casefold() for name in common if name.isidentifier()}
    hides_reads = hides_reads or any(name.casefold() not in plain for name in bare)
    return Named(frozenset(relations), is_complete=not hides_reads)


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def _is_read(statement: Statement, sql: str) -> bool:
    if _kind(statement) == "SELECT":
        return True
    results = [str(result).rsplit(".", 1)[-1] for result in statement.expected_result_type]
    is_pivot = _kind(statement) == "MULTI" and results == [
        "CHANGED_ROWS",
        "QUERY_RESULT",
        "NOTHING",
    ]
    opening = _OPENING.match(sql)
    return is_pivot and opening is not None and opening[1].upper() in _READS


def _kind(statement: Statement) -> str:
    return str(statement.type).rsplit(".", 1)[-1]
