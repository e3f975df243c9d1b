"""Executing the checks of a contract on one table: each on its own, exactly one result each."""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from contracts.changed_rows import ChangedRows, Tables, proved_by_changes, settled_checks
from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable, checked_table
from contracts.checks import checks_for
from contracts.errors import NotCheckable
from contracts.file_statistics import TableStatistics
from contracts.findings import Finding
from contracts.freshness_checks import run_freshness_check
from contracts.key_checks import run_key_check
from contracts.level_checks import run_level_check
from contracts.model import Contract
from contracts.personal_data.checks import Decisions, run_personal_data_check
from contracts.quality.control_totals import run_control_total
from contracts.quality.required_coverage import run_required_coverage
from contracts.reference_checks import run_reference_check
from contracts.retention_checks import run_retention_check
from contracts.row_checks import METRICS, run_row_check
from contracts.rule_engines import Engine, run_custom_check
from contracts.service_history import ServiceHistory
from contracts.shape_checks import run_shape_check
from contracts.sql_checks import SqlLimits, SqlRunner, run_measure_check, run_sql_check
from contracts.standards.checks import OfferedStandard, run_standard_check
from contracts.text_scans import ScannedCount, scanned_counts
from contracts.value_paths import ValuePath
from contracts.verdict import CheckResult, Outcome

__all__ = ["ChangedRows", "CheckRun", "run_checks", "settled_checks"]

_SHAPE = frozenset(
    {CheckKind.COLUMN, CheckKind.EXTRA_COLUMNS, CheckKind.TYPE}
    | {CheckKind.TIMEZONE, CheckKind.ROW_COUNT}
)
_KEYS = frozenset({CheckKind.UNIQUE, CheckKind.PRIMARY_KEY, CheckKind.DUPLICATE_VALUES})
_CHANGED = "Only changed rows were read; the others passed."
_VALUES = frozenset({CheckKind.STANDARD, CheckKind.PERSONAL_DATA})
_LEVELS = frozenset({CheckKind.SERVICE_LEVEL, CheckKind.END_OF_LIFE})
_BY_SQL = {
    CheckKind.SQL: run_sql_check,
    CheckKind.CONTROL_TOTAL: run_control_total,
    CheckKind.REQUIRED_COVERAGE: run_required_coverage,
}
_NOT_ROWS = (
    _SHAPE
    | _KEYS
    | _LEVELS
    | {CheckKind.SQL, CheckKind.MEASURE, CheckKind.CUSTOM}
    | {CheckKind.REFERENCE, CheckKind.FRESHNESS, CheckKind.STANDARD}
    | {CheckKind.CONTROL_TOTAL, CheckKind.REQUIRED_COVERAGE}
)


@dataclass(frozen=True, slots=True)
class CheckRun:
    """Everything that the checks of one candidate need."""

    connection: duckdb.DuckDBPyConnection  # in autocommit; used for nothing else meanwhile
    relation: str  # SQL relation of the resulting table
    contract: Contract
    now: datetime  # with a time zone
    references: Mapping[str, str] = field(default_factory=dict)  # port or landed object -> SQL
    statistics: TableStatistics | None = None  # exact ones, of files that we wrote
    changed: ChangedRows | None = None
    sql_timeout_seconds: float = 60.0
    history: ServiceHistory | None = None  # None: levels measured on it stay unchecked
    sql_runner: SqlRunner | None = None  # runs SQL rules apart from this process
    engines: Mapping[str, Engine] = field(default_factory=dict)  # of custom rules, by name
    offered: Mapping[str, OfferedStandard] = field(default_factory=dict)  # standards of ports
    decisions: Decisions = tuple  # of stewards on this port; asked where something was found


def run_checks(run: CheckRun) -> tuple[CheckResult, ...]:
    """One result for each promise of the contract, in its order.

    What goes wrong in one check is that check's result. Raises duckdb.Error only where the relation
    itself cannot be read.
    """
    checks = checks_for(run.contract)
    with _table(run, run.relation, run.statistics, "checked") as whole:
        changed = run.changed
        results = {} if changed is None else _settled_results(checks, run, whole, changed)
        rest = [check for check in checks if check.id not in results]
        results |= _results(rest, run, whole)
    return tuple(results[check.id] for check in checks)


def _table(
    run: CheckRun, relation: str, statistics: TableStatistics | None, prefix: str
) -> AbstractContextManager[CheckedTable]:
    is_sensitive = run.contract.custom.get("sensitive") is True
    return checked_table(
        run.connection, relation, run.contract.table, is_sensitive, statistics, prefix
    )


def _settled_results(
    checks: Sequence[Check], run: CheckRun, whole: CheckedTable, changed: ChangedRows
) -> dict[str, CheckResult]:
    """The results that the changed rows give, with what is known of the others."""
    with _table(run, changed.relation, changed.statistics, "changed") as found:
        new = replace(found, functions=whole.functions)
        rows = [check for check in checks if _is_settled(check, run)]
        results = {
            name: replace(result, detail=_of_changed(result))
            for name, result in _results(rows, run, new).items()
        }
        tables = Tables(whole, new, changed)
        for check in (check for check in checks if check.id not in results):
            result = _proved_result(check, run, tables)
            results |= {} if result is None else {check.id: result}
    return results


