"""Requests, decisions and grants as pages."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.access_conditions import condition_names
from contracts.lifecycle import end_of_service
from contracts.model import Contract
from marketplace.access.facts import Action, facts_of
from marketplace.access.grant_life import ON_HOLD, GrantStep
from marketplace.access.holds import hold_reason
from marketplace.access.life_book import steps_open
from marketplace.access.model import AccessRequest, Actor, Grant
from marketplace.access.policy import decide
from marketplace.web import urls
from marketplace.web.formats import words
from marketplace.web.pages.page import Link, Page

Named = Callable[[str], str]  # an actor's id to their name
PERIODS = ((30, "30 days"), (90, "90 days"), (180, "6 months"), (365, "1 year"))


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One access request in a list."""

    id: str
    href: str
    port: str
    requester: str
    purpose: str
    days: int
    submitted_at: datetime
    status: str
    decided_by: str
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One grant in a list."""

    id: str
    port: str
    holder: str
    purpose: str
    approved_by: str
    starts_at: datetime
    expires_at: datetime
    status: str  # standing, ended (with the port's service), or a Hindrance
    revoked_at: datetime | None
    revoked_by: str
    revoke_reason: str
    revocation: str  # address; empty where the reader may not
    query: str
    confirm_by: datetime | None = None  # it lapses then; None: never
    hold_reason: str = ""  # why it gives nothing for now, and what to do
    steps: tuple[Link, ...] = ()  # what the reader may do beside revoking, and where it is posted


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsPage(Page):
    """The reader's own requests."""

    template: ClassVar[str] = "requests.html"
    section: ClassVar[str] = "access"
    requests: tuple[RequestLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsPage(Page):
    """The reader's own grants, and those on ports that they decide on."""

    template: ClassVar[str] = "grants.html"
    section: ClassVar[str] = "access"
    mine: tuple[GrantLine, ...]
    others: tuple[GrantLine, ...]


def request_line(request: AccessRequest, named: Named) -> RequestLine:
    """`request` as a line."""
    return RequestLine(
        id=request.id,
        href=urls.request(request.id),
        port=request.port,
        requester=named(request.actor_id),
        purpose=request.purpose,
        days=request.days,
        submitted_at=request.submitted_at,
        status=request.status.value,
        decided_by=named(request.decided_by) if request.decided_by else "",
        decided_at=request.decided_at,
        reason=request.reason or "",
    )


def grant_line(
    grant: Grant, reader: Actor, contract: Contract | None, named: Named, now: datetime
) -> GrantLine:
    """`grant` as a line; with the way to revoke it where `reader` may."""
    status = grant_status(grant, contract, now)
    is_alive = status in {"standing", *(reason.value for reason in ON_HOLD)}
    may_revoke = contract is not None and bool(
        decide(reader, Action.REVOKE, facts_of(contract, (grant,), now))
    )
    return GrantLine(
        id=grant.id,
        port=grant.port,
        holder=named(grant.actor_id),
        purpose=grant.purpose,
        approved_by=named(grant.approved_by),
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        status=status,
        revoked_at=grant.revoked_at,
        revoked_by=named(grant.revoked_by) if grant.revoked_by else "",
        revoke_reason=grant.revoke_reason or "",
        revocation=urls.revocation(grant.id) if may_revoke and is_alive else "",
        query=urls.query(f"select *\nfrom {grant.port}\nlimit 100") if status == "standing" else "",
        confirm_by=grant.confirm_by if is_alive else None,
        hold_reason=(hold_reason(grant, contract, now) or "") if contract is not None else "",
        steps=_steps(grant, reader, contract, now) if is_alive and contract is not None else (),
    )


def _steps(grant: Grant, reader: Actor, contract: Contract, now: datetime) -> tuple[Link, ...]:
    facts = facts_of(contract, (grant,), now)
    if not decide(reader, Action.KEEP_GRANT, facts):
        return ()
    words = {GrantStep.SUSPEND: "Suspend", GrantStep.RESUME: "Resume", GrantStep.CONFIRM: "Confirm"}
    found = steps_open(grant, now)
    return tuple(Link(words[step], urls.keeping(grant.id, step.value)) for step in found)


def grant_status(grant: Grant, contract: Contract | None, now: datetime) -> str:
    """`standing`, `ended` with the port's service, or what keeps it from standing."""
    conditions = () if contract is None else condition_names(contract)
    hindrance = grant.hindrance(now, conditions)
    if hindrance is not None:
        return hindrance.value
    return "ended" if contract is None or end_of_service(contract, now).is_over else "standing"


def named_references(references: Iterable[str], people: Collection[Actor]) -> tuple[str, ...]:
    """People and teams as they are called, with the members who are known."""
    shown = []
    for reference in references:
        members = sorted(person.name for person in people if reference in person.references)
        team = words(reference)
        shown.append(f"{team} ({', '.join(members)})" if members else team)
    return tuple(shown)


def request_lines(requests: Sequence[AccessRequest], named: Named) -> tuple[RequestLine, ...]:
    """`requests` as lines, in their order."""
    return tuple(request_line(request, named) for request in requests)
