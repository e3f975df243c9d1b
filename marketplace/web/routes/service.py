"""Pages about the service itself, and whether it is well."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from marketplace.errors import MarketplaceError
from marketplace.web import urls
from marketplace.web.dependencies import Recognised, TheRooms, answer, log
from marketplace.web.openapi import page_of
from marketplace.web.pages.account import AccessibilityPage, HelpPage
from marketplace.web.pages.roles import RolesPage, roles_page

router = APIRouter(tags=["service"])


@router.get(
    urls.HELP, summary="How it works", dependencies=[Recognised], responses=page_of(HelpPage)
)
def help_page(request: Request, rooms: TheRooms) -> Response:
    """Find, judge, ask, use; and the interface for programs."""
    return answer(request, HelpPage(title="How it works", origin=rooms.origin(request)))


@router.get(
    urls.ACCESSIBILITY,
    summary="Accessibility statement",
    dependencies=[Recognised],
    responses=page_of(AccessibilityPage),
)
def accessibility(request: Request) -> Response:
    """How accessible the pages are, and what is known not to be good yet."""
    return answer(request, AccessibilityPage(title="Accessibility statement"))


@router.get(
    urls.ROLES,
    summary="Who may do what",
    dependencies=[Recognised],
    responses=page_of(RolesPage),
)
def show_roles(request: Request) -> Response:
    """The table of rights: what each role may do, and by which tie."""
    return answer(request, roles_page())


@router.get(urls.HEALTH, summary="Whether the process answers")
async def health() -> Response:
    """Always, while the process runs."""
    return JSONResponse({"status": "ok"})


@router.get(urls.READY, summary="Whether everything it needs is there")
def ready(rooms: TheRooms) -> Response:
    """The state answers and the index holds something; otherwise 503 says what is missing."""
    missing = []
    try:
        rooms.store.audit()
    except Exception:  # noqa: BLE001 - whatever a database driver raises is "not ready"
        log.exception("The access state does not answer")
        missing.append("The access state does not answer.")
    try:
        if not rooms.index.listings():
            missing.append("The index is empty: run the pipeline.")
    except MarketplaceError as error:
        missing.append(str(error))
    status = 503 if missing else 200
    return JSONResponse({"status": "not ready" if missing else "ready", "missing": missing}, status)
