"""Standing and past grants, and their revocation."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contracts.model import Contract
from data_products.errors import UnknownPort
from marketplace.access.errors import ReasonMissing, UnknownGrant
from marketplace.access.facts import Action, facts_of
from marketplace.access.model import Actor, Grant
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import Form, SignedIn, TheRooms, answer, moved, wants_json
from marketplace.web.errors import InvalidForm
from marketplace.web.openapi import page_of
from marketplace.web.pages.access import GrantLine, GrantsPage, grant_line
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["access"])


@router.get(
    urls.GRANTS,
    summary="My grants, and those on ports that I decide on",
    responses=page_of(GrantsPage),
)
def list_grants(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Standing, expired and revoked grants, newest first."""
    return answer(request, _page(rooms, actor))


@router.post("/access/grants/{grant_id}/revocation", summary="Revoke", status_code=303)
def revoke(
    request: Request, rooms: TheRooms, actor: SignedIn, form: Form, grant_id: str
) -> Response:
    """Ends a grant; the very next statement is refused."""
    grant = rooms.store.grant(grant_id)
    contract = _contract(rooms, grant.port)
    deciders: tuple[str, ...] = ()
    if contract is not None:
        owners = tuple(member.username for member in contract.members("owner"))
        deciders = (*owners, *contract.approvers)
    if grant.actor_id != actor.id and not _may_know(actor, contract, grant, rooms):
        raise UnknownGrant(grant_id)
    try:
        ended = rooms.store.revoke(grant_id, actor, form.get("reason", ""), rooms.now(), deciders)
    except ReasonMissing as error:
        field = f"reason-{grant_id}"
        faults = {field: f"Say in at least {error.shortest} characters why the grant ends"}
        if wants_json(request):
            raise InvalidForm({"reason": faults[field]}) from error
        return answer(request, _page(rooms, actor, faults), 422)
    return moved(request, urls.GRANTS, id=ended.id, revoked_at=ended.revoked_at)


def _may_know(actor: Actor, contract: Contract | None, grant: Grant, rooms: Rooms) -> bool:
    if contract is None:
        return False
    facts = facts_of(contract, (grant,), rooms.now())
    return bool(decide(actor, Action.REVOKE, facts)) or bool(
        decide(actor, Action.SEE_PORT_LOG, facts)
    )


def _page(rooms: Rooms, actor: Actor, faults: dict[str, str] | None = None) -> GrantsPage:
    by_approver = rooms.ports_by_approver()
    ports = {port for name in actor.references for port in by_approver.get(name, ())}
    others = (
        grant
        for port in sorted(ports)
        for grant in rooms.store.grants_on(port)
        if grant.actor_id != actor.id
    )
    return GrantsPage(
        title="Grants",
        mine=tuple(_line(rooms, actor, grant) for grant in rooms.store.grants_of(actor.id)),
        others=tuple(_line(rooms, actor, grant) for grant in others),
        faults=faults or {},
    )


def _line(rooms: Rooms, actor: Actor, grant: Grant) -> GrantLine:
    contract = _contract(rooms, grant.port)
    return grant_line(grant, actor, contract, rooms.person, rooms.now())


def _contract(rooms: Rooms, port: str) -> Contract | None:
    """The port's contract; None where it is no longer offered."""
    try:
        return rooms.registry.port(port).contract
    except UnknownPort:
        return None
