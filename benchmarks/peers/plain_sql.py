"""The benchmark's checks as plain SQL: what a row breaks, and where the tables lie."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FRESHNESS = "freshness loaded_at"  # tools take the clock of the day for now


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer is asked to do."""

    folder: Path  # holds `lines.parquet`, `lines_delta` ...; a scratch folder of its own is below
    scratch: Path
    table: str  # lines or broken
    form: str  # parquet or delta
    checks: list[dict[str, Any]]

    def location(self, name: str) -> str:
        """The files of a table, as a pattern."""
        tail = ".parquet" if self.form == "parquet" else "_delta/*.parquet"
        return f"{self.folder}/{name}{tail}"

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        """The checks of some kinds."""
        return [check for check in self.checks if check["kind"] in kinds]


def task() -> Task:
    """The task of the command line: folder, scratch folder, table, form."""
    folder, scratch, table, form = sys.argv[1:]
    checks = json.loads((Path(scratch) / "checks.json").read_text())
    return Task(Path(folder), Path(scratch), table, form, checks)


def violation(check: dict[str, Any]) -> str | None:
    """The condition of a row that breaks a check; None where one row cannot."""
    column, limit = check["column"], check.get("limit")
    bound = f"'{limit}'" if isinstance(limit, str) else limit
    words = ", ".join(f"'{word}'" for word in check.get("values", ()))
    return {
        "required": f"{column} IS NULL",
        "minimum": f"{column} < {bound}",
        "maximum": f"{column} > {bound}",
        "enum": f"{column} NOT IN ({words})",
        "pattern": f"NOT regexp_matches({column}, '{check.get('pattern')}')",
        "maxLength": f"length({column}) > {bound}",
    }.get(check["kind"])


def kept(check: dict[str, Any], value: str) -> str:
    """The condition under which the value of an SQL rule is what the rule asks."""
    operator, limit = check["operator"], check["limit"]
    if operator == "mustBeBetween":
        return f"{value} BETWEEN {limit[0]} AND {limit[1]}"
    return f"{value} {'=' if operator == 'mustBe' else '>='} {limit}"


def tell(failing: dict[str, int | bool]) -> None:
    """Prints what was found: rows or truth by id, of the checks that failed."""
    print(json.dumps({"failing": {name: found for name, found in failing.items() if found}}))
