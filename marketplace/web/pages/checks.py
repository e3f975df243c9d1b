"""What the checks found, as lines of a page. Only what passed is ever shown green."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.verdict import CheckResult, Outcome, Verdict
from marketplace.web import urls
from marketplace.web.formats import counted

_ORDER = (Outcome.FAILED, Outcome.ERROR, Outcome.UNCHECKED, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One promise and how it came out."""

    anchor: str
    title: str
    outcome: str
    severity: str
    is_informative: bool
    is_blocking: bool
    dimension: str
    column: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many promises came out each way, for a bar and a sentence."""

    passed: int
    failed: int
    error: int
    unchecked: int

    @property
    def total(self) -> int:
        """All promises."""
        return self.passed + self.failed + self.error + self.unchecked

    @property
    def parts(self) -> tuple[tuple[str, float, float], ...]:
        """Outcome, start and width of each part of the bar, in percent."""
        counts = (
            ("passed", self.passed),
            ("failed", self.failed),
            ("error", self.error),
            ("unchecked", self.unchecked),
        )
        parts, start = [], 0.0
        for outcome, count in counts:
            if count:
                width = 100 * count / self.total
                parts.append((outcome, round(start, 2), round(width, 2)))
                start += width
        return tuple(parts)

    @property
    def sentence(self) -> str:
        """`12 of 14 checks passed, 1 failed, 1 not checked`."""
        if self.total == 0:
            return "No checks have run"
        words = [f"{self.passed} of {counted(self.total, 'check')} passed"]
        words += [f"{self.failed} failed"] if self.failed else []
        words += [f"{self.error} could not run"] if self.error else []
        words += [f"{self.unchecked} not checked"] if self.unchecked else []
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One check with everything that was kept of it."""

    line: CheckLine
    kind: str
    checked_rows: int | None
    failing_rows: int | None
    observed: str | None
    expected: str | None
    detail: str | None
    query: str | None
    seconds: float
    sample: tuple[Mapping[str, Any], ...]
    sample_is_hidden: bool
    check_id: str


def tally(verdict: Verdict) -> Tally:
    """The outcomes of `verdict`, counted."""
    return Tally(*(verdict.count(outcome) for outcome in Outcome))


def lines(verdict: Verdict) -> tuple[CheckLine, ...]:
    """Every promise of `verdict`; what needs attention first."""
    ranked = sorted(verdict.results, key=lambda result: _ORDER.index(result.outcome))
    return tuple(line(result) for result in ranked)


def line(result: CheckResult) -> CheckLine:
    """One promise as a line."""
    return CheckLine(
        anchor=anchor(result.check_id),
        title=result.title,
        outcome=result.outcome.value,
        severity=result.severity.value,
        is_informative=result.informative,
        is_blocking=result.is_blocking,
        dimension=result.dimension,
        column=result.property_name,
        sentence=_sentence(result),
    )


def anchor(check_id: str) -> str:
    """A check's place on its evidence page."""
    return "check-" + "".join(sign if sign.isalnum() else "-" for sign in check_id).strip("-")


def evidence_of(verdict: Verdict, may_see_sample: bool) -> tuple[Evidence, ...]:
    """Every check of `verdict` with its evidence; failing rows only for who may see them."""
    ranked = sorted(verdict.results, key=lambda result: _ORDER.index(result.outcome))
    return tuple(evidence(result, may_see_sample) for result in ranked)


def evidence(result: CheckResult, may_see_sample: bool) -> Evidence:
    """One check with its evidence; failing rows only for who may see them."""
    return Evidence(
        line=line(result),
        kind=result.kind,
        checked_rows=result.checked_rows,
        failing_rows=result.failing_rows,
        observed=result.observed,
        expected=result.expected,
        detail=result.detail,
        query=result.query,
        seconds=result.seconds,
        sample=result.sample if may_see_sample else (),
        sample_is_hidden=bool(result.sample) and not may_see_sample,
        check_id=result.check_id,
    )


def evidence_address(verdict: Verdict) -> str:
    """Where the evidence of `verdict` is shown."""
    return urls.evidence(verdict.port, verdict.candidate_hash)


def _sentence(result: CheckResult) -> str:
    if result.outcome in {Outcome.UNCHECKED, Outcome.ERROR}:
        return result.detail or "No reason was given."
    words = []
    if result.failing_rows and result.checked_rows:
        words.append(f"{result.failing_rows:,} of {counted(result.checked_rows, 'row')} fail")
    elif result.observed is not None:
        words.append(f"found {result.observed}")
    if result.expected is not None:
        words.append(f"promised {result.expected}")
    sentence = ", ".join(words)
    return sentence[:1].upper() + sentence[1:]
