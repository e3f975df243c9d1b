"""One's own statements that run or wait, and ending them."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from marketplace.web import urls
from marketplace.web.dependencies import Authorised, Caller, OwnForm, SignedIn, TheRooms, moved

router = APIRouter(tags=["query"])


@router.post(
    "/query/statements/{statement_id}/cancellation",
    summary="Cancel a running statement",
    status_code=303,
    dependencies=[Authorised, OwnForm],
)
def cancel_on_page(
    request: Request, rooms: TheRooms, actor: SignedIn, statement_id: str
) -> Response:
    """Ends one's own statement, running or waiting."""
    rooms.engine.cancel(actor, statement_id, rooms.now())
    return moved(request, urls.QUERY, id=statement_id, cancelled=True)


@router.get(urls.STATEMENTS_API, summary="One's own statements that run or wait")
def own_statements(rooms: TheRooms, actor: Caller) -> dict[str, list[dict[str, str]]]:
    """Each with its id, its text and when it was asked, oldest first."""
    return {
        "statements": [
            {"id": each.id, "sql": each.sql, "asked_at": each.asked_at.isoformat()}
            for each in rooms.engine.running(actor)
        ]
    }


@router.post(
    f"{urls.STATEMENTS_API}/{{statement_id}}/cancellation",
    summary="Cancel one's own running statement",
)
def cancel_for_program(rooms: TheRooms, actor: Caller, statement_id: str) -> dict[str, str | bool]:
    """Ends one's own statement, running or waiting; who waits for it is told."""
    rooms.engine.cancel(actor, statement_id, rooms.now())
    return {"id": statement_id, "cancelled": True}
