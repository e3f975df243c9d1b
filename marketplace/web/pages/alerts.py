"""Alerts about unusual use, with their evidence; and the rows that were planted to be noticed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from marketplace.access.alert_book import Alert, Canary, Finding
from marketplace.access.anomalies import AnomalyKind
from marketplace.web import urls
from marketplace.web.pages.access import Named
from marketplace.web.pages.page import Choice, Page
from marketplace.web.pages.records import RecordLine

KINDS = {
    AnomalyKind.VOLUME: "Volume",
    AnomalyKind.HOUR: "Hour",
    AnomalyKind.DENIALS: "Refusals",
    AnomalyKind.CANARY: "Planted rows",
}
FINDINGS = {
    Finding.EXPLAINED: "It is explained",
    Finding.MISUSE: "It was misuse",
    Finding.FALSE_ALARM: "It was a false alarm",
}


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert in a list."""

    id: str
    href: str
    kind: str
    person: str
    day: date
    ports: tuple[str, ...]
    sentence: str
    opened_at: datetime
    status: str  # open, closed
    finding: str
    closed_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsPage(Page):
    """The alerts that the reader may see, newest first."""

    template: ClassVar[str] = "alerts.html"
    section: ClassVar[str] = "alerts"
    alerts: tuple[AlertLine, ...]
    may_plant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage(Page):
    """One alert with the records that show it."""

    template: ClassVar[str] = "alert.html"
    section: ClassVar[str] = "alerts"
    alert: AlertLine
    facts: dict[str, Any]
    records: tuple[RecordLine, ...]
    findings: tuple[Choice, ...]  # empty where the reader may not close it
    closure: str


@dataclass(frozen=True, slots=True)
class CanaryLine:
    """A text that stands in a planted row."""

    id: str
    port: str
    value: str
    planted_by: str
    planted_at: datetime
    reason: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CanariesPage(Page):
    """The rows that were planted to be noticed."""

    template: ClassVar[str] = "canaries.html"
    section: ClassVar[str] = "alerts"
    canaries: tuple[CanaryLine, ...]
    ports: tuple[Choice, ...]


def alert_line(alert: Alert, named: Named) -> AlertLine:
    """`alert` as a line."""
    return AlertLine(
        id=alert.id,
        href=urls.alert(alert.id),
        kind=KINDS[alert.kind],
        person=named(alert.actor_id),
        day=alert.day,
        ports=alert.ports,
        sentence=alert.sentence,
        opened_at=alert.opened_at,
        status="open" if alert.finding is None else "closed",
        finding="" if alert.finding is None else FINDINGS[alert.finding],
        closed_by=named(alert.closed_by) if alert.closed_by else "",
        reason=alert.reason,
    )


def canary_line(canary: Canary, named: Named) -> CanaryLine:
    """`canary` as a line."""
    return CanaryLine(
        id=canary.id,
        port=canary.port,
        value=canary.value,
        planted_by=named(canary.planted_by),
        planted_at=canary.planted_at,
        reason=canary.reason,
        end=urls.canary_end(canary.id),
    )
