"""Checks that the table's description answers: columns, types, time zones, the number of rows."""

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.findings import Finding, passed_if
from contracts.row_checks import metric_finding
from contracts.type_words import canonical_type
from contracts.verdict import Outcome


def run_shape_check(check: Check, table: CheckedTable) -> Finding:
    """Whether the table looks as promised; nothing but its description and row count is read."""
    if check.kind is CheckKind.COLUMN:
        return _column_finding(check.columns[0], table)
    if check.kind is CheckKind.EXTRA_COLUMNS:
        return _extra_columns_finding(check, table)
    if check.kind is CheckKind.ROW_COUNT:
        return metric_finding(check, table, table.rows, f"SELECT count(*) FROM {table.name}", None)
    found = table.columns[check.columns[0]]
    if check.kind is CheckKind.TIMEZONE:
        is_zoned = found.endswith("WITH TIME ZONE")
        return Finding(passed_if(is_zoned == check.arguments["zoned"]), observed=found)
    return _type_finding(str(check.arguments["type"]), found)


def _column_finding(name: str, table: CheckedTable) -> Finding:
    if name in table.columns:
        return Finding(Outcome.PASSED, observed="present")
    other = next((found for found in table.columns if found.lower() == name.lower()), None)
    observed = "absent" if other is None else f"present as `{other}`"
    return Finding(Outcome.FAILED, observed=observed)


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
    return Finding(passed_if(wanted == found), observed=found.lower())
