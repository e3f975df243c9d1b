"""What an incremental build changed, and the proofs that the whole table keeps a promise still.

Each proof says `passed, and no row breaks it`, or nothing: then the whole table is asked. So an
increment's verdict differs from a full one only in what it cost.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from contracts.additive_rules import additive
from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.file_statistics import TableStatistics
from contracts.findings import Finding, passed_if
from contracts.key_checks import key_hashes, run_key_check, surplus_query
from contracts.key_sketches import KeptKeys
from contracts.model import Contract
from contracts.reference_checks import run_reference_check
from contracts.row_checks import METRICS, metric_finding, run_row_check
from contracts.sql_checks import SqlLimits, run_sql_check
from contracts.thresholds import holds
from contracts.verdict import Outcome, Verdict

_KEYS = frozenset({CheckKind.UNIQUE, CheckKind.PRIMARY_KEY, CheckKind.DUPLICATE_VALUES})
_WHOLE_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
_DECIMAL = re.compile(r"DECIMAL\(\d+,(\d+)\)")
_EXACT = 2**51  # a mean of less, times its count, is nearer to its sum than to another whole number
_DETAIL = "Only changed rows were read; "


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """What an incremental build changed, and what is already known of the rest."""

    relation: str  # the new files' rows
    settled: frozenset[str]  # ids of checks that no kept row breaks
    statistics: TableStatistics | None = None  # of the new files
    only_added: bool = False  # every row of the published version was kept
    apart: frozenset[str] = frozenset()  # columns in which no new file reaches a kept file's range
    keys: KeptKeys | None = None
    unmoved: frozenset[str] = frozenset()  # ports still at the version the kept rows were judged by
    observed: Mapping[str, str | None] = field(default_factory=dict)  # settled values of SQL rules


@dataclass(frozen=True, slots=True)
class Tables:
    """The table as it will be, and its new rows."""

    whole: CheckedTable
    new: CheckedTable
    changed: ChangedRows


def settled_checks(verdict: Verdict, contract: Contract) -> frozenset[str]:
    """Ids of the checks of a published verdict that no row breaks; none under another contract."""
    if verdict.contract_hash != contract.content_hash:
        return frozenset()
    return frozenset(
        r.check_id for r in verdict.results if r.outcome is Outcome.PASSED and r.failing_rows == 0
    )


def settled_values(verdict: Verdict, contract: Contract) -> dict[str, str | None]:
    """What the SQL rules of a published verdict gave, by id; nothing under another contract."""
    if verdict.contract_hash != contract.content_hash:
        return {}
    kept = (r for r in verdict.results if r.outcome is Outcome.PASSED)
    return {r.check_id: r.observed for r in kept if r.kind == CheckKind.SQL.value}


def proved_by_changes(
    check: Check, tables: Tables, references: Mapping[str, str], limits: SqlLimits
) -> Finding | None:
    """The finding on the whole table, where the new rows and what is settled prove it."""
    if check.unchecked is not None or check.place is not None:
        return None
    if check.kind is CheckKind.SQL:
        return _rule_stays_kept(check, tables, limits)
    if check.id not in tables.changed.settled:
        return None
    if check.kind in _KEYS:
        return _keys_stay_unique(check, tables)
    if check.kind in METRICS:
        return _metric_stays(check, tables)
    if check.kind is CheckKind.REFERENCE:
        return _references_stay_known(check, tables, references)
    return None


def _keys_stay_unique(check: Check, tables: Tables) -> Finding | None:
    """New rows repeat no key among themselves, and share none with a kept row."""
    whole, new = tables.whole, tables.new
    if run_key_check(check, new).failing_rows != 0:
        return None
    proof = "no new file reaches into the range of a kept one."
    if tables.changed.apart.isdisjoint(check.columns):
        known = tables.changed.keys
        columns = tuple((name, whole.columns[name]) for name in check.columns)
        if known is None:
            return None
        if not known.has_none_of(check.id, columns, key_hashes(check.columns, new)):
            return None
        proof = "no kept row has the hash of a new key."
    query = surplus_query(check.columns, whole)
    if check.kind is CheckKind.DUPLICATE_VALUES:
        return metric_finding(check, whole, 0, query, None)
    detail = _DETAIL + proof
    return Finding(Outcome.PASSED, "no repeated key", whole.rows, 0, detail, query)


def _metric_stays(check: Check, tables: Tables) -> Finding | None:
    """No kept row counts, so that the new rows' count is the whole table's."""
    found = run_row_check(check, tables.new)
    if found.failing_rows != 0:
        return None
    query = found.query
    if query is not None:
        query = query.replace(tables.new.name, tables.whole.name)
    return metric_finding(check, tables.whole, 0, query, None)


def _references_stay_known(
    check: Check, tables: Tables, references: Mapping[str, str]
) -> Finding | None:
    """All keys of kept rows are known to a parent that has not moved since."""
    reference, whole = check.reference, tables.whole
    if reference is None or reference.target_port not in tables.changed.unmoved:
        return None
    found = run_reference_check(check, tables.new, references, "")
    known = whole.statistics.columns if whole.statistics is not None else {}
    nulls = [known[name].nulls if name in known else None for name in reference.columns]
    if found.failing_rows != 0 or found.outcome is not Outcome.PASSED or nulls != [0] * len(nulls):
        return None
    parent = references[reference.target_port]
    return Finding(
        Outcome.PASSED,
        found.observed,
        whole.rows,
        0,
        _DETAIL + f"`{reference.target_port}` is the version that the others were found in.",
        _whole_query(found.query, tables, parent),
    )


def _whole_query(query: str | None, tables: Tables, parent: str) -> str | None:
    """The same question to the whole table; the parent's relation stays as it is."""
    if query is None:
        return None
    kept = "\0".join(
        part.replace(tables.new.name, tables.whole.name) for part in query.split(parent)
    )
    return kept.replace("\0", parent)