def _of_changed(result: CheckResult) -> str:
    """What a result on changed rows says; how many values were looked at is of those rows alone."""
    if result.kind == CheckKind.PERSONAL_DATA.value:
        return f"{_CHANGED} {result.detail}"
    return result.detail or _CHANGED


def _proved_result(check: Check, run: CheckRun, tables: Tables) -> CheckResult | None:
    """The result that is proved without the kept rows; None: the whole table has to say."""
    started = time.perf_counter()
    try:
        found = proved_by_changes(check, tables, run.references, _sql_limits(run))
    except Exception:  # noqa: BLE001  what goes wrong here is said by the check of the whole table
        return None
    return None if found is None else _result_of(check, found, started)


def _is_settled(check: Check, run: CheckRun) -> bool:
    """Whether only changed rows can break it: a promise about single rows that all others keep."""
    if run.changed is None or check.id not in run.changed.settled or check.unchecked is not None:
        return False
    return check.kind not in _NOT_ROWS and check.kind not in METRICS


def _results(checks: Sequence[Check], run: CheckRun, table: CheckedTable) -> dict[str, CheckResult]:
    scanned = scanned_counts(checks, table)
    return {check.id: _result(check, run, table, scanned.get(check.id)) for check in checks}


def _result(
    check: Check, run: CheckRun, table: CheckedTable, scanned: ScannedCount | None
) -> CheckResult:
    started = time.perf_counter() - (scanned.seconds if scanned is not None else 0)
    finding = _find(check, run, table, None if scanned is None else scanned.rows)
    return _result_of(check, finding, started)


def _result_of(check: Check, finding: Finding, started: float) -> CheckResult:
    return CheckResult(
        check_id=check.id,
        title=check.title,
        kind=check.kind.value,
        property_name=check.property_name,
        dimension=check.dimension,
        severity=check.severity,
        informative=check.informative,
        outcome=finding.outcome,
        checked_rows=finding.checked_rows,
        failing_rows=finding.failing_rows,
        observed=finding.observed,
        expected=check.expected,
        detail=finding.detail,
        query=finding.query,
        seconds=round(time.perf_counter() - started, 6),
        sample=finding.sample,
        strategy_dimension=check.strategy_dimension,
        framework_dimension=check.framework_dimension,
        is_critical=check.is_critical,
    )


def _find(check: Check, run: CheckRun, table: CheckedTable, scanned: int | None) -> Finding:
    if check.unchecked is not None:
        return Finding(Outcome.UNCHECKED, detail=check.unchecked)
    try:
        return _execute(check, run, table, scanned)
    except NotCheckable as error:
        return Finding(Outcome.ERROR, detail=str(error))
    except Exception as error:  # noqa: BLE001  one bad rule must not take the others with it
        return Finding(Outcome.ERROR, detail=_cleaned(error, bool(table.masked)))


def _execute(check: Check, run: CheckRun, table: CheckedTable, scanned: int | None) -> Finding:
    if check.place is not None and check.kind is not CheckKind.COLUMN:
        table = _values(check.place, table)
    missing = [name for name in check.columns if name not in table.columns]
    if missing and check.kind is not CheckKind.COLUMN:
        raise NotCheckable(f"The column `{missing[0]}` is not in the table.")
    if check.kind in _SHAPE:
        return run_shape_check(check, table)
    if check.kind in _KEYS:
        return run_key_check(check, table)
    if check.kind is CheckKind.REFERENCE:
        return run_reference_check(check, table, run.references, run.contract.reference)
    if check.kind is CheckKind.FRESHNESS:
        return run_freshness_check(check, table, run.now)
    if check.kind in _VALUES:
        return _value_finding(check, run, table)
    if check.kind in _LEVELS:
        if check.arguments.get("mode") is not None:
            return run_retention_check(check, table, run.history, run.now)
        return run_level_check(check, run.history, run.now)
    if check.kind in _BY_SQL:
        return _BY_SQL[check.kind](check, table, run.references, _sql_limits(run))
    if check.kind is CheckKind.MEASURE:
        return run_measure_check(check, table, _sql_limits(run))
    if check.kind is CheckKind.CUSTOM:
        return run_custom_check(check, run.engines, table.rows)
    return run_row_check(check, table, scanned)


def _value_finding(check: Check, run: CheckRun, table: CheckedTable) -> Finding:
    if check.kind is CheckKind.PERSONAL_DATA:
        return run_personal_data_check(check, table, run.decisions)
    return run_standard_check(check, table, run.offered, run.contract.reference)


def _sql_limits(run: CheckRun) -> SqlLimits:
    return SqlLimits(run.sql_timeout_seconds, run.sql_runner)


def _values(place: ValuePath, table: CheckedTable) -> CheckedTable:
    """The values at a path as a table of their own."""
    if place.column not in table.columns:
        raise NotCheckable(f"The column `{place.column}` is not in the table.")
    values = table.values_at(place)
    if values is None:
        raise NotCheckable(f"`{place}` is not in the table.")
    return values


def _cleaned(error: Exception, is_guarded: bool) -> str:
    """An error's first line as a sentence; values in quotes are hidden where any column is."""
    text = (str(error).splitlines() or [type(error).__name__])[0]
    text = text.split(" Error: ", 1)[-1].strip().rstrip(".")
    if is_guarded:
        text = re.sub(r"'[^']*'", "'[masked]'", text)
    return f"It could not be executed: {text}."
