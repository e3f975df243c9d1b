"""Freshness and latency: the age of the newest business event, held against its promise."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from contracts.check_model import Check
from contracts.checked_table import CheckedTable
from contracts.errors import NotCheckable
from contracts.findings import Finding, counted, passed_if, worst
from contracts.service_levels import Period
from contracts.sql_text import literal, quoted_name
from contracts.type_words import is_temporal
from contracts.verdict import Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_freshness_check(check: Check, table: CheckedTable, now: datetime) -> Finding:
    """Whether the newest value of each column is recent, and none lies in the future.

    Timestamps without a zone are in the column's `defaultTimezone`, else UTC; a date begins at
    midnight there; NULLs are ignored. A table without any value fails: it has no newest event.
    Source: QUA-08, ODCS `slaProperties`.
    """
    findings = [_column_finding(check, name, table, now) for name in check.columns]
    return worst(findings)


def _column_finding(check: Check, name: str, table: CheckedTable, now: datetime) -> Finding:
    period = check.arguments["period"]
    column_type = table.columns[name]
    if not is_temporal(column_type) or not isinstance(period, Period):
        raise NotCheckable(f"`{name}` has the type {column_type.lower()}, which has no age.")
    query = f"SELECT epoch_us(max({quoted_name(name)})) FROM {table.name}"
    known = table.statistics.columns.get(name) if table.statistics is not None else None
    microseconds = known.newest_us if known is not None else None
    if microseconds is None:
        microseconds = table.value(query)
    if microseconds is None:
        detail = f"`{name}` has no value that an age could be taken from."
        return Finding(Outcome.FAILED, "no value", table.rows, table.rows, detail, query)
    zone = _zone_of(check, name, column_type)
    newest = (_EPOCH + timedelta(microseconds=int(microseconds))).replace(tzinfo=zone)
    if newest > now:
        return _future_finding(name, table, now.astimezone(zone), newest)
    age = now - newest
    return Finding(
        outcome=passed_if(now <= period.after(newest)),
        observed=f"{_in_words(age)} old (newest {_shown(newest)})",
        checked_rows=table.rows,
        query=query,
    )


def _future_finding(name: str, table: CheckedTable, now: datetime, newest: datetime) -> Finding:
    column_type = table.columns[name]
    is_zoned = column_type.endswith("WITH TIME ZONE")
    text = now.date().isoformat() if column_type == "DATE" else now.isoformat()
    if column_type != "DATE" and not is_zoned:
        text = now.replace(tzinfo=None).isoformat()  # by the clock that the column shows
    condition = f"{quoted_name(name)} > {literal(text, column_type)}"
    query = table.counting(condition)
    failing = int(table.value(query))
    return Finding(
        outcome=Outcome.FAILED,
        observed=f"{counted(failing, 'row')} in the future (newest {_shown(newest)})",
        checked_rows=table.rows,
        failing_rows=failing,
        detail="An event that has not happened yet says nothing about freshness.",
        query=query,
        sample=table.sample(condition, (name,)),
    )


def _zone_of(check: Check, name: str, column_type: str) -> tzinfo:
    """The zone that the column's values without a zone are in. Raises NotCheckable."""
    word = check.arguments.get("zones", {}).get(name)
    if word is None or column_type.endswith("WITH TIME ZONE"):
        return UTC
    try:
        return ZoneInfo(word)
    except (KeyError, ValueError, OSError):
        fault = f"`{name}` has the default time zone `{word}`, which is none."
        raise NotCheckable(f"{fault} Write one as in `Europe/London`.") from None


def _in_words(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return counted(hours, "hour") if hours < 72 else counted(age.days, "day")


def _shown(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
