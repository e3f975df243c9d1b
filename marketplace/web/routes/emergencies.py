"""Access in an emergency: opened by whom the contract lists, told to all, reviewed afterwards."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.emergency_access import emergency_readers
from contracts.model import Contract
from data_products.errors import UnknownPort
from marketplace.access.emergencies import Emergency, OpenedEmergency, Review
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.issue_notices import GOVERNANCE
from marketplace.access.model import Actor
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import Form, SignedIn, TheRooms, answer, moved, require
from marketplace.web.errors import InvalidForm, NotFound
from marketplace.web.openapi import page_of
from marketplace.web.pages.life import EmergenciesPage, emergency_line
from marketplace.web.pages.page import Choice
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["access"])
_ANSWERS = {"yes": True, "no": False}


@router.get(
    urls.EMERGENCIES,
    summary="What I may open in an emergency, and what was opened",
    responses=page_of(EmergenciesPage),
)
def list_emergencies(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """The reader's own emergencies, and those that they may review."""
    ports = tuple(Choice(reference, reference) for reference in _openable(rooms, actor))
    lines = tuple(
        emergency_line(opened, rooms.person, rooms.now(), _may_review(rooms, actor, opened))
        for opened in rooms.store.emergencies.everything()
        if opened.grant.actor_id == actor.id or _may_review(rooms, actor, opened)
    )
    page = EmergenciesPage(title="Access in an emergency", ports=ports, emergencies=lines)
    return answer(request, page)


@router.post(urls.EMERGENCIES, summary="Open a port in an emergency", status_code=303)
def open_emergency(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Reads at once, for hours; everybody who answers for the port is told."""
    hours = form.get("hours", "").strip()
    if not (hours.isascii() and hours.isdecimal() and len(hours) < 7):
        raise InvalidForm({"hours": "Write a whole number of hours"})
    port = form.get("port", "")
    is_listed = port in _openable(rooms, actor)
    contract = (
        rooms.registry.port(port).contract if is_listed else rooms.known_contract(actor, port)
    )
    facts = facts_of(contract)
    asked = Emergency(
        actor=actor,
        port=contract.reference,
        story=form.get("reason", ""),
        hours=int(hours),
        readers=emergency_readers(contract),
        told=(*facts.owners, *facts.stewards, *facts.approvers, GOVERNANCE),
    )
    grant = rooms.store.emergencies.open(asked, rooms.now())
    return moved(request, urls.EMERGENCIES, id=grant.id, expires_at=grant.expires_at)


@router.post(
    "/access/emergencies/{grant_id}/review",
    summary="Review access that was taken in an emergency",
    status_code=303,
)
def review_emergency(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, grant_id: str
) -> Response:
    """Keeps whether it was justified; what was not, ends at once."""
    opened = rooms.store.emergencies.find(grant_id)
    if opened.grant.actor_id != actor.id and not _may_review(rooms, actor, opened):
        raise NotFound(f"There is no emergency `{grant_id}`.")
    said = _ANSWERS.get(form.get("justified", ""))
    if said is None:
        raise InvalidForm({"justified": "Say `yes` or `no`"})
    facts = _facts(rooms, opened)
    require(rooms, actor, Action.KEEP_GRANT, facts)
    review = Review(actor, said, form.get("reason", ""), (*facts.owners, *facts.approvers))
    kept = rooms.store.emergencies.review(grant_id, review, rooms.now())
    return moved(request, urls.EMERGENCIES, id=grant_id, justified=kept.is_justified)


def _openable(rooms: Rooms, actor: Actor) -> tuple[str, ...]:
    """The ports whose contracts list the actor as a reader in an emergency."""
    return tuple(
        reference
        for reference, port in rooms.registry.ports.items()
        if not actor.references.isdisjoint(emergency_readers(port.contract))
    )


def _may_review(rooms: Rooms, actor: Actor, opened: OpenedEmergency) -> bool:
    facts = _facts(rooms, opened)
    return bool(decide(actor, Action.KEEP_GRANT, facts))


def _facts(rooms: Rooms, opened: OpenedEmergency) -> Facts:
    """What is known of the port; of one that is no longer offered, nothing but its name."""
    grant = opened.grant
    try:
        contract: Contract = rooms.registry.port(grant.port).contract
    except UnknownPort:
        return Facts(reference=grant.port, grants=(grant,), now=rooms.now())
    return facts_of(contract, (grant,), rooms.now())
