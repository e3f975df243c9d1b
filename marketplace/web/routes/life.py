"""Suspending, resuming and confirming grants; what people meet and where they move."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.access_conditions import review_days_of
from data_products.errors import UnknownPort
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.grant_life import GrantStep, Movement
from marketplace.access.life_book import Keeping, Met
from marketplace.access.model import Actor
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import Form, SignedIn, TheRooms, answer, moved, require
from marketplace.web.errors import InvalidForm, NotFound
from marketplace.web.openapi import page_of
from marketplace.web.pages.life import (
    MOVEMENTS,
    ConditionsPage,
    condition_line,
    movement_line,
)
from marketplace.web.pages.page import Choice
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["access"])


@router.post("/access/grants/{grant_id}/suspend", summary="Suspend a grant", status_code=303)
def suspend(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, grant_id: str
) -> Response:
    """The very next statement is refused, until the grant is resumed."""
    return _keep(request, rooms, actor, (grant_id, GrantStep.SUSPEND, form))


@router.post("/access/grants/{grant_id}/resume", summary="Resume a grant", status_code=303)
def resume(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, grant_id: str
) -> Response:
    """The grant gives its right again."""
    return _keep(request, rooms, actor, (grant_id, GrantStep.RESUME, form))


@router.post("/access/grants/{grant_id}/confirm", summary="Confirm a grant", status_code=303)
def confirm(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, grant_id: str
) -> Response:
    """The grant goes on to its next review, or stands again after its holder's move."""
    return _keep(request, rooms, actor, (grant_id, GrantStep.CONFIRM, form))


@router.get(
    urls.CONDITIONS,
    summary="Conditions that I meet, and how I moved",
    responses=page_of(ConditionsPage),
)
def show_conditions(
    request: Request, rooms: TheRooms, actor: SignedIn, person: str = ""
) -> Response:
    """The reader's own; of another person for governance."""
    about = person or actor.id
    may_record = bool(decide(actor, Action.RECORD_PERSON, Facts(reference=about)))
    if about != actor.id and not may_record:
        raise NotFound("There is no such person.")
    now = rooms.now()
    page = ConditionsPage(
        title="Conditions of access",
        person=rooms.person(about),
        conditions=tuple(
            condition_line(met, now, may_record and about != actor.id)
            for met in rooms.store.life.fulfilments_of(about)
        ),
        movements=tuple(
            movement_line(each, rooms.person) for each in rooms.store.life.movements_of(about)
        ),
        may_record=may_record,
        people=_others(rooms, actor, about) if may_record else (),
        kinds=tuple(Choice(kind.value, text) for kind, text in MOVEMENTS.items()),
    )
    return answer(request, page)


@router.post(urls.CONDITIONS, summary="Record that a person meets a condition", status_code=303)
def record_condition(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Grants that waited for it stand again with the next statement."""
    person = _recorded(rooms, actor, form)
    met = Met(
        person, form.get("condition", "").strip(), form.get("evidence", ""), _whole(form, "days")
    )
    kept = rooms.store.life.fulfil(met, actor, rooms.now())
    return moved(request, _about(person), id=kept.id, met_until=kept.met_until)


@router.post(
    "/access/conditions/{fulfilment_id}/end",
    summary="Record that a person no longer meets a condition",
    status_code=303,
)
def end_condition(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, fulfilment_id: str
) -> Response:
    """Grants that need it stop with the next statement."""
    require(rooms, actor, Action.RECORD_PERSON, Facts(reference=fulfilment_id))
    by = (actor, form.get("reason", ""))
    ended = rooms.store.life.unfulfil(fulfilment_id, by, rooms.now())
    return moved(request, _about(ended.actor_id), id=ended.id, ended_at=ended.ended_at)


@router.post(urls.MOVEMENTS, summary="Record that a person joined, moved or left", status_code=303)
def record_movement(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """A mover's grants wait for a confirmation; a leaver's end, with sessions and tokens."""
    person = _recorded(rooms, actor, form)
    try:
        movement = Movement(form.get("movement", ""))
    except ValueError as error:
        known = ", ".join(kind.value for kind in Movement)
        raise InvalidForm({"movement": f"Choose one of: {known}"}) from error
    by = (actor, form.get("reason", ""))
    kept = rooms.store.life.record(person, movement, by, rooms.now())
    return moved(request, _about(person), person=person, movement=kept.movement, at=kept.at)


def _keep(
    request: Request, rooms: Rooms, actor: Actor, asked: tuple[str, GrantStep, dict[str, str]]
) -> Response:
    grant_id, step, form = asked
    grant = rooms.store.grant(grant_id)
    try:
        contract = rooms.registry.port(grant.port).contract
    except UnknownPort as error:
        raise NotFound(f"There is no grant `{grant_id}`.") from error
    facts = facts_of(contract, (grant,), rooms.now())
    is_known = actor.id == grant.actor_id or bool(decide(actor, Action.SEE_PORT_LOG, facts))
    if not (is_known or decide(actor, Action.KEEP_GRANT, facts)):
        raise NotFound(f"There is no grant `{grant_id}`.")
    require(rooms, actor, Action.KEEP_GRANT, facts)
    deciders, review_days = (*facts.owners, *facts.approvers), review_days_of(contract)
    keeping = Keeping(actor, step, form.get("reason", ""), deciders, review_days)
    kept = rooms.store.life.keep(grant_id, keeping, rooms.now())
    return moved(request, urls.GRANTS, id=kept.id, confirm_by=kept.confirm_by)


def _others(rooms: Rooms, actor: Actor, chosen: str) -> tuple[Choice, ...]:
    others = (person for person in rooms.people.all() if person.id != actor.id)
    return tuple(Choice(each.id, each.name, selected=each.id == chosen) for each in others)


def _recorded(rooms: Rooms, actor: Actor, form: dict[str, str]) -> str:
    """Whom the form is about, where the actor may record it."""
    person = form.get("person", "")
    require(rooms, actor, Action.RECORD_PERSON, Facts(reference=person or "nobody"))
    if not person.strip() or len(person) > 200:
        raise InvalidForm({"person": "Choose whom it is about"})
    if rooms.people.all() and rooms.people.by_id(person) is None:
        raise InvalidForm({"person": f"Nobody is known as `{person}`"})
    return person


def _whole(form: dict[str, str], name: str) -> int:
    text = form.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise InvalidForm({name: "Write a whole number"})
    return int(text)


def _about(person: str) -> str:
    return urls.with_parameters(urls.CONDITIONS, [("person", person)])
