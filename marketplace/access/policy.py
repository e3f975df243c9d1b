"""Who may do what: pure rules over facts. A denial carries its reason and the way on.

Which role may do a thing, and by which tie, is the table in rights.py. One family of rules per kind
of resource: ports, requests and grants, the records about them, and candidates in quarantine.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from contracts.access_conditions import condition_names
from contracts.model import Contract
from marketplace.access.grant_life import ON_HOLD
from marketplace.access.model import (
    AccessRequest,
    Actor,
    ActorKind,
    Grant,
    Permission,
    RequestStatus,
)
from marketplace.access.request_rules import Obstacle, RequestRules, obstacle_to, rules_of
from marketplace.access.rights import Tie, is_allowed, roles_for


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


def decide(actor: Actor | None, action: Action, facts: Facts) -> Permission:
    """Whether the actor may act on the resource. No actor: nobody is signed in."""
    if action is Action.SEE_LISTING:
        return _see_listing(actor, facts)
    if actor is None:
        return Permission(False, "You are not signed in.", "Sign in, then try again.")
    return _RULES[action](actor, facts)


def may_revoke(actor: Actor, facts: Facts, grant: Grant) -> bool:
    """Whether the actor may end the grant; who approved it is tied to it as its approver."""
    met = ties(actor, replace(facts, request=None, grants=(grant,)))
    if actor.id == grant.approved_by:
        met |= {Tie.APPROVER}
    return is_allowed(actor, Action.REVOKE, met)


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


def _may(actor: Actor, action: Action, facts: Facts) -> bool:
    return is_allowed(actor, action, ties(actor, facts))


def _denied(actor: Actor, action: Action, facts: Facts, reason: str, way_on: str) -> Permission:
    """A denial; whom the contract names and who only lacks the role is told which one."""
    named = ties(actor, facts) & {Tie.OWNER, Tie.STEWARD, Tie.APPROVER, Tie.CUSTODIAN}
    roles = roles_for(action, named)
    if not roles:
        return Permission(False, reason, way_on)
    if actor.kind is not ActorKind.PERSON and not actor.roles.isdisjoint(roles):
        return Permission(False, "Only a person does this, not a team or a service.", way_on)
    wanted = " or ".join(f"`{role.value}`" for role in roles)
    return Permission(
        False,
        f"The contract of `{facts.reference}` names you, and this takes the role {wanted}.",
        "Ask governance for the role.",
    )


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


def _asks(references: Collection[str]) -> str:
    named = ", ".join(f"`{reference}`" for reference in references)
    return f"Ask {named}." if named else "Ask governance: the contract names no one."


# Ports and their listings


def _see_listing(actor: Actor | None, facts: Facts) -> Permission:
    if not facts.is_hidden:
        return Permission(True, "Metadata is visible to everyone by default.")
    if actor is not None and _may(actor, Action.SEE_LISTING, facts):
        return Permission(True, "You answer for this product or hold a grant on it.")
    # What may not be known must read like what does not exist.
    return Permission(False, "There is no such product.", "Search for another one.")


def _request_access(actor: Actor, facts: Facts) -> Permission:
    if not _see_listing(actor, facts):
        return _see_listing(actor, facts)
    if not facts.approvers:
        return Permission(
            False,
            f"The contract of `{facts.reference}` names no approvers.",
            _asks(facts.owners),
        )
    if facts.request is not None and facts.request.status is RequestStatus.SUBMITTED:
        return Permission(
            False,
            f"Your request `{facts.request.id}` for `{facts.reference}` is still open.",
            "Wait for its decision, or withdraw it.",
        )
    if not _may(actor, Action.REQUEST_ACCESS, facts):
        return Permission(False, "You may not ask for access.", "Ask governance for a role.")
    return Permission(True, f"Anyone may ask to read `{facts.reference}`.")


def _query_port(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.QUERY_PORT, facts):
        return Permission(True, f"You hold a grant on `{facts.reference}`.")
    ended = [g for g in facts.grants if g.actor_id == actor.id and g.port == facts.reference]
    held = [g for g in ended if facts.now and g.hindrance(facts.now, facts.conditions) in ON_HOLD]
    if held:
        reason = f"Your grant on `{facts.reference}` is on hold."
        return Permission(False, reason, "Your list of grants says why, and what to do.")
    reason = f"You have no grant on `{facts.reference}`."
    if any(grant.revoked_at is not None for grant in ended):
        reason = f"Your grant on `{facts.reference}` was revoked."
    elif ended:
        reason = f"Your grant on `{facts.reference}` has expired."
    return Permission(False, reason, f"Request access to `{facts.reference}` with a purpose.")


def _see_sample(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.SEE_SAMPLE, facts):
        return Permission(True, "You answer for this port or hold a grant on it.")
    return _denied(
        actor,
        Action.SEE_SAMPLE,
        facts,
        f"Failing rows of `{facts.reference}` are rows of data.",
        f"Request access to `{facts.reference}`, or ask its steward.",
    )


# Requests and grants


def _decide_request(actor: Actor, facts: Facts) -> Permission:
    request = facts.request
    if request is None:
        return Permission(False, "There is no request to decide on.", "Open your inbox.")
    rules = facts.rules if facts.rules is not None else RequestRules(stages=(facts.approvers,))
    obstacle = obstacle_to(actor, request, rules, facts.now)
    named = rules.deciders(request, facts.now)
    if obstacle is Obstacle.OWN:
        others = [reference for reference in named if reference != request.actor_id]
        return Permission(False, "Nobody decides on their own request.", _asks(others))
    if obstacle is Obstacle.NOT_NAMED:
        return Permission(False, f"You are not an approver of `{facts.reference}`.", _asks(named))
    if obstacle is Obstacle.ROLE:
        decided = replace(facts, approvers=named)
        return _denied(actor, Action.DECIDE, decided, "You may not decide.", _asks(named))
    if obstacle is Obstacle.SETTLED:
        return Permission(
            False, f"The request is already {request.status.value}.", "Open your inbox."
        )
    if obstacle is Obstacle.SAME_PERSON:
        return Permission(False, "You approved the first stage of this request.", _asks(named))
    return Permission(True, f"You are an approver of `{facts.reference}`.")


def _withdraw(actor: Actor, facts: Facts) -> Permission:
    request = facts.request
    if request is None or not _may(actor, Action.WITHDRAW, facts):
        return Permission(False, "It is not your request.", "Open your own requests.")
    if request.status is not RequestStatus.SUBMITTED:
        return Permission(
            False, f"The request is already {request.status.value}.", "Open your own requests."
        )
    return Permission(True, "It is your request, and it is open.")


def _see_request(actor: Actor, facts: Facts) -> Permission:
    request = facts.request
    if request is not None and _may(actor, Action.SEE_REQUEST, facts):
        return Permission(True, "It is your request, or one that you answer for.")
    return Permission(False, "There is no such request.", "Open your own requests.")


def _revoke(actor: Actor, facts: Facts) -> Permission:
    grant = next(iter(facts.grants), None)
    if grant is None:
        return Permission(False, "There is no grant to revoke.", "Open the list of grants.")
    if not may_revoke(actor, facts, grant):
        reason = f"You are neither holder, approver nor owner of this grant on `{facts.reference}`."
        way_on = _asks((*facts.owners, *facts.approvers))
        return _denied(actor, Action.REVOKE, facts, reason, way_on)
    if facts.now is not None and grant.hindrance(facts.now) not in {None, *ON_HOLD}:
        return Permission(False, "The grant no longer stands.", "Nothing needs to be done.")
    return Permission(True, "You may end this grant.")


def _keep_grant(actor: Actor, facts: Facts) -> Permission:
    grant = next(iter(facts.grants), None)
    deciders = (*facts.owners, *facts.approvers)
    if grant is None or actor.id == grant.actor_id:
        reason = "Nobody suspends, resumes, confirms or reviews their own grant."
        return Permission(False, reason, _asks([name for name in deciders if name != actor.id]))
    if not _may(actor, Action.KEEP_GRANT, facts):
        reason = f"You are neither approver nor owner of `{facts.reference}`."
        return _denied(actor, Action.KEEP_GRANT, facts, reason, _asks(deciders))
    return Permission(True, "You answer for who reads this port.")


def _record_person(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.RECORD_PERSON, facts):
        return Permission(True, "You record moves and conditions.")
    reason = "Moves, and conditions that people meet, are recorded by governance."
    return Permission(False, reason, "Ask governance.")


# Alerts, and records about use and about rejected rows


def _see_alert(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.SEE_ALERT, facts):
        return Permission(True, "You watch over the use of data.")
    return Permission(False, "There is no such alert.", "Your own log shows what you did.")


def _close_alert(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.CLOSE_ALERT, facts):
        return Permission(True, "You say what came of alerts.")
    reason = "Governance says what came of an alert."
    return _denied(actor, Action.CLOSE_ALERT, facts, reason, "Ask governance.")


def _see_audit(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.SEE_AUDIT, facts):
        return Permission(True, "Auditors and governance read the audit log.")
    return Permission(
        False, "The audit log is for auditors and governance.", "Your own log shows what you did."
    )


def _oversee_sessions(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.OVERSEE_SESSIONS, facts):
        return Permission(True, "Governance sees and ends sessions.")
    return Permission(
        False,
        "Everyone's sessions are shown to governance.",
        "Your own sessions show where you are signed in.",
    )


def _see_port_log(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.SEE_PORT_LOG, facts):
        return Permission(True, f"You answer for `{facts.reference}`.")
    return _denied(
        actor,
        Action.SEE_PORT_LOG,
        facts,
        f"Who used `{facts.reference}` is shown to its owner and stewards.",
        "Your own log shows what you did.",
    )


def _see_rejects(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.SEE_REJECTS, facts):
        return Permission(True, f"You answer for `{facts.reference}`.")
    return _denied(
        actor,
        Action.SEE_REJECTS,
        facts,
        f"Rejected rows of `{facts.reference}` are rows of data, shown to its steward.",
        _asks(facts.stewards),
    )


# Candidates in quarantine


def _see_quarantine(actor: Actor, facts: Facts) -> Permission:
    return _in_quarantine(actor, Action.SEE_QUARANTINE, facts)


def _query_quarantine(actor: Actor, facts: Facts) -> Permission:
    return _in_quarantine(actor, Action.QUERY_QUARANTINE, facts)


def _discard(actor: Actor, facts: Facts) -> Permission:
    return _in_quarantine(actor, Action.DISCARD, facts)


def _in_quarantine(actor: Actor, action: Action, facts: Facts) -> Permission:
    if _may(actor, action, facts):
        return Permission(True, f"You answer for `{facts.reference}`.")
    return _denied(
        actor,
        action,
        facts,
        f"Quarantined rows of `{facts.reference}` are shown to its owner and stewards.",
        _asks(facts.stewards),
    )


def _decide_column(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.DECIDE_COLUMN, facts):
        return Permission(True, f"You are a steward of `{facts.reference}`.")
    return _denied(
        actor,
        Action.DECIDE_COLUMN,
        facts,
        f"Only a steward of `{facts.reference}` says what its columns hold.",
        _asks(facts.stewards),
    )


def _release(actor: Actor, facts: Facts) -> Permission:
    if _may(actor, Action.RELEASE, facts):
        return Permission(True, f"You are an owner of `{facts.reference}`.")
    return _denied(
        actor,
        Action.RELEASE,
        facts,
        f"Only an owner of `{facts.reference}` publishes what failed its contract.",
        _asks(facts.owners),
    )


_RULES: Mapping[Action, Callable[[Actor, Facts], Permission]] = {
    Action.REQUEST_ACCESS: _request_access,
    Action.QUERY_PORT: _query_port,
    Action.SEE_SAMPLE: _see_sample,
    Action.DECIDE: _decide_request,
    Action.WITHDRAW: _withdraw,
    Action.SEE_REQUEST: _see_request,
    Action.REVOKE: _revoke,
    Action.KEEP_GRANT: _keep_grant,
    Action.RECORD_PERSON: _record_person,
    Action.SEE_ALERT: _see_alert,
    Action.CLOSE_ALERT: _close_alert,
    Action.SEE_AUDIT: _see_audit,
    Action.SEE_PORT_LOG: _see_port_log,
    Action.OVERSEE_SESSIONS: _oversee_sessions,
    Action.SEE_REJECTS: _see_rejects,
    Action.SEE_QUARANTINE: _see_quarantine,
    Action.QUERY_QUARANTINE: _query_quarantine,
    Action.RELEASE: _release,
    Action.DISCARD: _discard,
    Action.DECIDE_COLUMN: _decide_column,
}
