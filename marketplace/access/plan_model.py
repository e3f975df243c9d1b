"""Improvement plans for critical data as frozen values: one per element below its target."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from marketplace.access.issue_model import RootCause

PLAN_WITHIN = timedelta(days=14)  # root cause, action, owner and date are due by then


class PlanStatus(StrEnum):
    """Where an improvement plan stands."""

    TO_PLAN = "to_plan"
    PLANNED = "planned"
    OVERDUE = "overdue"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of the element, and the verdict that it was made on."""

    score: str  # out of 100, or `not assessed`
    is_met: bool
    broken: tuple[str, ...]  # ids of checks
    candidate_hash: str
    verdict_hash: str
    at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be done: step five of a data quality action plan."""

    root_cause: RootCause
    cause: str
    action: str
    owner: str  # person id or team:<id>
    due_on: date


@dataclass(frozen=True, slots=True)
class PlanAct:
    """One act on a plan: exactly one of a plan, a measurement, or a closure with its reason."""

    position: int
    actor_id: str
    at: datetime  # UTC
    planned: Planned | None = None
    measured: Measured | None = None
    closed_because: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """An improvement plan with its acts, oldest first."""

    id: str
    port: str
    element: str  # a column; empty: the whole port
    target: str
    opening: Measured
    opened_by: str
    opened_at: datetime  # UTC
    acts: tuple[PlanAct, ...] = ()

    @property
    def planned(self) -> Planned | None:
        """What is to be done, as it was said last."""
        return next((act.planned for act in reversed(self.acts) if act.planned), None)

    @property
    def measured(self) -> tuple[Measured, ...]:
        """Every measurement, the opening one first."""
        return (self.opening, *(act.measured for act in self.acts if act.measured))

    @property
    def closure(self) -> PlanAct | None:
        """The act that closed it."""
        return next((act for act in self.acts if act.closed_because), None)

    @property
    def is_met(self) -> bool:
        """Whether a measurement after the opening one was the last, and met the target."""
        return len(self.measured) > 1 and self.measured[-1].is_met

    @property
    def due_on(self) -> date:
        """The day up to which the next thing is to be done: the plan itself, then its action."""
        planned = self.planned
        return (self.opened_at + PLAN_WITHIN).date() if planned is None else planned.due_on

    def status(self, now: datetime) -> PlanStatus:
        """Where it stands at `now` (UTC)."""
        if self.closure is not None:
            return PlanStatus.CLOSED
        if now.date() > self.due_on:
            return PlanStatus.OVERDUE
        return PlanStatus.TO_PLAN if self.planned is None else PlanStatus.PLANNED
