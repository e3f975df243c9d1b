"""Issues put together as pages for one reader: what they may see of the evidence, and may do."""

from collections.abc import Sequence
from datetime import datetime

from contracts.model import Contract
from marketplace.access.facts import Action
from marketplace.access.issue_model import (
    NEXT,
    FailedCheck,
    Issue,
    IssueStatus,
)
from marketplace.access.issue_policy import IssueAction, IssueFacts, decide_issue, is_assigned
from marketplace.access.model import Actor, AuditEntry
from marketplace.web import urls
from marketplace.web.errors import NotAllowed
from marketplace.web.formats import label, words
from marketplace.web.issue_evidence import failed_result, passing_verdict
from marketplace.web.issue_sources import sources_of
from marketplace.web.pages.checks import Evidence, anchor, evidence
from marketplace.web.pages.issues import (
    CAUSES,
    SEVERITIES,
    Acts,
    IssuePage,
    IssuesPage,
    NewIssuePage,
    choices_of,
    history_of,
    issue_line,
)
from marketplace.web.pages.page import Choice, Link
from marketplace.web.rooms import Rooms


def require_issue(rooms: Rooms, actor: Actor, action: IssueAction, facts: IssueFacts) -> None:
    """Records a denial, and raises NotAllowed with the reason and the way on."""
    permission = decide_issue(actor, action, facts)
    if not permission:
        entry = AuditEntry(actor.id, action.value, facts.port.reference, "denied")
        rooms.store.record(entry, rooms.now())
        raise NotAllowed(f"{permission.reason} {permission.way_on or ''}".strip())


def issues_page(
    found: Sequence[Issue], actor: Actor | None, port: str, now: datetime
) -> IssuesPage:
    """The list for one reader: what is known, what was routed to them, what was closed."""
    references = actor.references if actor is not None else frozenset[str]()
    known = [issue for issue in found if issue.is_known(now)]
    mine = [issue for issue in known if not references.isdisjoint(issue.routing.assigned)]
    closed = [issue for issue in found if not issue.is_known(now)]
    return IssuesPage(
        title="Known issues",
        port=port,
        known=tuple(issue_line(issue, now) for issue in known),
        mine=tuple(issue_line(issue, now) for issue in mine),
        closed=tuple(issue_line(issue, now) for issue in closed),
        report=urls.new_issue(port) if port else "",
    )


def new_issue_page(
    rooms: Rooms,
    contract: Contract,
    check: FailedCheck | None,
    form: dict[str, str],
    faults: dict[str, str] | None = None,
) -> NewIssuePage:
    """The form, filled in from the check until its reader says otherwise."""
    result = None if check is None else failed_result(rooms, contract, check)
    shown = None if result is None else evidence(result, may_see_sample=False)
    hidden = [("port", contract.reference)]
    if check is not None:
        hidden += [("candidate", check.candidate_hash), ("verdict", check.verdict_hash)]
        hidden += [("check", check.check_id)]
    return NewIssuePage(
        title="Open an issue",
        marking=contract.marking,
        faults=faults or {},
        port=contract.reference,
        product=_product(rooms, contract),
        check=shown,
        hidden=tuple(hidden),
        wrong=form.get("title", f"Not kept: {result.title}"[:200] if result else ""),
        description=form.get("description", _described(shown)),
        severities=choices_of(SEVERITIES, form.get("severity", "")),
    )


def issue_page(
    rooms: Rooms,
    actor: Actor | None,
    contract: Contract,
    facts: IssueFacts,
    faults: dict[str, str] | None = None,
) -> IssuePage:
    """One issue for one reader; opening its failing rows is recorded."""
    issue = facts.issue
    assert issue is not None  # noqa: S101 - whoever asks for the page has found it
    permission = decide_issue(actor, IssueAction.SEE_ROWS, facts)
    check = issue.report.check
    result = None if check is None else failed_result(rooms, contract, check)
    if actor is not None and permission and result is not None and result.sample:
        details = {"issue_id": issue.id, "ports": [issue.port]}
        entry = AuditEntry(actor.id, Action.SEE_SAMPLE.value, issue.port, details=details)
        rooms.store.record(entry, rooms.now())
    passed = passing_verdict(rooms, contract, issue)
    return IssuePage(
        title=issue.report.title,
        marking=contract.marking,
        faults=faults or {},
        line=issue_line(issue, rooms.now()),
        description=issue.report.description,
        product=_product(rooms, contract),
        opened_by=_name(rooms, actor, issue.opened_by),
        assigned=tuple(words(each) for each in issue.routing.assigned),
        check=None if result is None else evidence(result, bool(permission)),
        evidence=_address(issue.port, check),
        sample_reason="" if permission else permission.reason,
        passed_by=_passed(issue.port, passed),
        history=history_of(issue, lambda each: _name(rooms, actor, each)),
        acts=_acts(rooms, actor, contract, facts),
    )


def _acts(rooms: Rooms, actor: Actor | None, contract: Contract, facts: IssueFacts) -> Acts:
    issue, now = facts.issue, rooms.now()
    assert issue is not None  # noqa: S101
    status = issue.status(now)
    is_open = status is not IssueStatus.CLOSED

    def address(action: IssueAction, act: str) -> str:
        return urls.issue(issue.id, act) if is_open and decide_issue(actor, action, facts) else ""

    may_close = decide_issue(actor, IssueAction.CLOSE, facts)
    steps = sorted(NEXT[status] - {IssueStatus.CLOSED})
    routing = issue.routing
    return Acts(
        routing=address(IssueAction.ROUTE, "routing"),
        progress=address(IssueAction.PROGRESS, "progress") if steps else "",
        closure=address(IssueAction.CLOSE, "closure"),
        may_accept=bool(decide_issue(actor, IssueAction.ACCEPT_RISK, facts)),
        because="" if may_close or _has_no_part(actor, facts) else may_close.reason,
        steps=tuple(Choice(each.value, label(each.value)) for each in steps),
        causes=choices_of(CAUSES, routing.root_cause),
        sources=tuple(
            Choice(each.name, each.title or each.name, selected=each.name == routing.source_system)
            for each in sources_of(rooms, contract.reference)
        ),
    )


def _has_no_part(actor: Actor | None, facts: IssueFacts) -> bool:
    """Whether the reader has no part in the issue, and needs no word on what they may not do."""
    return actor is None or not is_assigned(actor, facts)


def _described(shown: Evidence | None) -> str:
    return "" if shown is None else shown.line.sentence


def _name(rooms: Rooms, actor: Actor | None, who: str) -> str:
    """Who acted, for who is signed in."""
    return "Signed in people see who" if actor is None else rooms.person(who)


def _address(port: str, check: FailedCheck | None) -> str:
    if check is None:
        return ""
    page = urls.evidence(port, check.candidate_hash, check.verdict_hash)
    return f"{page}#{anchor(check.check_id)}"


def _passed(port: str, verdict_hash: str) -> Link | None:
    if not verdict_hash:
        return None
    return Link(f"verdict {verdict_hash[:12]}", urls.evidence_history(port))


def _product(rooms: Rooms, contract: Contract) -> Link:
    listing = rooms.index.product_of(contract.reference)
    return Link(listing.title, urls.product(listing.reference))
