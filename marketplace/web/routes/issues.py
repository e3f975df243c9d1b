"""Quality issues: seen by whoever sees the port, opened, routed, worked on and closed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from contracts.model import Contract
from data_products.errors import UnknownPort
from marketplace.access.errors import ReasonMissing
from marketplace.access.facts import facts_of
from marketplace.access.issue_book import Step
from marketplace.access.issue_errors import (
    IssueTextMissing,
    RiskPeriod,
    SourceMissing,
    UnknownIssue,
)
from marketplace.access.issue_model import (
    FailedCheck,
    Issue,
    IssueReport,
    IssueSeverity,
    IssueStatus,
    RootCause,
)
from marketplace.access.issue_notices import tell_of_closure, tell_of_opening, tell_of_routing
from marketplace.access.issue_policy import IssueAction, IssueFacts
from marketplace.access.model import Actor
from marketplace.index.errors import UnknownListing
from marketplace.web import urls
from marketplace.web.dependencies import (
    Form,
    SignedIn,
    TheRooms,
    Visitor,
    answer,
    moved,
    wants_json,
)
from marketplace.web.errors import InvalidForm
from marketplace.web.issue_evidence import failed_result, passing_verdict
from marketplace.web.issue_pages import issue_page, issues_page, new_issue_page, require_issue
from marketplace.web.issue_sources import routing_of
from marketplace.web.openapi import page_of
from marketplace.web.pages.issues import IssuePage, IssuesPage, NewIssuePage
from marketplace.web.rooms import Rooms
from marketplace.web.visibility import may_see

router = APIRouter(tags=["issues"])
_PROGRESS = ("acknowledged", "patched_downstream", "fixed_at_source")


class Asked(BaseModel):
    """The port, and the failed check, that a new issue is about."""

    port: str = Field("", max_length=200)
    candidate: str = Field("", max_length=200)
    verdict: str = Field("", max_length=200)
    check: str = Field("", max_length=2000)

    @property
    def failed(self) -> FailedCheck | None:
        """The check; None for an issue without one."""
        return FailedCheck(self.check, self.candidate, self.verdict) if self.check else None


@dataclass(frozen=True, slots=True)
class Known:
    """An issue that the reader may know of, with its port's contract and who answers for it."""

    issue: Issue
    contract: Contract
    facts: IssueFacts


@router.get(urls.ISSUES, summary="Known issues", responses=page_of(IssuesPage))
def list_issues(request: Request, rooms: TheRooms, actor: Visitor, port: str = "") -> Response:
    """Of every port that the reader may see, or of one: open first, then what was closed."""
    visible = {
        p.reference for each in rooms.index.listings(may_see(actor, rooms)) for p in each.ports
    }
    if port:
        rooms.index.port(port, may_see(actor, rooms))
        visible = {port}
    found = [issue for issue in rooms.store.issues.everything() if issue.port in visible]
    return answer(request, issues_page(found, actor, port, rooms.now()))


@router.get(urls.NEW_ISSUE, summary="The form that opens an issue", responses=page_of(NewIssuePage))
def new_issue(
    request: Request, rooms: TheRooms, actor: SignedIn, asked: Annotated[Asked, Query()]
) -> Response:
    """For a port, or from one of its failed checks."""
    contract, facts = _port(rooms, actor, asked.port)
    require_issue(rooms, actor, IssueAction.OPEN, facts)
    _failed(rooms, contract, asked.failed)
    return answer(request, new_issue_page(rooms, contract, asked.failed, {}))


