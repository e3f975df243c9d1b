"""Where improvement plans open, are filled in, measured and closed: one audited act each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from marketplace.access import plans
from marketplace.access.database import Database
from marketplace.access.issue_book import Acting
from marketplace.access.issue_errors import PlanIncomplete, PlanIsOpen, TargetNotMet
from marketplace.access.issue_model import RootCause
from marketplace.access.model import Actor, AuditEntry
from marketplace.access.plan_model import Measured, Plan, PlanAct, Planned, PlanStatus
from marketplace.access.requests import clean, reason_of
from marketplace.access.secret_keys import Entropy, new_id

SHORTEST_TEXT, LONGEST_TEXT = 10, 2000


@dataclass(frozen=True, slots=True)
class ElementMeasured:
    """An element of a port against its target."""

    port: str
    element: str
    target: str
    measured: Measured


class PlanBook:
    """The improvement plans of all ports, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def measure(
        self, actor_id: str, found: Sequence[ElementMeasured], now: datetime
    ) -> tuple[Plan, ...]:
        """Keep what was measured, and give the plans that opened or closed by it.

        An element below its target opens a plan, unless one is open. Each later measurement is
        kept with the open plan, and closes it where the target is met and the plan is filled in.
        """
        changed = [self._measure(actor_id, each, now) for each in found]
        return tuple(plan for plan in changed if plan is not None)

    def fill_in(self, plan_id: str, actor: Actor, planned: Planned, now: datetime) -> Plan:
        """Say what is to be done; again, where it has changed.

        Raises UnknownPlan, PlanIncomplete or PlanClosed.
        """
        known = self.find(plan_id)
        kept = _complete(planned, now)
        details = {
            "plan_id": plan_id,
            "element": known.element,
            "root_cause": kept.root_cause.value,
            "action": kept.action,
            "owner": kept.owner,
            "due_on": kept.due_on.isoformat(),
        }
        entry = AuditEntry(actor.id, "plan.fill_in", known.port, details=details)
        act = PlanAct(0, actor.id, now, planned=kept)
        return self._act(entry, now, lambda connection: _append(connection, plan_id, act))

    def close(self, plan_id: str, actor: Actor, reason: str, now: datetime) -> Plan:
        """Close a plan whose target a later measurement met.

        Raises UnknownPlan, ReasonMissing, PlanClosed, PlanIncomplete or TargetNotMet.
        """
        known = self.find(plan_id)
        kept = reason_of(reason, "closure")
        details = {"plan_id": plan_id, "element": known.element, "reason": kept}
        entry = AuditEntry(actor.id, "plan.close", known.port, details=details)
        act = PlanAct(0, actor.id, now, closed_because=kept)
        return self._act(entry, now, lambda connection: _append(connection, plan_id, act))

    def find(self, plan_id: str) -> Plan:
        """The plan as it stands. Raises UnknownPlan."""
        with self._database.read() as connection:
            return plans.find(connection, plan_id)

    def on_port(self, port: str) -> tuple[Plan, ...]:
        """Every plan of a port, newest first."""
        with self._database.read() as connection:
            return plans.on_port(connection, port)

    def everything(self) -> tuple[Plan, ...]:
        """Every plan, newest first."""
        with self._database.read() as connection:
            return plans.everything(connection)

    def overdue(self, now: datetime) -> tuple[Plan, ...]:
        """The plans whose next step is late at `now`, newest first."""
        return tuple(p for p in self.everything() if p.status(now) is PlanStatus.OVERDUE)

    def _measure(self, actor_id: str, found: ElementMeasured, now: datetime) -> Plan | None:
        """The plan that opened or closed; None where nothing did."""
        known = _open_plan(self.on_port(found.port), found.element)
        if known is None:
            return None if found.measured.is_met else self._open(actor_id, found, now)
        if any(each.verdict_hash == found.measured.verdict_hash for each in known.measured):
            return None
        act = PlanAct(0, actor_id, now, measured=found.measured)
        details = {
            "plan_id": known.id,
            "score": found.measured.score,
            "verdict": found.measured.verdict_hash,
        }
        entry = AuditEntry(actor_id, "plan.measure", found.port, details=details)
        plan = self._act(entry, now, lambda connection: _append(connection, known.id, act))
        if not plan.is_met or plan.planned is None:
            return None
        reason = f"Measured at {found.measured.score}, the target is {plan.target}."
        system = Actor(actor_id, actor_id, frozenset(), frozenset())
        return self.close(plan.id, system, reason, now)

    def _open(self, actor_id: str, found: ElementMeasured, now: datetime) -> Plan | None:
        plan = Plan(
            id=new_id("plan", self._entropy),
            port=found.port,
            element=found.element,
            target=found.target,
            opening=found.measured,
            opened_by=actor_id,
            opened_at=now,
        )
        details = {
            "plan_id": plan.id,
            "element": plan.element,
            "score": found.measured.score,
            "target": plan.target,
            "verdict": found.measured.verdict_hash,
        }

        def change(connection: Connection) -> Plan:
            known = _open_plan(plans.on_port(connection, plan.port), plan.element)
            if known is not None:
                raise PlanIsOpen(known.id)
            plans.add(connection, plan)
            return plan

        entry = AuditEntry(actor_id, "plan.open", plan.port, details=details)
        try:
            return self._act(entry, now, change)
        except PlanIsOpen:
            return None  # another run was faster


def _open_plan(found: Sequence[Plan], element: str) -> Plan | None:
    return next((p for p in found if p.element == element and p.closure is None), None)


def _append(connection: Connection, plan_id: str, act: PlanAct) -> Plan:
    plan = plans.find(connection, plan_id)
    if act.closed_because and plan.closure is None:
        if plan.planned is None:
            remedy = "Say the root cause, the action, its owner and a date first."
            raise PlanIncomplete("it says not yet what was done", remedy)
        if not plan.is_met:
            raise TargetNotMet(plan.id, plan.target, plan.measured[-1].score)
    return plans.append(connection, plan, replace(act, position=len(plan.acts) + 1))


def _complete(planned: Planned, now: datetime) -> Planned:
    """The plan as it is kept. Raises PlanIncomplete."""
    if planned.root_cause is RootCause.UNKNOWN:
        raise PlanIncomplete("its root cause is not known", "Find out where the fault comes from.")
    cause, action = _text("cause", planned.cause), _text("action", planned.action)
    owner = clean(planned.owner)
    if not owner:
        raise PlanIncomplete("nobody owns it", "Name who is to do it.")
    if planned.due_on < now.date():
        remedy = "Name a day from today on."
        raise PlanIncomplete(f"its date `{planned.due_on}` is past", remedy)
    return replace(planned, owner=owner, cause=cause, action=action)


def _text(part: str, text: str) -> str:
    kept = clean(text)
    if not SHORTEST_TEXT <= len(kept) <= LONGEST_TEXT:
        remedy = f"Say it in {SHORTEST_TEXT} to {LONGEST_TEXT:,} characters."
        raise PlanIncomplete(f"its {part} is not said", remedy)
    return kept
