"""Where alerts about unusual use are opened and closed, and planted rows are known."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true
from sqlalchemy.exc import IntegrityError

from marketplace.access.alert_errors import (
    AlertClosed,
    CanaryUnclear,
    NotYoursToClose,
    UnknownAlert,
    UnknownCanary,
)
from marketplace.access.alert_tables import alert_closures, alerts, canaries, canary_ends
from marketplace.access.anomalies import Anomaly, AnomalyKind
from marketplace.access.audit import canonical
from marketplace.access.database import Database
from marketplace.access.issue_book import Acting
from marketplace.access.model import Actor, AuditEntry
from marketplace.access.requests import reason_of
from marketplace.access.rights import Tie, is_allowed
from marketplace.access.secret_keys import Entropy, new_id

WATCH = "service.watch"  # who opens alerts, in the log
SHORTEST_CANARY, LONGEST_CANARY = 8, 200
_Found = TypeVar("_Found")


class Finding(StrEnum):
    """What came of an alert."""

    EXPLAINED = "explained"
    MISUSE = "misuse"
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something unusual, with its evidence, and what came of it."""

    id: str
    kind: AnomalyKind
    actor_id: str
    day: date
    ports: tuple[str, ...]
    sentence: str
    evidence: Mapping[str, Any]  # facts, and `sequences` of the audit records
    opened_at: datetime
    finding: Finding | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Canary:
    """A text that stands in a planted row of a port and nowhere else."""

    id: str
    port: str
    value: str
    planted_by: str
    reason: str
    planted_at: datetime


class AlertBook:
    """All alerts and canaries, as append-only facts."""

    def __init__(self, database: Database, act: Acting, entropy: Entropy) -> None:
        self._database = database
        self._act = act
        self._entropy = entropy

    def open(self, anomaly: Anomaly, now: datetime) -> Alert | None:
        """The alert about an anomaly; None where there is one for this kind, person and day."""
        if self._known(anomaly):
            return None
        made = Alert(
            id=new_id("alert", self._entropy),
            kind=anomaly.kind,
            actor_id=anomaly.actor_id,
            day=anomaly.day,
            ports=anomaly.ports,
            sentence=anomaly.sentence,
            evidence={**anomaly.facts, "sequences": list(anomaly.sequences)},
            opened_at=now,
        )
        details = {
            "alert_id": made.id,
            "kind": made.kind.value,
            "person": made.actor_id,
            "ports": list(made.ports),
            "evidence": dict(made.evidence),
        }
        entry = AuditEntry(WATCH, "alert.open", made.id, details=details)
        try:
            return self._act(entry, now, lambda connection: _add(connection, made))
        except IntegrityError:  # another watch was first; nothing of this one is kept
            return None

    def close(self, alert_id: str, finding: Finding, by: tuple[Actor, str], now: datetime) -> Alert:
        """Say what came of an alert; `by` is who says so, and why.

        Raises UnknownAlert, ReasonMissing, NotYoursToClose or AlertClosed.
        """
        actor, said = by
        reason = reason_of(said, "closure")
        known = self.find(alert_id)
        details = {"alert_id": alert_id, "finding": finding.value, "reason": reason}
        entry = AuditEntry(actor.id, "alert.close", alert_id, details=details)

        def change(connection: Connection) -> Alert:
            _refuse_stranger(actor, known.actor_id, "alert")
            current = _alerts(connection, alerts.c.id == alert_id)[0]
            if current.closed_by is not None:
                raise AlertClosed(alert_id, current.closed_by)
            connection.execute(
                insert(alert_closures).values(
                    alert_id=alert_id,
                    finding=finding.value,
                    actor_id=actor.id,
                    reason=reason,
                    closed_at=now,
                )
            )
            return _alerts(connection, alerts.c.id == alert_id)[0]

        return self._act(entry, now, change)

    def plant(self, port: str, value: str, by: tuple[Actor, str], now: datetime) -> Canary:
        """Know a text of a planted row. Raises ReasonMissing, NotYoursToClose or CanaryUnclear.

        The log does not have the text itself: who reads the log would know what to leave out.
        """
        actor, said = by
        reason = reason_of(said, "canary")
        made = Canary(new_id("canary", self._entropy), port, value.strip(), actor.id, reason, now)
        entry = AuditEntry(actor.id, "canary.plant", made.id, details={"reason": reason})

        def change(connection: Connection) -> Canary:
            _refuse_stranger(actor, "", "canary")
            if not SHORTEST_CANARY <= len(made.value) <= LONGEST_CANARY:
                raise CanaryUnclear(SHORTEST_CANARY, LONGEST_CANARY)
            connection.execute(
                insert(canaries).values(
                    id=made.id,
                    port=port,
                    value=made.value,
                    actor_id=actor.id,
                    reason=reason,
                    planted_at=now,
                )
            )
            return made

        return self._act(entry, now, change)

    def unplant(self, canary_id: str, by: tuple[Actor, str], now: datetime) -> None:
        """Forget a planted row. Raises ReasonMissing, NotYoursToClose or UnknownCanary."""
        actor, said = by
        reason = reason_of(said, "end of the canary")
        entry = AuditEntry(actor.id, "canary.end", canary_id, details={"reason": reason})

        def change(connection: Connection) -> None:
            _refuse_stranger(actor, "", "canary")
            if not _canaries(connection, canaries.c.id == canary_id):
                raise UnknownCanary(canary_id)
            values = {"canary_id": canary_id, "actor_id": actor.id, "reason": reason}
            connection.execute(insert(canary_ends).values(**values, ended_at=now))

        self._act(entry, now, change)

    def find(self, alert_id: str) -> Alert:
        """The alert as it stands. Raises UnknownAlert."""
        found = self._read(lambda connection: _alerts(connection, alerts.c.id == alert_id))
        if not found:
            raise UnknownAlert(alert_id)
        return found[0]

    def everything(self) -> tuple[Alert, ...]:
        """Every alert, newest first."""
        return self._read(lambda connection: _alerts(connection, true()))

    def canaries_in(self, ports: tuple[str, ...]) -> tuple[Canary, ...]:
        """The canaries of these ports that still count."""
        return self._read(lambda connection: _canaries(connection, canaries.c.port.in_(ports)))

    def _known(self, anomaly: Anomaly) -> bool:
        same = (
            (alerts.c.kind == anomaly.kind.value)
            & (alerts.c.actor_id == anomaly.actor_id)
            & (alerts.c.day == anomaly.day.isoformat())
        )
        return bool(self._read(lambda connection: _alerts(connection, same)))

    def _read(self, query: Callable[[Connection], _Found]) -> _Found:
        with self._database.read() as connection:
            return query(connection)


