"""Retention: rows are kept at least so long, or deleted after that long, by their own dates."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.check_model import Check
from contracts.checked_table import CheckedTable
from contracts.errors import NotCheckable
from contracts.findings import Finding, counted, passed_if, worst
from contracts.service_history import ServiceHistory
from contracts.service_levels import Period
from contracts.sql_text import literal, quoted_name
from contracts.type_words import is_temporal
from contracts.verdict import Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_HISTORY = "What was published before is not known to this check, so nothing shows what went."


def run_retention_check(
    check: Check, table: CheckedTable, history: ServiceHistory | None, now: datetime
) -> Finding:
    """Whether rows stay, or go, as the contract's retention promises.

    A row's time is over when `period.after(its date)` lies before `now`; NULLs have none, times
    without a zone are UTC. `deleteAfter`: no row whose time is over is left. `keepAtLeast`: the
    oldest row that the served version still owed is not newer here; rows removed from the middle
    are not looked for. Raises NotCheckable for a column without dates.
    """
    is_deletion = check.arguments["mode"] == "deleteAfter"
    findings = [
        _deleted(check, name, table, now)
        if is_deletion
        else _kept(check, name, table, history, now)
        for name in check.columns
    ]
    return worst(findings)


def _deleted(check: Check, name: str, table: CheckedTable, now: datetime) -> Finding:
    period = _period(check, name, table)
    query = f"SELECT epoch_us(min({quoted_name(name)})) FROM {table.name}"
    oldest = _moment(table.value(query))
    if oldest is None:
        return _without_dates(name, query)
    observed = f"the oldest is of {_shown(oldest)}"
    if now <= period.after(oldest):
        return Finding(Outcome.PASSED, observed, table.rows, 0, query=query)
    condition = _is_over(name, table.columns[name], period, now)
    query = table.counting(condition)
    failing = int(table.value(query))
    return Finding(
        outcome=passed_if(failing == 0),
        observed=f"{counted(failing, 'row')} past the time to keep them; {observed}",
        checked_rows=table.rows,
        failing_rows=failing,
        query=query,
        sample=table.sample(condition, (name,)) if failing else (),
    )


def _kept(
    check: Check,
    name: str,
    table: CheckedTable,
    history: ServiceHistory | None,
    now: datetime,
) -> Finding:
    period = _period(check, name, table)
    if history is None:
        return Finding(Outcome.UNCHECKED, detail=_NO_HISTORY)
    query = f"SELECT epoch_us(min({quoted_name(name)})) FROM {table.name}"
    oldest = _moment(table.value(query))
    owed = _oldest_owed(name, table, history.earlier, (period, now))
    if oldest is None and owed is None:
        return _without_dates(name, query)
    reach = "has no dates any more" if oldest is None else f"goes back to {_shown(oldest)}"
    if owed is None:
        told = f"{reach}; no version before has rows that were still to be kept"
        return Finding(Outcome.PASSED, told, table.rows, query=query)
    is_kept = oldest is not None and oldest <= owed
    return Finding(
        outcome=passed_if(is_kept),
        observed=f"{reach}; the version before owed rows from {_shown(owed)}",
        checked_rows=table.rows,
        detail=None if is_kept else f"Rows of `{name}` went before their time to be kept was over.",
        query=query,
    )


def _oldest_owed(
    name: str, table: CheckedTable, earlier: str | None, by: tuple[Period, datetime]
) -> datetime | None:
    """The oldest date of the served version that must still be there."""
    if earlier is None:
        return None
    described = table.connection.execute(f"DESCRIBE SELECT * FROM {earlier}").fetchall()
    column_type = {str(row[0]): str(row[1]) for row in described}.get(name)
    if column_type is None or not is_temporal(column_type):
        return None  # the version before had no such column
    period, now = by
    condition = _is_over(name, column_type, period, now)
    query = f"SELECT epoch_us(min({quoted_name(name)})) FROM {earlier} WHERE NOT ({condition})"
    return _moment(table.value(query))


def _is_over(name: str, column_type: str, period: Period, now: datetime) -> str:
    """SQL that holds for rows whose time to be kept is over; NULL for rows without a date."""
    kind = column_type if column_type.endswith("WITH TIME ZONE") else "TIMESTAMP"
    shown = f"{quoted_name(name)}::{kind}"
    return f"{shown} + {period.interval()} < {literal(now.isoformat(), kind)}"


def _period(check: Check, name: str, table: CheckedTable) -> Period:
    period = check.arguments["period"]
    column_type = table.columns[name]
    if not is_temporal(column_type) or not isinstance(period, Period):
        raise NotCheckable(f"`{name}` has the type {column_type.lower()}, which has no age.")
    return period


def _without_dates(name: str, query: str) -> Finding:
    detail = f"`{name}` has no value that an age could be taken from."
    return Finding(Outcome.UNCHECKED, detail=detail, query=query)


def _moment(microseconds: Any) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=int(microseconds))


def _shown(moment: datetime) -> str:
    return moment.date().isoformat()
