"""Signing in through the organisation: the way out, and the way back."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from marketplace.access.arrivals import Arrival
from marketplace.web import urls
from marketplace.web.dependencies import TheRooms
from marketplace.web.errors import NotFound
from marketplace.web.openid.errors import SignInRefused
from marketplace.web.rooms import Rooms
from marketplace.web.signing_in import failed, patient, welcomed

if TYPE_CHECKING:
    from marketplace.web.openid.door import Door

router = APIRouter(tags=["account"])
_LONGEST_WAY_BACK = 1000


@router.get(urls.SIGN_IN_OUT, summary="Go to the organisation's sign-in", status_code=303)
def go_out(request: Request, rooms: TheRooms, next: str = "") -> Response:  # noqa: A002
    """Leads to the provider; the browser keeps a ticket for the way back."""
    door = _door(rooms)
    patient(request, rooms)
    way_back = next if urls.is_local(next) and len(next) <= _LONGEST_WAY_BACK else ""
    address, ticket = door.out(way_back, _redirect_uri(request, rooms), rooms.now())
    answered = RedirectResponse(address, status_code=303)
    rooms.cookies.put(answered, rooms.cookies.ticket, ticket)
    return answered


@router.get(urls.SIGN_IN_BACK, summary="Come back from the organisation's sign-in", status_code=303)
def come_back(request: Request, rooms: TheRooms) -> Response:
    """Opens a session for who the provider proves to have signed in."""
    door = _door(rooms)
    patient(request, rooms)
    kept, to = request.cookies.get(rooms.cookies.ticket), _redirect_uri(request, rooms)
    try:
        person, way_back = door.back(request.query_params, kept, to, rooms.now())
    except SignInRefused as refused:
        failed(request, rooms, refused.why)
        raise
    rooms.store.arrivals.keep(Arrival(person, door.issuer, rooms.now()))
    answered = welcomed(request, rooms, person, ("openid", way_back))
    rooms.cookies.drop(answered, rooms.cookies.ticket)
    return answered


def _door(rooms: Rooms) -> "Door":
    if rooms.door is None:
        raise NotFound("The organisation's sign-in is not connected here.")
    return rooms.door


def _redirect_uri(request: Request, rooms: Rooms) -> str:
    return f"{rooms.origin(request)}{urls.SIGN_IN_BACK}"
