"""Improvement plans: seen by whoever sees the port, filled in and closed by who answers for it."""

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.checks import checks_for
from contracts.model import Contract
from data_products.errors import UnknownPort
from marketplace.access.errors import ReasonMissing
from marketplace.access.facts import facts_of
from marketplace.access.issue_errors import PlanIncomplete, UnknownPlan
from marketplace.access.issue_model import RootCause
from marketplace.access.issue_notices import tell_of_plans
from marketplace.access.issue_policy import IssueAction, IssueFacts, decide_issue
from marketplace.access.model import Actor
from marketplace.access.plan_model import Plan, Planned, PlanStatus
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
from marketplace.web.formats import words
from marketplace.web.issue_pages import require_issue
from marketplace.web.issue_sources import sources_of
from marketplace.web.openapi import page_of
from marketplace.web.pages.issues import CAUSES, choices_of
from marketplace.web.pages.page import Choice, Link
from marketplace.web.pages.plans import (
    PlanPage,
    PlansPage,
    measured_lines,
    plan_line,
    seven_steps,
)
from marketplace.web.rooms import Rooms
from marketplace.web.visibility import may_see

router = APIRouter(tags=["issues"])


@dataclass(frozen=True, slots=True)
class Known:
    """A plan that the reader may know of, and its port's contract."""

    plan: Plan
    contract: Contract

    @property
    def facts(self) -> IssueFacts:
        """Who answers for the port."""
        return IssueFacts(facts_of(self.contract))


@router.get(urls.PLANS, summary="Improvement plans", responses=page_of(PlansPage))
def list_plans(request: Request, rooms: TheRooms, actor: Visitor, port: str = "") -> Response:
    """For critical data below its target: late ones first, for governance to see."""
    listings = rooms.index.listings(may_see(actor, rooms))
    visible = {each.reference for listing in listings for each in listing.ports}
    if port:
        rooms.index.port(port, may_see(actor, rooms))
        visible = {port}
    now = rooms.now()
    found = [plan for plan in rooms.store.plans.everything() if plan.port in visible]
    lines = [plan_line(plan, now) for plan in found]
    page = PlansPage(
        title="Improvement plans",
        port=port,
        overdue=tuple(each for each in lines if each.status == PlanStatus.OVERDUE),
        open=tuple(
            each for each in lines if each.status in {PlanStatus.TO_PLAN, PlanStatus.PLANNED}
        ),
        closed=tuple(each for each in lines if each.status == PlanStatus.CLOSED),
    )
    return answer(request, page)


@router.get("/plans/{plan_id}", summary="An improvement plan", responses=page_of(PlanPage))
def show_plan(request: Request, rooms: TheRooms, actor: Visitor, plan_id: str) -> Response:
    """The seven steps of the action plan, each with what shows that it was taken."""
    return answer(request, _page(rooms, actor, _known(rooms, actor, plan_id), {}))


@router.post("/plans/{plan_id}/actions", summary="Fill in an improvement plan", status_code=303)
def fill_in(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, plan_id: str
) -> Response:
    """Root cause, action, owner and date."""
    known = _known(rooms, actor, plan_id)
    require_issue(rooms, actor, IssueAction.FILL_IN, known.facts)
    planned, faults = _planned(form, {each.value for each in _owners(rooms, known)})
    if planned is not None:
        try:
            plan = rooms.store.plans.fill_in(plan_id, actor, planned, rooms.now())
        except PlanIncomplete as error:
            faults = {_field(error): str(error)}
        else:
            return moved(request, urls.plan(plan.id), id=plan.id, status=plan.status(rooms.now()))
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, _page(rooms, actor, known, form, faults), 422)


