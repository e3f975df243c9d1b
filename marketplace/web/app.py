"""The web application, composed from the rooms: the one place that wires them."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from contracts.errors import ContractError
from data_products.errors import DataProductError
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry, load_registry
from marketplace.access.errors import PeopleUnavailable
from marketplace.access.group_map import group_map
from marketplace.access.people import ArrivedPeople, KnownPeople, People, demo_people
from marketplace.access.store import AccessStore
from marketplace.config import Environment, Settings
from marketplace.errors import MarketplaceError
from marketplace.index.search import ListingIndex
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import SandboxUnavailable
from marketplace.web import urls
from marketplace.web.assets import BUILD, STATIC, assets_version
from marketplace.web.dependencies import answer, log, wants_json
from marketplace.web.errors import (
    UNEXPECTED,
    NotFound,
    NotSignedIn,
    Problem,
    TooManySignIns,
    problem_of,
    problem_page,
)
from marketplace.web.listening import MOST_STATEMENTS
from marketplace.web.openapi import ERRORS
from marketplace.web.production import is_loopback, refuse_half_set, refuse_unsafe
from marketplace.web.query_settings import form_key, query_settings
from marketplace.web.rooms import Rooms
from marketplace.web.routes import (
    account,
    alerts,
    audit_export,
    catalogue,
    emergencies,
    evidence,
    grants,
    held,
    impact,
    issues,
    life,
    openid,
    plans,
    quarantine,
    query,
    records,
    requests,
    service,
    sessions,
    statements,
)
from marketplace.web.security import Guard, hosts_of
from marketplace.web.sessions import Cookies
from marketplace.web.templating import environment
from marketplace.web.throttle import Throttle
from marketplace.web.usage import ChainState, Usage

if TYPE_CHECKING:
    from marketplace.web.openid.door import Door

_ROUTERS = tuple(
    module.router
    for module in (
        catalogue,
        impact,
        evidence,
        requests,
        grants,
        life,
        emergencies,
        issues,
        plans,
        held,
        query,
        statements,
        quarantine,
        records,
        audit_export,
        alerts,
        account,
        openid,
        sessions,
        service,
    )
)
_DESCRIPTION = (
    "Find data products, judge them by their contract and evidence, ask for access and query them. "
    "Every page has a JSON twin: add `.json` to its address, or accept `application/json`. "
    "Errors have one shape: `{error: {code, message, way_on, fields?}}`."
)


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    now: Callable[[], datetime] = utc_now,
    registry: Registry | None = None,
) -> FastAPI:
    """The marketplace over the folders in `settings`.

    Raises UnsafeSettings in production, AssetsNotBuilt without a stylesheet, and what loading the
    contracts and descriptors raises.
    """
    refuse_unsafe(settings)
    refuse_half_set(settings)
    rooms = _rooms(settings, now, registry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm, rooms.engine)
        yield
        rooms.engine.close()
        if rooms.door is not None:
            rooms.door.provider.close()
        rooms.store.close()

    app = FastAPI(
        title="Data Marketplace",
        version="1",
        description=_DESCRIPTION,
        openapi_url=urls.OPENAPI,
        docs_url=None,  # its pages load scripts from another site
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.rooms = rooms
    for router in _ROUTERS:
        app.include_router(router, responses=ERRORS)
    app.state.statement_threads = CapacityLimiter(MOST_STATEMENTS)
    app.mount(urls.STATIC, _Assets(STATIC), name="static")
    _handle_errors(app)
    app.add_middleware(
        Guard,
        hosts=hosts_of(settings),
        is_production=settings.environment == Environment.PRODUCTION,
    )
    return app


def routes() -> tuple[tuple[str, str, str], ...]:
    """Method, address and summary of every route, by address."""
    found = [
        (method, route.path, route.summary or "")
        for router in _ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
    described = ("GET", urls.OPENAPI, "The description of all of this for machines")
    return tuple(sorted([*found, described], key=lambda row: (row[1], row[0])))


class _Assets(StaticFiles):
    """The compiled stylesheet, scripts and images; kept by browsers, whose address has a hash."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)

    async def get_response(self, path: str, scope: dict) -> Response:  # type: ignore[type-arg,override]
        """The file, unless it is a source that is not meant to be served."""
        if Path(path).parts[:1] not in {("build",), ("images",)} or Path(path).name[:1] == ".":
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _rooms(settings: Settings, now: Callable[[], datetime], registry: Registry | None) -> Rooms:
    settings.home.mkdir(parents=True, exist_ok=True)
    offered = registry if registry is not None else load_registry(settings.project)
    lakehouse = Lakehouse(settings.lake, settings.quarantine)
    store = AccessStore.open(settings.database_url)
    key = form_key(settings)
    door = _door(settings, key, now)
    people, offers_demo = _people(settings, store)
    return Rooms(
        settings=settings,
        now=now,
        registry=offered,
        lakehouse=lakehouse,
        evidence=EvidenceStore(settings.evidence),
        index=ListingIndex.open(settings.index, now),
        store=store,
        usage=Usage(store),
        chain=ChainState(store),
        engine=QueryEngine(query_settings(settings), lakehouse, offered, store),
        people=people,
        offers_demo=offers_demo,
        templates=environment(),
        cookies=Cookies.of(settings),
        form_key=key,
        assets=assets_version(BUILD),
        throttle=Throttle(settings.sign_in_failures),
        door=door,
    )


