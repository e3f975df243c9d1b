"""What a quality rule's SQL may be: one SELECT over the relations that it is given.

The rule runs on a connection that can read files, so the text is judged before it runs: DuckDB's
own parser names every relation and function, and all that is not on a list is refused.
"""

import json
from typing import Any

import duckdb

from contracts.errors import RefusedRule

_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
_RELATIONS = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION"}
)
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
_MACROS = frozenset({"if", "nullif", "split_part", "fdiv", "fmod", "date_add", "days_in_month"})
_OUTSIDE = frozenset(
    {"current_setting", "getvariable", "getenv", "in_search_path", "current_schemas"}
    | {"current_database", "current_schema", "txid_current", "query", "query_table"}
)
# Words of the grammar that arrive as functions and are in no catalogue
_GRAMMAR = frozenset({"coalesce", "unnest", "count_star", "list_value", "row", "struct_pack"})


Functions = dict[str, tuple[bool, bool, bool]]  # name -> DuckDB's own, plain, a macro


def refuse_unsafe(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    relations: frozenset[str],
    functions: Functions | None = None,
) -> None:
    """Let one SELECT over `relations` through; raises RefusedRule for anything else.

    `functions` is filled with the connection's functions at the first call, for calls that follow
    while it has no others: listing them takes 13 ms.
    """
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise RefusedRule(f"it is not understood ({str(error).splitlines()[0]}).") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise RefusedRule("it is not exactly one SELECT.")
    rows = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    parsed = json.loads(rows[0][0])
    if parsed.get("error") is not False or len(parsed["statements"]) != 1:
        raise RefusedRule("it is not a plain SELECT.")
    used: set[str] = set()
    allowed = frozenset(name.lower() for name in relations)
    _walk(parsed["statements"][0], allowed, used)
    known = {} if functions is None else functions
    if not known:
        known |= _functions(connection)
    _refuse_functions(known, used)


def _walk(part: Any, scope: frozenset[str], functions: set[str]) -> None:
    """Visit every node of the parsed statement; `scope` is what a bare name may mean here."""
    if isinstance(part, list):
        for inner in part:
            _walk(inner, scope, functions)
        return
    if not isinstance(part, dict):
        return
    if "cte_map" in part:
        if part.get("type") not in _NODES:
            raise RefusedRule("it does more than select.")
        scope = _with_ctes(part, scope, functions)
    _refuse_part(part, scope, functions)
    for key, inner in part.items():
        if key != "cte_map":
            _walk(inner, scope, functions)


def _with_ctes(part: dict[str, Any], scope: frozenset[str], functions: set[str]) -> frozenset[str]:
    """The scope below a node: each WITH name is known to what follows it, and not before."""
    for entry in part["cte_map"]["map"]:
        name = str(entry["key"]).lower()
        query = entry["value"]["query_node"]
        is_recursive = query.get("type") == "RECURSIVE_CTE_NODE"
        _walk(query, scope | {name} if is_recursive else scope, functions)
        rest = {key: value for key, value in entry["value"].items() if key != "query_node"}
        _walk(rest, scope, functions)
        scope = scope | {name}
    return scope


def _refuse_part(part: dict[str, Any], scope: frozenset[str], functions: set[str]) -> None:
    kind = str(part.get("type"))
    if "sample" in part and "alias" in part and kind not in _RELATIONS:
        raise RefusedRule(f"it reads from a {kind.lower().replace('_', ' ')}.")
    if kind == "BASE_TABLE":
        _refuse_relation(part, scope)
    if kind == "TABLE_FUNCTION":
        called = part.get("function")
        name = str(called.get("function_name") if isinstance(called, dict) else "").lower()
        if name not in _TABLE_FUNCTIONS:
            raise RefusedRule(f"it calls the table function `{name}`.")
    if part.get("class") == "PARAMETER":
        raise RefusedRule("it has a parameter.")
    if "function_name" in part:
        path = part.get("qualified_name", {}).get("path", [])
        if part.get("schema") or part.get("catalog") or len(path) > 1:
            raise RefusedRule(f"it calls `{'.'.join(path)}` by its schema.")
        functions.add(str(part["function_name"]).lower())


def _refuse_relation(part: dict[str, Any], scope: frozenset[str]) -> None:
    path = part.get("qualified_name", {}).get("path") or [part.get("table_name")]
    name = ".".join(str(word) for word in path)
    is_bare = len(path) == 1 and not part.get("schema_name") and not part.get("catalog_name")
    if not is_bare or name.lower() not in scope or part.get("at_clause") is not None:
        raise RefusedRule(f"it reads `{name}`, which is neither this table nor an input of it.")


def _functions(connection: duckdb.DuckDBPyConnection) -> Functions:
    rows = connection.execute(
        "SELECT lower(function_name), bool_and(internal), "
        "bool_or(function_type IN ('scalar', 'aggregate', 'window') "
        "AND coalesce(stability, '') <> 'VOLATILE' AND NOT coalesce(has_side_effects, false)), "
        "bool_or(function_type = 'macro') "
        "FROM duckdb_functions() GROUP BY ALL"
    ).fetchall()
    return {name: (own, plain, macro) for name, own, plain, macro in rows}


def _refuse_functions(known: Functions, used: set[str]) -> None:
    """Only DuckDB's own functions that give the same answer again and touch nothing outside."""
    for name in sorted(used):
        own, plain, macro = known.get(name, (name in _GRAMMAR, name in _GRAMMAR, False))
        is_macro = macro and (name in _MACROS or name.startswith(("list_", "array_")))
        is_plain = plain or is_macro or name in _TABLE_FUNCTIONS
        if not own or not is_plain or name in _OUTSIDE:
            raise RefusedRule(f"it calls the function `{name}`.")
