"""What the checks found about one candidate: one result per promise, and the verdict of all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.model import Severity


class Outcome(StrEnum):
    """How one promise came out. Only `passed` is ever shown green."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # it should have been executed and could not be
    UNCHECKED = "unchecked"  # by design, with the reason in `detail`


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer to one promise, with its evidence."""

    check_id: str  # stable within the contract: the promise's path
    title: str  # a sentence that a buyer understands
    kind: str
    property_name: str | None
    dimension: str  # ODCS's seven words
    severity: Severity
    informative: bool
    outcome: Outcome
    checked_rows: int | None
    failing_rows: int | None
    observed: str | None
    expected: str | None
    detail: str | None  # why it was not checked or could not be
    query: str | None  # the exact SQL, or None where a file statistic was the proof
    seconds: float
    sample: tuple[Mapping[str, Any], ...] = ()  # failing rows, personal columns masked
    strategy_dimension: str = ""  # the strategy's six words; empty before they were kept
    framework_dimension: str = ""  # those of the Government Data Quality Framework
    is_critical: bool = False  # it reads a critical data element

    @property
    def is_blocking(self) -> bool:
        """Whether this result alone keeps the candidate from being published."""
        if self.informative or self.outcome is Outcome.PASSED:
            return False
        return self.severity is Severity.ERROR


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all checks said of one candidate under one contract version."""

    port: str  # unit.port
    contract_version: str
    contract_hash: str
    candidate_hash: str
    run_id: str
    checked_at: datetime  # UTC
    rows: int
    results: tuple[CheckResult, ...]
    base_version: int | None = None  # the Delta version that the candidate was judged against
    facts: Mapping[str, Any] = field(default_factory=dict)
    delta_version: int | None = None  # the published version that was checked again

    @property
    def passed(self) -> bool:
        """Whether the candidate may be published."""
        return not self.blocking

    @property
    def is_recheck(self) -> bool:
        """Whether it is about a version that was published already; publishing ignores it."""
        return self.delta_version is not None

    @property
    def blocking(self) -> tuple[CheckResult, ...]:
        """The results that keep it from being published."""
        return tuple(result for result in self.results if result.is_blocking)

    def count(self, outcome: Outcome) -> int:
        """How many results came out as `outcome`."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def summary(self) -> str:
        """One sentence on what was found, naming what keeps the candidate from being published."""
        found = f"{self.count(Outcome.PASSED)} of {len(self.results)} checks passed"
        rest = [o for o in Outcome if o is not Outcome.PASSED and self.count(o)]
        if rest:
            words = {Outcome.FAILED: "failed", Outcome.ERROR: "could not be executed"}
            parts = [f"{self.count(o)} {words.get(o, 'unchecked')}" for o in rest]
            found += f", {', '.join(parts)}"
        subject = f"`{self.port}` {self.contract_version} on {self.rows:,} rows: {found}"
        if self.passed:
            return f"{subject}."
        return f"{subject}. Blocking: {'; '.join(_reason(r) for r in self.blocking)}."


def to_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values that JSON keeps."""
    document = asdict(verdict)
    document["checked_at"] = verdict.checked_at.isoformat()
    for result in document["results"]:
        result["severity"] = result["severity"].value
        result["outcome"] = result["outcome"].value
        result["sample"] = [dict(row) for row in result["sample"]]
    document["results"] = list(document["results"])
    document["facts"] = dict(document["facts"])
    return document


def from_document(document: Mapping[str, Any]) -> Verdict:
    """The verdict that to_document wrote, also after JSON.

    Raises KeyError, TypeError or ValueError for a document that it did not write.
    """
    results = tuple(
        CheckResult(
            **{
                **result,
                "severity": Severity(result["severity"]),
                "outcome": Outcome(result["outcome"]),
                "sample": tuple(result["sample"]),
            }
        )
        for result in document["results"]
    )
    checked_at = datetime.fromisoformat(document["checked_at"])
    return Verdict(**{**document, "checked_at": checked_at, "results": results})


def _reason(result: CheckResult) -> str:
    """Why one result blocks: what was promised and what was seen instead."""
    seen = result.detail if result.outcome is not Outcome.FAILED else result.observed
    return f"{result.title} ({(seen or result.outcome.value).rstrip('.')})"
