"""Running one statement: the query page and the interface for programs."""

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from confinement.watch import Stop
from marketplace.access.model import Actor
from marketplace.query.errors import QueryError
from marketplace.query.result import QueryResult
from marketplace.web import urls
from marketplace.web.dependencies import (
    Caller,
    Form,
    SignedIn,
    TheRooms,
    answer,
    body_of,
    wants_json,
)
from marketplace.web.errors import InvalidForm, Problem, problem_of
from marketplace.web.exports import (
    MEDIA,
    NAMES,
    Format,
    format_of,
    headers,
    rows_of,
    written,
)
from marketplace.web.formats import day
from marketplace.web.listening import while_listened_to
from marketplace.web.openapi import page_of
from marketplace.web.pages.page import Link
from marketplace.web.pages.query import SHOWN_ROWS, Answer, Example, GrantedPort, QueryPage, Running
from marketplace.web.pages.terms import Terms
from marketplace.web.rooms import Rooms
from marketplace.web.terms import terms_of
from marketplace.web.visibility import may_see

router = APIRouter(tags=["query"])


@router.get(urls.QUERY, summary="The query page", responses=page_of(QueryPage))
def query_page(request: Request, rooms: TheRooms, actor: SignedIn, sql: str = "") -> Response:
    """Ports that may be queried, and a statement to run."""
    return answer(request, _page(rooms, actor, sql))


@router.post(urls.QUERY, summary="Run a statement on the page")
async def run_on_page(request: Request, rooms: TheRooms, actor: SignedIn, form: Form) -> Response:
    """The first rows as a page, or all of them as a download; ended when the page is closed."""
    return await while_listened_to(
        request, lambda stop: _answer_person(request, rooms, actor, form, stop)
    )


@router.post(
    urls.QUERY_API,
    summary="Run one SELECT over granted ports",
    responses={
        200: {
            "description": "The rows; `Accept` chooses the format.",
            "content": {
                media: {"schema": {"type": "object"} if media == MEDIA[Format.JSON] else {}}
                for media in MEDIA.values()
            },
        }
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["sql"],
                        "properties": {"sql": {"type": "string"}},
                    }
                }
            },
        },
    },
)
async def run_for_program(request: Request, rooms: TheRooms, actor: Caller) -> Response:
    """One statement as the person whose token it is. Errors have the one error shape."""
    format_ = format_of(request.headers.get("accept", ""))
    sent = await body_of(request)
    if "sql" not in sent:
        raise InvalidForm({"sql": 'Send {"sql": "select ..."}.'})

    def answered(stop: Stop) -> Response:
        result = rooms.engine.run(actor, sent["sql"], rooms.now(), stop=stop)
        return _file(result, terms_of(rooms, actor, result), format_)

    return await while_listened_to(request, answered)


def _answer_person(
    request: Request, rooms: Rooms, actor: Actor, form: dict[str, str], stop: Stop
) -> Response:
    sql = form.get("sql", "")
    wanted = form.get("format", "page")
    try:
        result = rooms.engine.run(actor, sql, rooms.now(), stop=stop)
        terms = terms_of(rooms, actor, result)
        if wanted in {Format.CSV.value, Format.PARQUET.value, Format.ARROW.value}:
            return _file(result, terms, Format(wanted))
        if wants_json(request):
            return _file(result, terms, Format.JSON)
    except QueryError as error:
        if wants_json(request):
            raise
        problem = problem_of(error)
        return answer(request, _page(rooms, actor, sql, problem=problem), problem.status)
    return answer(request, _page(rooms, actor, sql, found=(result, terms)))


def _file(result: QueryResult, terms: Terms, format_: Format) -> Response:
    return StreamingResponse(
        written(result, terms, format_),
        media_type=MEDIA[format_],
        headers=headers(result, terms, format_),
    )


def _page(
    rooms: Rooms,
    actor: Actor,
    sql: str,
    found: tuple[QueryResult, Terms] | None = None,
    problem: Problem | None = None,
) -> QueryPage:
    ports = _granted(rooms, actor)
    limits = rooms.engine.allowance(actor).limits
    return QueryPage(
        title="Query",
        marking=found[1].marking if found is not None else "OFFICIAL",
        sql=sql,
        ports=ports,
        examples=_examples(ports),
        formats=tuple(
            Link(NAMES[each], each.value) for each in (Format.CSV, Format.PARQUET, Format.ARROW)
        ),
        row_limit=limits.rows,
        timeout_seconds=round(limits.seconds),
        running=tuple(
            Running(each.sql, each.asked_at, urls.cancellation(each.id))
            for each in rooms.engine.running(actor)
        ),
        answer=shown_answer(*found) if found is not None else None,
        problem=problem,
    )


def shown_answer(result: QueryResult, terms: Terms | None = None) -> Answer:
    """The first rows of a result, as a page shows them."""
    rows = rows_of(result, SHOWN_ROWS)
    return Answer(
        columns=tuple((field.name, str(field.type)) for field in result.schema),
        rows=rows,
        row_count=result.rows,
        truncated=result.truncated,
        cut=result.rows > len(rows),
        milliseconds=result.milliseconds,
        ports=result.ports,
        delta_versions=result.delta_versions,
        notices=terms.notices if terms is not None else (),
        terms=terms.ports if terms is not None else (),
    )


def _granted(rooms: Rooms, actor: Actor) -> tuple[GrantedPort, ...]:
    until: dict[str, str] = {}
    hidden: dict[str, frozenset[str]] = {}  # columns that every grant on a port hides
    for grant in rooms.standing(actor):
        until.setdefault(grant.port, day(grant.expires_at))
        hidden[grant.port] = hidden.get(grant.port, grant.restriction.hidden) & (
            grant.restriction.hidden
        )
    offered = {
        port.reference: (listing, port)
        for listing in rooms.index.listings(may_see(actor, rooms))
        for port in listing.ports
    }
    return tuple(
        GrantedPort(
            reference=reference,
            marking=str(offered[reference][1].contract["marking"]),
            delta_version=offered[reference][1].delta_version,
            expires_at=until[reference],
            href=urls.port(offered[reference][0].reference, reference),
            columns=tuple(
                (column["name"], column["type"], column["description"])
                for column in offered[reference][1].contract["columns"]
                if column["name"] not in hidden[reference]
            ),
        )
        for reference in sorted(until)
        if reference in offered
    )


def _examples(ports: tuple[GrantedPort, ...]) -> tuple[Example, ...]:
    examples = []
    for port in ports[:3]:
        texts = [name for name, kind, _ in port.columns if kind == "varchar"]
        first = texts[0] if texts else port.columns[0][0]
        for title, sql in (
            (f"The first rows of {port.reference}", f"select *\nfrom {port.reference}\nlimit 20"),
            (
                f"How many rows of {port.reference} there are for each {first}",
                f'select "{first}", count(*) as row_count\nfrom {port.reference}\n'
                f'group by "{first}"\norder by row_count desc\nlimit 20',
            ),
        ):
            examples.append(Example(title, sql, urls.query(sql)))
    return tuple(examples)
