"""Required coverage: the periods, bodies or kinds that must be there, and the gaps.

A contract declares it in its custom property `requiredCoverage`, in one of three forms:

    - name: Every month has payments
      column: payment_month
      every: month                 # day, month, quarter, year
      from: '2024-04-01'           # optional: the first value there is
      until: '2025-03-31'          # optional: the last value there is
    - name: Every listed department is there
      column: department_id
      port: machinery_of_government.organisations
      key: organisation_id
      where: organisation_type = 'Ministerial department'   # optional
      minimumPercent: 90           # optional: all of them where not said
    - name: Both kinds of publication are there
      column: reported_in
      values: [monthly_file, ledger]
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.errors import DocumentFault
from contracts.findings import Finding, passed_if
from contracts.model import Contract
from contracts.quality.declared_entries import (
    Keys,
    entries,
    list_faults,
    percent,
    percent_faults,
    severity,
)
from contracts.sql_checks import SqlLimits, scalar_value
from contracts.sql_text import quoted_name, quoted_text
from contracts.verdict import Outcome

NAME = "requiredCoverage"
PERIODS = ("day", "month", "quarter", "year")
_SHOWN = 12  # gaps that are named; the count says how many there are
_FORMS = (("values",), ("port", "key"), ("every",))
_OPTIONAL = "values port key where every from until minimumPercent severity"
_KEYS = Keys(needed=("name", "column"), optional=tuple(_OPTIONAL.split()))


def required_coverage_checks(contract: Contract) -> Iterator[Check]:
    """One check for each declared coverage."""
    for path, entry in entries(contract, NAME):
        least = percent(entry.get("minimumPercent", 100))
        least = Decimal(100) if least is None else least
        share = "all" if least == 100 else f"at least {least:f} percent"
        yield Check(
            id=path,
            kind=CheckKind.REQUIRED_COVERAGE,
            title=str(entry["name"]),
            expected=f"{share} of {_population(entry)}",
            columns=(str(entry["column"]),),
            property_name=str(entry["column"]),
            severity=severity(entry),
            arguments={
                "table": contract.table.name,
                "query": _query(entry),
                "port": entry.get("port"),
                "least": least,
            },
        )


def required_coverage_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong with the declared coverage."""
    yield from list_faults(contract, NAME, _KEYS)
    columns = {column.name for table in contract.objects for column in table.properties}
    for path, entry in entries(contract, NAME):
        if not isinstance(entry, Mapping):
            continue
        yield from percent_faults(entry, "minimumPercent", path)
        if entry.get("column") and entry["column"] not in columns:
            fault = f"`{entry['column']}` is not a column of this contract."
            yield DocumentFault(f"{path}.column", fault, "Name one of its columns.")
        forms = [form for form in _FORMS if form[0] in entry]
        if len(forms) != 1:
            remedy = "Write one of `values`, `port` with `key`, or `every`."
            yield DocumentFault(path, f"has {len(forms)} forms of coverage.", remedy)
        else:
            yield from _form_faults(entry, path)


def run_required_coverage(
    check: Check, table: CheckedTable, references: Mapping[str, str], limits: SqlLimits
) -> Finding:
    """How much of the required population is there, with the gaps named; personal ones are not."""
    port = check.arguments["port"]
    if port is not None and port not in references:
        return Finding(Outcome.UNCHECKED, detail=f"`{port}` is not at hand in this check.")
    query = str(check.arguments["query"])
    answer = str(scalar_value(query, check, table, (references, limits)))
    expected, missing, named = answer.split("|", 2)
    required, gaps = int(expected), int(missing)
    if required == 0:
        told = "Not assessed: the required population is empty."
        return Finding(Outcome.UNCHECKED, "0 required", 0, 0, told, query)
    is_kept = Decimal(100 * (required - gaps)) / required >= check.arguments["least"]
    told = f"{required - gaps:,} of {required:,} are there"
    if gaps and check.columns[0] not in table.masked:
        more = ", ..." if gaps > _SHOWN else ""
        told = f"{told}; missing {named}{more}"
    return Finding(
        outcome=passed_if(is_kept),
        observed=told,
        checked_rows=required,
        failing_rows=gaps,
        query=query,
    )


