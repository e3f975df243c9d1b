"""What the reader was told about the ports that they answer for."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.access.alerts import BLOCKED
from marketplace.access.emergencies import OPENED
from marketplace.access.model import Notification
from marketplace.web import urls
from marketplace.web.pages.page import Page


@dataclass(frozen=True, slots=True)
class NotificationLine:
    """One notification."""

    port: str
    kind: str
    message: str
    created_at: datetime
    href: str  # empty where there is nothing to open


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsPage(Page):
    """Everything that the reader was told, newest first."""

    template: ClassVar[str] = "notifications.html"
    section: ClassVar[str] = "access"
    notifications: tuple[NotificationLine, ...]


def notification_line(found: Notification) -> NotificationLine:
    """`found` as a line, with what it is about."""
    named = found.subject.partition(":")[0]
    href = ""
    if found.kind == BLOCKED:
        href = urls.candidate(found.port, named)
    elif found.kind.startswith("quarantine."):
        href = urls.evidence(found.port, named)
    elif found.kind.startswith("issue."):
        href = urls.issue(named)
    elif found.kind.startswith("plan."):
        href = urls.plan(named)
    elif found.kind in {OPENED, "access.emergency_unreviewed"}:
        href = urls.EMERGENCIES
    elif found.kind in {"access.lapsed", "access.review_due"}:
        href = urls.GRANTS
    elif found.kind == "alert.open":
        href = urls.alert(named)
    return NotificationLine(found.port, found.kind, found.message, found.created_at, href)
