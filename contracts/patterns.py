"""Which engine runs a pattern of a contract, and the patterns that none can run.

RE2 runs what it can compile, in DuckDB and in linear time. The rest (look-around, back-references,
large repetitions) runs on distinct values in the `regex` package, with a limit of values and time.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import regex  # type: ignore[import-untyped]

from contracts.ecma_patterns import Dialect, NotEcma, translated
from contracts.errors import NotCheckable

MOST_DISTINCT = 100_000
MOST_SECONDS = 10.0
_LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class PatternPlan:
    """How a pattern is run: as RE2's text in DuckDB, or compiled for distinct values."""

    re2: str | None
    compiled: "regex.Pattern[str] | None" = None


def pattern_fault(pattern: str) -> tuple[str, str] | None:
    """Why the pattern cannot be run, and what to do; None where it can."""
    try:
        pattern_plan(pattern)
    except NotEcma as error:
        remedy = "Write it as ECMA-262 has it, or as a sql rule."
        return f"`{_short(pattern)}` cannot be run ({error}).", remedy
    return None


@lru_cache(maxsize=1024)
def pattern_plan(pattern: str) -> PatternPlan:
    """The engine for a pattern. Raises NotEcma where none reads it."""
    if len(pattern) > _LONGEST:
        raise NotEcma(f"it is longer than {_LONGEST:,} characters")
    made = translated(pattern, Dialect.RE2)
    if not made.needs_backtracking and _runs_in_duckdb(made.text):
        return PatternPlan(made.text)
    written = translated(pattern, Dialect.BACKTRACKING).text
    try:
        return PatternPlan(None, regex.compile(written, regex.VERSION0 | regex.ASCII))
    except (regex.error, OverflowError, RecursionError) as error:
        raise NotEcma(str(error)) from error


def broken_values(
    plan: PatternPlan, values: Iterable[str], most_seconds: float = MOST_SECONDS
) -> list[str]:
    """The values in which the pattern is not found.

    Raises NotCheckable after `most_seconds`: a pattern may need time without end on some value.
    """
    if plan.compiled is None:
        raise ValueError("the pattern runs in DuckDB")
    deadline = time.monotonic() + most_seconds
    broken = []
    try:
        for value in values:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if plan.compiled.search(value, timeout=left) is None:
                broken.append(value)
    except TimeoutError as error:
        raise NotCheckable(
            f"The pattern took longer than {most_seconds:g} s and was stopped. Write it without "
            "repetitions inside repetitions, or without look-around."
        ) from error
    return broken


def _runs_in_duckdb(text: str) -> bool:
    connection = duckdb.connect()
    try:
        connection.execute("SELECT regexp_matches('', ?)", [text]).fetchone()
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return True


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
