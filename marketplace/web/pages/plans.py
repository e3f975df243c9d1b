"""Improvement plans as pages: the list, and one with the seven steps of its action plan."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from marketplace.access.plan_book import LONGEST_TEXT
from marketplace.access.plan_model import Plan
from marketplace.web import urls
from marketplace.web.formats import counted, day, words
from marketplace.web.pages.page import Choice, Link, Page


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan in a list."""

    id: str
    href: str
    port: str
    element: str  # a column; empty: the whole port
    target: str
    measured: str
    status: str
    owner: str
    due_on: date


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One of the seven steps, and what shows that it was taken."""

    title: str
    is_done: bool
    facts: tuple[str, ...]
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """One measurement of the element."""

    at: datetime
    score: str
    is_met: bool
    broken: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansPage(Page):
    """Every plan, late ones first."""

    template: ClassVar[str] = "plans.html"
    section: ClassVar[str] = "issues"
    port: str
    overdue: tuple[PlanLine, ...]
    open: tuple[PlanLine, ...]
    closed: tuple[PlanLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage(Page):
    """One plan with its steps, its measurements and, for who answers, its forms."""

    template: ClassVar[str] = "plan.html"
    section: ClassVar[str] = "issues"
    line: PlanLine
    product: Link
    steps: tuple[PlanStep, ...]
    measured: tuple[MeasuredLine, ...]
    fill_in: str  # address; empty where the reader may not
    close: str
    causes: tuple[Choice, ...]
    owners: tuple[Choice, ...]
    cause: str
    action: str
    due_on: str
    longest: int = LONGEST_TEXT


def plan_line(plan: Plan, now: datetime) -> PlanLine:
    """`plan` as a line."""
    planned = plan.planned
    return PlanLine(
        id=plan.id,
        href=urls.plan(plan.id),
        port=plan.port,
        element=plan.element,
        target=plan.target,
        measured=plan.measured[-1].score,
        status=plan.status(now).value,
        owner="" if planned is None else words(planned.owner),
        due_on=plan.due_on,
    )


def measured_lines(plan: Plan) -> tuple[MeasuredLine, ...]:
    """Every measurement of a plan, newest first."""
    return tuple(
        MeasuredLine(
            at=each.at,
            score=each.score,
            is_met=each.is_met,
            broken=len(each.broken),
            href=urls.evidence(plan.port, each.candidate_hash, each.verdict_hash),
        )
        for each in reversed(plan.measured)
    )


def seven_steps(plan: Plan, rules: tuple[str, ...], quality: str) -> tuple[PlanStep, ...]:
    """The steps of a data quality action plan, each with what shows that it was taken.

    `rules` are the promises about the element; `quality` is where they are reported.
    """
    planned, closure, last = plan.planned, plan.closure, plan.measured[-1]
    element = f"Column `{plan.element}`" if plan.element else "The whole port"
    critical = "the contract marks it as critical" if plan.element else "the contract sets a target"
    done: tuple[str, ...] = ()
    if planned is not None:
        done = (
            f"Root cause: {planned.root_cause.value}. {planned.cause}",
            f"Action: {planned.action}",
            f"Owner: {words(planned.owner)}, by {day(planned.due_on)}",
        )
    again = len(plan.measured) - 1
    repeated = [f"Measured {counted(again, 'time')} since, last at {last.score}"] if again else []
    repeated += [f"Closed on {day(closure.at)}: {closure.closed_because}"] if closure else []
    opening = f"{plan.opening.score} out of 100 on {day(plan.opening.at)}"
    broken = f"{counted(len(plan.opening.broken), 'check')} not kept"
    report = Link("Scores and their checks", quality)
    return (
        PlanStep("Identify critical data", True, (f"{element}: {critical}",)),
        PlanStep("Identify the rules", bool(rules), rules),
        PlanStep("Assess", True, (opening, broken)),
        PlanStep("Set goals", True, (f"Target: {plan.target} out of 100",)),
        PlanStep("Find the root cause and act", planned is not None, done),
        PlanStep("Report", True, ("Shown here and with the port's scores",), report),
        PlanStep("Repeat", bool(again), tuple(repeated)),
    )
