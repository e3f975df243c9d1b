"""Candidates that failed their contract: seen, queried, released or discarded by who answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from contracts.model import Contract
from data_products.errors import DataProductError
from data_products.lakehouse import Quarantined, Release, RunFacts
from marketplace.access.errors import ReasonMissing
from marketplace.access.facts import Action, facts_of
from marketplace.access.model import Actor, AuditEntry, Notice
from marketplace.access.policy import decide
from marketplace.access.requests import reason_of
from marketplace.index.rebuild import rebuild_index
from marketplace.query.candidates import candidate_entitlement
from marketplace.query.errors import QueryError
from marketplace.web import urls
from marketplace.web.dependencies import (
    Form,
    SignedIn,
    TheRooms,
    answer,
    moved,
    require,
    wants_json,
)
from marketplace.web.errors import InvalidForm, NotFound, problem_of
from marketplace.web.openapi import page_of
from marketplace.web.pages.notifications import NotificationsPage, notification_line
from marketplace.web.pages.page import Link
from marketplace.web.pages.quarantine import (
    CandidatePage,
    QuarantinePage,
    blocking_evidence,
    candidate_line,
    held_because,
    tally_of,
)
from marketplace.web.rooms import Rooms
from marketplace.web.routes.query import shown_answer
from marketplace.web.visibility import may_see

router = APIRouter(tags=["quarantine"])


@dataclass(frozen=True, slots=True)
class Asked:
    """The candidate that an address names."""

    unit: str
    port: str
    candidate_hash: str


TheCandidate = Annotated[Asked, Depends()]
_SHORT_REASON = "Say why, in at least {} characters: it stays with the data for good"


@router.get(urls.NOTIFICATIONS, summary="What I was told", responses=page_of(NotificationsPage))
def list_notifications(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """What the reader and their teams were told about the ports that they answer for."""
    found = rooms.store.notifications_to(actor)
    lines = tuple(notification_line(each) for each in found)
    return answer(request, NotificationsPage(title="Notifications", notifications=lines))


@router.get(
    urls.QUARANTINE,
    summary="Candidates that failed their contract",
    responses=page_of(QuarantinePage),
)
def list_candidates(request: Request, rooms: TheRooms, actor: SignedIn) -> Response:
    """Of the ports that the reader owns or is steward of."""
    mine = [
        port.contract
        for _, port in sorted(rooms.registry.ports.items())
        if decide(actor, Action.SEE_QUARANTINE, facts_of(port.contract))
    ]
    if not mine:
        raise NotFound("You are neither owner nor steward of any output port.")
    lines = [
        candidate_line(found, _served_version(rooms, contract))
        for contract in mine
        for found in rooms.lakehouse.quarantined(contract.reference, contract.major)
    ]
    newest_first = sorted(lines, key=lambda line: line.checked_at, reverse=True)
    return answer(request, QuarantinePage(title="Quarantine", candidates=tuple(newest_first)))


@router.get(
    "/quarantine/{unit}/{port}/{candidate_hash}",
    summary="A candidate in quarantine",
    responses=page_of(CandidatePage),
)
def show_candidate(
    request: Request, rooms: TheRooms, actor: SignedIn, asked: TheCandidate
) -> Response:
    """Its verdict, row counts and failing rows, masked; recorded in the audit log."""
    contract, found = _found(rooms, actor, asked)
    details = {"candidate_hash": asked.candidate_hash}
    _record(rooms, actor, (Action.SEE_QUARANTINE, contract, "done"), details)
    return answer(request, _page(rooms, actor, contract, found))


@router.post(
    "/quarantine/{unit}/{port}/{candidate_hash}/query",
    summary="Query the rows of a candidate in quarantine",
)
def query_candidate(
    request: Request,
    rooms: TheRooms,
    actor: SignedIn,
    form: Form,
    asked: TheCandidate,
) -> Response:
    """One SELECT over the candidate alone, in the sandbox; guarded columns are masked."""
    contract, found = _found(rooms, actor, asked)
    require(rooms, actor, Action.QUERY_QUARANTINE, facts_of(contract))
    sql = form.get("sql", "")
    page = replace(_page(rooms, actor, contract, found), sql=sql)
    try:
        over = candidate_entitlement(found, contract)
        result = rooms.engine.run(actor, sql, rooms.now(), over=over)
    except QueryError as error:
        if wants_json(request):
            raise
        problem = problem_of(error)
        return answer(request, replace(page, problem=problem), problem.status)
    return answer(request, replace(page, answer=shown_answer(result)))


@router.post(
    "/quarantine/{unit}/{port}/{candidate_hash}/release",
    summary="Release a candidate from quarantine",
    status_code=303,
)
def release_candidate(
    request: Request,
    rooms: TheRooms,
    actor: SignedIn,
    form: Form,
    asked: TheCandidate,
) -> Response:
    """Publishes it on its owner's decision, in one commit that names owner and reason."""
    contract, found = _found(rooms, actor, asked)
    require(rooms, actor, Action.RELEASE, facts_of(contract))
    try:
        reason = reason_of(form.get("reason", ""), "release")
    except ReasonMissing as error:
        return _refused(request, _page(rooms, actor, contract, found), error)
    version = _release(rooms, actor, (contract, found), reason)
    href = urls.port(rooms.registry.port(contract.reference).product, contract.reference)
    return moved(request, href, port=contract.reference, delta_version=version)


