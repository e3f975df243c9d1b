"""pandera on polars: columns by its own checks, keys, references and rules on the whole frame."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandera.polars as pa  # type: ignore[import-not-found]
import polars as pl
from pandera.errors import SchemaErrors  # type: ignore[import-not-found]

from benchmarks.peers.plain_sql import Task, task, tell


def main() -> None:
    """Validates the frame and prints what it calls failed."""
    asked = task()
    frame = pl.read_parquet(asked.location(asked.table))
    found: dict[str, int | bool] = {}
    try:
        _schema(asked, frame.schema).validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.group_by("column", "check").len()
        for column, check, count in cases.iter_rows():
            found[f"{check} {column}"] = int(count)
    except pl.exceptions.PolarsError:
        found["it failed, and its report of values of several types too"] = True
    tell(found)


def _schema(asked: Task, types: Any) -> Any:
    columns = {
        name: pa.Column(
            kind,
            nullable=not any(c["column"] == name for c in asked.of_kind("required")),
            checks=[_column_check(c) for c in asked.checks if c["column"] == name and _is_plain(c)],
        )
        for name, kind in types.items()
    }
    whole = [_frame_check(c, asked) for c in asked.of_kind("freshness", "reference", "sql")]
    keys = [name for check in asked.of_kind("key") for name in check["columns"]]
    return pa.DataFrameSchema(columns, checks=whole, unique=keys, strict=True)


def _is_plain(check: dict[str, Any]) -> bool:
    return check["kind"] in {"minimum", "maximum", "enum", "pattern", "maxLength"}


def _column_check(check: dict[str, Any]) -> Any:
    limit = check.get("limit")
    if isinstance(limit, str):
        limit = date.fromisoformat(limit)
    name = {"name": check["kind"]}
    return {
        "minimum": lambda: pa.Check.ge(limit, **name),
        "maximum": lambda: pa.Check.le(limit, **name),
        "enum": lambda: pa.Check.isin(check["values"], **name),
        "pattern": lambda: pa.Check.str_matches(check["pattern"], **name),
        "maxLength": lambda: pa.Check.str_length(None, limit, **name),
    }[check["kind"]]()


def _frame_check(check: dict[str, Any], asked: Task) -> Any:
    def is_kept(found: Any) -> bool:
        lines = found.lazyframe
        if check["kind"] == "reference":
            parents = pl.scan_parquet(asked.location(check["parent"]))
            children = lines.select(check["column"]).drop_nulls()
            orphans = children.join(parents, on=check["column"], how="anti").select(pl.len())
            return int(orphans.collect().item()) == 0
        return bool(lines.select(_expression(check)).collect().item())

    return pa.Check(is_kept, name=check["id"])


def _expression(check: dict[str, Any]) -> pl.Expr:
    if check["kind"] == "freshness":
        return pl.col(check["column"]).max() >= datetime.now(UTC) - timedelta(days=check["days"])
    if "avg" in check["query"]:
        return pl.col("quantity").mean().is_between(*check["limit"])
    if "min" in check["query"]:
        price = pl.col("extended_price").cast(pl.Float64)
        return (price * (1 - pl.col("discount").cast(pl.Float64))).min() >= check["limit"]
    return (pl.col("receipt_date") < pl.col("ship_date")).sum() == check["limit"]


if __name__ == "__main__":
    main()
