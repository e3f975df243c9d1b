"""Asking for access, deciding on it, and taking a request back."""

from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.model import Contract
from marketplace.access.errors import (
    PeriodOutOfRange,
    PurposeMissing,
    ReasonMissing,
    RestrictionRefused,
    UnknownRequest,
)
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.model import AccessRequest, Actor, Decision, RequestStatus
from marketplace.access.narrowing import narrowed
from marketplace.access.policy import decide
from marketplace.access.request_model import Review
from marketplace.access.request_notices import (
    tell_of_decision,
    tell_of_request,
    tell_of_review,
    tell_of_withdrawal,
)
from marketplace.access.request_rules import RequestRules, rules_of
from marketplace.access.similar_requests import similar_to
from marketplace.web import urls
from marketplace.web.dependencies import (
    Authorised,
    Form,
    OwnForm,
    SignedIn,
    TheRooms,
    answer,
    denied,
    moved,
    wants_json,
)
from marketplace.web.errors import InvalidForm, NotFound
from marketplace.web.openapi import page_of
from marketplace.web.pages.access import (
    RequestsPage,
    grant_line,
    named_references,
    request_line,
    request_lines,
)
from marketplace.web.pages.page import Link
from marketplace.web.pages.request_form import (
    ChoosePortPage,
    FormFacts,
    NewRequestPage,
    new_request_page,
)
from marketplace.web.pages.request_view import (
    InboxPage,
    RequestPage,
    WaitingLine,
    narrowings,
    operators,
    progress,
    what_waits,
)
from marketplace.web.pages.restriction_words import restriction_words
from marketplace.web.request_forms import read_decision, read_request
from marketplace.web.rooms import Rooms
from marketplace.web.visibility import may_see

router = APIRouter(tags=["access"])


