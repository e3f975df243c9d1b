"""One pass over a column of long text for all promises about its values.

Reading such a column is most of what its checks cost (20 M codes of 25 bytes: 0.7 s a scan), and
nothing prunes it. Columns of few different words are left to one query per check: there DuckDB asks
each word of a file's dictionary once.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contracts.check_model import Check, CheckKind
from contracts.checked_table import CheckedTable
from contracts.errors import NotCheckable
from contracts.fixed_patterns import FixedPattern, fixed_pattern
from contracts.patterns import pattern_plan
from contracts.sql_text import quoted_name
from contracts.violations import violation_of

_BATCH = 100_000
_LARGE = 200_000  # rows; below this a query per check is cheap
_SAMPLE = 10_000
_TEXT_KINDS = frozenset(
    {CheckKind.PATTERN, CheckKind.FORMAT, CheckKind.MIN_LENGTH, CheckKind.MAX_LENGTH}
)


@dataclass(frozen=True, slots=True)
class ScannedCount:
    """How many rows break a promise, and its part of the seconds that finding it took."""

    rows: int
    seconds: float


@dataclass(slots=True)
class _Counts:
    """What a pass over a column has counted so far."""

    nulls: int = 0
    misses: int = 0
    broken: dict[str, int] = field(default_factory=dict)  # id of a check of lengths -> rows


def scanned_counts(checks: Sequence[Check], table: CheckedTable) -> dict[str, ScannedCount]:
    """Failing rows by check id, of the checks that a shared pass answers; exact, or not there.

    A pass that DuckDB refuses answers nothing: each of its checks then says what is wrong.
    """
    found: dict[str, ScannedCount] = {}
    if table.rows < _LARGE:
        return found
    for column, asked in _asked(checks, table).items():
        started = time.perf_counter()
        try:
            counts = _scan(column, asked, table)
        except (duckdb.Error, pa.ArrowException, NotCheckable):
            continue
        share = (time.perf_counter() - started) / max(len(counts), 1)
        found |= {name: ScannedCount(rows, share) for name, rows in counts.items()}
    return found


def _asked(checks: Sequence[Check], table: CheckedTable) -> dict[str, list[Check]]:
    """The checks of each column that a pass of its own is worth."""
    asked: dict[str, list[Check]] = {}
    for check in checks:
        is_asked = check.kind in _TEXT_KINDS or check.kind is CheckKind.REQUIRED
        if not is_asked or check.unchecked is not None or check.place is not None:
            continue
        if table.columns.get(check.columns[0]) == "VARCHAR":
            asked.setdefault(check.columns[0], []).append(check)
    return {name: found for name, found in asked.items() if _is_worth_it(name, found, table)}


def _is_worth_it(column: str, checks: list[Check], table: CheckedTable) -> bool:
    texts = _in_sql(checks)
    if _fixed(texts) is None and len(texts) < 2:
        return False
    name = quoted_name(column)
    filled, different = table.connection.execute(
        f"SELECT count({name}), count(DISTINCT {name}) "
        f"FROM (SELECT {name} FROM {table.name} LIMIT {_SAMPLE})"
    ).fetchall()[0]
    return int(different) * 4 > int(filled)


def _scan(column: str, checks: list[Check], table: CheckedTable) -> Mapping[str, int]:
    pattern = _fixed(checks)
    counted = None if pattern is None else _count_bytes(column, pattern, checks, table)
    return _count_rows(column, checks, table) if counted is None else counted


def _in_sql(checks: list[Check]) -> list[Check]:
    """The checks of texts, less patterns that RE2 cannot run."""
    found = (check for check in checks if check.kind in _TEXT_KINDS)
    return [
        check
        for check in found
        if check.kind is not CheckKind.PATTERN
        or pattern_plan(str(check.arguments["pattern"])).re2 is not None
    ]


def _fixed(checks: list[Check]) -> FixedPattern | None:
    patterns = {str(c.arguments["pattern"]) for c in checks if c.kind is CheckKind.PATTERN}
    read = pattern_plan(patterns.pop()).re2 if len(patterns) == 1 else None
    return fixed_pattern(read) if read is not None else None


def _count_rows(column: str, checks: list[Check], table: CheckedTable) -> dict[str, int]:
    """The checks of texts in one query; what else is asked is cheap enough on its own."""
    texts = _in_sql(checks)
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN {violation_of(check, column, 'VARCHAR')} THEN 1 ELSE 0 END), 0)"
        for check in texts
    )
    row = table.connection.execute(f"SELECT {sums} FROM {table.name}").fetchall()[0]
    return {check.id: int(rows) for check, rows in zip(texts, row, strict=True)}


def _count_bytes(
    column: str, pattern: FixedPattern, checks: list[Check], table: CheckedTable
) -> dict[str, int] | None:
    """The checks that the bytes of the values answer; None where DuckDB gives another layout."""
    lengths = [c for c in checks if c.kind in {CheckKind.MIN_LENGTH, CheckKind.MAX_LENGTH}]
    counts = _Counts(broken={check.id: 0 for check in lengths})
    for batch in _batches(f"SELECT {quoted_name(column)} FROM {table.name}", table):
        values = batch.column(0)
        if not isinstance(values, pa.StringArray):
            return None
        _count_batch(values, pattern, lengths, counts)
    settled = {CheckKind.REQUIRED: counts.nulls, CheckKind.PATTERN: counts.misses}
    return counts.broken | {c.id: settled[c.kind] for c in checks if c.kind in settled}


def _batches(query: str, table: CheckedTable) -> Iterator[pa.RecordBatch]:
    reader = table.connection.sql(query).to_arrow_reader(_BATCH)
    try:
        yield from reader
    finally:
        reader.close()


def _count_batch(
    values: pa.StringArray, pattern: FixedPattern, lengths: list[Check], counts: _Counts
) -> None:
    counts.nulls += values.null_count
    missed = _missed(values, pattern)
    count = int(missed.sum())
    counts.misses += count
    if not lengths:
        return
    # a value that matches has one character for each byte
    kept, odd = len(values) - values.null_count - count, np.empty(0, dtype=np.int32)
    if count:
        odd = pc.utf8_length(values.filter(pa.array(missed))).to_numpy()
    for check in lengths:
        limit, is_least = int(check.arguments["limit"]), check.kind is CheckKind.MIN_LENGTH
        broken = int(((odd < limit) if is_least else (odd > limit)).sum())
        is_broken = pattern.width < limit if is_least else pattern.width > limit
        counts.broken[check.id] += broken + (kept if is_broken else 0)


def _missed(values: pa.StringArray, pattern: FixedPattern) -> npt.NDArray[np.bool_]:
    """Which values do not match; NULL misses nothing."""
    fits: npt.NDArray[np.bool_] = np.diff(_starts(values)) == pattern.width
    missed = ~fits
    if values.null_count:
        valid = values.is_valid().to_numpy(zero_copy_only=False)
        fits &= valid
        missed &= valid
    fitting = values if fits.all() else values.filter(pa.array(fits))
    text = fitting.buffers()[2] if len(fitting) else None
    if text is not None:
        starts = _starts(fitting)
        found = np.frombuffer(memoryview(text), dtype=np.uint8)[starts[0] : starts[-1]]
        missed[fits] = pattern.misses(found)
    return missed


def _starts(values: pa.StringArray) -> npt.NDArray[np.int32]:
    """Where the bytes of each value start, and where those of the last one end."""
    starts = values.buffers()[1]
    if starts is None:
        return np.zeros(len(values) + 1, dtype=np.int32)
    found = np.frombuffer(memoryview(starts), dtype=np.int32)
    return found[values.offset : values.offset + len(values) + 1]
