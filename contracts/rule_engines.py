"""Engines that run custom quality rules: registered by who composes the run, named here.

A rule names its engine and what to tell it. An engine answers with what it found and how many rows
break the rule; one that a run has not registered leaves its rules unchecked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.check_model import Check
from contracts.errors import NotCheckable
from contracts.findings import Finding, counted, passed_if
from contracts.verdict import Outcome

ENGINES = frozenset({"dbt"})


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What an engine found: rows that break the rule, and the statement that it ran."""

    failing_rows: int
    query: str | None = None


Engine = Callable[[Any], EngineAnswer]
"""Runs what a rule's `implementation` says. Raises NotCheckable where it cannot."""


def run_custom_check(check: Check, engines: Mapping[str, Engine], rows: int) -> Finding:
    """The answer of the rule's engine; unchecked where this run has not registered it."""
    rule = check.rule
    if rule is None or rule.engine is None:
        raise NotCheckable("The rule names no engine.")
    engine = engines.get(rule.engine)
    if engine is None:
        detail = f"The engine `{rule.engine}` is not registered with this run."
        return Finding(Outcome.UNCHECKED, detail=detail)
    answer = engine(rule.implementation)
    return Finding(
        outcome=passed_if(answer.failing_rows == 0),
        observed=counted(answer.failing_rows, "row breaks it", "rows break it"),
        checked_rows=rows,
        failing_rows=answer.failing_rows,
        query=answer.query,
        detail=f"Run by `{rule.engine}`.",
    )
