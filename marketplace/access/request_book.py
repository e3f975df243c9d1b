"""Where access is asked for, reviewed, decided on and taken back: one audited act each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from marketplace.access import grants, requests
from marketplace.access.database import Database
from marketplace.access.issue_book import Acting
from marketplace.access.model import (
    AccessRequest,
    Actor,
    ActorKind,
    AuditEntry,
    Decision,
    RequestStatus,
)
from marketplace.access.request_checks import check_answers
from marketplace.access.request_errors import StageMoved
from marketplace.access.request_model import Asked, Review
from marketplace.access.request_rules import RequestRules, obstacle_to
from marketplace.access.secret_keys import Entropy, new_id


class RequestBook:
    """The access requests to all ports, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def submit(
        self, actor: Actor, asked: Asked, rules: RequestRules | None, now: datetime
    ) -> AccessRequest:
        """Ask to read a port, under the rules of its contract.

        Raises PurposeMissing, PeriodOutOfRange, AlreadyRequested, AnswerRefused,
        AgreementIncomplete, AgreementEnded or RestrictionRefused. Without rules, only the words
        are looked at. Too short a purpose and too long a period are slips that no log keeps.
        """
        request = AccessRequest(
            id=new_id("req", self._entropy),
            actor_id=actor.id,
            port=asked.port,
            purpose=requests.purpose_of(asked.purpose),
            days=_period(asked.days, rules),
            submitted_at=now,
            status=RequestStatus.SUBMITTED,
            answers=replace(asked.answers, asked_for=_asked_for(actor)),
        )
        details = {"request_id": request.id, "purpose": request.purpose, "days": request.days}
        agreement = asked.answers.agreement
        if agreement is not None:
            details |= {"organisation": agreement.organisation, "agreement": agreement.reference}
        entry = AuditEntry(actor.id, "access.request", asked.port, details=details)

        def change(connection: Connection) -> AccessRequest:
            check_answers(request, rules, now)
            return requests.submit(connection, request)

        return self._act(entry, now, change)

    def decide(
        self, request_id: str, decision: Decision, rules: RequestRules, now: datetime
    ) -> AccessRequest:
        """Refuse with a reason, or approve: at the last stage that makes the grant.

        Raises UnknownRequest, ReasonMissing, PeriodOutOfRange, PurposeMissing, OwnRequest,
        NotAnApprover, SamePerson, AlreadyDecided, StageMoved, ReviewsMissing, AgreementEnded or
        RestrictionRefused.
        """
        request = self.find(request_id)
        kept = _complete(request, decision)
        grant_id = new_id("grant", self._entropy)
        details = {"request_id": request_id, "requester": request.actor_id, "reason": kept.reason}
        action = "access.reject"
        if decision.approve:
            action = "access.approve" if rules.is_last_stage(request) else "access.endorse"
            details |= _narrowing(kept)
            if rules.is_last_stage(request):
                details["grant_id"] = grant_id

        def change(connection: Connection) -> AccessRequest:
            if requests.find(connection, request_id).stage != request.stage:
                raise StageMoved(request)  # or its record would name another act
            decided, given = requests.decide(connection, request_id, kept, rules, now)
            if given is not None:
                grants.make(connection, grant_id, decided, given, now)
            return decided

        entry = AuditEntry(decision.actor.id, action, request.port, details=details)
        return self._act(entry, now, change)

    def review(
        self,
        request_id: str,
        review: Review,
        opinion: Decision,
        rules: RequestRules,
        now: datetime,
    ) -> AccessRequest:
        """Keep a professional review of another organisation's request; the last one counts.

        `opinion.approve` says whether it passed. Raises UnknownRequest, ReasonMissing,
        NotTheReviewer, ReviewNotNeeded or AlreadyDecided.
        """
        request = self.find(request_id)
        kept = replace(opinion, reason=requests.reason_of(opinion.reason, "review"))
        details = {
            "request_id": request_id,
            "review": review.value,
            "is_passed": opinion.approve,
            "reason": kept.reason,
        }
        entry = AuditEntry(opinion.actor.id, "access.review", request.port, details=details)
        return self._act(
            entry, now, lambda c: requests.review(c, request_id, (review, kept), rules, now)
        )

    def withdraw(self, request_id: str, actor: Actor, now: datetime) -> AccessRequest:
        """Take back one's own open request.

        Raises UnknownRequest, NotYourRequest or AlreadyDecided.
        """
        port = self.find(request_id).port
        entry = AuditEntry(actor.id, "access.withdraw", port, details={"request_id": request_id})
        return self._act(entry, now, lambda c: requests.withdraw(c, request_id, actor, now))

    def of_actor(self, actor_id: str) -> tuple[AccessRequest, ...]:
        """Everything that the actor has asked for, newest first."""
        with self._database.read() as connection:
            return requests.of_actor(connection, actor_id)

    def find(self, request_id: str) -> AccessRequest:
        """The request as it stands. Raises UnknownRequest."""
        with self._database.read() as connection:
            return requests.find(connection, request_id)

    def on_port(self, port: str) -> tuple[AccessRequest, ...]:
        """Every request for a port, newest first."""
        with self._database.read() as connection:
            return requests.on_port(connection, port)

    def open_on(self, port: str) -> tuple[AccessRequest, ...]:
        """The open requests for a port, oldest first."""
        with self._database.read() as connection:
            return requests.awaiting(connection, "", (port,))

    def awaiting(
        self, actor: Actor, rules: Mapping[str, RequestRules], now: datetime
    ) -> tuple[AccessRequest, ...]:
        """Open requests that wait for the actor at `now`, oldest first: decisions and reviews.

        `rules` by port.
        """
        mine = [port for port, rule in rules.items() if rule.involved & actor.references]
        if not mine:
            return ()
        with self._database.read() as connection:
            found = requests.awaiting(connection, actor.id, mine)
        return tuple(each for each in found if _waits_for(actor, each, rules[each.port], now))


def _waits_for(actor: Actor, request: AccessRequest, rules: RequestRules, now: datetime) -> bool:
    if request.is_own_of(actor):
        return False
    missing = rules.missing_reviews(request)
    reviewers = (name for review in missing for name in rules.reviewers_of(review))
    if not actor.references.isdisjoint(reviewers):
        return True
    return not missing and obstacle_to(actor, request, rules, now) is None


def _asked_for(actor: Actor) -> tuple[str, ...]:
    """The teams behind a team or a service that asks; of a person, none."""
    if actor.kind is ActorKind.PERSON:
        return ()
    own = f"team:{actor.id.removeprefix('team:')}" if actor.kind is ActorKind.TEAM else actor.id
    return tuple(sorted({own, *(f"team:{team}" for team in actor.teams)}))


def _period(days: int, rules: RequestRules | None) -> int:
    if rules is None:
        return requests.period_of(days)
    return requests.period_of(days, "request", rules.longest_days)


def _complete(request: AccessRequest, decision: Decision) -> Decision:
    """The decision as it is kept."""
    kept = replace(decision, reason=requests.clean(decision.reason), expires_by=None)
    if not kept.approve:
        requests.reason_of(kept.reason, "refusal")
    if kept.days is not None:
        requests.period_of(kept.days, "approval", request.days)
    if kept.purpose is not None:
        kept = replace(kept, purpose=requests.purpose_of(kept.purpose))
    return kept


def _narrowing(decision: Decision) -> dict[str, Any]:
    """What an approval narrows, for the audit log."""
    said = {
        "restriction": decision.restriction.text(),
        "days": decision.days,
        "narrower_purpose": decision.purpose,
    }
    return {name: value for name, value in said.items() if value}
