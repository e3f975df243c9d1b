"""A steward says whether a column that looks personal is: recorded, and read by the next run."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.model import Contract
from contracts.personal_data.held import HeldColumn, held_columns
from data_products.errors import UnknownPort
from marketplace.access.column_decisions import NOT_PERSONAL, PERSONAL, Answer
from marketplace.access.errors import ReasonMissing
from marketplace.access.facts import Action, facts_of
from marketplace.access.model import Actor
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import (
    Form,
    SignedIn,
    TheRooms,
    answer,
    moved,
    require,
    wants_json,
)
from marketplace.web.errors import InvalidForm, NotFound
from marketplace.web.openapi import page_of
from marketplace.web.pages.held import (
    LONGEST_REASON,
    HeldPage,
    HeldPortsPage,
    decision_lines,
    held_line,
)
from marketplace.web.pages.page import Link
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["personal data"])


@router.get(
    urls.HELD,
    summary="Ports with columns that await my decision",
    responses=page_of(HeldPortsPage),
)
def list_held(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """The ports that the reader is a steward of and whose newest data is held for a column."""
    links = (
        Link(f"{port}: {', '.join(each.column for each in held)}", urls.held(port))
        for port, held in held_ports(rooms, actor).items()
    )
    return answer(request, HeldPortsPage(title="Held columns", ports=tuple(links)))


@router.get(
    "/held/{unit}/{port}",
    summary="Columns of a port that await a decision",
    responses=page_of(HeldPage),
)
def show_held(request: Request, rooms: TheRooms, actor: SignedIn, unit: str, port: str) -> Response:
    """What was found, with masked examples, and what was decided before."""
    contract = _stewarded(rooms, actor, f"{unit}.{port}")
    return answer(request, _page(rooms, contract))


@router.post("/held/{unit}/{port}", summary="Decide on a held column", status_code=303)
def decide_held(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, unit: str, port: str
) -> Response:
    """Not personal: the next run publishes. Personal: the contract must declare it."""
    contract = _stewarded(rooms, actor, f"{unit}.{port}")
    asked = form.get("column", "")
    held = next((each for each in _held(rooms, contract) if each.column == asked), None)
    if held is None:
        raise NotFound(f"No column `{asked}` of `{contract.reference}` awaits a decision.")
    faults = _faults(form)
    if not faults:
        said = Answer(actor, form["decision"] == PERSONAL, form.get("reason", ""))
        stewards = facts_of(contract).stewards
        try:
            made = rooms.store.decide_column(held, said, stewards, rooms.now())
        except ReasonMissing as error:
            faults["reason"] = f"Say in at least {error.shortest} characters how you know"
        else:
            address = urls.held(contract.reference)
            return moved(request, address, column=made.column, outcome=said.outcome)
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, _page(rooms, contract, faults, asked), 422)


def held_ports(rooms: Rooms, actor: Actor) -> dict[str, tuple[HeldColumn, ...]]:
    """For each port that the actor is a steward of, the columns that await a decision."""
    found = {}
    for reference, port in rooms.registry.ports.items():
        if decide(actor, Action.DECIDE_COLUMN, facts_of(port.contract)):
            held = _held(rooms, port.contract)
            if held:
                found[reference] = held
    return found


def _held(rooms: Rooms, contract: Contract) -> tuple[HeldColumn, ...]:
    verdict = rooms.evidence.latest(contract.reference, contract.major)
    if verdict is None:
        return ()
    return held_columns(verdict, rooms.store.column_decisions(contract.reference))


def _stewarded(rooms: Rooms, actor: Actor, reference: str) -> Contract:
    try:
        contract = rooms.known_contract(actor, reference)
    except UnknownPort as error:
        raise NotFound(f"There is no port `{reference}`.") from error
    require(rooms, actor, Action.DECIDE_COLUMN, facts_of(contract))
    return contract


def _page(
    rooms: Rooms, contract: Contract, faults: dict[str, str] | None = None, asked: str = ""
) -> HeldPage:
    described = {column.name: column.description for column in contract.table.properties}
    decisions = rooms.store.column_decisions(contract.reference)
    return HeldPage(
        title=f"Held columns of {contract.reference}",
        marking=contract.marking,
        port=contract.reference,
        columns=tuple(
            held_line(each, described.get(each.column, "")) for each in _held(rooms, contract)
        ),
        decisions=decision_lines(decisions, rooms.person),
        decision=urls.held(contract.reference),
        asked=asked,
        faults=faults or {},
    )


def _faults(form: dict[str, str]) -> dict[str, str]:
    faults = {}
    if form.get("decision") not in {PERSONAL, NOT_PERSONAL}:
        faults["decision"] = "Choose whether the column holds personal data"
    if len(form.get("reason", "")) > LONGEST_REASON:
        faults["reason"] = f"Say it in {LONGEST_REASON:,} characters or fewer"
    return faults
