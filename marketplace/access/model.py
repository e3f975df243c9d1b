"""Who acts, what they asked for, and what they may read, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a person is trusted with beyond reading what is granted to them."""

    ANALYST = "analyst"
    STEWARD = "steward"
    ENGINEER = "engineer"
    GOVERNANCE = "governance"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting: a person or a service."""

    id: str
    name: str
    teams: frozenset[str]
    roles: frozenset[Role]

    @property
    def references(self) -> frozenset[str]:
        """How contracts name this actor: the id, and `team:<id>` of each team."""
        return frozenset({self.id, *(f"team:{team}" for team in self.teams)})


class RequestStatus(StrEnum):
    """Where an access request stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """An ask to read one port, for a purpose and a period."""

    id: str
    actor_id: str
    port: str  # unit.port
    purpose: str
    days: int
    submitted_at: datetime  # UTC
    status: RequestStatus
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A standing right of one actor on one port, for a purpose, until it expires or is revoked."""

    id: str
    request_id: str
    actor_id: str
    port: str
    purpose: str
    approved_by: str
    starts_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoke_reason: str | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it gives a right at `now` (UTC)."""
        return self.revoked_at is None and self.starts_at <= now < self.expires_at


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One link of the audit log's hash chain."""

    sequence: int
    at: datetime  # UTC
    actor_id: str
    action: str  # query.run, access.request, access.approve, access.revoke, session.sign_in ...
    resource: str  # unit.port, request id, ...
    outcome: str  # done, denied, failed
    details: Mapping[str, Any]
    previous_hash: str
    hash: str
