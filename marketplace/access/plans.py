"""Improvement plans and the acts on them. Facts are added, never changed."""

import json
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true

from marketplace.access.issue_errors import PlanClosed, UnknownPlan
from marketplace.access.issue_model import RootCause
from marketplace.access.plan_model import Measured, Plan, PlanAct, Planned
from marketplace.access.tables import improvement_plan_acts, improvement_plans


def add(connection: Connection, plan: Plan) -> None:
    """Keep a new plan."""
    connection.execute(
        insert(improvement_plans).values(
            id=plan.id,
            port=plan.port,
            element=plan.element,
            target=plan.target,
            **_measured_values(plan.opening),
            actor_id=plan.opened_by,
            opened_at=plan.opened_at,
        )
    )


def append(connection: Connection, plan: Plan, act: PlanAct) -> Plan:
    """Keep an act. Raises PlanClosed."""
    if plan.closure is not None:
        raise PlanClosed(plan.id)
    planned, measured = act.planned, act.measured
    values: dict[str, Any] = {}
    if planned is not None:
        values = {
            "root_cause": planned.root_cause.value,
            "cause": planned.cause,
            "action": planned.action,
            "owner": planned.owner,
            "due_on": planned.due_on.isoformat(),
        }
    if measured is not None:
        values = _measured_values(measured)
    connection.execute(
        insert(improvement_plan_acts).values(
            plan_id=plan.id,
            position=act.position,
            reason=act.closed_because or None,
            actor_id=act.actor_id,
            acted_at=act.at,
            **values,
        )
    )
    return find(connection, plan.id)


def find(connection: Connection, plan_id: str) -> Plan:
    """The plan as it stands. Raises UnknownPlan."""
    found = _select(connection, improvement_plans.c.id == plan_id)
    if not found:
        raise UnknownPlan(plan_id)
    return found[0]


def on_port(connection: Connection, port: str) -> tuple[Plan, ...]:
    """Every plan of a port, newest first."""
    return _select(connection, improvement_plans.c.port == port)


def everything(connection: Connection) -> tuple[Plan, ...]:
    """Every plan, newest first."""
    return _select(connection, true())


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Plan, ...]:
    newest = (improvement_plans.c.opened_at.desc(), improvement_plans.c.id.desc())
    rows = connection.execute(select(improvement_plans).where(wanted).order_by(*newest)).all()
    query = (
        select(improvement_plan_acts)
        .select_from(improvement_plan_acts.join(improvement_plans))
        .where(wanted)
        .order_by(improvement_plan_acts.c.position)
    )
    acts: dict[str, list[PlanAct]] = {}
    for row in connection.execute(query):
        acts.setdefault(row.plan_id, []).append(_act(row))
    return tuple(_plan(row, tuple(acts.get(row.id, ()))) for row in rows)


def _plan(row: Row[Any], acts: tuple[PlanAct, ...]) -> Plan:
    return Plan(
        id=row.id,
        port=row.port,
        element=row.element,
        target=row.target,
        opening=_measured(row),
        opened_by=row.actor_id,
        opened_at=row.opened_at,
        acts=acts,
    )


def _act(row: Row[Any]) -> PlanAct:
    planned = None
    if row.root_cause is not None:
        due_on = date.fromisoformat(row.due_on)
        cause = RootCause(row.root_cause)
        planned = Planned(cause, row.cause, row.action, row.owner, due_on)
    return PlanAct(
        position=row.position,
        actor_id=row.actor_id,
        at=row.acted_at,
        planned=planned,
        measured=None if row.score is None else _measured(row),
        closed_because=row.reason or "",
    )


def _measured(row: Row[Any]) -> Measured:
    return Measured(
        score=row.score,
        is_met=bool(row.is_met),
        broken=tuple(json.loads(row.broken)),
        candidate_hash=row.candidate_hash,
        verdict_hash=row.verdict_hash,
        at=row.measured_at,
    )


def _measured_values(measured: Measured) -> dict[str, Any]:
    return {
        "score": measured.score,
        "is_met": int(measured.is_met),
        "broken": json.dumps(list(measured.broken)),
        "candidate_hash": measured.candidate_hash,
        "verdict_hash": measured.verdict_hash,
        "measured_at": measured.at,
    }
