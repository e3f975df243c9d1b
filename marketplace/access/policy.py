"""Who may do what: pure rules over facts. A denial carries its reason and the way on.

Which role may do a thing, and by which tie, is the table in rights.py. One family of rules per kind
of resource: ports, requests and grants, the records about them, and candidates in quarantine.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from marketplace.access.facts import Action, Facts, ties
from marketplace.access.grant_life import ON_HOLD
from marketplace.access.model import (
    Actor,
    ActorKind,
    Grant,
    Permission,
    RequestStatus,
)
from marketplace.access.request_rules import Obstacle, RequestRules, obstacle_to
from marketplace.access.rights import Tie, is_allowed, roles_for


def decide(actor: Actor | None, action: Action, facts: Facts) -> Permission:
    """Whether the actor may act on the resource. No actor: nobody is signed in."""
    if action is Action.SEE_LISTING:
        return _see_listing(actor, facts)
    if actor is None:
        return Permission(False, "You are not signed in.", "Sign in, then try again.")
    plain = _PLAIN.get(action)
    return _RULES[action](actor, facts) if plain is None else plain.permission(actor, action, facts)


def may_revoke(actor: Actor, facts: Facts, grant: Grant) -> bool:
    """Whether the actor may end the grant; who approved it is tied to it as its approver."""
    met = ties(actor, replace(facts, request=None, grants=(grant,)))
    if actor.id == grant.approved_by:
        met |= {Tie.APPROVER}
    return is_allowed(actor, Action.REVOKE, met)


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


# What takes the right and nothing else


@dataclass(frozen=True, slots=True)
class _Plain:
    """The sentences of a rule that the table of rights decides alone, about `{port}`."""

    allowed: str
    denied: str
    way_on: str  # `{stewards}` and `{owners}`: whom to ask
    tells_roles: bool = True  # those who are named and lack the role; False: it reads like nothing

    def permission(self, actor: Actor, action: Action, facts: Facts) -> Permission:
        """The answer to the actor."""
        if _may(actor, action, facts):
            return Permission(True, self.allowed.format(port=facts.reference))
        asks = {"stewards": _asks(facts.stewards), "owners": _asks(facts.owners)}
        denied, way_on = (
            text.format(port=facts.reference, **asks) for text in (self.denied, self.way_on)
        )
        if not self.tells_roles:
            return Permission(False, denied, way_on)
        return _denied(actor, action, facts, denied, way_on)


_ANSWERS_FOR = "You answer for `{port}`."
_OWN_LOG = "Your own log shows what you did."
_QUARANTINE = _Plain(
    _ANSWERS_FOR,
    "Quarantined rows of `{port}` are shown to its owner and stewards.",
    "{stewards}",
)
_PLAIN: Mapping[Action, _Plain] = {
    Action.SEE_SAMPLE: _Plain(
        "You answer for this port or hold a grant on it.",
        "Failing rows of `{port}` are rows of data.",
        "Request access to `{port}`, or ask its steward.",
    ),
    Action.RECORD_PERSON: _Plain(
        "You record moves and conditions.",
        "Moves, and conditions that people meet, are recorded by governance.",
        "Ask governance.",
    ),
    Action.SEE_ALERT: _Plain(
        "You watch over the use of data.", "There is no such alert.", _OWN_LOG, tells_roles=False
    ),
    Action.CLOSE_ALERT: _Plain(
        "You say what came of alerts.", "Governance says what came of an alert.", "Ask governance."
    ),
    Action.SEE_AUDIT: _Plain(
        "Auditors and governance read the audit log.",
        "The audit log is for auditors and governance.",
        _OWN_LOG,
    ),
    Action.OVERSEE_SESSIONS: _Plain(
        "Governance sees and ends sessions.",
        "Everyone's sessions are shown to governance.",
        "Your own sessions show where you are signed in.",
    ),
    Action.SEE_PORT_LOG: _Plain(
        _ANSWERS_FOR, "Who used `{port}` is shown to its owner and stewards.", _OWN_LOG
    ),
    Action.SEE_REJECTS: _Plain(
        _ANSWERS_FOR,
        "Rejected rows of `{port}` are rows of data, shown to its steward.",
        "{stewards}",
    ),
    Action.SEE_QUARANTINE: _QUARANTINE,
    Action.QUERY_QUARANTINE: _QUARANTINE,
    Action.DISCARD: _QUARANTINE,
    Action.DECIDE_COLUMN: _Plain(
        "You are a steward of `{port}`.",
        "Only a steward of `{port}` says what its columns hold.",
        "{stewards}",
    ),
    Action.RELEASE: _Plain(
        "You are an owner of `{port}`.",
        "Only an owner of `{port}` publishes what failed its contract.",
        "{owners}",
    ),
}

_RULES: Mapping[Action, Callable[[Actor, Facts], Permission]] = {
    Action.REQUEST_ACCESS: _request_access,
    Action.QUERY_PORT: _query_port,
    Action.DECIDE: _decide_request,
    Action.WITHDRAW: _withdraw,
    Action.SEE_REQUEST: _see_request,
    Action.REVOKE: _revoke,
    Action.KEEP_GRANT: _keep_grant,
}
