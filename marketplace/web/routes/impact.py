"""Who relies on a port, for those who answer for it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from marketplace.access.consumers import Relations, consumers_of
from marketplace.access.facts import Action, facts_of
from marketplace.index.search import everyone
from marketplace.web import urls
from marketplace.web.dependencies import SignedIn, TheRooms, answer, require
from marketplace.web.openapi import page_of
from marketplace.web.pages.ending import ending_of
from marketplace.web.pages.impact import ImpactPage, groups_of
from marketplace.web.pages.page import Link
from marketplace.web.rooms import Rooms
from marketplace.web.routes.catalogue import port_of
from marketplace.web.visibility import may_see

router = APIRouter(tags=["catalogue"])


@router.get(
    "/products/{unit}/{product}/ports/{port}/impact",
    summary="Who relies on a port",
    responses=page_of(ImpactPage),
)
def show_impact(
    request: Request, rooms: TheRooms, actor: SignedIn, unit: str, product: str, port: str
) -> Response:
    """Standing grants, products and ports made from it: whom a change or its end would meet."""
    visible = may_see(actor, rooms)
    listing = rooms.index.listing(f"{unit}/{product}", visible)
    shown = port_of(listing, f"{unit}.{port}")
    contract = rooms.registry.port(shown.reference).contract
    require(rooms, actor, Action.SEE_PORT_LOG, facts_of(contract))
    found = consumers_of(
        shown.reference, rooms.store.grants_on(shown.reference), _relations(rooms), rooms.now()
    )
    groups, consumers = groups_of(found)
    page = ImpactPage(
        title=f"Who relies on {shown.contract['title']}",
        marking=str(shown.contract["marking"]),
        is_sample=listing.is_sample,
        reference=shown.reference,
        product=Link(listing.title, urls.product(listing.reference)),
        ending=ending_of(listing, shown, rooms.now()),
        total=len(consumers),
        groups=groups,
        consumers=consumers,
    )
    return answer(request, page)


def _relations(rooms: Rooms) -> Relations:
    """All products, also those that the reader may not find: whoever retires a port must know."""
    readers: dict[str, tuple[str, ...]] = {}
    for listing in rooms.index.listings(everyone):
        for node in listing.lineage:
            if node.kind != "port":
                continue
            for source in node.upstream:
                name = source.removeprefix("port:")
                if source.startswith("port:") and node.label not in readers.get(name, ()):
                    readers[name] = (*readers.get(name, ()), node.label)
    return Relations(rooms.registry, readers, rooms.people)