def _people(settings: Settings, store: AccessStore) -> tuple[People, bool]:
    """Who can act, and whether demo people are offered at sign-in: never beside real ones."""
    if settings.oidc_issuer is not None:
        days = settings.oidc_current_days
        return ArrivedPeople(store.arrivals, settings.oidc_issuer, days), False
    try:
        return demo_people(settings), is_loopback(settings.host)
    except PeopleUnavailable as error:
        log.warning("%s", error)
        return KnownPeople({}), False


def _door(settings: Settings, key: bytes, now: Callable[[], datetime]) -> "Door | None":
    """The way to the organisation's sign-in. Raises GroupsUnreadable."""
    groups = group_map(settings.oidc_groups)
    if settings.oidc_issuer is None:
        return None
    # Its libraries take a while to import, which a laptop without an issuer need not wait for.
    from marketplace.web.openid.door import Door

    return Door.of(settings, groups, key, now)


def _warm(engine: QueryEngine) -> None:
    """Have workers wait before the first statement; without a sandbox the pages still serve."""
    try:
        engine.start()
    except SandboxUnavailable as error:
        log.warning("%s", error)


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(Exception, _unexpected)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for root in _roots():
        app.add_exception_handler(root, _refused)


def _roots() -> tuple[type[Exception], ...]:
    return (MarketplaceError, DataProductError, ContractError)


async def _refused(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem is UNEXPECTED:
        log.error("Refused without a page of its own", exc_info=error)
    is_page = request.method == "GET" and not wants_json(request)
    if isinstance(error, NotSignedIn) and is_page and not _is_api(request):
        return RedirectResponse(urls.sign_in(error.address), status_code=303)
    if isinstance(error, TooManySignIns):
        return _shown(request, problem, {"Retry-After": str(error.seconds)})
    return _shown(request, problem)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _shown(request, problem_of(NotFound()))
    headers = error.headers if isinstance(error, HTTPException) else None
    message = "This address is not opened that way. Go back and use the page's own links."
    return _shown(request, Problem(status, "method_not_allowed", message), headers)


async def _invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    fields = {str(each["loc"][-1]): str(each["msg"]) for each in found}
    return _shown(request, Problem(422, "invalid_form", "Correct what is named.", (), fields))


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("Unexpected, request %s", request.state.request_id, exc_info=error)
    return _shown(request, UNEXPECTED)


def _shown(
    request: Request, problem: Problem, headers: Mapping[str, str] | None = None
) -> Response:
    """The problem as a page, or in the one error shape."""
    if _is_api(request) or wants_json(request):
        response: Response = JSONResponse(problem.document(), problem.status)
        if problem.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    else:
        response = answer(request, problem_page(problem), problem.status)
    response.headers.update(headers or {})
    return response


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")
