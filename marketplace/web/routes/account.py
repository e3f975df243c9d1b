"""Signing in and out, and tokens for programs."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from marketplace.access.errors import PeriodOutOfRange, TokenNameMissing, UnknownScope
from marketplace.access.model import Actor, Role, Token
from marketplace.access.rights import ROLE_WORDS
from marketplace.access.scopes import LEAST, MEANING, Scope, kept_scopes, scopes_of
from marketplace.web import urls
from marketplace.web.dependencies import (
    Authorised,
    Form,
    OwnForm,
    SignedIn,
    TheRooms,
    Visitor,
    answer,
    moved,
    wants_json,
)
from marketplace.web.errors import InvalidForm, NotAllowed
from marketplace.web.formats import label
from marketplace.web.openapi import page_of
from marketplace.web.pages.account import PersonChoice, SignInPage, TokenLine, TokensPage
from marketplace.web.pages.page import Choice
from marketplace.web.production import is_loopback
from marketplace.web.rooms import Rooms
from marketplace.web.sessions import new_visitor
from marketplace.web.signing_in import address_of_client, failed, patient, welcomed

router = APIRouter(tags=["account"])
_PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"))


@router.get(urls.SIGN_IN, summary="Sign in", responses=page_of(SignInPage))
def sign_in_page(request: Request, rooms: TheRooms, actor: Visitor, next: str = "") -> Response:  # noqa: A002
    """The organisation's sign-in; or the demo people, in development on this machine only."""
    subject = rooms.cookies.subject(request) or new_visitor()
    request.state.subject = subject
    people = rooms.people.all() if rooms.offers_demo else ()
    way_back = next if urls.is_local(next) else ""
    page = SignInPage(
        title="Sign in",
        people=tuple(_choice(person) for person in people),
        organisation=urls.sign_in_out(way_back) if rooms.door is not None else "",
        way_back=way_back,
    )
    answered = answer(request, page)
    if actor is None:
        rooms.cookies.drop(answered, rooms.cookies.session)
        rooms.cookies.put(answered, rooms.cookies.visitor, subject)
    return answered


@router.post(urls.SIGN_IN, summary="Sign in as a demo person", status_code=303)
def sign_in(request: Request, rooms: TheRooms, form: Form) -> Response:
    """Opens a session; refused outside development and from any other machine."""
    patient(request, rooms)
    near = is_loopback(address_of_client(request))
    person = rooms.people.by_id(form.get("person", ""))
    if not rooms.offers_demo or not near or person is None:
        failed(request, rooms, "no such demo person")
        raise NotAllowed("Nobody can sign in this way here. Demo people exist only in development.")
    return welcomed(request, rooms, person, ("demo", form.get("next", "")))


@router.post(urls.SIGN_OUT, summary="Sign out", status_code=303, dependencies=[OwnForm])
def sign_out(request: Request, rooms: TheRooms) -> Response:
    """Ends the session on the server, and has the browser forget it."""
    secret = request.cookies.get(rooms.cookies.session)
    if secret:
        rooms.store.close_session(secret, rooms.now())
    answered = moved(request, urls.HOME)
    rooms.cookies.drop(answered, rooms.cookies.session)
    return answered


@router.get(urls.TOKENS, summary="My tokens", responses=page_of(TokensPage))
def list_tokens(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Names and periods; no secret is ever shown again."""
    return answer(request, _page(request, rooms, actor))


@router.post(urls.TOKENS, summary="Make a token", status_code=200)
def make_token(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """Answers with the secret, which is shown this once."""
    days, name = form.get("days", ""), form.get("name", "")
    faults = {}
    if not days.isdecimal() or len(days) > 4:
        faults["days"] = "Choose for how long the token may be used"
    else:
        try:
            scopes = scopes_of(_named_scopes(form))
            _, secret = rooms.store.create_token(actor, name, int(days), rooms.now(), scopes)
        except TokenNameMissing:
            faults["name"] = "Name the token after the program that will use it"
        except UnknownScope:
            faults["scope"] = "Choose among the uses that are listed"
        except PeriodOutOfRange as error:
            faults["days"] = f"Choose a period of 1 to {error.longest} days"
        else:
            made = _page(request, rooms, actor, shown=(name.strip(), secret))
            return answer(request, made, 201)
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, _page(request, rooms, actor, name=name, faults=faults), 422)


@router.post(
    "/tokens/{token_id}/revocation",
    summary="End a token",
    status_code=303,
    dependencies=[Authorised, OwnForm],
)
def end_token(request: Request, rooms: TheRooms, actor: SignedIn, token_id: str) -> Response:
    """Ends one's own token at once."""
    ended = rooms.store.revoke_token(token_id, actor, rooms.now())
    return moved(request, urls.TOKENS, id=ended.id, revoked_at=ended.revoked_at)


def _named_scopes(form: dict[str, str]) -> list[str]:
    """The scopes that a form ticks (`scope_query`), or a program lists (`scope`: `query`)."""
    ticked = [
        name.removeprefix("scope_")
        for name, value in form.items()
        if value and name.startswith("scope_")
    ]
    return [*ticked, *form.get("scope", "").split()]


def _choice(person: Actor) -> PersonChoice:
    role = next(iter(sorted(person.roles)), Role.READER)
    return PersonChoice(person.id, person.name, label(role.value), ROLE_WORDS[role])


def _page(
    request: Request,
    rooms: Rooms,
    actor: Actor,
    *,
    name: str = "",
    shown: tuple[str, str] = ("", ""),
    faults: dict[str, str] | None = None,
) -> TokensPage:
    return TokensPage(
        title="Tokens",
        tokens=tuple(_line(rooms, token) for token in rooms.store.tokens_of(actor.id)),
        periods=tuple(Choice(str(days), text, selected=days == 30) for days, text in _PERIODS),
        scopes=tuple(
            Choice(scope.value, MEANING[scope], selected=scope in LEAST) for scope in Scope
        ),
        name=name,
        secret_name=shown[0],
        secret=shown[1],
        origin=rooms.origin(request),
        faults=faults or {},
    )


def _line(rooms: Rooms, token: Token) -> TokenLine:
    stands = token.stands(rooms.now())
    ended = "revoked" if token.revoked_at is not None else "expired"
    return TokenLine(
        id=token.id,
        name=token.name,
        uses=tuple(MEANING[scope] for scope in Scope if scope in kept_scopes(token.scope)),
        scope=token.scope,
        created_at=token.created_at,
        expires_at=token.expires_at,
        status="standing" if stands else ended,
        revocation=urls.token_revocation(token.id) if stands else "",
    )
