"""What the platform knows of a port's service: its publications, attempts, alerts and outages.

Orchestration fills it from recorded facts (Delta commits, verdicts, the service log, the alerts);
here it is only read. All times have a time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """One version that was committed."""

    version: int
    published_at: datetime
    rows: int  # of the new files


@dataclass(frozen=True, slots=True)
class Attempt:
    """One verdict on a candidate, or one run that could not build it."""

    subject: str  # candidate hash, or the id of the run that failed
    ended_at: datetime  # when the verdict, or the failure, was found
    failed: bool
    begun_at: datetime | None = None  # when the candidate was written; None where not recorded


@dataclass(frozen=True, slots=True)
class Alert:
    """The owner was told of a failed attempt."""

    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at whether the served version can be read."""

    at: datetime
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Incident:
    """A time in which the newest data could not be published."""

    opened_at: datetime  # the first failed attempt was found
    subjects: tuple[str, ...]  # of its failed attempts, oldest first
    begun_at: datetime | None = None  # when what failed first was written
    notified_at: datetime | None = None  # the owner's first alert
    closed_at: datetime | None = None  # the next publication


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The facts that service levels are measured on, oldest first."""

    publications: tuple[Publication, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    alerts: tuple[Alert, ...] = ()
    probes: tuple[Probe, ...] = ()
    earlier: str | None = None  # SQL relation of the served version; None: nothing is published

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident, oldest first."""
        return incidents_of(self.publications, self.attempts, self.alerts)

    @property
    def first_published_at(self) -> datetime | None:
        """When the port was first published."""
        return min((each.published_at for each in self.publications), default=None)

    @property
    def last_published_at(self) -> datetime | None:
        """When the port was last published."""
        return max((each.published_at for each in self.publications), default=None)


def incidents_of(
    publications: Sequence[Publication], attempts: Sequence[Attempt], alerts: Sequence[Alert]
) -> tuple[Incident, ...]:
    """Failed attempts between two publications are one incident.

    It opens when the first of them was found, the owner is notified by the first alert about any
    of them, and the next publication closes it.
    """
    moments = sorted(each.published_at for each in publications)
    groups: dict[datetime | None, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda each: (each.ended_at, each.subject)):
        if attempt.failed:
            closing = next((moment for moment in moments if moment > attempt.ended_at), None)
            groups.setdefault(closing, []).append(attempt)
    return tuple(_incident(failed, closing, alerts) for closing, failed in groups.items())


def _incident(
    failed: Sequence[Attempt], closed_at: datetime | None, alerts: Sequence[Alert]
) -> Incident:
    opened_at = failed[0].ended_at
    subjects = tuple(dict.fromkeys(attempt.subject for attempt in failed))
    told = [
        alert.at
        for alert in alerts
        if alert.subject in subjects
        and alert.at >= opened_at
        and (closed_at is None or alert.at < closed_at)
    ]
    return Incident(
        opened_at=opened_at,
        subjects=subjects,
        begun_at=failed[0].begun_at,
        notified_at=min(told, default=None),
        closed_at=closed_at,
    )