def _rule_stays_kept(check: Check, tables: Tables, limits: SqlLimits) -> Finding | None:
    """A count that was 0, or an extreme or mean of rows that were all kept, with the new rows'."""
    rule, before = check.rule, tables.changed.observed.get(check.id)
    if rule is None or rule.operator is None or before is None:
        return None
    found = run_sql_check(check, tables.new, {}, limits)
    asked = additive(tables.new.connection, found.query or "", tables.new.columns)
    if asked is None or found.observed is None or (asked.kind == "count" and before != "0"):
        return None
    if asked.kind != "count" and not tables.changed.only_added:
        return None
    value: Decimal | float | None
    if asked.column is not None:
        value = _whole_mean(asked.column, tables, (before, found.observed))
        observed = str(value)
    else:
        value = _combined(asked.kind, before, found.observed)
        observed = found.observed if value == _number(found.observed) else before
    if value is None:
        return None
    return Finding(
        outcome=passed_if(holds(rule.operator, value, rule.threshold)),
        observed=observed,
        checked_rows=tables.whole.rows,
        query=(found.query or "").replace(tables.new.name, tables.whole.name),
        detail=_DETAIL + "what the others gave is known.",
    )


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:  # true, false: not an extreme of numbers
        return None


def _combined(kind: str, before: str, now: str) -> Decimal | None:
    old, new = _number(before), _number(now)
    if old is None or new is None:
        return None
    return {"count": new, "min": min(old, new), "max": max(old, new)}[kind]


def _whole_mean(column: str, tables: Tables, means: tuple[str, str]) -> float | None:
    """The mean of kept and new rows of whole or decimal numbers, to the last digit.

    A mean of so many values says their sum exactly while that has few enough digits.
    """
    name = _spelled(column, tables.whole)
    scale = None if name is None else _decimals(tables.whole.columns[name])
    every, new = (_filled(column, table) for table in (tables.whole, tables.new))
    if scale is None or every is None or new is None:
        return None
    unit: int = 10**scale
    old_sum, new_sum = (
        _sum_of(float(mean), count * unit)
        for mean, count in zip(means, (every - new, new), strict=True)
    )
    if old_sum is None or new_sum is None or abs(old_sum + new_sum) >= _EXACT:
        return None
    return (old_sum + new_sum) / (every * unit)


def _decimals(kind: str) -> int | None:
    """Digits after the point of a type whose sums are exact; None for another type."""
    found = _DECIMAL.fullmatch(kind)
    if found is not None:
        return int(found.group(1))
    return 0 if kind in _WHOLE_NUMBERS else None


def _sum_of(mean: float, count: int) -> int | None:
    """The sum of so many values, in units of their last digit."""
    if count < 1 or abs(mean) * count >= _EXACT:
        return None
    found = round(Fraction(mean) * count)
    return found if found / count == mean else None


def _filled(column: str, table: CheckedTable) -> int | None:
    """How many rows have a value, as the files' footers say."""
    name = _spelled(column, table)
    known = table.statistics.columns if table.statistics is not None else {}
    nulls = known[name].nulls if name is not None and name in known else None
    return None if nulls is None else table.rows - nulls


def _spelled(column: str, table: CheckedTable) -> str | None:
    return next((name for name in table.columns if name.lower() == column), None)
