"""What each role may do, as one table. The rules in policy.py and issue_policy.py read it.

A right takes two keys. The role comes from sign-in, the tie from what is acted on: a contract's
team, a grant, a business unit. Who is named by a contract without holding the role may not act,
nor may who holds the role without being named. What is not in the table is not allowed.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum

from marketplace.access.model import Actor, ActorKind, Role


class Tie(StrEnum):
    """What connects an actor with what they act on."""

    ANY = "any"
    OWN = "own"
    GRANT = "grant"
    WHOLE = "whole grant"
    OWNER = "owner"
    STEWARD = "steward"
    CUSTODIAN = "custodian"
    APPROVER = "approver"
    INVOLVED = "involved"
    ASSIGNED = "assigned"
    UNIT = "unit"


TIE_WORDS: Mapping[Tie, str] = {
    Tie.ANY: "any",
    Tie.OWN: "their own",
    Tie.GRANT: "with a standing grant",
    Tie.WHOLE: "with a standing grant on all of the port",
    Tie.OWNER: "where the contract names them owner",
    Tie.STEWARD: "where the contract names them steward",
    Tie.CUSTODIAN: "where the contract names them custodian",
    Tie.APPROVER: "where the contract names them approver",
    Tie.INVOLVED: "where the contract names them reviewer, deputy or approver",
    Tie.ASSIGNED: "where it was routed to them",
    Tie.UNIT: "in their business unit",
}

ROLE_WORDS: Mapping[Role, str] = {
    Role.READER: "Finds data, asks for access and queries what is granted. Everyone is a reader.",
    Role.STEWARD: "Answers for data products from day to day, and decides on requests.",
    Role.OWNER: "Is accountable for data products, and decides what becomes of data that failed.",
    Role.CUSTODIAN: "Keeps the stores and pipelines of a product, and works on its faults.",
    Role.UNIT_ADMINISTRATOR: "Sees and ends access within a business unit. Reads no data by it.",
    Role.GOVERNANCE: "Oversees all requests, grants and logs, and can revoke any grant.",
    Role.ENGINEER: "Builds and runs the pipelines. Has no access to data by default.",
    Role.AUDITOR: "Sees every record of what was done. Decides nothing and changes nothing.",
}


@dataclass(frozen=True, slots=True)
class Right:
    """Who may do one thing: for each role, the ties of which one must be there."""

    action: str
    does: str
    ties: Mapping[Role, Set[Tie]]
    people_only: bool = field(default=False, kw_only=True)  # never a service, whatever its role


_OWNS = {Role.OWNER: {Tie.OWNER}}
_STEWARDS = {Role.STEWARD: {Tie.STEWARD}}
_ANSWERS = {**_OWNS, **_STEWARDS}
_KEEPS = {Role.CUSTODIAN: {Tie.CUSTODIAN}}
_OVERSEES = {Role.GOVERNANCE: {Tie.ANY}, Role.AUDITOR: {Tie.ANY}}
_ADMINISTERS = {Role.UNIT_ADMINISTRATOR: {Tie.UNIT}}
_DECIDES = {
    Role.STEWARD: {Tie.APPROVER},
    Role.OWNER: {Tie.APPROVER},
    Role.UNIT_ADMINISTRATOR: {Tie.APPROVER},
    Role.GOVERNANCE: {Tie.APPROVER},
}


def _together(*rows: Mapping[Role, Set[Tie]]) -> Mapping[Role, Set[Tie]]:
    """One row of several: a role has the ties of each."""
    return {
        role: frozenset().union(*(row.get(role, frozenset()) for row in rows))
        for role in Role
        if any(role in row for row in rows)
    }


def _readers(*ties: Tie) -> Mapping[Role, Set[Tie]]:
    return {Role.READER: set(ties)}


RIGHTS: tuple[Right, ...] = (
    Right(
        "listing.see",
        "Know of a product whose listing is hidden",
        _together(_readers(Tie.GRANT), _ANSWERS, _DECIDES, _KEEPS, _ADMINISTERS, _OVERSEES),
    ),
    Right("access.request", "Ask to read a port", _readers(Tie.ANY)),
    Right("query.run", "Run a statement over the rows of a port", _readers(Tie.GRANT)),
    Right("access.withdraw", "Take back a request", _readers(Tie.OWN)),
    Right(
        "access.see_request",
        "See a request and its decision",
        _together(_readers(Tie.OWN, Tie.INVOLVED), _ANSWERS, _DECIDES, _ADMINISTERS, _OVERSEES),
    ),
    Right("access.decide", "Approve or refuse a request", _DECIDES, people_only=True),
    Right(
        "access.revoke",
        "End a grant",
        _together(_readers(Tie.OWN), _OWNS, _DECIDES, _ADMINISTERS, {Role.GOVERNANCE: {Tie.ANY}}),
    ),
    Right(
        "access.keep",
        "Suspend, resume or confirm another's grant",
        _together(_OWNS, _DECIDES, {Role.GOVERNANCE: {Tie.ANY}}),
        people_only=True,
    ),
    Right(
        "person.record",
        "Record that a person moved, left, or meets a condition of access",
        {Role.GOVERNANCE: {Tie.ANY}},
    ),
    Right("session.oversee", "See and end everyone's sessions", {Role.GOVERNANCE: {Tie.ANY}}),
    Right(
        "alert.see",
        "See alerts about unusual use of a port",
        _together(_ANSWERS, _OVERSEES),
    ),
    Right(
        "alert.close",
        "Say what came of an alert",
        {Role.GOVERNANCE: {Tie.ANY}},
        people_only=True,
    ),
    Right("audit.see", "Read the whole audit log", _OVERSEES),
    Right(
        "log.see",
        "See who asked for, read or was refused a port",
        _together(_ANSWERS, _ADMINISTERS, _OVERSEES),
    ),
    Right(
        "evidence.sample", "See failing rows of a port", _together(_readers(Tie.WHOLE), _ANSWERS)
    ),
    Right("rejects.see", "See rows of a source system that could not be landed", _ANSWERS),
    Right("quarantine.see", "See a candidate that failed its contract", _ANSWERS),
    Right("quarantine.query", "Run a statement over a candidate in quarantine", _ANSWERS),
    Right("quarantine.discard", "Discard a candidate in quarantine", _ANSWERS, people_only=True),
    Right("quarantine.release", "Publish what failed its contract", _OWNS, people_only=True),
    Right(
        "personal_data.decide",
        "Say whether a column holds personal data",
        _STEWARDS,
        people_only=True,
    ),
    Right("issue.open", "Open an issue", _together(_readers(Tie.GRANT), _ANSWERS, _KEEPS)),
    Right(
        "issue.rows",
        "See the rows of an issue",
        _together(_readers(Tie.WHOLE, Tie.ASSIGNED), _ANSWERS),
    ),
    Right("issue.route", "Say where an issue comes from", _ANSWERS),
    Right(
        "issue.progress",
        "Record the work on an issue",
        _together(_readers(Tie.ASSIGNED), _ANSWERS, _KEEPS),
    ),
    Right("issue.close", "Close an issue", _ANSWERS),
    Right("issue.accept_risk", "Accept the risk of an issue", _OWNS, people_only=True),
    Right("plan.fill_in", "Fill in an improvement plan", _together(_ANSWERS, _KEEPS)),
    Right("plan.close", "Close an improvement plan", _ANSWERS),
)
_BY_ACTION: Mapping[str, Right] = {right.action: right for right in RIGHTS}


def ties_of(actor: Actor, action: str) -> frozenset[Tie]:
    """Any one of these ties lets the actor act; none of them: the actor never may.

    Everyone is a reader, whatever else they are. An action that has no row is nobody's.
    """
    right = _BY_ACTION.get(action)
    if right is None or (right.people_only and actor.kind is not ActorKind.PERSON):
        return frozenset()
    held = {Role.READER, *actor.roles}
    return frozenset(tie for role in held for tie in right.ties.get(role, ()))


def is_allowed(actor: Actor, action: str, met: Set[Tie]) -> bool:
    """Whether one of the ties that are met is one that a role of the actor asks for."""
    return not ties_of(actor, action).isdisjoint(met)


def roles_for(action: str, met: Set[Tie]) -> tuple[Role, ...]:
    """The roles that one of the ties that are met would be enough for, in the table's order."""
    right = _BY_ACTION.get(action)
    if right is None:
        return ()
    return tuple(role for role in Role if not met.isdisjoint(right.ties.get(role, frozenset())))


def may_ever(actor: Actor, action: str, *ties: Tie) -> bool:
    """Whether the actor's roles let one of `ties` be enough, for what pages offer at all."""
    return not ties_of(actor, action).isdisjoint(ties)
