"""What routes are given: the rooms, who is asking, what a form says; and how a page is answered."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from marketplace.access.facts import Action, Facts
from marketplace.access.model import Actor, AuditEntry, Permission
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.errors import (
    FormExpired,
    InvalidForm,
    NotAllowed,
    NotSignedIn,
    OutOfScope,
    TooLarge,
)
from marketplace.web.pages.page import Link, Page, Shell, navigation
from marketplace.web.rooms import Rooms
from marketplace.web.security import BODY_LIMIT
from marketplace.web.sessions import form_token, is_form_token
from marketplace.web.templating import render
from marketplace.web.token_scopes import may_open, needed
from marketplace.web.twin import encode, plain

if TYPE_CHECKING:
    pass

log = logging.getLogger("marketplace.web")


def rooms_of(request: Request) -> Rooms:
    """The rooms of the application that answers `request`."""
    rooms: Rooms = request.app.state.rooms
    return rooms


TheRooms = Annotated[Rooms, Depends(rooms_of)]


def visitor(request: Request, rooms: TheRooms) -> Actor | None:
    """Who is signed in with this browser, or whom a token speaks for; None when nobody is.

    A request with a token is judged by the token alone, whatever cookies come with it.
    Raises NotSignedIn for a token that opens nothing, and OutOfScope. Blocking: runs in a thread.
    """
    secret = bearer_of(request)
    request.state.by_token = secret is not None
    if secret is not None:
        actor: Actor | None = speaks_for(request, rooms, secret)
    else:
        actor = _of_cookie(request, rooms)
    request.state.actor = actor
    request.state.waiting = 0
    if actor is not None:
        waiting = rooms.store.requests.awaiting(actor, rooms.request_rules(), rooms.now())
        request.state.waiting = len(waiting)
    return actor


def _of_cookie(request: Request, rooms: Rooms) -> Actor | None:
    secret, now = request.cookies.get(rooms.cookies.session), rooms.now()
    session = rooms.store.session(secret, now) if secret else None
    actor = rooms.people.by_id(session.actor_id) if session is not None else None
    if session is not None and actor is not None:
        rooms.store.sessions.note_use(session, now)
    return actor


def bearer_of(request: Request) -> str | None:
    """The token that was sent; None for none, or for another scheme."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def speaks_for(request: Request, rooms: Rooms, secret: str | None) -> Actor:
    """Whom a token speaks for, on a route that one of its scopes opens.

    Raises NotSignedIn for a missing, wrong or ended token, and OutOfScope, which is recorded.
    """
    token = rooms.store.token(secret, rooms.now()) if secret else None
    actor = rooms.people.by_id(token.actor_id) if token is not None else None
    if token is None or actor is None or not rooms.people.is_current(actor.id, rooms.now()):
        raise NotSignedIn(urls.TOKENS)
    if not may_open(token, request):
        scope = needed(request)
        details = {"token": token.id, "scopes": token.scope, "method": request.method}
        path = getattr(request.scope.get("route"), "path", "")
        entry = AuditEntry(actor.id, "token.use", path, "denied", details)
        rooms.store.record(entry, rooms.now())
        raise OutOfScope(token.scope, scope.value if scope is not None else None)
    return actor


Visitor = Annotated[Actor | None, Depends(visitor)]


def signed_in(request: Request, actor: Visitor) -> Actor:
    """Who is signed in. Raises NotSignedIn before anything that was sent is read."""
    if actor is None:
        raise NotSignedIn(address_of(request) if request.method == "GET" else urls.HOME)
    return actor


SignedIn = Annotated[Actor, Depends(signed_in)]


_BEARER = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token from the page `/tokens`."
)
Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def caller(request: Request, rooms: TheRooms, sent: Sent) -> Actor:
    """Whom a token speaks for; a browser's session does not count. Raises as `speaks_for`."""
    return speaks_for(request, rooms, sent.credentials if sent else None)


Caller = Annotated[Actor, Depends(caller)]


async def body_of(request: Request) -> dict[str, str]:
    """What a form or a JSON object says, as text. Raises InvalidForm for anything else."""
    sent = await request.body()
    if len(sent) > BODY_LIMIT:
        raise TooLarge(BODY_LIMIT)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return _texts(await request.json())
        if kind == "application/x-www-form-urlencoded":
            pairs = parse_qsl(sent.decode(), keep_blank_values=True, max_num_fields=500)
            return {name: value.replace("\r\n", "\n") for name, value in pairs}
    except (ValueError, RecursionError) as error:
        raise InvalidForm({"body": "What was sent could not be read. Send it again."}) from error
    if not sent:
        return {}
    raise InvalidForm({"body": "Send application/x-www-form-urlencoded or application/json."})


