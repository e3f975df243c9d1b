"""polars, lazily and streaming: one pass of sums, beside keys and references."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from benchmarks.peers.plain_sql import Task, task, tell


def main() -> None:
    """Counts the rows that break each check."""
    asked = task()
    lines = pl.scan_parquet(asked.location(asked.table))
    sums = [
        expression.alias(check["id"])
        for check in asked.checks
        if (expression := broken(check)) is not None
    ]
    found = lines.select(sums).collect(engine="streaming").row(0, named=True)
    tell(
        found
        | {check["id"]: _joined(check, lines, asked) for check in asked.of_kind("key", "reference")}
    )


def broken(check: dict[str, Any]) -> pl.Expr | None:
    """How many rows break a check, or whether it is broken; None where it takes a join."""
    column, limit = pl.col(check["column"]), check.get("limit")
    if isinstance(limit, str):
        limit = date.fromisoformat(limit)
    if check["kind"] == "sql":
        return _rule(check)
    if check["kind"] == "freshness":
        return column.max() < datetime.now(UTC) - timedelta(days=check["days"])
    kinds = {
        "required": column.is_null,
        "minimum": lambda: column < limit,
        "maximum": lambda: column > limit,
        "enum": lambda: ~column.is_in(check["values"]),
        "pattern": lambda: ~column.str.contains(check["pattern"]),
        "maxLength": lambda: column.str.len_chars() > limit,
    }
    return kinds[check["kind"]]().sum() if check["kind"] in kinds else None


def _rule(check: dict[str, Any]) -> pl.Expr:
    if "avg" in check["query"]:
        return ~pl.col("quantity").mean().is_between(*check["limit"])
    if "min" in check["query"]:
        price = pl.col("extended_price").cast(pl.Float64)
        return (price * (1 - pl.col("discount").cast(pl.Float64))).min() < check["limit"]
    return (pl.col("receipt_date") < pl.col("ship_date")).sum() != check["limit"]


def _joined(check: dict[str, Any], lines: pl.LazyFrame, asked: Task) -> int:
    if check["kind"] == "key":
        filled = lines.select(check["columns"]).drop_nulls()
        keys = filled.group_by(check["columns"]).len().filter(pl.col("len") > 1)
        return int(keys.select(pl.len()).collect(engine="streaming").item())
    parents = pl.scan_parquet(asked.location(check["parent"]))
    children = lines.select(check["column"]).drop_nulls()
    orphans = children.join(parents, on=check["column"], how="anti").select(pl.len())
    return int(orphans.collect(engine="streaming").item())


if __name__ == "__main__":
    main()