@router.get(urls.REQUESTS, summary="My access requests", responses=page_of(RequestsPage))
def list_requests(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """What the reader asked for, newest first."""
    mine = rooms.store.requests.of_actor(actor.id)
    return answer(
        request, RequestsPage(title="My requests", requests=request_lines(mine, rooms.person))
    )


@router.get(
    urls.NEW_REQUEST,
    summary="The form that asks for access",
    responses=page_of(ChoosePortPage | NewRequestPage),
)
def new_request(
    request: Request, rooms: TheRooms, actor: SignedIn, port: str = "", for_whom: str = ""
) -> Response:
    """Filled in for `port`; without one, a list of ports to choose from.

    `for_whom=other` adds the questions of a sharing agreement with another organisation.
    """
    if not port:
        return answer(request, _choose(rooms, actor))
    return answer(request, _form(rooms, actor, port, {"for_whom": for_whom}))


@router.post(urls.REQUESTS, summary="Ask for access", status_code=303)
def submit(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Routes the request to the approvers that the contract names."""
    port = form.get("port", "")
    rooms.index.port(port, may_see(actor, rooms))
    contract = rooms.registry.port(port).contract
    port, rules = contract.reference, rules_of(contract)  # `_v1` is another name of the first
    read = read_request(form, port, rules)
    faults = read.faults
    if not faults:
        try:
            made = rooms.store.requests.submit(actor, read.asked, rules, rooms.now())
        except PurposeMissing as error:
            faults["purpose"] = (
                f"Say in at least {error.shortest} characters what you will use the data for"
            )
        except PeriodOutOfRange as error:
            faults["days"] = f"Choose a period of 1 to {error.longest} days"
        else:
            tell_of_request(rooms.store, made, rules, rooms.now())
            return moved(request, urls.request(made.id), id=made.id, status=made.status)
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, _form(rooms, actor, port, form, faults), 422)


@router.get(
    "/access/requests/{request_id}", summary="An access request", responses=page_of(RequestPage)
)
def show_request(request: Request, rooms: TheRooms, actor: SignedIn, request_id: str) -> Response:
    """The request, for who asked, who decides and who answers for the port."""
    return answer(request, _request_page(rooms, actor, request_id))


@router.post("/access/requests/{request_id}/decision", summary="Decide", status_code=303)
def decide_request(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, request_id: str
) -> Response:
    """Approve, which grants access at once, or refuse with a reason."""
    asked = _visible(rooms, actor, request_id)
    contract = rooms.registry.port(asked.port).contract
    rules = rules_of(contract)
    try:
        decision, faults = read_decision(form, actor, contract)
    except RestrictionRefused:
        denied(rooms, actor, Action.DECIDE, request_id)
        raise
    if decision is not None and not faults:
        try:
            made = rooms.store.requests.decide(request_id, decision, rules, rooms.now())
        except ReasonMissing as error:
            faults["reason"] = f"Say in at least {error.shortest} characters why you refuse"
        except PurposeMissing as error:
            faults["narrower_purpose"] = f"Say it in at least {error.shortest} characters"
        except PeriodOutOfRange as error:
            faults["days"] = f"Write a number of days from 1 to {error.longest}"
        else:
            tell_of_decision(rooms.store, made, rules, rooms.now())
            return moved(request, urls.request(made.id), id=made.id, status=made.status)
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, _request_page(rooms, actor, request_id, faults), 422)


@router.post(
    "/access/requests/{request_id}/reviews/{review}",
    summary="Review another organisation's request",
    status_code=303,
)
def review_request(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, request_id: str, review: str
) -> Response:
    """Keeps a professional review (`legal`, `data_protection` or `security`) with its reason."""
    asked = _visible(rooms, actor, request_id)
    kind = next((each for each in Review if each.value == review), None)
    if kind is None:
        known = ", ".join(f"`{each.value}`" for each in Review)
        raise NotFound(f"There is no review `{review[:60]}`. There are {known}.")
    rules = rules_of(rooms.registry.port(asked.port).contract)
    choice, faults = form.get("outcome", ""), {}
    if choice not in {"pass", "fail"}:
        faults[f"outcome-{review}"] = "Choose whether the request passes the review"
    else:
        opinion = Decision(actor, choice == "pass", form.get("reason", ""))
        try:
            made = rooms.store.requests.review(request_id, kind, opinion, rules, rooms.now())
        except ReasonMissing as error:
            faults[f"reason-{review}"] = f"Say in at least {error.shortest} characters why"
        else:
            tell_of_review(rooms.store, made, rules, rooms.now())
            return moved(request, urls.request(made.id), id=made.id, status=made.status)
    if wants_json(request):
        raise InvalidForm({name.partition("-")[0]: text for name, text in faults.items()})
    return answer(request, _request_page(rooms, actor, request_id, faults), 422)


@router.post(
    "/access/requests/{request_id}/withdrawal",
    summary="Withdraw",
    status_code=303,
    dependencies=[Authorised, OwnForm],
)
def withdraw(request: Request, rooms: TheRooms, actor: SignedIn, request_id: str) -> Response:
    """Takes one's own open request back."""
    _visible(rooms, actor, request_id)
    made = rooms.store.requests.withdraw(request_id, actor, rooms.now())
    rules = rules_of(rooms.registry.port(made.port).contract)
    tell_of_withdrawal(rooms.store, made, rules, rooms.now())
    return moved(request, urls.request(made.id), id=made.id, status=made.status)


@router.get(urls.INBOX, summary="Requests that await my decision", responses=page_of(InboxPage))
def inbox(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """What is due first is first: decisions, and reviews of other organisations' requests."""
    rules, now = rooms.request_rules(), rooms.now()
    waiting = rooms.store.requests.awaiting(actor, rules, now)
    ordered = sorted(waiting, key=lambda each: rules[each.port].due_at(each))
    return answer(
        request,
        InboxPage(
            title="Decisions",
            requests=request_lines(ordered, rooms.person),
            waiting=tuple(_waiting(rooms, each, rules[each.port]) for each in ordered),
        ),
    )


def _waiting(rooms: Rooms, asked: AccessRequest, rules: RequestRules) -> WaitingLine:
    agreement = asked.answers.agreement
    return WaitingLine(
        request=request_line(asked, rooms.person),
        what=what_waits(asked, rules),
        due_at=rules.due_at(asked),
        is_overdue=rules.is_overdue(asked, rooms.now()),
        permitted_purpose=asked.answers.permitted_purpose,
        organisation="" if agreement is None else agreement.organisation,
    )


def _choose(rooms: Rooms, actor: Actor) -> ChoosePortPage:
    ports = [
        (port.contract["title"] or port.reference, port.reference)
        for listing in rooms.index.listings(may_see(actor, rooms))
        for port in listing.ports
    ]
    links = (Link(f"{title} ({name})", urls.new_request(name)) for title, name in sorted(ports))
    return ChoosePortPage(title="Request access", ports=tuple(links))


def _form(
    rooms: Rooms,
    actor: Actor,
    port: str,
    form: dict[str, str],
    faults: dict[str, str] | None = None,
) -> NewRequestPage:
    listing = rooms.index.product_of(port, may_see(actor, rooms))
    contract = rooms.registry.port(port).contract
    facts = FormFacts(
        product=Link(listing.title, urls.product(listing.reference)),
        is_sample=listing.is_sample,
        similar=similar_to(rooms.store.requests.on_port(port), actor.id),
        people=rooms.people.all(),
        form=form,
        faults=faults or {},
    )
    return new_request_page(contract, rules_of(contract), facts)


def _visible(rooms: Rooms, actor: Actor, request_id: str) -> AccessRequest:
    """The request, where `actor` may know of it; otherwise it reads like none."""
    asked = rooms.store.requests.find(request_id)
    contract = rooms.registry.port(asked.port).contract
    if not decide(actor, Action.SEE_REQUEST, _facts(contract, asked, rooms.now())):
        denied(rooms, actor, Action.SEE_REQUEST, request_id)
        raise UnknownRequest(request_id)
    return asked


def _facts(contract: Contract, asked: AccessRequest, now: datetime) -> Facts:
    return replace(facts_of(contract, now=now), request=asked)


def _request_page(
    rooms: Rooms, actor: Actor, request_id: str, faults: dict[str, str] | None = None
) -> RequestPage:
    asked = _visible(rooms, actor, request_id)
    contract = rooms.registry.port(asked.port).contract
    now = rooms.now()
    facts = _facts(contract, asked, now)
    rules = rules_of(contract)
    may_decide = decide(actor, Action.DECIDE, facts)
    grant = rooms.store.grant_of(request_id)
    product = rooms.registry.port(asked.port).product
    people, answers = rooms.people.all(), asked.answers
    at_most = (rules.offered, answers.restriction, *(e.restriction for e in asked.endorsements))
    is_open = asked.status is RequestStatus.SUBMITTED
    return RequestPage(
        title=f"Access request for {asked.port}",
        marking=contract.marking,
        request=request_line(asked, rooms.person),
        product=Link(rooms.registry.product(product).title, urls.product(product)),
        decided_by=named_references(rules.deciders(asked, now), people),
        permitted=rules.permitted,
        prohibited=rules.prohibited,
        conditions=rules.conditions,
        permitted_purpose=answers.permitted_purpose,
        lawful_basis=answers.lawful_basis,
        accepts_conditions=answers.accepts_conditions,
        shown=restriction_words(narrowed(at_most)),
        agreement=answers.agreement,
        progress=progress(asked, rules, people, rooms.person, actor),
        due_at=rules.due_at(asked) if is_open else None,
        is_overdue=rules.is_overdue(asked, now),
        similar=similar_to(rooms.store.requests.on_port(asked.port), asked.actor_id),
        is_last_stage=rules.is_last_stage(asked),
        columns=narrowings(contract, asked, rules) if may_decide else (),
        operators=operators() if may_decide else (),
        grant=grant_line(grant, actor, contract, rooms.person, now) if grant else None,
        granted=restriction_words(grant.restriction) if grant else (),
        may_decide=bool(may_decide),
        may_not_decide_because="" if may_decide else may_decide.reason,
        may_withdraw=bool(decide(actor, Action.WITHDRAW, facts)),
        decision=urls.decision(request_id),
        withdrawal=urls.withdrawal(request_id),
        faults=faults or {},
    )
