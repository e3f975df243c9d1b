"""How the words of contract, requester and approvers become one grant: nobody's is widened."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from contracts.access_conditions import review_days_of
from marketplace.access.model import AccessRequest, Decision
from marketplace.access.request_rules import RequestRules
from marketplace.access.restriction import WHOLE, AllOf, Mask, Predicate, Restriction


def narrowed(parts: Iterable[Restriction]) -> Restriction:
    """What every one of `parts` shows; a column that two of them mask differently is emptied."""
    rows: list[Predicate] = []
    hidden: frozenset[str] = frozenset()
    masked: dict[str, Mask] = {}
    for part in parts:
        if part.rows is not None and part.rows not in rows:
            rows.append(part.rows)
        hidden |= part.hidden
        for column, mask in part.masked.items():
            masked[column] = mask if masked.get(column, mask) is mask else Mask.NULL
    kept = {column: mask for column, mask in masked.items() if column not in hidden}
    if not rows and not kept and not hidden:
        return WHOLE
    predicate = None if not rows else rows[0] if len(rows) == 1 else AllOf(tuple(rows))
    return Restriction(predicate, kept, hidden)


def as_given(request: AccessRequest, decision: Decision, rules: RequestRules) -> Decision:
    """The last approval with everything that narrows it: what the grant is made of.

    A sharing agreement ends its grant at the end of its last day (UTC).
    """
    stages = request.endorsements
    days = [request.days, *(act.days for act in stages), decision.days]
    purposes = [decision.purpose, *(act.purpose for act in reversed(stages))]
    asked = None if rules.contract is None else review_days_of(rules.contract)
    reviews = [asked, *(act.review_days for act in stages), decision.review_days]
    conditions = (*(name for act in stages for name in act.conditions), *decision.conditions)
    shown = (
        rules.offered,
        request.answers.restriction,
        *(act.restriction for act in stages),
        decision.restriction,
    )
    return replace(
        decision,
        restriction=narrowed(shown),
        days=min(each for each in days if each is not None),
        purpose=next((each for each in purposes if each is not None), request.purpose),
        expires_by=agreement_end(request),
        conditions=tuple(dict.fromkeys(conditions)),
        review_days=min((each for each in reviews if each is not None), default=None),
    )


def agreement_end(request: AccessRequest) -> datetime | None:
    """When the sharing agreement of a request has ended; None where there is none."""
    agreement = request.answers.agreement
    if agreement is None:
        return None
    return datetime.combine(agreement.ends_on + timedelta(days=1), time(), tzinfo=UTC)
