"""Checks that single rows answer: hunt the rows that break the promise, and count them.

One query per check, with the violation in WHERE: zone maps skip whole row groups and dictionaries
are tested once (on 20 M rows 12 bounds cost 0.02 s this way and 1.6 s as FILTER aggregates).
"""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.findings import Finding, counted, passed_if
from contracts.formats import format_violation
from contracts.sql_text import literal, quoted_name, quoted_text
from contracts.thresholds import holds
from contracts.type_words import is_float
from contracts.verdict import Outcome

METRICS = (CheckKind.NULL_VALUES, CheckKind.MISSING_VALUES, CheckKind.INVALID_VALUES)
_COMPARED = {
    CheckKind.MINIMUM: "<",
    CheckKind.MAXIMUM: ">",
    CheckKind.EXCLUSIVE_MINIMUM: "<=",
    CheckKind.EXCLUSIVE_MAXIMUM: ">=",
}


def run_row_check(check: Check, table: CheckedTable) -> Finding:
    """The rows that break a promise about one column, or a metric of it against its threshold."""
    name = check.columns[0]
    violation = violation_of(check, name, table.columns[name])
    failing, query = _proved(check, table), None
    if failing is None:
        query = table.counting(violation)
        failing = int(table.value(query))
    if check.kind in METRICS:
        return metric_finding(check, table, failing, query, violation)
    return Finding(
        outcome=passed_if(failing == 0),
        observed=counted(failing, "row breaks it", "rows break it"),
        checked_rows=table.rows,
        failing_rows=failing,
        query=query,
        detail=None if query is not None else "Proved by the statistics of the files.",
        sample=table.sample(violation, check.columns) if failing else (),
    )


def metric_finding(
    check: Check, table: CheckedTable, failing: int, query: str | None, violation: str | None
) -> Finding:
    """A counted metric held against the rule's operator, in rows or in percent of all rows."""
    rule = check.rule
    if rule is None or rule.operator is None:
        return Finding(Outcome.ERROR, detail="The rule has no operator.")
    is_percent = rule.unit == "percent"
    if is_percent and table.rows == 0:
        detail = "A percentage of no rows says nothing."
        return Finding(Outcome.UNCHECKED, "0 rows", 0, 0, detail, query)
    observed = Decimal(100 * failing) / table.rows if is_percent else failing
    is_kept = holds(rule.operator, observed, rule.threshold)
    return Finding(
        outcome=passed_if(is_kept),
        observed=f"{_rounded(observed)} percent ({counted(failing, 'row')})"
        if is_percent
        else counted(failing, "row"),
        checked_rows=table.rows,
        failing_rows=failing,
        query=query,
        detail=None if query is not None else "Proved by the statistics of the files.",
        sample=table.sample(violation, check.columns)
        if not is_kept and failing and violation is not None
        else (),
    )


def violation_of(check: Check, name: str, column_type: str) -> str:
    """The SQL condition of a row that breaks the promise."""
    column = quoted_name(name)
    if check.kind in {CheckKind.REQUIRED, CheckKind.NULL_VALUES}:
        return f"{column} IS NULL"
    if check.kind in _COMPARED:
        return _bound_violation(check, column, column_type)
    if check.kind is CheckKind.MISSING_VALUES:
        return _missing_violation(_argument(check, "missingValues"), column, column_type)
    if check.kind is CheckKind.INVALID_VALUES:
        return _invalid_violation(check, column, column_type)
    return _option_violation(check, column, column_type)


def _bound_violation(check: Check, column: str, column_type: str) -> str:
    limit = check.arguments["limit"]
    broken = f"{column} {_COMPARED[check.kind]} {literal(limit, column_type)}"
    # NaN is above every number in DuckDB: it would pass a minimum
    return f"{broken} OR isnan({column})" if is_float(column_type) else broken


def _option_violation(check: Check, column: str, column_type: str) -> str:
    limit = check.arguments.get("limit")
    if check.kind is CheckKind.MAX_LENGTH:
        # bytes are never fewer than characters, and cheaper to count
        return f"strlen({column}) > {int(limit or 0)} AND length({column}) > {int(limit or 0)}"
    if check.kind is CheckKind.MULTIPLE_OF:
        return _multiple_violation(Decimal(str(limit)), column, column_type)
    if check.kind is CheckKind.PATTERN:
        return f"NOT regexp_matches({column}, {quoted_text(str(check.arguments['pattern']))})"
    if check.kind is CheckKind.FORMAT:
        return format_violation(str(check.arguments["format"]), column)
    plain = {
        CheckKind.MIN_LENGTH: "length({c}) < {n}",
        CheckKind.MIN_ITEMS: "len({c}) < {n}",
        CheckKind.MAX_ITEMS: "len({c}) > {n}",
        CheckKind.UNIQUE_ITEMS: "list_unique({c}) < list_count({c})",
    }
    return plain[check.kind].format(c=column, n=int(limit or 0))


def _multiple_violation(step: Decimal, column: str, column_type: str) -> str:
    if is_float(column_type):
        # a hundredth is not exact in binary: a millionth of a step is the tolerance
        return f"abs({column} / {step} - round({column} / {step})) > 1e-6 OR NOT isfinite({column})"
    return f"{column} % {step} <> 0"


def _missing_violation(values: list[Any], column: str, column_type: str) -> str:
    listed = ", ".join(literal(value, column_type) for value in values if value is not None)
    parts = [f"{column} IN ({listed})"] if listed else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return " OR ".join(parts)


def _invalid_violation(check: Check, column: str, column_type: str) -> str:
    """Outside the list, or not matching: NULL is never invalid, and never in the list."""
    parts = []
    arguments = check.rule.arguments if check.rule is not None else {}
    if "validValues" in arguments:
        values = [value for value in arguments["validValues"] if value is not None]
        listed = ", ".join(literal(value, column_type) for value in values)
        parts.append(f"{column} NOT IN ({listed})" if listed else f"{column} IS NOT NULL")
    if "pattern" in arguments:
        pattern = quoted_text(str(arguments["pattern"]))
        parts.append(f"NOT regexp_matches({column}, {pattern})")
    return " OR ".join(parts)


def _argument(check: Check, name: str) -> list[Any]:
    return list(check.rule.arguments[name]) if check.rule is not None else []


def _proved(check: Check, table: CheckedTable) -> int | None:
    """How many rows break the promise, where exact file statistics say it without reading."""
    if table.statistics is None:
        return None
    known = table.statistics.columns.get(check.columns[0])
    if known is None:
        return None
    if check.kind in {CheckKind.REQUIRED, CheckKind.NULL_VALUES}:
        return known.nulls
    if check.kind in _COMPARED and known.minimum is not None:
        return 0 if _is_within(check, known.minimum, known.maximum) else None
    return None


def _is_within(check: Check, minimum: Any, maximum: Any) -> bool:
    limit = check.arguments["limit"]
    bound = date.fromisoformat(str(limit)) if isinstance(minimum, date) else Decimal(str(limit))
    return bool(
        {
            CheckKind.MINIMUM: minimum >= bound,
            CheckKind.MAXIMUM: maximum <= bound,
            CheckKind.EXCLUSIVE_MINIMUM: minimum > bound,
            CheckKind.EXCLUSIVE_MAXIMUM: maximum < bound,
        }[check.kind]
    )


def _rounded(value: Decimal | int) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
