"""The logs, the audit log and the rejected rows."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from contracts.model import Contract
from marketplace.access.facts import Action, Facts, facts_of
from marketplace.access.model import Actor, AuditEntry, AuditFilter, AuditRecord
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.dependencies import SignedIn, TheRooms, answer, require
from marketplace.web.errors import NotFound
from marketplace.web.formats import label
from marketplace.web.openapi import page_of
from marketplace.web.pages.page import Link
from marketplace.web.pages.records import (
    ACTIONS,
    AuditPage,
    Chain,
    LogPage,
    ProductsLogPage,
    RejectsPage,
    choices,
    record_lines,
)
from marketplace.web.rejects import PAGE_ROWS, rejects_of
from marketplace.web.rooms import Rooms

router = APIRouter(tags=["records"])
_PAGE = 50


@router.get(urls.LOG, summary="My own access log", responses=page_of(LogPage))
def own_log(request: Request, rooms: TheRooms, actor: SignedIn, before: str = "") -> Response:
    """Everything that was recorded about the reader."""
    found = _find(rooms, AuditFilter(actor_id=actor.id), before)
    return answer(
        request,
        LogPage(
            title="My log",
            records=record_lines(found.records, rooms.person),
            older=found.older(urls.LOG, ()),
        ),
    )


@router.get(
    urls.PRODUCTS_LOG,
    summary="The log of products that I answer for",
    responses=page_of(ProductsLogPage),
)
def products_log(
    request: Request, rooms: TheRooms, actor: SignedIn, port: str = "", before: str = ""
) -> Response:
    """Who asked for, read or was refused the ports of an owner or steward."""
    answered = sorted(
        reference
        for reference, offered in rooms.registry.ports.items()
        if decide(actor, Action.SEE_PORT_LOG, facts_of(offered.contract))
    )
    if port and port not in answered:
        require(rooms, actor, Action.SEE_PORT_LOG, Facts(reference=port))
    resources = frozenset([port] if port else answered)
    found = _find(rooms, AuditFilter(resources=resources), before)
    page = ProductsLogPage(
        title="Log of my products",
        ports=choices([(name, name) for name in answered], port, "All my ports"),
        records=record_lines(found.records, rooms.person),
        older=found.older(urls.PRODUCTS_LOG, (("port", port),)),
    )
    return answer(request, page)


class AuditParameters(BaseModel):
    """How the audit log is narrowed; empty values do not narrow it."""

    action: str = ""
    outcome: str = ""
    person: str = ""
    before: str = ""


@router.get(urls.AUDIT, summary="The audit log and its chain", responses=page_of(AuditPage))
def audit(
    request: Request, rooms: TheRooms, actor: SignedIn, asked: Annotated[AuditParameters, Query()]
) -> Response:
    """Every record, for auditors and governance, and whether the chain is whole."""
    require(rooms, actor, Action.SEE_AUDIT, Facts(reference="audit"))
    action, outcome, person = asked.action, asked.outcome, asked.person
    wanted = AuditFilter(actor_id=person or None, action=action or None, outcome=outcome or None)
    found = _find(rooms, wanted, asked.before)
    outcomes = [(value, label(value)) for value in ("done", "denied", "failed", "begun")]
    people = [(each.id, each.name) for each in rooms.people.all()]
    page = AuditPage(
        title="Audit log",
        chain=_chain(rooms),
        actions=choices(list(ACTIONS.items()), action, "Everything"),
        outcomes=choices(outcomes, outcome, "Any outcome"),
        people=choices(people, person, "Everyone"),
        records=record_lines(found.records, rooms.person),
        older=found.older(
            urls.AUDIT, (("action", action), ("outcome", outcome), ("person", person))
        ),
    )
    return answer(request, page)


@router.get(
    urls.REJECTS,
    summary="The source systems whose rejected rows I may see",
    responses=page_of(RejectsPage),
)
def list_rejects(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """The first of the reader's source systems."""
    mine = _systems(rooms, actor)
    if not mine:
        raise NotFound("You are not the steward of any source system.")
    return show_rejects(request, rooms, actor, mine[0].name)


@router.get(
    "/rejects/{source_system}",
    summary="Rows that could not be landed",
    responses=page_of(RejectsPage),
)
def show_rejects(
    request: Request, rooms: TheRooms, actor: SignedIn, source_system: str, page: str = "1"
) -> Response:
    """File, line, reason and raw text, for the source system's steward."""
    contract = next((c for c in rooms.registry.sources if c.name == source_system), None)
    if contract is None:
        raise NotFound(f"There is no source system `{source_system}`.")
    require(rooms, actor, Action.SEE_REJECTS, facts_of(contract))
    number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    found = rejects_of(rooms.settings.landing, source_system, number)
    rooms.store.record(
        AuditEntry(actor.id, Action.SEE_REJECTS.value, source_system, details={"page": number}),
        rooms.now(),
    )
    here = urls.rejects(source_system)
    shown = RejectsPage(
        title="Rejected rows",
        marking=contract.marking or "OFFICIAL",
        source_system=source_system,
        total=found.total,
        reasons=found.reasons,
        rows=found.rows,
        systems=tuple(Link(c.name, urls.rejects(c.name)) for c in _systems(rooms, actor)),
        newer=_page_address(here, number - 1) if number > 1 else "",
        older=_page_address(here, number + 1) if number * PAGE_ROWS < found.total else "",
    )
    return answer(request, shown)


@dataclass(frozen=True, slots=True)
class _Found:
    """One page of records, and whether older ones follow."""

    records: tuple[AuditRecord, ...]
    has_older: bool

    def older(self, address: str, parameters: tuple[tuple[str, str], ...]) -> str:
        if not self.has_older:
            return ""
        before = ("before", str(self.records[-1].sequence))
        return urls.with_parameters(address, [*parameters, before])


def _find(rooms: Rooms, wanted: AuditFilter, before: str) -> _Found:
    sequence = int(before) if before.isdecimal() and len(before) < 19 else None
    found = rooms.store.audit(replace(wanted, before_sequence=sequence, limit=_PAGE + 1))
    return _Found(found[:_PAGE], len(found) > _PAGE)


def _chain(rooms: Rooms) -> Chain:
    verification, at = rooms.chain.verified(rooms.now())
    return Chain(
        intact=verification.intact,
        records=verification.records,
        fault=verification.fault or "",
        head=f"{verification.head.sequence}:{verification.head.hash}",
        verified_at=at,
    )


def _systems(rooms: Rooms, actor: Actor) -> list[Contract]:
    return [
        contract
        for contract in rooms.registry.sources
        if decide(actor, Action.SEE_REJECTS, facts_of(contract))
    ]


def _page_address(address: str, number: int) -> str:
    return urls.with_parameters(address, [("page", str(number))])
