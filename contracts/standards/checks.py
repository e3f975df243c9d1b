"""Checks that values are in the standard that their column is bound to.

A list is tested once per entry of a file's dictionary, a form by one regular expression, the codes
of a port on the distinct values that the column has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.check_model import Check
from contracts.checked_table import SAMPLE_ROWS, CheckedTable
from contracts.errors import NotCheckable
from contracts.findings import Finding, counted, passed_if
from contracts.sql_text import quoted_name
from contracts.standards.bindings import Offer
from contracts.standards.register import Standard, shipped_standards


@dataclass(frozen=True, slots=True)
class OfferedStandard:
    """A standard that a port offers, as it is published now."""

    offer: Offer
    relation: str | None  # SQL relation of the published version; None where there is none
    edition: str  # which version of the port


def run_standard_check(
    check: Check, table: CheckedTable, offered: Mapping[str, OfferedStandard], own_port: str
) -> Finding:
    """How many rows are outside the standard, with the commonest values where they may be shown.

    Raises NotCheckable for a standard that nobody has registered, or whose port has no version.
    """
    name = str(check.arguments["standard"])
    shipped = shipped_standards().get(name)
    if shipped is not None:
        return _of_shipped(check, table, shipped)
    if name not in offered:
        raise NotCheckable(f"No standard `{name}` is registered. Correct the name, or register it.")
    return _of_port(check, table, offered[name], own_port)


def _of_shipped(check: Check, table: CheckedTable, standard: Standard) -> Finding:
    name = check.columns[0]
    violation = standard.violation(quoted_name(name))
    query = table.counting(violation)
    failing = int(table.value(query))
    outside = (
        f"SELECT {quoted_name(name)}, count(*) AS n FROM {table.name} "
        f"WHERE {violation} GROUP BY {quoted_name(name)}"
    )
    return Finding(
        outcome=passed_if(failing == 0),
        observed=counted(failing, "row outside", "rows outside"),
        checked_rows=table.rows,
        failing_rows=failing,
        query=query,
        detail=f"Held against {standard.id}, edition {standard.edition}.",
        sample=_commonest(name, outside, table) if failing else (),
    )


def _of_port(
    check: Check, table: CheckedTable, standard: OfferedStandard, own_port: str
) -> Finding:
    """Distinct values first: a register's codes are few, however many rows carry them."""
    offer, name = standard.offer, check.columns[0]
    is_own = offer.port == own_port
    parent = table.name if is_own else standard.relation
    if parent is None:
        raise NotCheckable(f"`{offer.port}` has no published version. Publish it first.")
    column, code = quoted_name(name), quoted_name(offer.column)
    outside = (
        f"SELECT used.{column}, used.n FROM "
        f"(SELECT {column}, count(*) AS n FROM {table.name} GROUP BY {column}) AS used "
        f"WHERE used.{column} IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {parent} AS codes WHERE codes.{code} = used.{column})"
    )
    query = f"SELECT coalesce(sum(n), 0) FROM ({outside})"
    failing = int(table.value(query))
    edition = "this very candidate" if is_own else standard.edition
    return Finding(
        outcome=passed_if(failing == 0),
        observed=counted(failing, "row outside", "rows outside"),
        checked_rows=table.rows,
        failing_rows=failing,
        query=query,
        detail=f"Held against {offer.title}: `{offer.port}.{offer.column}`, {edition}.",
        sample=_commonest(name, outside, table) if failing else (),
    )


def _commonest(name: str, outside: str, table: CheckedTable) -> tuple[Mapping[str, object], ...]:
    """The values outside that most rows have, each with its count; masked where guarded."""
    query = f"{outside} ORDER BY n DESC, {quoted_name(name)} LIMIT {SAMPLE_ROWS}"
    return table.shown(query, (name, "rows"))