@router.post(
    "/quarantine/{unit}/{port}/{candidate_hash}/discard",
    summary="Discard a candidate in quarantine",
    status_code=303,
)
def discard_candidate(
    request: Request,
    rooms: TheRooms,
    actor: SignedIn,
    form: Form,
    asked: TheCandidate,
) -> Response:
    """Removes its rows for good; the verdict stays as evidence."""
    contract, found = _found(rooms, actor, asked)
    require(rooms, actor, Action.DISCARD, facts_of(contract))
    try:
        reason = reason_of(form.get("reason", ""), "discard")
    except ReasonMissing as error:
        return _refused(request, _page(rooms, actor, contract, found), error)
    details = {"candidate_hash": asked.candidate_hash, "reason": reason}
    _record(rooms, actor, (Action.DISCARD, contract, "begun"), details)
    rooms.lakehouse.discard(contract.reference, contract.major, asked.candidate_hash)
    _record(rooms, actor, (Action.DISCARD, contract, "done"), details)
    said = f"{actor.name} discarded a candidate of `{contract.reference}`: {reason}"
    _tell(rooms, actor, contract, (Action.DISCARD.value, _subject(found), said))
    return moved(request, urls.QUARANTINE, port=contract.reference)


def _release(rooms: Rooms, actor: Actor, what: tuple[Contract, Quarantined], reason: str) -> int:
    """Publish a candidate. The decision is in the audit log before the commit, and its end after.

    Raises what Lakehouse.release refuses.
    """
    contract, found = what
    now, verdict = rooms.now(), found.verdict
    details = {
        "candidate_hash": verdict.candidate_hash,
        "reason": reason,
        "blocking": [result.check_id for result in verdict.blocking],
        "base_version": verdict.base_version,
    }
    _record(rooms, actor, (Action.RELEASE, contract, "begun"), details)
    code = str(verdict.facts.get("code_version", "unknown"))
    try:
        published = rooms.lakehouse.release(
            contract,
            verdict.candidate_hash,
            Release(actor.id, actor.name, now, reason),
            RunFacts(run_id=verdict.run_id, code_version=code, actor=actor.id),
        )
    except DataProductError as error:
        refused = {**details, "refused": str(error)[:500]}
        _record(rooms, actor, (Action.RELEASE, contract, "failed"), refused)
        raise
    done = {**details, "delta_version": published.version}
    _record(rooms, actor, (Action.RELEASE, contract, "done"), done)
    said = f"{actor.name} released a candidate of `{contract.reference}`: {reason}"
    _tell(rooms, actor, contract, (Action.RELEASE.value, _subject(found), said))
    shelves = (rooms.lakehouse, rooms.evidence)
    rebuild_index(rooms.settings, rooms.registry, shelves, rooms.now())
    return published.version


def _found(rooms: Rooms, actor: Actor, asked: Asked) -> tuple[Contract, Quarantined]:
    """The candidate, for who answers for its port. Raises NotAllowed, or as if it were none."""
    reference = f"{asked.unit}.{asked.port}"
    rooms.index.product_of(reference, may_see(actor, rooms))
    contract = rooms.registry.port(reference).contract
    require(rooms, actor, Action.SEE_QUARANTINE, facts_of(contract))
    return contract, rooms.lakehouse.in_quarantine(reference, contract.major, asked.candidate_hash)


def _page(rooms: Rooms, actor: Actor, contract: Contract, found: Quarantined) -> CandidatePage:
    reference, verdict = contract.reference, found.verdict
    candidate_hash = verdict.candidate_hash
    snapshot = rooms.lakehouse.snapshot(reference, contract.major)
    served = None if snapshot is None else snapshot.version
    permission = decide(actor, Action.RELEASE, facts_of(contract))
    held = held_because(found, served)
    if not held and not permission:
        held = f"{permission.reason} {permission.way_on or ''}".strip()
    product = rooms.registry.port(reference).product
    return CandidatePage(
        title="Candidate in quarantine",
        marking=contract.marking,
        port=reference,
        product=Link(rooms.registry.product(product).title, urls.product(product)),
        candidate_hash=candidate_hash,
        run_id=verdict.run_id,
        checked_at=verdict.checked_at,
        contract_version=verdict.contract_version,
        rows=verdict.rows,
        new_rows=found.candidate.new_rows,
        base_version=found.candidate.base_version,
        served_version=served,
        served_rows=None if snapshot is None else snapshot.rows,
        tally=tally_of(found),
        blocking=blocking_evidence(found),
        evidence=urls.evidence(reference, candidate_hash),
        is_whole=not found.missing,
        may_release=not held,
        may_not_release_because=held,
        release=urls.release(reference, candidate_hash),
        discard=urls.discard(reference, candidate_hash),
        query=urls.candidate_query(reference, candidate_hash),
        sql=f"select *\nfrom {reference}\nlimit 20",
    )


def _refused(request: Request, page: CandidatePage, error: ReasonMissing) -> Response:
    faults = {"reason": _SHORT_REASON.format(error.shortest)}
    if wants_json(request):
        raise InvalidForm(faults)
    return answer(request, replace(page, faults=faults), 422)


def _served_version(rooms: Rooms, contract: Contract) -> int | None:
    snapshot = rooms.lakehouse.snapshot(contract.reference, contract.major)
    return None if snapshot is None else snapshot.version


def _record(
    rooms: Rooms, actor: Actor, what: tuple[Action, Contract, str], details: Mapping[str, Any]
) -> None:
    action, contract, outcome = what
    entry = AuditEntry(actor.id, action.value, contract.reference, outcome, details)
    rooms.store.record(entry, rooms.now())


def _tell(rooms: Rooms, actor: Actor, contract: Contract, what: tuple[str, str, str]) -> None:
    kind, subject, message = what
    recipients = [m.username for role in ("owner", "steward") for m in contract.members(role)]
    notice = Notice(kind, contract.reference, subject, message)
    rooms.store.notify(actor.id, notice, recipients, rooms.now())


def _subject(found: Quarantined) -> str:
    return f"{found.candidate.content_hash}:{found.verdict.run_id}"
