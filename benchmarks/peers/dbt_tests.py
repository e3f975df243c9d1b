"""dbt tests on the same files as sources, by dbt-duckdb."""

import json
from pathlib import Path
from typing import Any

import yaml
from dbt.cli.main import dbtRunner

from benchmarks.peers.plain_sql import Task, kept, task, tell, violation


def main() -> None:
    """Runs the tests and prints the failures that dbt counted."""
    asked = task()
    project = asked.scratch / f"dbt_{asked.table}_{asked.form}"
    _write(asked, project)
    places = ["--project-dir", str(project), "--profiles-dir", str(project), "--quiet"]
    dbtRunner().invoke(["test", *places])
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    if any(result["status"] == "error" for result in results):
        raise SystemExit(str([r["message"] for r in results if r["status"] == "error"]))
    counted = {_name(result["unique_id"]): int(result["failures"] or 0) for result in results}
    tell({check["id"]: counted[_slug(check)] for check in asked.checks})


def _write(asked: Task, project: Path) -> None:
    (project / "tests").mkdir(parents=True, exist_ok=True)
    (project / "models").mkdir(exist_ok=True)
    files: dict[str, Any] = {
        "dbt_project.yml": {"name": "bench", "version": "1.0", "profile": "bench"},
        "profiles.yml": {
            "bench": {
                "target": "bench",
                "outputs": {"bench": {"type": "duckdb", "path": ":memory:", "threads": 2}},
            }
        },
        "models/sources.yml": {"version": 2, "sources": [_source(asked)]},
    }
    for name, document in files.items():
        (project / name).write_text(yaml.safe_dump(document))
    for check in asked.checks:
        if check["kind"] not in {"required", "enum", "reference"}:
            (project / "tests" / f"{_slug(check)}.sql").write_text(_query(check))


def _source(asked: Task) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {}
    for check in asked.of_kind("required", "enum", "reference"):
        columns.setdefault(check["column"], []).append(_built_in(check))
    lines = {
        "name": "lines",
        "config": {"external_location": asked.location(asked.table)},
        "columns": [{"name": name, "data_tests": tests} for name, tests in columns.items()],
    }
    parents = [
        {"name": check["parent"], "config": {"external_location": asked.location(check["parent"])}}
        for check in asked.of_kind("reference")
    ]
    return {"name": "bench", "tables": [lines, *parents]}


def _built_in(check: dict[str, Any]) -> dict[str, Any]:
    name = {"name": _slug(check)}
    if check["kind"] == "required":
        return {"not_null": name}
    if check["kind"] == "enum":
        return {"accepted_values": {**name, "arguments": {"values": check["values"]}}}
    target = f"source('bench', '{check['parent']}')"
    arguments = {"to": target, "field": check["column"]}
    return {"relationships": {**name, "arguments": arguments}}


def _query(check: dict[str, Any]) -> str:
    lines, column = "{{ source('bench', 'lines') }}", check["column"]
    broken = violation(check)
    if broken is not None:
        return f"select {column} from {lines} where {broken}"
    if check["kind"] == "key":
        keys = ", ".join(check["columns"])
        filled = " and ".join(f"{name} is not null" for name in check["columns"])
        grouped = f"select {keys} from {lines} where {filled} group by {keys}"
        return f"{grouped} having count(*) > 1"
    if check["kind"] == "freshness":
        age = f"current_timestamp - interval '{check['days']} days'"
        return f"select max({column}) from {lines} having max({column}) < {age}"
    query = check["query"].replace("{object}", lines)
    return f"select * from ({query}) as found(v) where not ({kept(check, 'v')})"


def _slug(check: dict[str, Any]) -> str:
    return "".join(c if c.isalnum() else "_" for c in str(check["id"]).lower())


def _name(unique_id: str) -> str:
    return unique_id.split(".")[2]


if __name__ == "__main__":
    main()
