"""The promises that service levels make: one check each, or what is missing to measure it."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.model import Contract, SchemaObject, ServiceLevel, Severity
from contracts.service_levels import (
    AGES,
    CALENDAR,
    NAMES,
    ON_COLUMNS,
    PERIODS,
    is_level_readable,
    read_end,
    read_period,
    read_rate,
    read_retention_mode,
    read_share,
    read_time_of_day,
)

_TITLES = {
    "availability": "The served version can be read",
    "throughput": "Publications bring enough rows",
    "errorRate": "Few attempts to publish fail",
    "generalAvailability": "It is available from the day that was announced",
    "endOfSupport": "It is still supported",
    "endOfLife": "It has not reached the end of its life",
    "frequency": "It is updated as often as promised",
    "timeToDetect": "Faulty data is found in time",
    "timeToNotify": "The owner is told of an incident in time",
    "timeToRepair": "An incident ends with a new version in time",
    "timeOfAvailability": "A day's version is there at the promised time",
}


def service_level_checks(contract: Contract) -> Iterator[Check]:
    """One check for each service level of a contract; an unknown one is unchecked."""
    for level in contract.service_levels:
        if level.name not in NAMES:
            yield _level_check(level, unchecked=f"{_unknown(level.name)} It is not measured.")
        elif not is_level_readable(level.name, level.value, level.unit):
            value = f"{level.value} {level.unit or ''}".strip()
            yield _level_check(level, unchecked=f"`{value}` cannot be measured against.")
        elif level.name in ON_COLUMNS:
            yield _column_check(level, contract)
        else:
            yield _level_check(level)


def unknown_level_hints(contract: Contract) -> Iterator[str]:
    """A sentence for each service level that ODCS does not name."""
    for level in contract.service_levels:
        if level.name not in NAMES:
            yield f"{level.path}.property: {_unknown(level.name)} It stays unchecked."


def _unknown(name: str) -> str:
    near = get_close_matches(name, NAMES, n=1)
    meant = f"Did you mean `{near[0]}`?" if near else f"ODCS names {', '.join(NAMES)}."
    return f"`{name}` is not a service level that ODCS names. {meant}"


def _column_check(level: ServiceLevel, contract: Contract) -> Check:
    columns = elements_of(level, contract.table)
    known = {column.name for column in contract.table.properties}
    missing = [name for name in columns if name not in known]
    unchecked = None
    if not columns:
        unchecked = "No `element` names a column with the dates that it is measured on."
    elif missing:
        unchecked = f"No column is called `{missing[0]}`."
    mode = read_retention_mode(contract.custom)
    if level.name == "retention" and mode is None:
        unchecked = "`retentionMode` is neither keepAtLeast nor deleteAfter."
    kind = CheckKind.FRESHNESS if level.name in AGES else CheckKind.SERVICE_LEVEL
    named = " and ".join(f"`{name}`" for name in columns)
    return Check(
        id=level.path,
        kind=kind,
        title=_column_title(level, mode, named),
        expected=_column_expected(level, mode),
        columns=columns,
        property_name=columns[0] if len(columns) == 1 else None,
        severity=level.severity,
        unchecked=unchecked,
        arguments={
            "period": read_period(level.value, level.unit),
            "mode": mode if level.name == "retention" else None,
            "zones": _zones(contract.table),
        },
        service_level=level,
    )


def elements_of(level: ServiceLevel, table: SchemaObject) -> tuple[str, ...]:
    """The columns that a service level names: a comma list, with or without `object.`.

    A name with another object's prefix is left as it is written: no column has it.
    """
    written = [part.strip() for part in (level.element or "").split(",")]
    return tuple(name.removeprefix(f"{table.name}.") for name in written if name)


def _zones(table: SchemaObject) -> Mapping[str, str]:
    """The time zone that a column without one of its own is declared to be in."""
    declared = {column.name: column.options.get("defaultTimezone") for column in table.properties}
    return {name: str(zone) for name, zone in declared.items() if zone}


def _column_title(level: ServiceLevel, mode: str | None, columns: str) -> str:
    if level.name in AGES:
        return f"The newest {columns} is recent"
    done = "deleted when their time is over" if mode == "deleteAfter" else "kept long enough"
    return level.description or f"Rows are {done}, by {columns or 'their dates'}"


def _column_expected(level: ServiceLevel, mode: str | None) -> str:
    period = read_period(level.value, level.unit)
    if level.name in AGES:
        return f"at most {period} old, and not in the future"
    return f"none older than {period}" if mode == "deleteAfter" else f"kept at least {period}"


def _level_check(level: ServiceLevel, unchecked: str | None = None) -> Check:
    is_end = level.name == "endOfLife"
    period = read_period(level.value, level.unit) if level.name in PERIODS else None
    value = f"{level.value} {level.unit or ''}".strip() if period is None else str(period)
    expected = value if unchecked is not None else _EXPECTED[level.name](value)
    return Check(
        id=level.path,
        kind=CheckKind.END_OF_LIFE if is_end else CheckKind.SERVICE_LEVEL,
        title=level.description or _TITLES.get(level.name) or f"Service level {level.name}",
        expected=expected,
        severity=Severity.ERROR if is_end else level.severity,
        unchecked=unchecked,
        arguments={} if unchecked is not None else _arguments(level),
        service_level=level,
    )


def _arguments(level: ServiceLevel) -> Mapping[str, Any]:
    if level.name in CALENDAR:
        return {"end": read_end(level.value)}
    return {
        "period": read_period(level.value, level.unit),
        "share": read_share(level.value, level.unit),
        "rate": read_rate(level.value, level.unit),
        "time": read_time_of_day(level.value, level.unit),
    }


def _at_most(value: str) -> str:
    return f"at most {value}"


_EXPECTED: Mapping[str, Callable[[str], str]] = {
    "availability": lambda value: f"at least {value.removesuffix('percent').strip(' %')} percent",
    "throughput": lambda value: f"at least {value}",
    "errorRate": lambda value: f"at most {value.removesuffix('percent').strip(' %')} percent",
    "generalAvailability": lambda value: f"published by {value}",
    "endOfSupport": lambda value: f"supported until {value}",
    "endOfLife": lambda value: f"published until {value}",
    "frequency": lambda value: f"a new version every {value}",
    "timeToDetect": _at_most,
    "timeToNotify": _at_most,
    "timeToRepair": _at_most,
    "timeOfAvailability": lambda value: f"published by {value}",
}
