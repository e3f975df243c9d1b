"""Whom a request concerns, and what they are told: when it moves, and when it stands still."""

from collections.abc import Collection
from datetime import datetime, timedelta

from contracts.model import Contract
from marketplace.access.model import AccessRequest, Notice, RequestStatus
from marketplace.access.request_model import RequestActKind
from marketplace.access.request_rules import RequestRules, rules_of
from marketplace.access.store import AccessStore

SUBMITTED, ENDORSED, DECIDED = "request.submit", "request.endorse", "request.decide"
WITHDRAWN, REVIEWED = "request.withdraw", "request.review"
REMINDED, ESCALATED = "request.remind", "request.escalate"
GOVERNANCE = "team:governance"
SENDER = "marketplace"  # tells people of what others did
_REMIND_BEFORE = timedelta(days=1)


def tell_of_request(
    store: AccessStore, request: AccessRequest, rules: RequestRules, now: datetime
) -> None:
    """Tell those who are next that there is a request."""
    said = (
        f"`{request.actor_id}` asks for `{request.port}`. Decide by "
        f"{rules.due_at(request):%d %B %Y}: {request.purpose[:200]}"
    )
    _tell(
        store,
        request,
        (SUBMITTED, request.id, said),
        (SENDER, _next(request, rules)),
        now,
    )


def tell_of_decision(
    store: AccessStore, request: AccessRequest, rules: RequestRules, now: datetime
) -> None:
    """Tell the requester what was decided, or the next stage that it is theirs."""
    if request.status is RequestStatus.SUBMITTED:
        said = (
            f"Stage {request.stage} approved a request for `{request.port}`: the next decision is "
            f"yours, by {rules.due_at(request):%d %B %Y}."
        )
        subject = f"{request.id}:{request.stage}"
        _tell(store, request, (ENDORSED, subject, said), (SENDER, _next(request, rules)), now)
        return
    outcome = "approved" if request.status is RequestStatus.APPROVED else "refused"
    why = f" {request.reason}" if request.reason else ""
    said = f"Your request for `{request.port}` was {outcome}.{why}"
    told = (SENDER, (request.actor_id,))
    _tell(store, request, (DECIDED, request.id, said), told, now)


def tell_of_review(
    store: AccessStore, request: AccessRequest, rules: RequestRules, now: datetime
) -> None:
    """Tell the requester of a review; and the approvers, once all reviews have passed."""
    act = next(act for act in reversed(request.acts) if act.kind is RequestActKind.REVIEW)
    name = act.review.value if act.review is not None else ""
    outcome = "passed" if act.is_passed else "did not pass"
    said = f"Your request for `{request.port}` {outcome} its `{name}` review. {act.reason}"
    subject = f"{request.id}:{act.position}"
    _tell(store, request, (REVIEWED, subject, said), (SENDER, (request.actor_id,)), now)
    if not rules.missing_reviews(request):
        tell_of_request(store, request, rules, now)


def tell_of_withdrawal(
    store: AccessStore, request: AccessRequest, rules: RequestRules, now: datetime
) -> None:
    """Tell those who had it before them that nothing is to be decided any more."""
    stage = rules.stages[min(request.stage, len(rules.stages) - 1)] if rules.stages else ()
    said = f"`{request.actor_id}` withdrew the request for `{request.port}`."
    _tell(store, request, (WITHDRAWN, request.id, said), (SENDER, stage), now)


def remind_of_requests(
    store: AccessStore, contract: Contract, actor_id: str, now: datetime
) -> None:
    """Remind of a port's requests a day before they are due, and escalate those that are late.

    Each is told once of each stage. What is late goes to the deputies, who may decide from then
    on, to the port's owners and to governance; the requester is told that it did.
    """
    rules = rules_of(contract)
    owners = tuple(member.username for member in contract.members("owner"))
    for request in store.requests.open_on(contract.reference):
        due = rules.due_at(request)
        subject = f"{request.id}:{request.stage}"
        if now >= due:
            said = (
                f"A request for `{request.port}` by `{request.actor_id}` was to be decided by "
                f"{due:%d %B %Y}. {_who_now(rules)}"
            )
            told = (*rules.deputies, *owners, GOVERNANCE, *_next(request, rules))
            told = (*told, request.actor_id)
            _tell(store, request, (ESCALATED, subject, said), (actor_id, told), now)
        elif now >= due - _REMIND_BEFORE:
            said = f"A request for `{request.port}` waits for you: decide by {due:%d %B %Y}."
            told = _next(request, rules)
            _tell(store, request, (REMINDED, subject, said), (actor_id, told), now)


def _who_now(rules: RequestRules) -> str:
    if not rules.deputies:
        return "Its contract names no deputy: its approvers are still to decide."
    names = ", ".join(f"`{name}`" for name in rules.deputies)
    return f"From now on {names} may decide as well."


def _next(request: AccessRequest, rules: RequestRules) -> tuple[str, ...]:
    """Who has to do something before anything else can happen."""
    missing = rules.missing_reviews(request)
    if missing:
        return tuple(name for review in missing for name in rules.reviewers_of(review))
    return rules.deciders(request, None)


def _tell(
    store: AccessStore,
    request: AccessRequest,
    what: tuple[str, str, str],
    whom: tuple[str, Collection[str]],
    now: datetime,
) -> None:
    kind, subject, said = what
    actor_id, recipients = whom
    store.notify(actor_id, Notice(kind, request.port, subject, said), recipients, now)
