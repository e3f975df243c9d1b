"""A check of a port opens, measures and closes the improvement plans of its critical data."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.checks import checks_for
from contracts.documents import load_contract
from contracts.model import Contract, Severity
from contracts.verdict import CheckResult, Outcome, Verdict
from marketplace.access.issue_book import Step
from marketplace.access.issue_model import IssueReport, IssueSeverity, IssueStatus, RootCause
from marketplace.access.model import Actor
from marketplace.access.plan_model import Planned, PlanStatus
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from orchestration.quality_targets import follow_targets

CONTRACT = Path(__file__).parents[2] / "contracts/commercial/payments.v1.odcs.yaml"
NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
SAM = Actor("sam", "Sam", frozenset(), frozenset())


@dataclass
class Running:
    """What following targets needs of a platform."""

    settings: Settings


@pytest.fixture
def platform(tmp_path: Path) -> Any:
    return Running(Settings(state_url=f"sqlite:///{tmp_path / 'state.db'}"))


@pytest.fixture
def store(platform: Any) -> Any:
    opened = AccessStore.open(platform.settings.database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(CONTRACT)


def verdict(contract: Contract, days: int, column: str = "", severity: str = "error") -> Verdict:
    """What checks found after some days; every check of `column` alone fails."""
    results = []
    for check in checks_for(contract):
        is_broken = bool(column) and check.property_name == column
        outcome = Outcome.FAILED if is_broken else Outcome.PASSED
        results.append(
            CheckResult(
                check_id=check.id, title=check.title, kind=check.kind.name,
                property_name=check.property_name, dimension=check.dimension,
                severity=Severity(severity) if is_broken else check.severity,
                informative=check.informative,
                outcome=outcome if check.unchecked is None else Outcome.UNCHECKED,
                checked_rows=100, failing_rows=10 if is_broken else 0, observed=None,
                expected=None, detail=None, query=None, seconds=0.0,
                strategy_dimension=check.strategy_dimension,
                framework_dimension=check.framework_dimension, is_critical=check.is_critical,
            )
        )  # fmt: skip
    at = NOW + timedelta(days=days)
    found = Verdict(
        contract.reference, contract.version, contract.content_hash, f"c{days}", "run", at, 100,
        tuple(results),
    )  # fmt: skip
    if not column:  # what no engine executes here would keep it from being published
        return replace(found, results=tuple(r for r in found.results if r.outcome == "passed"))
    return found


def follow(platform: Any, contract: Contract, found: Verdict) -> None:
    follow_targets(platform, contract, found, found.checked_at)


@pytest.mark.requirement("QUA-05")
def test_a_plan_opens_and_closes_by_what_checks_find(
    platform: Any, contract: Contract, store: Any
) -> None:
    follow(platform, contract, verdict(contract, 0, "amount_gbp"))
    (plan,) = store.plans.on_port(contract.reference)
    due = NOW.date() + timedelta(days=30)
    action = "Refuse empty amounts at the ledger."
    planned = Planned(RootCause.SOURCE, "The form lets it be.", action, "team:finance", due)
    store.plans.fill_in(plan.id, SAM, planned, NOW)
    follow(platform, contract, verdict(contract, 1, "amount_gbp"))
    follow(platform, contract, verdict(contract, 2))

    closed = store.plans.find(plan.id)
    assert (plan.element, plan.target, plan.opened_by) == ("amount_gbp", "100.0", "pipeline")
    assert [each.is_met for each in closed.measured] == [False, False, True]
    assert closed.status(NOW) is PlanStatus.CLOSED
    told = store.notifications_about(contract.reference, ("plan.open", "plan.close"))
    assert {each.kind for each in told} == {"plan.open", "plan.close"}
    assert store.verify_audit().intact


def test_what_is_critical_to_nobody_opens_no_plan(
    platform: Any, contract: Contract, store: Any
) -> None:
    follow(platform, contract, verdict(contract, 0, "expense_type"))

    assert store.plans.everything() == ()


@pytest.mark.requirement("QUA-05")
def test_a_late_plan_is_escalated_to_governance_once(
    platform: Any, contract: Contract, store: Any
) -> None:
    follow(platform, contract, verdict(contract, 0, "amount_gbp"))
    for days in (14, 15, 16):
        follow_targets(platform, contract, None, NOW + timedelta(days=days))

    told = store.notifications_about(contract.reference, ("plan.overdue",))
    owners = {m.username for role in ("owner", "steward") for m in contract.members(role)}
    assert {each.recipient for each in told} == {"team:governance", *owners}
    assert len(told) == len(owners) + 1
    assert {each.created_at for each in told} == {NOW + timedelta(days=15)}


@pytest.mark.requirement("GOV-07")
def test_users_are_told_when_an_accepted_risk_returns(
    platform: Any, contract: Contract, store: Any
) -> None:
    severity = IssueSeverity.LOW
    report = IssueReport(contract.reference, "Names vary", "In many ways.", severity)
    issue = store.issues.open(SAM, report, NOW)
    until = NOW.date() + timedelta(days=3)
    closing = Step(SAM, IssueStatus.CLOSED, "Harmless", accepted_until=until)
    store.issues.step(issue.id, closing, NOW)
    for days in (3, 4, 5):
        follow_targets(platform, contract, None, NOW + timedelta(days=days))

    told = store.notifications_about(contract.reference, ("issue.return",))
    assert {each.created_at for each in told} == {NOW + timedelta(days=4)}
    assert "team:governance" in {each.recipient for each in told}
