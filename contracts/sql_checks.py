"""Quality rules in SQL: their placeholders, and one number or truth held against the rule."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from threading import Timer
from typing import Any, Protocol

import duckdb

from contracts.check_model import Check
from contracts.checked_table import CheckedTable
from contracts.errors import NotCheckable, RefusedRule
from contracts.findings import Finding, passed_if
from contracts.sql_gate import refuse_unsafe
from contracts.sql_text import MOST_CHARACTERS, quoted_name
from contracts.thresholds import holds

_PLACEHOLDER = re.compile(r"\$?\{([A-Za-z_][A-Za-z0-9_.]*)\}")
_TABLE_WORDS = frozenset({"object", "table"})
_COLUMN_WORDS = frozenset({"property", "column"})


class SqlRunner(Protocol):
    """Runs a rule's SQL where it can do no harm, apart from the process that asks."""

    def __call__(self, sql: str, views: Sequence[tuple[str, str]], timeout_seconds: float) -> Any:
        """The single value of `sql` over `views`: names in order, each with its SELECT.

        Raises NotCheckable where there is none, or not in time.
        """
        ...


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What a rule's SQL may take, and where it runs; in this process where no runner is given."""

    seconds: float
    runner: SqlRunner | None = None


def run_sql_check(
    check: Check, table: CheckedTable, references: Mapping[str, str], limits: SqlLimits
) -> Finding:
    """The rule's single value held against its operator.

    `{object}` and `{table}` stand for the table, `{property}` and `{column}` for the rule's column,
    `{unit.port}` for an input port of `references`. Raises RefusedRule for SQL that is not one
    SELECT over those, NotCheckable for a result that is not one number or one truth, and for a run
    of more than the seconds of `limits`.
    """
    rule = check.rule
    if rule is None or rule.query is None or rule.operator is None:
        raise NotCheckable("The rule has no query or no operator.")
    answer, sql = _answered(rule.query, check, table, (references, limits))
    observed = _number(answer)
    return Finding(
        outcome=passed_if(holds(rule.operator, observed, rule.threshold)),
        observed=str(observed).lower() if isinstance(observed, bool) else str(observed),
        checked_rows=table.rows,
        query=sql,
    )


def scalar_value(
    query: str, check: Check, table: CheckedTable, means: tuple[Mapping[str, str], SqlLimits]
) -> Any:
    """The single value of a query with the placeholders of SQL rules; `means` as for those.

    Raises RefusedRule and NotCheckable as run_sql_check does.
    """
    return _answered(query, check, table, means)[0]


def run_measure_check(check: Check, table: CheckedTable, limits: SqlLimits) -> Finding:
    """Whether a measure's expression gives one value over the table; any value will do."""
    expression = str(check.arguments["expression"])
    sql = f"SELECT (\n{expression}\n) FROM {table.name}"
    answer = _answer(sql, table, table.views, limits)
    text = "no value" if answer is None else str(answer)
    is_shown = not table.masked
    return Finding(
        outcome=passed_if(True),
        observed=(text if len(text) <= 100 else f"{text[:97]}...") if is_shown else "one value",
        checked_rows=table.rows,
        query=sql,
    )


def _answered(
    query: str, check: Check, table: CheckedTable, means: tuple[Mapping[str, str], SqlLimits]
) -> tuple[Any, str]:
    """The single value, and the SQL as it was run."""
    references, limits = means
    with _input_views(query, table, references) as inputs:
        sql = _filled(query, check, table, inputs)
        views = (
            *table.views,
            *((v[1:-1], f"SELECT * FROM {references[p]}") for p, v in inputs.items()),
        )
        return _answer(sql, table, views, limits), sql


def _answer(
    sql: str, table: CheckedTable, views: Sequence[tuple[str, str]], limits: SqlLimits
) -> Any:
    """The single value of a rule's SQL, let through by the gate, run where the limits say."""
    if len(sql) > MOST_CHARACTERS:
        raise RefusedRule(f"it is longer than {MOST_CHARACTERS:,} characters.")
    inputs = [name for name, _ in views if name.startswith("input_")]
    refuse_unsafe(table.connection, sql, frozenset({table.view, *inputs}), table.functions)
    if limits.runner is not None:
        return limits.runner(sql, views, limits.seconds)
    return _observe(table.connection, sql, limits.seconds)


@contextmanager
def _input_views(
    query: str, table: CheckedTable, references: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """A temporary view for each input port that the query names, for the length of the rule."""
    named = {word for word in _PLACEHOLDER.findall(query) if word in references}
    views = {port: quoted_name(f"input_{port.replace('.', '__')}") for port in sorted(named)}
    try:
        for port, view in views.items():
            table.connection.execute(
                f"CREATE OR REPLACE TEMPORARY VIEW {view} AS SELECT * FROM {references[port]}"
            )
        yield views
    finally:
        for view in views.values():
            table.connection.execute(f"DROP VIEW IF EXISTS temp.{view}")


def _filled(query: str, check: Check, table: CheckedTable, inputs: Mapping[str, str]) -> str:
    def named(found: re.Match[str]) -> str:
        word = found.group(1)
        if word in _TABLE_WORDS or word == check.arguments.get("table"):
            return table.name
        if word in _COLUMN_WORDS and check.property_name is not None:
            return quoted_name(check.property_name)
        if word in inputs:
            return inputs[word]
        raise RefusedRule(f"`{found.group(0)}` stands for nothing here.")

    return _PLACEHOLDER.sub(named, query).strip()


def _observe(connection: duckdb.DuckDBPyConnection, sql: str, timeout_seconds: float) -> Any:
    timer = Timer(timeout_seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        rows = connection.execute(sql).fetchmany(2)
        width = len(connection.description or ())
        connection.abort()
    except duckdb.InterruptException as error:
        detail = f"The rule ran longer than {timeout_seconds:g} s and was stopped."
        raise NotCheckable(detail) from error
    finally:
        timer.cancel()
        timer.join()
    if len(rows) != 1 or width != 1:
        raise NotCheckable("The rule gave something else than one row with one column.")
    return rows[0][0]


def _number(value: Any) -> bool | int | float | Decimal:
    if isinstance(value, bool | int | Decimal) or (
        isinstance(value, float) and math.isfinite(value)
    ):
        return value
    shown = "NULL" if value is None else type(value).__name__
    raise NotCheckable(f"The rule gave {shown}, which is neither a number nor true or false.")
