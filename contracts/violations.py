"""The SQL condition of a row that breaks a promise about one column, for each kind of promise."""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.date_patterns import date_pattern
from contracts.errors import NotCheckable
from contracts.file_statistics import ColumnStatistics
from contracts.formats import format_violation
from contracts.patterns import pattern_plan
from contracts.sql_text import literal, quoted_name, quoted_text
from contracts.type_words import is_float, type_tree

BOUNDS = {
    CheckKind.MINIMUM: "<",
    CheckKind.MAXIMUM: ">",
    CheckKind.EXCLUSIVE_MINIMUM: "<=",
    CheckKind.EXCLUSIVE_MAXIMUM: ">=",
}
_KEPT_AS = {"date": "DATE", "timestamp": "TIMESTAMP", "time": "TIME"}
_PLAIN = {
    CheckKind.MIN_LENGTH: "length({c}) < {n}",
    # bytes are never fewer than characters, and cheaper to count
    CheckKind.MAX_LENGTH: "strlen({c}) > {n} AND length({c}) > {n}",
    CheckKind.MIN_ITEMS: "len({c}) < {n}",
    CheckKind.MAX_ITEMS: "len({c}) > {n}",
    CheckKind.UNIQUE_ITEMS: "list_unique({c}) < list_count({c})",
    CheckKind.DIMENSIONS: "len({c}) <> {n}",
}


def violation_of(check: Check, name: str, column_type: str, broken: str | None = None) -> str:
    """The condition; `broken` is a relation of values that break a pattern RE2 cannot run."""
    column = quoted_name(name)
    if check.kind in BOUNDS:
        return _bound_violation(check, column, column_type)
    if check.kind in {CheckKind.REQUIRED, CheckKind.NULL_VALUES}:
        return f"{column} IS NULL"
    if check.kind is CheckKind.MISSING_VALUES:
        return _missing_violation(_arguments(check)["missingValues"], column, column_type)
    if check.kind is CheckKind.INVALID_VALUES:
        return _invalid_violation(check, column, column_type, broken)
    if check.kind is CheckKind.ENUM:
        return _outside(check.arguments["values"], column, column_type)
    return _option_violation(check, column, column_type, broken)


def pattern_of(check: Check) -> str | None:
    """The pattern that values must match, where the check has one."""
    if check.kind is CheckKind.PATTERN:
        return str(check.arguments["pattern"])
    if check.kind is CheckKind.INVALID_VALUES and "pattern" in _arguments(check):
        return str(_arguments(check)["pattern"])
    return None


def proved_count(check: Check, known: ColumnStatistics | None) -> int | None:
    """How many rows break the promise, where exact file statistics say it without reading."""
    if known is None:
        return None
    if check.kind in {CheckKind.REQUIRED, CheckKind.NULL_VALUES}:
        return known.nulls
    if check.kind in BOUNDS and known.minimum is not None:
        return 0 if _is_within(check, known.minimum, known.maximum) else None
    return None


def _bound_violation(check: Check, column: str, column_type: str) -> str:
    limit = check.arguments["limit"]
    if check.arguments.get("written") is not None:
        column, column_type = _moment(check, column)
    broken = f"{column} {BOUNDS[check.kind]} {literal(limit, column_type)}"
    # NaN is above every number in DuckDB: it would pass a minimum
    return f"{broken} OR isnan({column})" if is_float(column_type) else broken


def _moment(check: Check, column: str) -> tuple[str, str]:
    """The moment that a text names, and its type: dates that are kept as text."""
    pattern = date_pattern(str(check.arguments["written"]))
    if pattern is None:
        raise NotCheckable(f"The format `{check.arguments['written']}` names no moment.")
    kept_as = _KEPT_AS[str(check.arguments["logical_type"])]
    return f"CAST({pattern.moment(column)} AS {kept_as})", kept_as


