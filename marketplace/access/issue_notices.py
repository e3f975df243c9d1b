"""Whom acts on issues and plans concern, and what they are told: each of it once."""

from collections.abc import Iterable
from datetime import datetime

from contracts.model import Contract
from marketplace.access.issue_model import Issue, IssueStatus
from marketplace.access.model import Notice
from marketplace.access.plan_model import Plan, PlanStatus
from marketplace.access.store import AccessStore

ISSUE_OPENED, ISSUE_ROUTED = "issue.open", "issue.route"
ISSUE_CLOSED, ISSUE_RETURNED = "issue.close", "issue.return"
PLAN_OPENED, PLAN_OVERDUE, PLAN_CLOSED = "plan.open", "plan.overdue", "plan.close"
GOVERNANCE = "team:governance"


def tell_of_opening(store: AccessStore, contract: Contract, issue: Issue, now: datetime) -> None:
    """Tell who answers for the port and who uses it that there is an issue."""
    said = f"Known issue of `{issue.port}`: {issue.report.title}."
    notice = Notice(ISSUE_OPENED, issue.port, issue.id, said)
    store.notify(issue.opened_by, notice, _concerned(store, contract, now), now)


def tell_of_routing(store: AccessStore, issue: Issue, now: datetime) -> None:
    """Tell those to whom an issue was routed."""
    routing, act = issue.routing, issue.acts[-1]
    where = f" of source system `{routing.source_system}`" if routing.source_system else ""
    said = (
        f"An issue of `{issue.port}` was routed to you{where}: {issue.report.title}. "
        f"Root cause: {routing.root_cause.value}."
    )
    notice = Notice(ISSUE_ROUTED, issue.port, f"{issue.id}:{act.position}", said)
    store.notify(act.actor_id, notice, routing.assigned, now)


def tell_of_closure(store: AccessStore, contract: Contract, issue: Issue, now: datetime) -> None:
    """Tell everybody who was told of the opening, and who uses the port now."""
    act = issue.acts[-1]
    how = "was closed"
    if act.accepted_until is not None:
        how = f"is accepted as a risk until {act.accepted_until:%d %B %Y}"
    said = f"The issue of `{issue.port}` {how}: {issue.report.title}. {act.reason}"
    notice = Notice(ISSUE_CLOSED, issue.port, f"{issue.id}:{act.position}", said)
    told = {
        each.recipient
        for each in store.notifications_about(issue.port, (ISSUE_OPENED,))
        if each.subject == issue.id
    }
    recipients = told | _concerned(store, contract, now) | set(issue.routing.assigned)
    store.notify(act.actor_id, notice, recipients, now)


def tell_of_plans(
    store: AccessStore, contract: Contract, actor_id: str, plans: Iterable[Plan], now: datetime
) -> None:
    """Tell owners and stewards of plans that opened or closed."""
    for plan in plans:
        about = _about(plan)
        said = f"{about} is at {plan.opening.score}, its target is {plan.target}: say what is done."
        kind = PLAN_OPENED
        if plan.status(now) is PlanStatus.CLOSED:
            kind = PLAN_CLOSED
            said = f"{about} is at {plan.measured[-1].score} and meets its target {plan.target}."
        store.notify(actor_id, Notice(kind, plan.port, plan.id, said), _answering(contract), now)


def remind(store: AccessStore, contract: Contract, actor_id: str, now: datetime) -> None:
    """Escalate what is late on a port: plans past their day, and risks accepted until a past one.

    Governance is told of both, once of each day that was missed.
    """
    port = contract.reference
    for plan in store.plans.on_port(port):
        if plan.status(now) is PlanStatus.OVERDUE:
            said = f"The improvement plan is late: {_about(plan)}, due on {plan.due_on:%d %B %Y}."
            notice = Notice(PLAN_OVERDUE, port, f"{plan.id}:{plan.due_on}", said)
            owner = {plan.planned.owner} if plan.planned is not None else set()
            store.notify(actor_id, notice, {GOVERNANCE, *_answering(contract), *owner}, now)
    for issue in store.issues.on_port(port):
        if issue.status(now) is IssueStatus.OPEN and issue.has_returned(now):
            said = f"The risk is no longer accepted, and the issue open again: {issue.report.title}"
            notice = Notice(ISSUE_RETURNED, port, f"{issue.id}:{issue.accepted_until}", said)
            recipients = {GOVERNANCE, *_concerned(store, contract, now)}
            store.notify(actor_id, notice, recipients, now)


def _about(plan: Plan) -> str:
    return f"`{plan.element}` of `{plan.port}`" if plan.element else f"`{plan.port}` as a whole"


def _answering(contract: Contract) -> set[str]:
    return {member.username for role in ("owner", "steward") for member in contract.members(role)}


def _concerned(store: AccessStore, contract: Contract, now: datetime) -> set[str]:
    """Who answers for the port, and every holder of a grant that stands."""
    holders = {g.actor_id for g in store.grants_on(contract.reference) if g.stands(now)}
    return _answering(contract) | holders
