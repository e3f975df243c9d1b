"""What every way of signing in does: slow down who keeps failing, and open a fresh session."""

from fastapi import Request
from fastapi.responses import Response

from marketplace.access.model import Actor, AuditEntry, Opening
from marketplace.access.requests import clean
from marketplace.web import urls
from marketplace.web.dependencies import moved
from marketplace.web.errors import TooManySignIns
from marketplace.web.rooms import Rooms

NOBODY = "nobody"  # the actor of a sign-in that failed
_LONGEST_AGENT = 120


def address_of_client(request: Request) -> str:
    """The network address that asks; behind a trusted proxy, the one that the proxy names."""
    return request.client.host if request.client is not None else ""


def patient(request: Request, rooms: Rooms) -> None:
    """Raises TooManySignIns for an address that has failed too often; it is not recorded again."""
    seconds = rooms.throttle.wait(address_of_client(request), rooms.now())
    if seconds:
        raise TooManySignIns(seconds)


def failed(request: Request, rooms: Rooms, why: str) -> None:
    """Count and record a failed sign-in."""
    now = rooms.now()
    address = address_of_client(request)
    details = {"why": why, "address": address}
    if rooms.throttle.failed(address, now):
        details["paused"] = "yes"
    rooms.store.record(AuditEntry(NOBODY, "session.sign_in", "sign-in", "denied", details), now)


def welcomed(request: Request, rooms: Rooms, person: Actor, how: tuple[str, str]) -> Response:
    """A new session for `person`; the one that the browser came with ends, so none is carried over.

    `how` is the way in and the address to go on to.
    """
    way, way_back = how
    previous = request.cookies.get(rooms.cookies.session)
    if previous:
        rooms.store.close_session(previous, rooms.now())
    agent = " ".join(clean(request.headers.get("user-agent", "")).split())[:_LONGEST_AGENT]
    opening = Opening(way, agent, rooms.settings.session_idle_minutes)
    hours = rooms.settings.session_hours
    secret = rooms.store.open_session(person.id, rooms.now(), hours, opening)
    to = way_back if urls.is_local(way_back) else urls.HOME
    answered = moved(request, to, id=person.id, name=person.name)
    rooms.cookies.put(answered, rooms.cookies.session, secret)
    rooms.cookies.drop(answered, rooms.cookies.visitor)
    return answered
