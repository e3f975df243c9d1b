"""What can be done, what is known of a resource, and how an actor is tied to it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from contracts.access_conditions import condition_names
from contracts.model import Contract
from marketplace.access.model import AccessRequest, Actor, Grant
from marketplace.access.request_rules import RequestRules, rules_of
from marketplace.access.rights import Tie


class Action(StrEnum):
    """What an actor can ask to do."""

    SEE_LISTING = "listing.see"
    REQUEST_ACCESS = "access.request"
    QUERY_PORT = "query.run"
    SEE_SAMPLE = "evidence.sample"
    DECIDE = "access.decide"
    WITHDRAW = "access.withdraw"
    SEE_REQUEST = "access.see_request"
    REVOKE = "access.revoke"
    KEEP_GRANT = "access.keep"
    RECORD_PERSON = "person.record"
    SEE_ALERT = "alert.see"
    CLOSE_ALERT = "alert.close"
    SEE_AUDIT = "audit.see"
    SEE_PORT_LOG = "log.see"
    OVERSEE_SESSIONS = "session.oversee"
    SEE_REJECTS = "rejects.see"
    SEE_QUARANTINE = "quarantine.see"
    QUERY_QUARANTINE = "quarantine.query"
    RELEASE = "quarantine.release"
    DISCARD = "quarantine.discard"
    DECIDE_COLUMN = "personal_data.decide"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the resource. References are person ids or `team:<id>`.

    `grants` are those of the actor, or the one that is acted on; `now` is UTC.
    """

    reference: str  # unit.port, unit/product, a source system, or `audit`
    approvers: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    stewards: tuple[str, ...] = ()
    custodians: tuple[str, ...] = ()
    is_hidden: bool = False
    request: AccessRequest | None = None
    grants: tuple[Grant, ...] = ()
    now: datetime | None = None
    conditions: tuple[str, ...] = ()  # that the port's contract sets for every grant
    rules: RequestRules | None = None  # of requests; without them `approvers` decide in one stage

    @property
    def business_unit(self) -> str:
        """The unit that the resource is of: the first part of its reference."""
        return self.reference.replace("/", ".").partition(".")[0]


def facts_of(
    contract: Contract, grants: tuple[Grant, ...] = (), now: datetime | None = None
) -> Facts:
    """What a contract says about who answers for its port (or source system)."""
    return Facts(
        reference=contract.reference,
        approvers=contract.approvers,
        owners=tuple(member.username for member in contract.members("owner")),
        stewards=tuple(member.username for member in contract.members("steward")),
        custodians=tuple(member.username for member in contract.members("custodian")),
        is_hidden=contract.custom.get("metadataRestricted") is True,
        grants=grants,
        now=now,
        conditions=condition_names(contract),
        rules=rules_of(contract),
    )


def ties(actor: Actor, facts: Facts) -> frozenset[Tie]:
    """Everything that connects the actor with the resource."""
    acted_on = facts.request or next(iter(facts.grants), None)
    connected = {
        Tie.ANY: True,
        Tie.OWN: acted_on is not None and acted_on.actor_id == actor.id,
        Tie.GRANT: _has_grant(actor, facts),
        Tie.WHOLE: _has_whole_grant(actor, facts),
        Tie.OWNER: _is_one_of(actor, facts.owners),
        Tie.STEWARD: _is_one_of(actor, facts.stewards),
        Tie.CUSTODIAN: _is_one_of(actor, facts.custodians),
        Tie.APPROVER: _is_one_of(actor, facts.approvers),
        Tie.INVOLVED: facts.rules is not None and _is_one_of(actor, facts.rules.involved),
        Tie.UNIT: facts.business_unit in actor.units,
    }
    return frozenset(tie for tie, is_met in connected.items() if is_met)


def _is_one_of(actor: Actor, references: Collection[str]) -> bool:
    return not actor.references.isdisjoint(references)


def _has_grant(actor: Actor, facts: Facts) -> bool:
    return facts.now is not None and any(
        grant.actor_id == actor.id
        and grant.port == facts.reference
        and grant.stands(facts.now, facts.conditions)
        for grant in facts.grants
    )


def _has_whole_grant(actor: Actor, facts: Facts) -> bool:
    """Whether a grant shows all of the port: others leave out rows or cells."""
    whole = tuple(grant for grant in facts.grants if grant.restriction.is_whole)
    return _has_grant(actor, replace(facts, grants=whole))
