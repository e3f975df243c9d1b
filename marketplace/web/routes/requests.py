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
    UnknownRequest,
)
from marketplace.access.model import AccessRequest, Actor, Decision
from marketplace.access.policy import Action, Facts, decide, facts_of
from marketplace.access.request_model import Asked
from marketplace.access.request_rules import rules_of
from marketplace.web import urls
from marketplace.web.dependencies import (
    Authorised,
    Form,
    OwnForm,
    Rooms,
    SignedIn,
    TheRooms,
    answer,
    denied,
    moved,
    wants_json,
)
from marketplace.web.errors import InvalidForm
from marketplace.web.openapi import page_of
from marketplace.web.pages.access import (
    LONGEST_PURPOSE,
    ChoosePortPage,
    InboxPage,
    NewRequestPage,
    RequestPage,
    RequestsPage,
    deciders,
    grant_line,
    periods,
    request_line,
    request_lines,
    terms,
)
from marketplace.web.pages.page import Link
from marketplace.web.visibility import may_see

router = APIRouter(tags=["access"])


@router.get(urls.REQUESTS, summary="My access requests", responses=page_of(RequestsPage))
def list_requests(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """What the reader asked for, newest first."""
    mine = rooms.store.requests_of(actor.id)
    return answer(
        request, RequestsPage(title="My requests", requests=request_lines(mine, rooms.person))
    )


@router.get(
    urls.NEW_REQUEST,
    summary="The form that asks for access",
    responses=page_of(ChoosePortPage | NewRequestPage),
)
def new_request(request: Request, rooms: TheRooms, actor: SignedIn, port: str = "") -> Response:
    """Filled in for `port`; without one, a list of ports to choose from."""
    if not port:
        return answer(request, _choose(rooms, actor))
    return answer(request, _form(rooms, actor, port, {}))


@router.post(urls.REQUESTS, summary="Ask for access", status_code=303)
def submit(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Routes the request to the approvers that the contract names."""
    port = form.get("port", "")
    rooms.index.port(port, may_see(actor, rooms))
    rules = rules_of(rooms.registry.port(port).contract)
    faults = _faults(form)
    if not faults:
        try:
            asked = Asked(port, form["purpose"], int(form["days"]))
            made = rooms.store.requests.submit(actor, asked, rules, rooms.now())
        except PurposeMissing as error:
            faults["purpose"] = (
                f"Say in at least {error.shortest} characters what you will use the data for"
            )
        except PeriodOutOfRange as error:
            faults["days"] = f"Choose a period of 1 to {error.longest} days"
        else:
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
    rules = rules_of(rooms.registry.port(asked.port).contract)
    choice = form.get("decision", "")
    faults = {}
    if choice not in {"approve", "refuse"}:
        faults["decision"] = "Choose whether you approve or refuse"
    else:
        decision = Decision(actor, choice == "approve", form.get("reason", ""))
        try:
            made = rooms.store.requests.decide(request_id, decision, rules, rooms.now())
        except ReasonMissing as error:
            faults["reason"] = f"Say in at least {error.shortest} characters why you refuse"
        else:
            return moved(request, urls.request(made.id), id=made.id, status=made.status)
    if wants_json(request):
        raise InvalidForm(faults)
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
    made = rooms.store.withdraw(request_id, actor, rooms.now())
    return moved(request, urls.request(made.id), id=made.id, status=made.status)


@router.get(urls.INBOX, summary="Requests that await my decision", responses=page_of(InboxPage))
def inbox(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Who has waited longest is first."""
    waiting = rooms.store.requests.awaiting(actor, rooms.request_rules(), rooms.now())
    return answer(
        request, InboxPage(title="Decisions", requests=request_lines(waiting, rooms.person))
    )


def _faults(form: dict[str, str]) -> dict[str, str]:
    faults = {}
    if not form.get("purpose", "").strip():
        faults["purpose"] = "Say what you will use the data for"
    elif len(form["purpose"]) > LONGEST_PURPOSE:
        faults["purpose"] = f"Say it in {LONGEST_PURPOSE:,} characters or fewer"
    days = form.get("days", "")
    if not days.isdecimal() or len(days) > 4:
        faults["days"] = "Choose for how long you need the data"
    return faults


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
    days = form.get("days", "90")
    return NewRequestPage(
        title="Request access",
        marking=contract.marking,
        is_sample=listing.is_sample,
        port=port,
        port_title=contract.title or port,
        product=Link(listing.title, urls.product(listing.reference)),
        decided_by=deciders(contract, rooms.people.all()),
        permitted=terms(contract, "permittedPurposes"),
        prohibited=terms(contract, "prohibitedUses"),
        periods=periods(int(days) if days.isdecimal() and len(days) < 5 else 0),
        purpose=form.get("purpose", ""),
        faults=faults or {},
    )


def _visible(rooms: Rooms, actor: Actor, request_id: str) -> AccessRequest:
    """The request, where `actor` may know of it; otherwise it reads like none."""
    asked = rooms.store.request(request_id)
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
    may_decide = decide(actor, Action.DECIDE, facts)
    grant = rooms.store.grant_of(request_id)
    product = rooms.registry.port(asked.port).product
    return RequestPage(
        title=f"Access request for {asked.port}",
        marking=contract.marking,
        request=request_line(asked, rooms.person),
        product=Link(rooms.registry.product(product).title, urls.product(product)),
        decided_by=deciders(contract, rooms.people.all()),
        permitted=terms(contract, "permittedPurposes"),
        prohibited=terms(contract, "prohibitedUses"),
        grant=grant_line(grant, actor, contract, rooms.person, now) if grant else None,
        may_decide=bool(may_decide),
        may_not_decide_because="" if may_decide else may_decide.reason,
        may_withdraw=bool(decide(actor, Action.WITHDRAW, facts)),
        decision=urls.decision(request_id),
        withdrawal=urls.withdrawal(request_id),
        faults=faults or {},
    )
