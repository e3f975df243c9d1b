"""Home, search and the pages of products and ports."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from marketplace.access.model import Actor
from marketplace.index.facets import FACETS
from marketplace.index.model import Listing, PortListing
from marketplace.web import urls
from marketplace.web.dependencies import TheRooms, Visitor, answer
from marketplace.web.errors import NotFound
from marketplace.web.known_issues import known_now
from marketplace.web.openapi import page_of
from marketplace.web.pages.listing import HomePage, home_page
from marketplace.web.pages.product import (
    PortPage,
    ProductPage,
    View,
    port_page,
    product_page,
)
from marketplace.web.pages.quality import QualityPage, quality_page
from marketplace.web.pages.reader import Reader
from marketplace.web.pages.search import ResultsPage, results_page, search_query
from marketplace.web.rooms import Rooms
from marketplace.web.visibility import addresses, may_see

router = APIRouter(tags=["catalogue"])


@router.get(urls.HOME, summary="What the marketplace offers", responses=page_of(HomePage))
def home(request: Request, rooms: TheRooms, actor: Visitor) -> Response:
    """The newest and most used data products, and every business unit."""
    listings = rooms.index.listings(may_see(actor, rooms))
    return answer(request, home_page(listings, rooms.usage.counts(rooms.now()), known_now(rooms)))


class SearchParameters(BaseModel):
    """What a search's address may say; the values of one facet are alternatives."""

    words: str = Field("", max_length=500)
    business_unit: list[str] = []
    theme: list[str] = []
    marking: list[str] = []
    access_rights: list[str] = []
    freshness: list[str] = []
    quality: list[str] = []
    quality_score: list[str] = []
    sort: str = ""
    page: str = "1"


@router.get(urls.SEARCH, summary="Search the data products", responses=page_of(ResultsPage))
def search(
    request: Request,
    rooms: TheRooms,
    actor: Visitor,
    asked: Annotated[SearchParameters, Query()],
) -> Response:
    """Words, facets with exact counts, order and pages."""
    query = search_query(
        asked.words,
        {name: getattr(asked, name) for name in FACETS},
        asked.sort,
        asked.page,
    )
    found = rooms.index.search(query, may_see(actor, rooms))
    return answer(request, results_page(found, known_now(rooms)))


@router.get("/products/{unit}/{product}", summary="A data product", responses=page_of(ProductPage))
def show_product(
    request: Request, rooms: TheRooms, actor: Visitor, unit: str, product: str
) -> Response:
    """What it is, who answers for it, how fresh and how good it is, and how to get access."""
    listing = rooms.index.listing(f"{unit}/{product}", may_see(actor, rooms))
    return answer(request, product_page(listing, _view(request, rooms, actor)))


@router.get(
    "/products/{unit}/{product}/ports/{port}", summary="An output port", responses=page_of(PortPage)
)
def show_port(
    request: Request, rooms: TheRooms, actor: Visitor, unit: str, product: str, port: str
) -> Response:
    """One output port of a data product: columns, checks, versions."""
    listing = rooms.index.listing(f"{unit}/{product}", may_see(actor, rooms))
    shown = port_of(listing, f"{unit}.{port}")
    return answer(request, port_page(listing, shown, _view(request, rooms, actor)))


@router.get(
    urls.PORT_API,
    summary="An output port by its own name, for programs",
    response_model=PortPage,
)
def port_for_program(
    request: Request, rooms: TheRooms, actor: Visitor, unit: str, port: str
) -> Response:
    """The facts of the port's page, where the product is not known."""
    reference = f"{unit}.{port}"
    listing = rooms.index.product_of(reference, may_see(actor, rooms))
    page = port_page(listing, port_of(listing, reference), _view(request, rooms, actor))
    request.state.wants_json = True
    return answer(request, page)


@router.get(
    "/products/{unit}/{product}/ports/{port}/quality",
    summary="How a port's quality scores came about",
    responses=page_of(QualityPage),
)
def show_quality(
    request: Request, rooms: TheRooms, actor: Visitor, unit: str, product: str, port: str
) -> Response:
    """Each score with the checks that it was made of, their weights, and the scores before."""
    listing = rooms.index.listing(f"{unit}/{product}", may_see(actor, rooms))
    return answer(request, quality_page(listing, port_of(listing, f"{unit}.{port}")))


def port_of(listing: Listing, reference: str) -> PortListing:
    """The port of a product. Raises NotFound."""
    for port in listing.ports:
        if port.reference == reference:
            return port
    raise NotFound(f"{listing.title} has no output port `{reference}`.")


def _view(request: Request, rooms: Rooms, actor: Actor | None) -> View:
    return View(
        reader=Reader(
            actor=actor,
            standing=rooms.standing(actor),
            requests=rooms.store.requests.of_actor(actor.id) if actor is not None else (),
        ),
        addresses=addresses(rooms.index.listings(may_see(actor, rooms))),
        origin=rooms.origin(request),
        known=known_now(rooms),
    )
