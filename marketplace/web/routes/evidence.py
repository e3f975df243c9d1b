"""The evidence of one verdict, the history of a port's verdicts, and their results as files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from contracts.verdict import Verdict
from data_products.evidence import EvidenceStore, KeptVerdict
from marketplace.access.facts import Action
from marketplace.access.model import Actor, AuditEntry, Permission
from marketplace.access.policy import decide
from marketplace.index.model import Listing, PortListing
from marketplace.index.port_listings import release_of
from marketplace.web.dependencies import SignedIn, TheRooms, Visitor, answer, require
from marketplace.web.errors import NotFound
from marketplace.web.evidence_files import MEDIA, written
from marketplace.web.openapi import page_of
from marketplace.web.pages.evidence import (
    PAGE_VERDICTS,
    EvidenceHistoryPage,
    EvidencePage,
    Found,
    evidence_page,
    history_page,
)
from marketplace.web.pages.notices import release_text
from marketplace.web.rooms import Rooms
from marketplace.web.routes.catalogue import port_of
from marketplace.web.visibility import facts_of_port, may_see

router = APIRouter(tags=["evidence"])
_CHUNK = 50  # verdicts read at a time for a file


@dataclass(frozen=True, slots=True)
class Offered:
    """A port that the reader may see, and its product."""

    listing: Listing
    port: PortListing


def offered(rooms: TheRooms, actor: Visitor, unit: str, port: str) -> Offered:
    """The port of an address. Raises NotFound."""
    reference = f"{unit}.{port}"
    listing = rooms.index.product_of(reference, may_see(actor, rooms))
    return Offered(listing, port_of(listing, reference))


TheOffered = Annotated[Offered, Depends(offered)]


@router.get(
    "/evidence/{unit}/{port}",
    summary="Every verdict on a port",
    responses=page_of(EvidenceHistoryPage),
)
def show_history(
    request: Request, rooms: TheRooms, actor: Visitor, offered: TheOffered, page: str = "1"
) -> Response:
    """Candidates that were published and not, and later checks, newest first."""
    shown = offered.port
    number = max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1
    first = (number - 1) * PAGE_VERDICTS
    found = rooms.evidence.history_page(shown.reference, _major(shown), first, PAGE_VERDICTS)
    permission = _may_see_rows(rooms, actor, shown)
    return answer(request, history_page(offered.listing, shown, found, number, _reason(permission)))


@router.get(
    "/evidence/{unit}/{port}/{candidate_hash}",
    summary="The evidence of one verdict",
    responses=page_of(EvidencePage),
)
def show_evidence(
    request: Request,
    rooms: TheRooms,
    actor: Visitor,
    offered: TheOffered,
    candidate_hash: str,
    verdict: str = "",
) -> Response:
    """Every check with its query and counts; failing rows only for who may see them.

    Of several verdicts on a candidate, the one that let it through, or the one that is named.
    """
    shown = offered.port
    found = _found(rooms, shown, candidate_hash, verdict)
    permission = _may_see_rows(rooms, actor, shown)
    results = found.shown.verdict.results
    if actor is not None and permission and any(result.sample for result in results):
        details = {"candidate_hash": candidate_hash, "ports": [shown.reference]}
        entry = AuditEntry(actor.id, Action.SEE_SAMPLE.value, shown.reference, details=details)
        rooms.store.record(entry, rooms.now())
    return answer(request, evidence_page(offered.listing, shown, found, _reason(permission)))


@router.get(
    "/evidence/{unit}/{port}/results/{kind}",
    summary="Every check result of a port as a file",
    response_class=Response,
)
def download_results(
    rooms: TheRooms, actor: SignedIn, offered: TheOffered, kind: Literal["csv", "json"]
) -> Response:
    """One row per result, newest verdict first, with masked failing rows: for who may see those."""
    shown = offered.port
    grants = rooms.standing(actor)
    require(rooms, actor, Action.SEE_SAMPLE, facts_of_port(shown, grants, rooms))
    details = {"ports": [shown.reference], "format": kind}
    entry = AuditEntry(actor.id, Action.SEE_SAMPLE.value, shown.reference, details=details)
    rooms.store.record(entry, rooms.now())
    marking = str(shown.contract["marking"])
    name = f"{marking}_{shown.reference}_check_results.{kind}"
    return StreamingResponse(
        written(_every_verdict(rooms.evidence, shown), kind),
        media_type=MEDIA[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Data-Marking": marking,
            "X-Data-Sample": str(rooms.settings.is_sample).lower(),
        },
    )


def _found(rooms: Rooms, port: PortListing, candidate_hash: str, named: str) -> Found:
    """The verdict to show. Raises NotFound."""
    kept = rooms.evidence.checks_of(port.reference, _major(port), candidate_hash)
    judged = [each for each in kept if not each.verdict.is_recheck] or list(kept)
    if not judged:
        raise NotFound("There is no evidence of this candidate.")
    version, is_named, chosen = _publication(rooms, port, judged[0].verdict)
    if named:
        chosen = next((each for each in kept if each.content_hash == named), None)
        if chosen is None:
            raise NotFound("There is no such verdict on this candidate.")
    release = _release(rooms, port, version)
    return Found(chosen or judged[0], kept, version, is_named, release)


def _publication(
    rooms: Rooms, port: PortListing, verdict: Verdict
) -> tuple[int | None, bool, KeptVerdict | None]:
    """The version that a candidate became, whether its commit names evidence that is kept, which.

    A candidate is published on top of the version that it was judged against, or never.
    """
    next_version = 0 if verdict.base_version is None else verdict.base_version + 1
    commit = rooms.lakehouse.commit_of(port.reference, _major(port), next_version)
    if commit is None or commit.metadata.get("candidate_hash") != verdict.candidate_hash:
        return None, True, None
    let_through = rooms.evidence.of_commit(port.reference, _major(port), commit.metadata)
    return commit.version, let_through is not None, let_through


def _release(rooms: Rooms, port: PortListing, version: int | None) -> str:
    """Who released a version although it had failed; empty where nobody did."""
    if version is None:
        return ""
    commit = rooms.lakehouse.commit_of(port.reference, _major(port), version)
    released = None if commit is None else release_of(commit.metadata)
    return "" if released is None else release_text(released)


def _every_verdict(evidence: EvidenceStore, port: PortListing) -> Iterator[KeptVerdict]:
    first = 0
    while True:
        found = evidence.history_page(port.reference, _major(port), first, _CHUNK)
        yield from found.verdicts
        first += _CHUNK
        if first >= found.total:
            return


def _may_see_rows(rooms: Rooms, actor: Actor | None, port: PortListing) -> Permission:
    grants = rooms.standing(actor)
    return decide(actor, Action.SEE_SAMPLE, facts_of_port(port, grants, rooms))


def _reason(permission: Permission) -> str:
    """Why rows are hidden; empty where they are not."""
    return "" if permission else f"{permission.reason} {permission.way_on or ''}".strip()


def _major(port: PortListing) -> int:
    return int(str(port.contract["version"]).split(".", 1)[0])
