"""Who decides on a request, at which stage and by when: pure rules over a contract's words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from contracts.access_conditions import access_conditions
from contracts.access_terms import (
    DECIDE_WITHIN_DAYS,
    LONGEST_DAYS,
    AccessTerms,
    RowOffer,
    access_terms,
)
from contracts.model import Contract
from marketplace.access.model import AccessRequest, Actor, RequestStatus
from marketplace.access.request_model import Review
from marketplace.access.restriction import WHOLE, Comparison, Mask, Operator, Restriction, Value
from marketplace.access.rights import Tie, may_ever

REVIEWERS = ("team:governance",)  # of a discipline for which the contract names nobody
_REVIEW_NAMES = {
    Review.LEGAL: "legal",
    Review.DATA_PROTECTION: "dataProtection",
    Review.SECURITY: "security",
}


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What a port's contract says about requests for it. References: person ids, `team:<id>`."""

    stages: tuple[tuple[str, ...], ...]  # who decides, one stage after another
    deputies: tuple[str, ...] = ()  # decide as well once a stage is overdue
    within_days: int = DECIDE_WITHIN_DAYS  # for each stage
    longest_days: int = LONGEST_DAYS
    offered: Restriction = WHOLE  # what every grant is narrowed to
    rows: Mapping[str, Comparison] = field(default_factory=dict)  # by the name of the offer
    permitted: tuple[str, ...] = ()
    prohibited: tuple[str, ...] = ()
    lawful_bases: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()  # of every grant, in words
    reviewers: Mapping[Review, tuple[str, ...]] = field(default_factory=dict)
    contract: Contract | None = None

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who decides at any stage."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in stage))

    @property
    def involved(self) -> frozenset[str]:
        """Everyone who may have to do with a request."""
        reviewers = (name for review in Review for name in self.reviewers_of(review))
        return frozenset((*self.approvers, *self.deputies, *reviewers))

    def reviewers_of(self, review: Review) -> tuple[str, ...]:
        """Who gives a professional review."""
        return tuple(self.reviewers.get(review, REVIEWERS))

    def due_at(self, request: AccessRequest) -> datetime:
        """When the present stage is to be decided by, in UTC."""
        return request.stage_started_at + timedelta(days=self.within_days)

    def is_overdue(self, request: AccessRequest, now: datetime) -> bool:
        """Whether it is open and its stage should have been decided by `now`."""
        return request.status is RequestStatus.SUBMITTED and now >= self.due_at(request)

    def deciders(self, request: AccessRequest, now: datetime | None) -> tuple[str, ...]:
        """Who may decide on it now; of a settled request, who could have. `now` None: no deputy."""
        if request.status is not RequestStatus.SUBMITTED:
            return (*self.approvers, *self.deputies)
        stage = self.stages[min(request.stage, len(self.stages) - 1)] if self.stages else ()
        late = now is not None and self.is_overdue(request, now)
        return tuple(dict.fromkeys((*stage, *(self.deputies if late else ()))))

    def is_last_stage(self, request: AccessRequest) -> bool:
        """Whether an approval of the present stage gives the grant."""
        return request.stage + 1 >= len(self.stages)

    def missing_reviews(self, request: AccessRequest) -> tuple[Review, ...]:
        """The reviews that an approval waits for: none within the organisation."""
        if request.answers.agreement is None:
            return ()
        last = {act.review: act.is_passed for act in request.acts if act.review is not None}
        return tuple(review for review in Review if last.get(review) is not True)


class Obstacle(StrEnum):
    """Why somebody may not decide on a request."""

    OWN = "own"
    NOT_NAMED = "not named"
    ROLE = "no role that decides"
    SAME_PERSON = "same person"
    SETTLED = "settled"


def obstacle_to(
    actor: Actor, request: AccessRequest, rules: RequestRules, now: datetime | None
) -> Obstacle | None:
    """Why `actor` may not decide; None where they may.

    Who may decide is settled before whether it can still be decided. A request of a team, or
    of its service, is every member's own; no approver's rank and no deputyship changes that.
    """
    if request.is_own_of(actor):
        return Obstacle.OWN
    if actor.references.isdisjoint(rules.deciders(request, now)):
        return Obstacle.NOT_NAMED
    if not may_ever(actor, "access.decide", Tie.APPROVER):
        return Obstacle.ROLE
    if request.status is not RequestStatus.SUBMITTED:
        return Obstacle.SETTLED
    if actor.id in {act.actor_id for act in request.endorsements}:
        return Obstacle.SAME_PERSON
    return None


def one_stage(approvers: Collection[str]) -> RequestRules:
    """The rules under which any one of `approvers` decides, and nothing else is asked for."""
    return RequestRules(stages=(tuple(approvers),))


def rules_of(contract: Contract) -> RequestRules:
    """What `contract` says about requests for its port."""
    terms = access_terms(contract)
    return RequestRules(
        stages=contract.approval_stages,
        deputies=terms.deputies,
        within_days=terms.decide_within_days,
        longest_days=terms.longest_days,
        offered=_offered(terms),
        rows={offer.name: _comparison(offer) for offer in terms.rows},
        permitted=_texts(contract.custom.get("permittedPurposes")),
        prohibited=_texts(contract.custom.get("prohibitedUses")),
        lawful_bases=_texts(contract.custom.get("lawfulBasis")),
        conditions=tuple(each.title for each in access_conditions(contract)),
        reviewers={
            review: terms.reviewers[name]
            for review, name in _REVIEW_NAMES.items()
            if name in terms.reviewers
        },
        contract=contract,
    )


def _offered(terms: AccessTerms) -> Restriction:
    masked = {name: Mask(mask) for name, mask in terms.masked.items()}
    return Restriction(masked=masked, hidden=frozenset(terms.hidden))


def _comparison(offer: RowOffer) -> Comparison:
    return Comparison(offer.column, Operator(offer.operator), tuple(map(_value, offer.values)))


def _value(value: Any) -> Value:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _texts(said: Any) -> tuple[str, ...]:
    if said is None:
        return ()
    return tuple(map(str, said)) if isinstance(said, (list, tuple)) else (str(said),)
