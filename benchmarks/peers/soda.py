"""Soda Core on DuckDB views of the same files, in its own language."""

from typing import Any

import duckdb
from soda.scan import Scan  # type: ignore[import-not-found]

from benchmarks.peers.plain_sql import Task, kept, task, tell, violation


def main() -> None:
    """Scans the table and prints the counts that it measured."""
    asked = task()
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for name, table in {"lines": asked.table, "orders": "orders", "parts": "parts"}.items():
        location = asked.location(table)
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{location}')")
    scan = Scan()
    scan.set_data_source_name("bench")
    scan.add_duckdb_connection(connection, "bench")
    scan.add_sodacl_yaml_str(_checks(asked))
    scan.disable_telemetry()
    scan.execute()
    if scan.has_error_logs():
        raise SystemExit(scan.get_error_logs_text())
    names = {_title(check): check["id"] for check in asked.checks}
    found = {names.get(c.name, c.name): c for c in scan._checks}
    tell({name: _failing(check) for name, check in found.items() if check.outcome.value == "fail"})


def _failing(check: Any) -> int | bool:
    value = check.get_cloud_diagnostics_dict().get("value")
    return int(value) if isinstance(value, int | float) and value else True


def _checks(asked: Task) -> str:
    return "checks for lines:\n" + "\n".join(_check(check) for check in asked.checks)


def _check(check: dict[str, Any]) -> str:
    name, column = f"      name: {_title(check)}", check["column"]
    kind, limit = check["kind"], check.get("limit")
    if kind == "required":
        return f"  - missing_count({column}) = 0:\n{name}"
    if kind == "enum":
        return f"  - invalid_count({column}) = 0:\n{name}\n      valid values: {check['values']}"
    if kind in {"minimum", "maximum"} and not isinstance(limit, str):
        word = "valid min" if kind == "minimum" else "valid max"
        return f"  - invalid_count({column}) = 0:\n{name}\n      {word}: {limit}"
    if kind == "maxLength":
        return f"  - invalid_count({column}) = 0:\n{name}\n      valid max length: {limit}"
    if kind == "pattern":
        return f"  - invalid_count({column}) = 0:\n{name}\n      valid regex: {check['pattern']}"
    if kind == "key":
        return f"  - duplicate_count({', '.join(check['columns'])}) = 0:\n{name}"
    if kind == "freshness":
        return f"  - freshness({column}) < {check['days']}d:\n{name}"
    if kind == "reference":
        return f"  - values in ({column}) must exist in {check['parent']} ({column}):\n{name}"
    return _own_metric(check, name)


def _own_metric(check: dict[str, Any], name: str) -> str:
    """What Soda has no word for: a condition that is counted, or a query of one value."""
    metric = check["id"].replace(" ", "_").lower()
    broken = violation(check)
    if broken is not None:
        expression = f"count(CASE WHEN {broken} THEN 1 END)"
        return f"  - {metric} = 0:\n{name}\n      {metric} expression: {expression}"
    query = check["query"].replace("{object}", "lines")
    query = f"SELECT CASE WHEN {kept(check, f'({query})')} THEN 0 ELSE 1 END"
    return f"  - {metric} = 0:\n{name}\n      {metric} query: |\n        {query}"


def _title(check: dict[str, Any]) -> str:
    return str(check["id"])


if __name__ == "__main__":
    main()