def _refuse_stranger(actor: Actor, about: str, what: str) -> None:
    if not is_allowed(actor, "alert.close", {Tie.ANY}) or actor.id == about:
        raise NotYoursToClose(what)


def _add(connection: Connection, alert: Alert) -> Alert:
    connection.execute(
        insert(alerts).values(
            id=alert.id,
            kind=alert.kind.value,
            actor_id=alert.actor_id,
            day=alert.day.isoformat(),
            ports=json.dumps(list(alert.ports)),
            sentence=alert.sentence,
            evidence=canonical(alert.evidence),
            opened_at=alert.opened_at,
        )
    )
    return alert


def _alerts(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Alert, ...]:
    query = (
        select(
            alerts,
            alert_closures.c.finding,
            alert_closures.c.actor_id.label("closed_by"),
            alert_closures.c.closed_at,
            alert_closures.c.reason,
        )
        .select_from(alerts.outerjoin(alert_closures))
        .where(wanted)
        .order_by(alerts.c.opened_at.desc(), alerts.c.id.desc())
    )
    return tuple(map(_alert, connection.execute(query)))


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        id=row.id,
        kind=AnomalyKind(row.kind),
        actor_id=row.actor_id,
        day=date.fromisoformat(row.day),
        ports=tuple(json.loads(row.ports)),
        sentence=row.sentence,
        evidence=json.loads(row.evidence),
        opened_at=row.opened_at,
        finding=None if row.finding is None else Finding(row.finding),
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        reason=row.reason or "",
    )


def _canaries(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Canary, ...]:
    query = (
        select(canaries)
        .select_from(canaries.outerjoin(canary_ends))
        .where(wanted & canary_ends.c.canary_id.is_(None))
        .order_by(canaries.c.planted_at, canaries.c.id)
    )
    return tuple(
        Canary(row.id, row.port, row.value, row.actor_id, row.reason, row.planted_at)
        for row in connection.execute(query)
    )