def _option_violation(check: Check, column: str, column_type: str, broken: str | None) -> str:
    limit = check.arguments.get("limit")
    if check.kind in _PLAIN:
        return _PLAIN[check.kind].format(c=column, n=int(limit or 0))
    if check.kind is CheckKind.MULTIPLE_OF:
        return _multiple_violation(Decimal(str(limit)), column, column_type)
    if check.kind is CheckKind.PATTERN:
        return _unmatched(str(check.arguments["pattern"]), column, broken)
    if check.kind is CheckKind.FORMAT:
        return format_violation(str(check.arguments["format"]), column)
    if check.kind is CheckKind.REQUIRED_PROPERTIES:
        return _lacking(check.arguments["names"], column, column_type)
    sign = {CheckKind.MIN_PROPERTIES: "<", CheckKind.MAX_PROPERTIES: ">"}[check.kind]
    return f"{column} IS NOT NULL AND {_property_count(column, column_type)} {sign} {limit}"


def _unmatched(pattern: str, column: str, broken: str | None) -> str:
    plan = pattern_plan(pattern)
    if plan.re2 is not None:
        return f"NOT regexp_matches({column}, {quoted_text(plan.re2)})"
    if broken is None:
        raise NotCheckable("The pattern needs the values that break it.")
    return f"{column} IN (SELECT value FROM {broken})"


def _property_count(column: str, column_type: str) -> str:
    if column_type == "JSON":
        return f"len(json_keys({column}))"
    tree = type_tree(column_type)
    if tree is None or tree.name not in {"STRUCT", "MAP"}:
        raise NotCheckable(f"A value of {column_type.lower()} has no properties.")
    if tree.name == "MAP":
        return f"cardinality({column})"
    filled = (f"({column}.{quoted_name(name)} IS NOT NULL)::INTEGER" for name, _ in tree.parts)
    return f"({' + '.join(filled)})"


def _lacking(names: tuple[str, ...], column: str, column_type: str) -> str:
    """An object is there and one of its properties is not: absent, or empty in a struct."""
    if column_type == "JSON":
        absent = [f"NOT list_contains(json_keys({column}), {quoted_text(n)})" for n in names]
    elif column_type.startswith("MAP("):
        absent = [f"NOT list_contains(map_keys({column}), {quoted_text(n)})" for n in names]
    else:
        absent = [f"{column}.{quoted_name(n)} IS NULL" for n in names]
    return f"{column} IS NOT NULL AND ({' OR '.join(absent)})"


def _multiple_violation(step: Decimal, column: str, column_type: str) -> str:
    if is_float(column_type):
        # a hundredth is not exact in binary: a millionth of a step is the tolerance
        return f"abs({column} / {step} - round({column} / {step})) > 1e-6 OR NOT isfinite({column})"
    return f"{column} % {step:f} <> 0"


def _missing_violation(values: list[Any], column: str, column_type: str) -> str:
    listed = ", ".join(literal(value, column_type) for value in values if value is not None)
    parts = [f"{column} IN ({listed})"] if listed else []
    if None in values:
        parts.append(f"{column} IS NULL")
    return " OR ".join(parts)


def _invalid_violation(check: Check, column: str, column_type: str, broken: str | None) -> str:
    """Outside the list, or not matching: NULL is never invalid, and never in the list."""
    parts, arguments = [], _arguments(check)
    if "validValues" in arguments:
        parts.append(_outside(arguments["validValues"], column, column_type))
    if "pattern" in arguments:
        parts.append(_unmatched(str(arguments["pattern"]), column, broken))
    return " OR ".join(parts)


def _outside(values: Any, column: str, column_type: str) -> str:
    listed = ", ".join(literal(value, column_type) for value in values if value is not None)
    return f"{column} NOT IN ({listed})" if listed else f"{column} IS NOT NULL"


def _arguments(check: Check) -> dict[str, Any]:
    return dict(check.rule.arguments) if check.rule is not None else {}


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
