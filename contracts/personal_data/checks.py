"""Checks that a column holds no personal data that nobody declared, unless its steward said so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contracts.check_model import Check
from contracts.checked_table import CheckedTable
from contracts.findings import Finding, counted
from contracts.personal_data.decisions import ColumnDecision, latest_decision
from contracts.personal_data.detection import MOST_NAMES, Found, likely_personal, looked_at
from contracts.personal_data.text_samples import sample_query, text_sample
from contracts.verdict import Outcome

Decisions = Callable[[], Sequence[ColumnDecision]]
AWAITS = "awaits a steward's decision"


def run_personal_data_check(check: Check, table: CheckedTable, decisions: Decisions) -> Finding:
    """What looks like personal data in one column; failed where it awaits a steward's decision.

    `decisions` are asked for only where something was found. Examples are masked, always.
    """
    name = check.columns[0]
    rows = text_sample(table, tuple(check.arguments["together"])).column(name)
    different = rows.combine_chunks().unique().drop_null()
    found = [each for each in likely_personal(different) if each.is_too_much]
    decision = latest_decision(decisions(), name) if found else None
    open_ones = [each for each in found if decision is None or not decision.covers(each)]
    return Finding(
        outcome=Outcome.FAILED if open_ones else Outcome.PASSED,
        observed=_observed(found, open_ones),
        checked_rows=len(rows),
        failing_rows=_rows_with(rows, found),
        query=sample_query(table, (name,)),
        detail=_detail(len(different), len(rows) == table.rows, decision),
        sample=tuple(_evidence(each) for each in found),
    )


def _observed(found: Sequence[Found], open_ones: Sequence[Found]) -> str:
    if not found:
        return "nothing that looks like it"
    words = [
        f"{each.hits:,} of {counted(each.looked_at, 'value')} look like {each.kind.plural}"
        for each in open_ones or found
    ]
    said = "; ".join(words)
    return f"{said}: {AWAITS}" if open_ones else said


def _detail(different: int, is_whole: bool, decision: ColumnDecision | None) -> str:
    """How much was looked at, and what was decided: a sample says so."""
    seen = looked_at(different)
    scope = f"Looked at {counted(seen, 'different value')}"
    names = min(seen, MOST_NAMES)
    scope += ", all that there are" if is_whole and seen == different else ", a sample"
    scope += f"; for names at {names:,} of them." if names < seen else "."
    if decision is None:
        return scope
    said = "personal: declare it in the contract" if decision.is_personal else "not personal"
    day = decision.decided_at.date().isoformat()
    return f"Decided by {decision.decided_by} on {day}: {said}. {decision.reason} {scope}"


def _rows_with(rows: "pa.ChunkedArray[Any]", found: Sequence[Found]) -> int:
    values = frozenset().union(*(each.values for each in found))
    if not values:
        return 0
    is_one = pc.is_in(rows, value_set=pa.array(sorted(values)))
    return len(rows.filter(is_one))


def _evidence(found: Found) -> Mapping[str, Any]:
    return {
        "looks_like": found.kind.value,
        "different_values": found.hits,
        "looked_at": found.looked_at,
        "masked_examples": ", ".join(found.examples),
    }