def _form_faults(entry: Mapping[str, Any], path: str) -> Iterator[DocumentFault]:
    if "values" in entry and (not isinstance(entry["values"], list) or not entry["values"]):
        yield DocumentFault(f"{path}.values", "is not a list with values.", "Write a list.")
    if "port" in entry and not entry.get("key"):
        yield DocumentFault(f"{path}.key", "is missing.", "Name the port's column.")
    if "port" in entry and str(entry["port"]).count(".") != 1:
        fault = f"`{entry['port']}` is not a port."
        yield DocumentFault(f"{path}.port", fault, "Write it as in `unit.port`.")
    if "every" in entry and entry["every"] not in PERIODS:
        fault = f"`{entry['every']}` is not a period."
        yield DocumentFault(f"{path}.every", fault, f"Write one of {', '.join(PERIODS)}.")
    for key in ("from", "until"):
        if key in entry and _day(entry[key]) is None:
            fault = f"`{entry[key]}` is not a day."
            yield DocumentFault(f"{path}.{key}", fault, "Write it as in '2024-04-01'.")


def _population(entry: Mapping[str, Any]) -> str:
    if "values" in entry:
        return f"{len(entry['values'])} values"
    if "port" in entry:
        return f"`{entry['key']}` in `{entry['port']}`"
    until = entry.get("until", "the newest")
    return f"each {entry['every']} from {entry.get('from', 'the oldest')} to {until}"


def _query(entry: Mapping[str, Any]) -> str:
    """One text `<required>|<missing>|<some of the missing>`: whatever the form, one scan a side."""
    expected, there = _sides(entry)
    some = f"SELECT value FROM gaps ORDER BY value LIMIT {_SHOWN}"
    named = f"SELECT coalesce(string_agg(value, ', ' ORDER BY value), '') FROM ({some}) AS shown"
    return (
        f"WITH required AS ({expected}), there AS ({there}), gaps AS (SELECT value FROM required "
        "WHERE value NOT IN (SELECT value FROM there)) SELECT (SELECT count(*) FROM required) "
        f"|| '|' || (SELECT count(*) FROM gaps) || '|' || ({named})"
    )


def _sides(entry: Mapping[str, Any]) -> tuple[str, str]:
    column = quoted_name(str(entry["column"]))
    filled = f"FROM {{object}} WHERE {column} IS NOT NULL"
    there = f"SELECT DISTINCT CAST({column} AS VARCHAR) AS value {filled}"
    if "values" in entry:
        listed = ", ".join(quoted_text(str(value)) for value in entry["values"])
        return f"SELECT DISTINCT unnest([{listed}]) AS value", there
    if "port" in entry:
        key = quoted_name(str(entry["key"]))
        where = f" AND ({entry['where']})" if entry.get("where") else ""
        source = f"FROM {{{entry['port']}}} WHERE {key} IS NOT NULL{where}"
        return f"SELECT DISTINCT CAST({key} AS VARCHAR) AS value {source}", there
    period = str(entry["every"])
    begins = f"date_trunc('{period}', CAST({column} AS DATE))"
    low, high = _bound(entry, "from", "min", column), _bound(entry, "until", "max", column)
    step = "INTERVAL 3 MONTH" if period == "quarter" else f"INTERVAL 1 {period.upper()}"
    series = (
        f"SELECT CAST(CAST(unnest(generate_series(date_trunc('{period}', {low}), "
        f"date_trunc('{period}', {high}), {step})) AS DATE) AS VARCHAR) AS value FROM {{object}}"
    )
    return series, f"SELECT DISTINCT CAST(CAST({begins} AS DATE) AS VARCHAR) AS value {filled}"


def _bound(entry: Mapping[str, Any], key: str, function: str, column: str) -> str:
    day = _day(entry.get(key))
    if day is not None:
        # any_value only makes an aggregate of it, so that the series is made once
        return f"any_value(DATE {quoted_text(day.isoformat())})"
    return f"{function}(CAST({column} AS DATE))"


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