@router.post(urls.ISSUES, summary="Open an issue", status_code=303)
def open_issue(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Everybody who answers for the port or uses it is told."""
    asked = _asked(form)
    contract, facts = _port(rooms, actor, asked.port)
    require_issue(rooms, actor, IssueAction.OPEN, facts)
    _failed(rooms, contract, asked.failed)
    faults = {}
    if form.get("severity") not in set(IssueSeverity):
        faults["severity"] = "Choose how much it matters"
    else:
        severity = IssueSeverity(form["severity"])
        texts = (form.get("title", ""), form.get("description", ""))
        try:
            report = IssueReport(asked.port, *texts, severity, asked.failed)
            issue = rooms.store.issues.open(actor, report, rooms.now())
        except IssueTextMissing as error:
            limits = f"{error.shortest} to {error.longest:,} characters"
            faults[error.part] = f"Say what is wrong, in {limits}"
        else:
            tell_of_opening(rooms.store, contract, issue, rooms.now())
            return moved(request, urls.issue(issue.id), id=issue.id, status=IssueStatus.OPEN)
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, new_issue_page(rooms, contract, asked.failed, form, faults), 422)


@router.get("/issues/{issue_id}", summary="A quality issue", responses=page_of(IssuePage))
def show_issue(request: Request, rooms: TheRooms, actor: Visitor, issue_id: str) -> Response:
    """What is wrong, who is to fix it and every act; failing rows only for who may see them."""
    known = _known(rooms, actor, issue_id)
    return answer(request, issue_page(rooms, actor, known.contract, known.facts))


@router.post("/issues/{issue_id}/routing", summary="Route an issue", status_code=303)
def route_issue(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, issue_id: str
) -> Response:
    """Says where the cause lies; one at the source goes to the owner of the source system."""
    known = _known(rooms, actor, issue_id)
    require_issue(rooms, actor, IssueAction.ROUTE, known.facts)
    cause = form.get("root_cause", "")
    if cause not in set(RootCause) - {RootCause.UNKNOWN}:
        return _refused(request, rooms, actor, known, {"root_cause": "Choose where it comes from"})
    try:
        system = form.get("source_system", "")
        routing = routing_of(rooms, known.contract, RootCause(cause), system)
    except SourceMissing as error:
        fault = {"source_system": f"Choose one of {', '.join(error.known) or 'no source system'}"}
        return _refused(request, rooms, actor, known, fault)
    done = _done(rooms, known, Step(actor, None, form.get("reason", ""), routing), "routing")
    if isinstance(done, Issue):
        tell_of_routing(rooms.store, done, rooms.now())
    return _stepped(request, rooms, (actor, known), done)


@router.post("/issues/{issue_id}/progress", summary="Work on an issue", status_code=303)
def progress_issue(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, issue_id: str
) -> Response:
    """Acknowledged, patched downstream, or fixed at source."""
    known = _known(rooms, actor, issue_id)
    require_issue(rooms, actor, IssueAction.PROGRESS, known.facts)
    status = form.get("status", "")
    if status not in _PROGRESS:
        return _refused(request, rooms, actor, known, {"status": "Choose how far it is"})
    step = Step(actor, IssueStatus(status), form.get("reason", ""))
    return _stepped(request, rooms, (actor, known), _done(rooms, known, step, "progress"))


@router.post("/issues/{issue_id}/closure", summary="Close an issue", status_code=303)
def close_issue(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, issue_id: str
) -> Response:
    """With a reason, once a later verdict passes its check; or as a risk that the owner accepts."""
    known = _known(rooms, actor, issue_id)
    until = form.get("accept_until", "")
    action = IssueAction.ACCEPT_RISK if until else IssueAction.CLOSE
    require_issue(rooms, actor, action, known.facts)
    day = _day(until)
    if until and day is None:
        return _refused(request, rooms, actor, known, {"accept_until": "Write it as 2026-04-30"})
    passed = "" if until else passing_verdict(rooms, known.contract, known.issue)
    reason = form.get("reason", "")
    step = Step(actor, IssueStatus.CLOSED, reason, accepted_until=day, verdict_hash=passed)
    done = _done(rooms, known, step, "closure")
    if isinstance(done, Issue):
        tell_of_closure(rooms.store, known.contract, done, rooms.now())
    return _stepped(request, rooms, (actor, known), done)


def _known(rooms: Rooms, actor: Actor | None, issue_id: str) -> Known:
    """The issue, where the reader may see its port; otherwise it reads like none."""
    issue = rooms.store.issues.find(issue_id)
    try:
        rooms.index.port(issue.port, may_see(actor, rooms))
        contract = rooms.registry.port(issue.port).contract
    except (UnknownPort, UnknownListing) as error:
        raise UnknownIssue(issue_id) from error
    return Known(issue, contract, _facts(rooms, actor, contract, issue))


def _port(rooms: Rooms, actor: Actor, port: str) -> tuple[Contract, IssueFacts]:
    rooms.index.port(port, may_see(actor, rooms))
    contract = rooms.registry.port(port).contract
    return contract, _facts(rooms, actor, contract, None)


def _asked(form: dict[str, str]) -> Asked:
    """What a form is about. Raises InvalidForm for names that are longer than any."""
    try:
        return Asked.model_validate(form)
    except ValidationError as error:
        faults = {str(each["loc"][0]): "Open the form from the port" for each in error.errors()}
        raise InvalidForm(faults) from error


def _facts(
    rooms: Rooms, actor: Actor | None, contract: Contract, issue: Issue | None
) -> IssueFacts:
    now = rooms.now()
    grants = rooms.standing(actor)
    return IssueFacts(facts_of(contract, grants, now), issue)


def _failed(rooms: Rooms, contract: Contract, check: FailedCheck | None) -> None:
    """Raises InvalidForm for a check that no kept verdict says has failed."""
    if check is not None and failed_result(rooms, contract, check) is None:
        fault = "No kept verdict says that this check failed. Open the issue from its evidence."
        raise InvalidForm({"check": fault})


def _done(rooms: Rooms, known: Known, step: Step, form: str) -> Issue | dict[str, str]:
    """The issue after an act, or what the form lacks."""
    try:
        return rooms.store.issues.step(known.issue.id, step, rooms.now())
    except ReasonMissing as error:
        return {f"reason-{form}": f"Say in at least {error.shortest} characters why"}
    except RiskPeriod as error:
        return {"accept_until": f"Name one of the next {error.longest} days"}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _refused(
    request: Request, rooms: Rooms, actor: Actor, known: Known, faults: dict[str, str]
) -> Response:
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, issue_page(rooms, actor, known.contract, known.facts, faults), 422)


def _stepped(
    request: Request, rooms: Rooms, by: tuple[Actor, Known], done: Issue | dict[str, str]
) -> Response:
    """Where an act leads to, or the page again with what its form lacks."""
    if isinstance(done, Issue):
        status = done.status(rooms.now())
        return moved(request, urls.issue(done.id), id=done.id, status=status)
    return _refused(request, rooms, *by, done)
