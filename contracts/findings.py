"""What executing one check found, before it is joined with what was promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one execution."""

    outcome: Outcome
    observed: str | None = None
    checked_rows: int | None = None
    failing_rows: int | None = None
    detail: str | None = None
    query: str | None = None
    sample: tuple[Mapping[str, Any], ...] = ()


def passed_if(is_kept: bool) -> Outcome:
    """Passed where the promise is kept, else failed."""
    return Outcome.PASSED if is_kept else Outcome.FAILED


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 row`, `1,204 rows`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def worst(findings: Sequence[Finding]) -> Finding:
    """The first finding that failed, else the first that is no pass, else the first."""
    for outcomes in ({Outcome.FAILED}, set(Outcome) - {Outcome.PASSED}):
        for found in findings:
            if found.outcome in outcomes:
                return found
    return findings[0]
