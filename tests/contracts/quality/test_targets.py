"""A target is met by what was executed and kept, and by nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from contracts.checks import checks_for
from contracts.errors import InvalidContract
from contracts.model import Contract, Severity
from contracts.quality.targets import measurements
from contracts.verdict import CheckResult, Outcome, Verdict


def verdict(contract: Contract, failing: frozenset[str] = frozenset(), **more: Any) -> Verdict:
    results = []
    for check in checks_for(contract):
        outcome = Outcome.FAILED if failing & set(check.columns) else Outcome.PASSED
        outcome = outcome if check.unchecked is None else Outcome.UNCHECKED
        result = CheckResult(
            check_id=check.id, title=check.title, kind="range", property_name=check.property_name,
            dimension=check.dimension, severity=check.severity, informative=check.informative,
            outcome=outcome, checked_rows=100, failing_rows=10 if outcome == "failed" else 0,
            observed=None, expected=None, detail=None, query=None, seconds=0.0,
        )  # fmt: skip
        results.append(replace(result, **more) if outcome is Outcome.FAILED else result)
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    return Verdict("a.b", "1.0.0", "k", "c", "run", moment, 100, tuple(results))


@pytest.fixture
def critical(contract_with: Callable[..., Contract]) -> Callable[..., Contract]:
    """A contract whose second column is critical, with the targets of a test."""

    def make(target: Any = None, whole: Any = None) -> Contract:
        def change(document: dict[str, Any]) -> None:
            column = document["schema"][0]["properties"][1]
            column["criticalDataElement"] = True
            if target is not None:
                column.setdefault("customProperties", []).append(
                    {"property": "qualityTarget", "value": target}
                )
            if whole is not None:
                document["customProperties"].append({"property": "qualityTarget", "value": whole})

        return contract_with(change)

    return make


def name_of(contract: Contract) -> str:
    return next(column.name for column in contract.table.properties if column.is_critical)


@pytest.mark.requirement("QUA-05")
def test_a_critical_element_must_keep_every_check(critical: Callable[..., Contract]) -> None:
    contract = critical()
    name = name_of(contract)

    (good,) = measurements(contract, verdict(contract))
    (bad,) = measurements(contract, verdict(contract, frozenset({name})))

    assert (good.element, good.score, good.is_met, good.broken) == (name, 100, True, ())
    assert not bad.is_met and bad.broken and bad.score is not None and bad.score < 100


@pytest.mark.parametrize(("target", "is_met"), [(40, True), ("44.9", True), (99.5, False)])
def test_a_lower_target_forgives_warnings_only(
    critical: Callable[..., Contract], target: Any, is_met: bool
) -> None:
    contract = critical(target)
    failing = frozenset({name_of(contract)})

    (warned,) = measurements(contract, verdict(contract, failing, severity=Severity.WARNING))
    (blocked,) = measurements(contract, verdict(contract, failing, severity=Severity.ERROR))

    assert warned.target == Fraction(str(target))
    assert warned.is_met is is_met
    assert not blocked.is_met


def test_what_was_not_executed_meets_no_target(critical: Callable[..., Contract]) -> None:
    contract = critical()
    nothing = replace(verdict(contract), results=())

    (found,) = measurements(contract, nothing)

    assert (found.score, found.shown, found.is_met) == (None, "not assessed", False)


def test_a_contract_sets_a_target_for_the_whole_port(critical: Callable[..., Contract]) -> None:
    contract = critical(whole=90)

    _, whole = measurements(contract, verdict(contract))

    assert (whole.element, whole.target) == ("", 90)


@pytest.mark.parametrize("target", [101, -1, "high", True, "nan", "1/0"])
def test_a_target_that_is_none_is_a_fault(critical: Callable[..., Contract], target: Any) -> None:
    with pytest.raises(InvalidContract, match="no number from 0 to 100"):
        critical(whole=target)


def test_a_target_of_a_column_that_is_not_critical_is_a_fault(
    contract_with: Callable[..., Contract],
) -> None:
    def change(document: dict[str, Any]) -> None:
        column = document["schema"][0]["properties"][0]
        column["customProperties"] = [{"property": "qualityTarget", "value": 90}]

    with pytest.raises(InvalidContract, match="no critical data element"):
        contract_with(change)
