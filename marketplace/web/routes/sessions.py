"""Where people are signed in: listed and ended by themselves, and by governance."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from marketplace.access.facts import Action, Facts
from marketplace.access.model import Actor
from marketplace.access.policy import decide
from marketplace.access.secret_keys import hash_of
from marketplace.web import urls
from marketplace.web.dependencies import (
    Authorised,
    OwnForm,
    SignedIn,
    TheRooms,
    answer,
    moved,
    require,
)
from marketplace.web.openapi import page_of
from marketplace.web.pages.sessions import SessionsPage, session_line
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["account"])
_EVERYONE = Facts(reference="sessions")


@router.get(urls.SESSIONS, summary="Where I am signed in", responses=page_of(SessionsPage))
def own_sessions(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """The reader's own sessions."""
    this = _this(request, rooms)
    found = rooms.store.sessions.standing_of(actor.id, rooms.now())
    oversees = decide(actor, Action.OVERSEE_SESSIONS, _EVERYONE)
    page = SessionsPage(
        title="Sessions",
        sessions=tuple(session_line(each, actor.name, this) for each in found),
        of_everyone=False,
        others=sum(each.id != this for each in found),
        everyone=urls.EVERYONES_SESSIONS if oversees else "",
    )
    return answer(request, page)


@router.get(
    urls.EVERYONES_SESSIONS,
    summary="Where anyone is signed in, for governance",
    responses=page_of(SessionsPage),
)
def everyones_sessions(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Everyone's sessions."""
    require(rooms, actor, Action.OVERSEE_SESSIONS, _EVERYONE)
    this = _this(request, rooms)
    found = rooms.store.sessions.standing(rooms.now())
    page = SessionsPage(
        title="Everyone's sessions",
        sessions=tuple(session_line(each, rooms.person(each.actor_id), this) for each in found),
        of_everyone=True,
        others=0,
    )
    return answer(request, page)


@router.post(
    urls.SESSIONS_END,
    summary="End all my sessions but this one",
    status_code=303,
    dependencies=[Authorised, OwnForm],
)
def end_others(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Signs the reader out everywhere else."""
    store = rooms.store.sessions
    ended = store.end_all(actor.id, actor, rooms.now(), but=_this(request, rooms))
    return moved(request, urls.SESSIONS, ended=ended)


@router.post(
    "/sessions/{session_id}/end",
    summary="End a session",
    status_code=303,
    dependencies=[Authorised, OwnForm],
)
def end_session(request: Request, rooms: TheRooms, actor: SignedIn, session_id: str) -> Response:
    """Ends one's own session, or as governance anyone's; its next request is refused."""
    ended = rooms.store.sessions.end(session_id, actor, rooms.now())
    return moved(request, _back(actor, ended.actor_id), id=ended.id)


def _back(actor: Actor, owner_id: str) -> str:
    return urls.SESSIONS if actor.id == owner_id else urls.EVERYONES_SESSIONS


def _this(request: Request, rooms: Rooms) -> str:
    """The id of the session that asks; empty for none."""
    secret = request.cookies.get(rooms.cookies.session)
    return hash_of(secret) if secret else ""
