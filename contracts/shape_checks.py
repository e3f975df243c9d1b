"""Checks that the table's description answers: columns, types, time zones, the number of rows."""

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.date_patterns import date_pattern
from contracts.findings import Finding, passed_if
from contracts.row_checks import metric_finding
from contracts.type_words import canonical_type
from contracts.value_paths import ValuePath
from contracts.verdict import Outcome


def run_shape_check(check: Check, table: CheckedTable) -> Finding:
    """Whether the table looks as promised; nothing but its description and row count is read."""
    if check.kind is CheckKind.COLUMN:
        return _column_finding(check, table)
    if check.kind is CheckKind.EXTRA_COLUMNS:
        return _extra_columns_finding(check, table)
    if check.kind is CheckKind.ROW_COUNT:
        return metric_finding(check, table, table.rows, f"SELECT count(*) FROM {table.name}", None)
    found = table.columns[check.columns[0]]
    if check.kind is CheckKind.TIMEZONE:
        written = check.arguments.get("written")
        pattern = date_pattern(str(written)) if written is not None else None
        is_zoned = found.endswith("WITH TIME ZONE")
        if pattern is not None:
            is_zoned, found = "%z" in pattern.strptime, f"written as {written}"
        return Finding(passed_if(is_zoned == check.arguments["zoned"]), observed=found)
    return _type_finding(str(check.arguments["type"]), found)


def _column_finding(check: Check, table: CheckedTable) -> Finding:
    name = check.columns[0]
    if check.place is not None:
        return _value_finding(check.place, table)
    if name in table.columns:
        return Finding(Outcome.PASSED, observed="present")
    other = next((found for found in table.columns if found.lower() == name.lower()), None)
    observed = "absent" if other is None else f"present as `{other}`"
    return Finding(Outcome.FAILED, observed=observed)


def _value_finding(place: ValuePath, table: CheckedTable) -> Finding:
    is_there = place.column in table.columns and table.values_at(place) is not None
    return Finding(passed_if(is_there), observed="present" if is_there else "absent")


def _extra_columns_finding(check: Check, table: CheckedTable) -> Finding:
    promised = {str(name).lower() for name in check.arguments["names"]}
    extra = [name for name in table.columns if name.lower() not in promised]
    observed = ", ".join(f"`{name}`" for name in extra) or "no other columns"
    return Finding(passed_if(not extra), observed=observed)


def _type_finding(promised: str, found: str) -> Finding:
    wanted = canonical_type(promised)
    if wanted is None:
        detail = f"`{promised}` is not a DuckDB type that columns can have."
        return Finding(Outcome.ERROR, observed=found.lower(), detail=detail)
    # spelled alike: DuckDB puts quotes around some fields of a struct
    is_same = wanted == (canonical_type(found) or found)
    return Finding(passed_if(is_same), observed=found.lower())
