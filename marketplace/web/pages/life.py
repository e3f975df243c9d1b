"""Conditions that people meet, and access in emergencies, as pages."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.access.emergencies import LONGEST_HOURS, OpenedEmergency
from marketplace.access.grant_life import Fulfilment, Moved, Movement
from marketplace.web import urls
from marketplace.web.pages.access import Named
from marketplace.web.pages.page import Choice, Page

MOVEMENTS = {
    Movement.JOINED: "Joined, or came back",
    Movement.MOVED: "Moved to another team or post",
    Movement.LEFT: "Left",
}


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition that a person meets or met."""

    id: str
    condition: str
    evidence: str
    met_from: datetime
    met_until: datetime
    status: str  # standing, expired, revoked
    end: str  # where its end is posted; empty where the reader may not


@dataclass(frozen=True, slots=True)
class MovementLine:
    """A person's joining, move or leaving."""

    movement: str
    at: datetime
    recorded_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsPage(Page):
    """What a person meets and how they moved; with the forms for who records it."""

    template: ClassVar[str] = "conditions.html"
    section: ClassVar[str] = "access"
    person: str
    conditions: tuple[ConditionLine, ...]
    movements: tuple[MovementLine, ...]
    may_record: bool
    people: tuple[Choice, ...] = ()
    kinds: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class EmergencyLine:
    """Access that was taken in an emergency."""

    id: str
    port: str
    holder: str
    purpose: str
    starts_at: datetime
    expires_at: datetime
    review_by: datetime
    status: str  # standing, expired, revoked ...
    is_reviewed: bool
    is_justified: bool | None
    reviewed_by: str
    reason: str
    review: str  # where the review is posted; empty where the reader may not


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergenciesPage(Page):
    """The ports that the reader may open in an emergency, and what was opened."""

    template: ClassVar[str] = "emergencies.html"
    section: ClassVar[str] = "access"
    ports: tuple[Choice, ...]
    emergencies: tuple[EmergencyLine, ...]
    longest_hours: int = LONGEST_HOURS


def condition_line(met: Fulfilment, now: datetime, may_record: bool) -> ConditionLine:
    """`met` as a line; with the way to take it back for who may record it."""
    holds = met.holds(now)
    status = "standing" if holds else "revoked" if met.ended_at is not None else "expired"
    return ConditionLine(
        id=met.id,
        condition=met.condition,
        evidence=met.evidence,
        met_from=met.met_from,
        met_until=met.met_until,
        status=status,
        end=urls.condition_end(met.id) if may_record and holds else "",
    )


def movement_line(moved: Moved, named: Named) -> MovementLine:
    """`moved` as a line."""
    words = MOVEMENTS[moved.movement]
    return MovementLine(words, moved.at, named(moved.recorded_by), moved.reason)


def emergency_line(
    opened: OpenedEmergency, named: Named, now: datetime, may_review: bool
) -> EmergencyLine:
    """`opened` as a line; with the way to review it where the reader may."""
    grant, hindrance = opened.grant, opened.grant.hindrance(now)
    is_reviewed = opened.reviewed_by is not None
    return EmergencyLine(
        id=grant.id,
        port=grant.port,
        holder=named(grant.actor_id),
        purpose=grant.purpose,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        review_by=opened.review_by,
        status="standing" if hindrance is None else hindrance.value,
        is_reviewed=is_reviewed,
        is_justified=opened.is_justified,
        reviewed_by=named(opened.reviewed_by) if opened.reviewed_by else "",
        reason=opened.reason,
        review=urls.emergency_review(grant.id) if may_review and not is_reviewed else "",
    )