@router.post("/plans/{plan_id}/closure", summary="Close an improvement plan", status_code=303)
def close_plan(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, plan_id: str
) -> Response:
    """Only where a later measurement meets the target."""
    known = _known(rooms, actor, plan_id)
    require_issue(rooms, actor, IssueAction.CLOSE_PLAN, known.facts)
    try:
        plan = rooms.store.plans.close(plan_id, actor, form.get("reason", ""), rooms.now())
    except ReasonMissing as error:
        faults = {"reason": f"Say in at least {error.shortest} characters why"}
        if wants_json(request):
            raise InvalidForm(faults) from error
        return answer(request, _page(rooms, actor, known, {}, faults), 422)
    tell_of_plans(rooms.store, known.contract, actor.id, [plan], rooms.now())
    return moved(request, urls.plan(plan.id), id=plan.id, status=PlanStatus.CLOSED)


def _known(rooms: Rooms, actor: Actor | None, plan_id: str) -> Known:
    """The plan, where the reader may see its port; otherwise it reads like none."""
    plan = rooms.store.plans.find(plan_id)
    try:
        rooms.index.port(plan.port, may_see(actor, rooms))
        return Known(plan, rooms.registry.port(plan.port).contract)
    except (UnknownPort, UnknownListing) as error:
        raise UnknownPlan(plan_id) from error


def _planned(form: dict[str, str], owners: set[str]) -> tuple[Planned | None, dict[str, str]]:
    faults = {}
    if form.get("root_cause") not in set(RootCause) - {RootCause.UNKNOWN}:
        faults["root_cause"] = "Choose where it comes from"
    if form.get("owner") not in owners:
        faults["owner"] = "Choose who is to do it"
    try:
        due_on = date.fromisoformat(form.get("due_on", ""))
    except ValueError:
        faults["due_on"] = "Write the day as in 2026-04-30"
    if faults:
        return None, faults
    texts = (form.get("cause", ""), form.get("action", ""))
    return Planned(RootCause(form["root_cause"]), *texts, form["owner"], due_on), {}


def _field(error: PlanIncomplete) -> str:
    """The form's field that a refusal is about."""
    named = [name for name in ("action", "date", "cause") if name in error.part]
    return "due_on" if "date" in named else next(iter(named), "cause")


def _owners(rooms: Rooms, known: Known) -> tuple[Choice, ...]:
    """Who can be given an action: whom the port's contract and those of its sources name."""
    contracts = (known.contract, *sources_of(rooms, known.plan.port))
    names = dict.fromkeys(member.username for each in contracts for member in each.team)
    chosen = known.plan.planned.owner if known.plan.planned else ""
    return tuple(Choice(name, words(name), selected=name == chosen) for name in names)


def _page(
    rooms: Rooms,
    actor: Actor | None,
    known: Known,
    form: dict[str, str],
    faults: dict[str, str] | None = None,
) -> PlanPage:
    plan, planned = known.plan, known.plan.planned
    listing = rooms.index.product_of(plan.port)
    is_open = plan.closure is None
    may_fill = is_open and decide_issue(actor, IssueAction.FILL_IN, known.facts)
    may_close = is_open and planned is not None and plan.is_met and may_fill
    rules = tuple(
        check.title
        for check in checks_for(known.contract)
        if not plan.element or plan.element in check.columns
    )
    quality = urls.quality(listing.reference, plan.port)
    chosen = form.get("root_cause", planned.root_cause.value if planned else "")
    due = form.get("due_on", planned.due_on.isoformat() if planned else "")
    return PlanPage(
        title=f"Improve {plan.element or plan.port}",
        marking=known.contract.marking,
        faults=faults or {},
        line=plan_line(plan, rooms.now()),
        product=Link(listing.title, urls.product(listing.reference)),
        steps=seven_steps(plan, rules, quality),
        measured=measured_lines(plan),
        fill_in=urls.plan(plan.id, "actions") if may_fill else "",
        close=urls.plan(plan.id, "closure") if may_close else "",
        causes=choices_of(CAUSES, chosen),
        owners=_owners(rooms, known),
        cause=form.get("cause", planned.cause if planned else ""),
        action=form.get("action", planned.action if planned else ""),
        due_on=due,
    )
