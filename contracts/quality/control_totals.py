"""Reconciliation to control totals: what is published adds up to what it was made from.

A contract declares them in its custom property `controlTotals`:

    - name: Every pound that was landed is published
      published: sum(amount_gbp * line_count)      # an aggregate over this table
      source: payments_over_threshold.monthly_files  # <source system>.<object>, or a port
      total: sum(amount * _line_count)             # an aggregate over the source
      where: amount is not null                    # optional: which of the source's rows count
      tolerancePercent: 0.5                        # of the source's total; 0 where not said
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.errors import DocumentFault, NotCheckable
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
from contracts.verdict import Outcome

NAME = "controlTotals"
_KEYS = Keys(
    needed=("name", "published", "source", "total"),
    optional=("where", "tolerancePercent", "severity"),
)


def control_total_checks(contract: Contract) -> Iterator[Check]:
    """One check for each declared control total."""
    for path, entry in entries(contract, NAME):
        tolerance = percent(entry.get("tolerancePercent", 0)) or Decimal(0)
        where = f" WHERE {entry['where']}" if entry.get("where") else ""
        yield Check(
            id=path,
            kind=CheckKind.CONTROL_TOTAL,
            title=str(entry["name"]),
            expected=f"the total of `{entry['source']}`, give or take {tolerance:f} percent",
            severity=severity(entry),
            arguments={
                "table": contract.table.name,
                "source": str(entry["source"]),
                "published": f"SELECT {entry['published']} FROM {{object}}",
                "total": f"SELECT {entry['total']} FROM {{{entry['source']}}}{where}",
                "tolerance": tolerance,
            },
        )


def control_total_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong with the declared control totals."""
    yield from list_faults(contract, NAME, _KEYS)
    for path, entry in entries(contract, NAME):
        if isinstance(entry, Mapping):
            yield from percent_faults(entry, "tolerancePercent", path)
            if entry.get("source") and str(entry["source"]).count(".") != 1:
                fault = f"`{entry['source']}` is neither a source system's object nor a port."
                yield DocumentFault(f"{path}.source", fault, "Write it as in `unit.port`.")


def run_control_total(
    check: Check, table: CheckedTable, references: Mapping[str, str], limits: SqlLimits
) -> Finding:
    """The two totals and their difference, exactly. Unchecked where the source is not at hand."""
    source = str(check.arguments["source"])
    if source not in references:
        return Finding(Outcome.UNCHECKED, detail=f"`{source}` is not at hand in this check.")
    published = _total(str(check.arguments["published"]), check, table, references, limits)
    total = _total(str(check.arguments["total"]), check, table, references, limits)
    difference = published - total
    allowed = abs(total) * Decimal(check.arguments["tolerance"]) / 100
    return Finding(
        outcome=passed_if(abs(difference) <= allowed),
        observed=(
            f"{published:,} published, {total:,} in `{source}`, difference {difference:,}"
            if difference
            else f"{published:,} in both"
        ),
        checked_rows=table.rows,
        query=f"{check.arguments['published']};\n{check.arguments['total']};",
    )


def _total(
    query: str,
    check: Check,
    table: CheckedTable,
    references: Mapping[str, str],
    limits: SqlLimits,
) -> Decimal:
    """One total; that of no rows is 0."""
    value = scalar_value(query, check, table, (references, limits))
    if value is None:
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise NotCheckable(f"The total gave {type(value).__name__}, which is no number.")
    return Decimal(str(value)) if isinstance(value, float) else Decimal(value)