def _texts(document: Any) -> dict[str, str]:
    if not isinstance(document, Mapping):
        raise InvalidForm({"body": "Send one JSON object."})
    return {
        str(name): value if isinstance(value, str) else "" if value is None else _text(value)
        for name, value in document.items()
    }


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


async def form_of(request: Request, rooms: TheRooms, _actor: Visitor) -> dict[str, str]:
    """A form that was sent from this browser's own session. Raises FormExpired otherwise.

    A program's needs no form token: no browser sends its token for another site's page.
    Routes that need a person ask for `SignedIn` first, so that nothing is parsed for a stranger.
    """
    sent = await body_of(request)
    token = sent.pop("csrf", "") or request.headers.get("x-csrf-token", "")
    if request.state.by_token:
        return sent
    if not is_form_token(rooms.form_key, rooms.cookies.subject(request), token):
        raise FormExpired(urls.HOME)
    return sent


Form = Annotated[dict[str, str], Depends(form_of)]

# For routes that read nothing of the form itself; in this order, a stranger's is never parsed.
Authorised = Depends(signed_in)
OwnForm = Depends(form_of)
Recognised = Depends(visitor)


def require(rooms: Rooms, actor: Actor, action: Action, facts: Facts) -> Permission:
    """The permission. Records a denial, and raises NotAllowed with the reason and the way on."""
    permission = decide(actor, action, facts)
    if not permission:
        denied(rooms, actor, action, facts.reference)
        way_on = f" {permission.way_on}" if permission.way_on else ""
        raise NotAllowed(f"{permission.reason}{way_on}", _links(action, facts))
    return permission


def denied(rooms: Rooms, actor: Actor, action: Action, reference: str) -> None:
    """Keep in the audit log that `actor` tried what they may not."""
    entry = AuditEntry(actor.id, action.value, reference, "denied")
    rooms.store.record(entry, rooms.now())


def _links(action: Action, facts: Facts) -> tuple[Link, ...]:
    if action in {Action.SEE_AUDIT, Action.SEE_PORT_LOG}:
        return (Link("Open your own log", urls.LOG),)
    if action is Action.QUERY_PORT:
        return (Link(f"Request access to {facts.reference}", urls.new_request(facts.reference)),)
    return ()


def address_of(request: Request) -> str:
    """The page's own address, without `.json`."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def wants_json(request: Request) -> bool:
    """Whether the JSON twin was asked for: by its address, or by preferring JSON to HTML."""
    if getattr(request.state, "wants_json", False):
        return True
    accepted = [part.partition(";") for part in request.headers.get("accept", "").split(",")]
    kinds = [kind.strip().lower() for kind, _, _ in accepted]
    if "application/json" not in kinds:
        return False
    return "text/html" not in kinds or kinds.index("application/json") < kinds.index("text/html")


def shell_of(request: Request, rooms: Rooms) -> Shell:
    """What stands around the page that answers `request`."""
    actor: Actor | None = getattr(request.state, "actor", None)
    waiting: int = getattr(request.state, "waiting", 0)
    subject = getattr(request.state, "subject", None) or rooms.cookies.subject(request)
    return Shell(
        actor=actor,
        csrf=form_token(rooms.form_key, subject),
        environment=rooms.settings.environment.value,
        address=address_of(request),
        assets=rooms.assets,
        waiting=waiting,
        navigation=navigation(actor, waiting),
    )


def answer(request: Request, page: Page, status: int = 200) -> Response:
    """`page` as HTML or as its JSON twin."""
    rooms = rooms_of(request)
    page = replace(page, is_sample=page.is_sample or rooms.settings.is_sample)
    headers = {"X-Data-Marking": page.marking, "Vary": "Accept, Cookie"}
    if page.is_sample:
        headers["X-Data-Sample"] = "true"
    if wants_json(request):
        document = plain(page)
        return Response(encode(document), status, headers, "application/json")
    html = render(rooms.templates, page, shell_of(request, rooms))
    return Response(html, status, headers, "text/html")


def moved(request: Request, address: str, **facts: Any) -> Response:
    """What a successful POST answers: a redirect, or for JSON the facts and where to look."""
    if wants_json(request):
        return JSONResponse({**plain(facts), "href": address}, headers={"Location": address})
    return RedirectResponse(address, status_code=303)
