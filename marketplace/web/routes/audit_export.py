"""The logs as JSON lines: one's own, that of one's products, and all of it for auditors."""

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from marketplace.access.audit_lines import audit_lines
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.model import Actor, AuditEntry, AuditFilter
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import SignedIn, TheRooms, require
from marketplace.web.errors import NotFound
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["records"])
MEDIA = "application/x-ndjson"
EXPORTED = "audit.export"


@router.get(urls.LOG_EXPORT, summary="My own log as JSON lines", response_class=Response)
def export_own_log(rooms: TheRooms, actor: SignedIn) -> Response:
    """Everything that was recorded about the reader, oldest first."""
    return _exported(rooms, actor, AuditFilter(actor_id=actor.id), "own log")


@router.get(
    urls.PRODUCTS_LOG_EXPORT,
    summary="The log of products that I answer for, as JSON lines",
    response_class=Response,
)
def export_products_log(rooms: TheRooms, actor: SignedIn) -> Response:
    """Who asked for, read or was refused the reader's ports, oldest first."""
    answered = frozenset(
        reference
        for reference, offered in rooms.registry.ports.items()
        if decide(actor, Action.SEE_PORT_LOG, facts_of(offered.contract))
    )
    if not answered:
        raise NotFound("You answer for no product.")
    return _exported(rooms, actor, AuditFilter(resources=answered), "log of products")


@router.get(urls.AUDIT_EXPORT, summary="The audit log as JSON lines", response_class=Response)
def export_audit(rooms: TheRooms, actor: SignedIn) -> Response:
    """Every record with its hash, oldest first: whoever holds the file can check the chain."""
    require(rooms, actor, Action.SEE_AUDIT, Facts(reference="audit"))
    return _exported(rooms, actor, AuditFilter(), "audit log")


def _exported(rooms: Rooms, actor: Actor, wanted: AuditFilter, what: str) -> Response:
    """The records up to the one that says that they were exported."""
    entry = AuditEntry(actor.id, EXPORTED, "audit", details={"name": what})
    last = rooms.store.record(entry, rooms.now()).sequence
    name = f"OFFICIAL_{what.replace(' ', '_')}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(
        audit_lines(rooms.store.audit, wanted, last),
        media_type=MEDIA,
        headers={**headers, "X-Data-Marking": "OFFICIAL", "Cache-Control": "no-store"},
    )
