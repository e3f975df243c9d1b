"""Relevance by use: whether anybody reads a port, and for what it is permitted.

Counts only, from the grants and the audit log: no person is in them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.check_model import CheckKind
from contracts.findings import Finding, counted, passed_if
from contracts.model import Contract, Severity
from contracts.quality.observations import Observation, not_assessed, observed
from contracts.verdict import CheckResult

COUNTED_DAYS = 90
LEAST_FIT = 50  # percent of the purposes
_STEM = 5  # letters: `publication` and `publish`, `analysis` and `analyse` come together
_WORD = re.compile(r"[a-z]{4,}")
_NO_SIGN = frozenset({"with", "from", "that", "this", "data", "their", "other", "about"})


@dataclass(frozen=True, slots=True)
class UseFacts:
    """How a port was used up to a check."""

    statements: int  # done, in the last COUNTED_DAYS days
    purposes: tuple[str, ...]  # of the grants that stand, in the consumers' words
    published_days: int | None  # since the first version; None: nothing was published


def use_results(contract: Contract, facts: UseFacts) -> tuple[CheckResult, ...]:
    """Active use, and fit with the declared purposes: one result each, for information."""
    return (_active_use(facts), _purpose_fit(_permitted(contract), facts))


def _active_use(facts: UseFacts) -> CheckResult:
    told = Observation(
        "observed.use.active",
        CheckKind.USE,
        f"Somebody has read it in the last {COUNTED_DAYS} days",
        "at least 1 statement",
        Severity.INFO,
    )
    age = facts.published_days
    if not facts.statements and (age is None or age < COUNTED_DAYS):
        since = "nothing was published" if age is None else f"published {counted(age, 'day')} ago"
        return not_assessed(told, f"Not assessed: {since}, use is judged after {COUNTED_DAYS}.")
    grants = counted(len(facts.purposes), "standing grant")
    found = f"{counted(facts.statements, 'statement')}, {grants}"
    return observed(told, Finding(passed_if(facts.statements > 0), found))


def _purpose_fit(permitted: Sequence[str], facts: UseFacts) -> CheckResult:
    told = Observation(
        "observed.use.purposes",
        CheckKind.USE,
        "Those who may read it do so for a purpose that it is meant for",
        f"at least {LEAST_FIT} percent of the grants' purposes share a word with a permitted one",
        Severity.INFO,
    )
    if not permitted:
        return not_assessed(told, "Not assessed: the contract declares no permitted purposes.")
    if not facts.purposes:
        return not_assessed(told, "Not assessed: no grant stands.")
    meant = frozenset().union(*(_stems(text) for text in permitted))
    fitting = sum(not meant.isdisjoint(_stems(text)) for text in facts.purposes)
    total = len(facts.purposes)
    return observed(
        told,
        Finding(
            passed_if(100 * fitting >= LEAST_FIT * total),
            f"{fitting} of {counted(total, 'purpose')}",
            checked_rows=total,
            failing_rows=total - fitting,
        ),
    )


def _permitted(contract: Contract) -> list[str]:
    given = contract.custom.get("permittedPurposes")
    return [str(purpose) for purpose in given] if isinstance(given, list) else []


def _stems(text: str) -> frozenset[str]:
    words = _WORD.findall(text.casefold())
    return frozenset(word[:_STEM] for word in words if word not in _NO_SIGN)
