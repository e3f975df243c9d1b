"""One access request, and the inbox of those who decide: what was asked, where it stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.model import Contract
from marketplace.access.model import AccessRequest, Actor, ActorKind, RequestStatus
from marketplace.access.request_model import Review, SharingAgreement
from marketplace.access.request_rules import RequestRules
from marketplace.access.restriction import Operator
from marketplace.access.restriction_rules import allowed_masks
from marketplace.access.similar_requests import Similar
from marketplace.web import urls
from marketplace.web.pages.access import GrantLine, Named, RequestLine, named_references
from marketplace.web.pages.page import Choice, Link, Page
from marketplace.web.pages.restriction_words import MASKS, OPERATORS, restriction_words

REVIEWS = {
    Review.LEGAL: "Legal review",
    Review.DATA_PROTECTION: "Data protection review",
    Review.SECURITY: "Security review",
}


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """One step on the way to a grant."""

    text: str
    state: str  # done, refused, waiting, to_come, not_needed
    who: tuple[str, ...]  # who did it, or who is to
    at: datetime | None = None
    due_at: datetime | None = None
    reason: str = ""
    narrowed: tuple[str, ...] = ()  # what an endorsement narrows, in words
    post_to: str = ""  # where the reader gives this review; empty where they may not


@dataclass(frozen=True, slots=True)
class ColumnNarrowing:
    """One column, and what an approval can make of it."""

    name: str
    is_personal: bool
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage(Page):
    """One request, with what the reader may do about it."""

    template: ClassVar[str] = "request.html"
    section: ClassVar[str] = "access"
    request: RequestLine
    product: Link
    decided_by: tuple[str, ...]  # at the present stage
    permitted: tuple[str, ...]
    prohibited: tuple[str, ...]
    conditions: tuple[str, ...]
    permitted_purpose: str  # that the requester named; empty: none
    lawful_basis: str
    accepts_conditions: bool
    shown: tuple[str, ...]  # what would be granted at most, in words
    agreement: SharingAgreement | None
    progress: tuple[ProgressStep, ...]
    due_at: datetime | None
    is_overdue: bool
    similar: Similar | None
    is_last_stage: bool
    columns: tuple[ColumnNarrowing, ...]
    operators: tuple[Choice, ...]
    grant: GrantLine | None
    granted: tuple[str, ...]  # what the grant shows, in words
    may_decide: bool
    may_not_decide_because: str
    may_withdraw: bool
    decision: str
    withdrawal: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One request that waits for the reader."""

    request: RequestLine
    what: str  # the reader is to do
    due_at: datetime
    is_overdue: bool
    permitted_purpose: str
    organisation: str  # another one that asks; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage(Page):
    """Requests that await the reader: what is due first is first."""

    template: ClassVar[str] = "inbox.html"
    section: ClassVar[str] = "inbox"
    requests: tuple[RequestLine, ...]
    waiting: tuple[WaitingLine, ...]


def progress(
    request: AccessRequest,
    rules: RequestRules,
    people: Collection[Actor],
    named: Named,
    reader: Actor,
) -> tuple[ProgressStep, ...]:
    """Every step of a request in order: done, waiting, or to come."""
    is_open = request.status is RequestStatus.SUBMITTED
    sent = ProgressStep("Sent", "done", (named(request.actor_id),), request.submitted_at)
    reviews = _review_steps(request, rules, people, named, reader)
    steps = [sent, *reviews]
    missing = bool(rules.missing_reviews(request))
    for position, stage in enumerate(rules.stages):
        text = "Decision" if len(rules.stages) == 1 else f"Decision, stage {position + 1}"
        if position < request.stage:
            act = request.endorsements[position]
            narrowed = () if act.restriction.is_whole else restriction_words(act.restriction)
            by = (named(act.actor_id),)
            steps.append(ProgressStep(text, "done", by, act.at, None, act.reason, narrowed))
        elif position == request.stage and not is_open:
            steps.append(_settled(text, request, named))
        else:
            who = named_references(stage, people)
            is_next = is_open and position == request.stage
            state = "waiting" if is_next and not missing else "to_come" if is_open else "not_needed"
            due = rules.due_at(request) if is_next else None
            steps.append(ProgressStep(text, state, who, due_at=due))
    return tuple(steps)


def _settled(text: str, request: AccessRequest, named: Named) -> ProgressStep:
    state = "done" if request.status is RequestStatus.APPROVED else request.status.value
    who = (named(request.decided_by or ""),)
    return ProgressStep(text, state, who, request.decided_at, reason=request.reason or "")


def _review_steps(
    request: AccessRequest,
    rules: RequestRules,
    people: Collection[Actor],
    named: Named,
    reader: Actor,
) -> list[ProgressStep]:
    if request.answers.agreement is None:
        return []
    last = {act.review: act for act in request.acts if act.review is not None}
    steps = []
    for review, text in REVIEWS.items():
        reviewers = rules.reviewers_of(review)
        may_review = (
            request.status is RequestStatus.SUBMITTED
            and not request.is_own_of(reader)
            and reader.kind is ActorKind.PERSON
            and not reader.references.isdisjoint(reviewers)
        )
        post_to = urls.review(request.id, review.value) if may_review else ""
        act = last.get(review)
        if act is None:
            who = named_references(reviewers, people)
            state = "waiting" if request.status is RequestStatus.SUBMITTED else "not_needed"
            steps.append(ProgressStep(text, state, who, post_to=post_to))
        else:
            who = (named(act.actor_id),)
            state = "done" if act.is_passed else "rejected"
            steps.append(ProgressStep(text, state, who, act.at, reason=act.reason, post_to=post_to))
    return steps


def narrowings(
    contract: Contract, request: AccessRequest, rules: RequestRules
) -> tuple[ColumnNarrowing, ...]:
    """The columns that are asked for and on offer, with the masks that each can have."""
    out = rules.offered.hidden | request.answers.restriction.hidden
    return tuple(
        ColumnNarrowing(
            column.name,
            column.is_personal,
            (
                Choice("show", "Shown", selected=True),
                *(
                    Choice(mask.value, f"Masked: {MASKS[mask]}")
                    for mask in allowed_masks(column.physical_type)
                ),
                Choice("hide", "Hidden"),
            ),
        )
        for column in contract.table.properties
        if column.name not in out
    )


def operators() -> tuple[Choice, ...]:
    """How an approval can compare a column."""
    return tuple(Choice(operator.value, OPERATORS[operator]) for operator in Operator)


def what_waits(request: AccessRequest, rules: RequestRules) -> str:
    """What somebody is to do about an open request."""
    if missing := rules.missing_reviews(request):
        return " and ".join(REVIEWS[review].lower() for review in missing)
    if len(rules.stages) > 1:
        return f"decision, stage {request.stage + 1} of {len(rules.stages)}"
    return "decision"
