"""Quality issues as frozen values: what was reported, and every act on it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class IssueStatus(StrEnum):
    """Where a quality issue stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PATCHED_DOWNSTREAM = "patched_downstream"
    FIXED_AT_SOURCE = "fixed_at_source"
    CLOSED = "closed"


class RootCause(StrEnum):
    """Where a fault comes from. Only `source` lies outside the platform."""

    SOURCE = "source"
    TRANSFORMATION = "transformation"
    CONTRACT = "contract"
    PLATFORM = "platform"
    UNKNOWN = "unknown"


class IssueSeverity(StrEnum):
    """How much an issue matters to who uses the data."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


# A fix that did not hold is acknowledged again. A closed issue only comes back by itself, when the
# period ends for which its risk was accepted.
NEXT: Mapping[IssueStatus, frozenset[IssueStatus]] = {
    IssueStatus.OPEN: frozenset(IssueStatus) - {IssueStatus.OPEN},
    IssueStatus.ACKNOWLEDGED: frozenset(
        {IssueStatus.PATCHED_DOWNSTREAM, IssueStatus.FIXED_AT_SOURCE, IssueStatus.CLOSED}
    ),
    IssueStatus.PATCHED_DOWNSTREAM: frozenset({IssueStatus.FIXED_AT_SOURCE, IssueStatus.CLOSED}),
    IssueStatus.FIXED_AT_SOURCE: frozenset({IssueStatus.ACKNOWLEDGED, IssueStatus.CLOSED}),
    IssueStatus.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """The check that an issue was opened from. Its masked rows stay with the evidence."""

    check_id: str
    candidate_hash: str
    verdict_hash: str


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What somebody says is wrong with a port."""

    port: str  # unit.port
    title: str
    description: str
    severity: IssueSeverity
    check: FailedCheck | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """Where the cause lies, and who is to remove it."""

    root_cause: RootCause
    source_system: str = ""  # of a cause at the source
    assigned: tuple[str, ...] = ()  # person ids or team:<id>


@dataclass(frozen=True, slots=True)
class IssueAct:
    """One act on an issue, with the state that it left behind."""

    position: int  # 1 is the first act after the opening
    status: IssueStatus
    routing: Routing
    reason: str
    actor_id: str
    at: datetime  # UTC
    accepted_until: date | None = None  # closed as an accepted risk, up to and with this day
    verdict_hash: str = ""  # the later verdict that passed the check


@dataclass(frozen=True, slots=True)
class Issue:
    """A quality issue with its acts, oldest first."""

    id: str
    report: IssueReport
    opened_by: str
    opened_at: datetime  # UTC
    acts: tuple[IssueAct, ...] = ()

    @property
    def port(self) -> str:
        """The port that it is about."""
        return self.report.port

    @property
    def routing(self) -> Routing:
        """Where the cause is known to lie."""
        return self.acts[-1].routing if self.acts else Routing(RootCause.UNKNOWN)

    @property
    def accepted_until(self) -> date | None:
        """The last day on which its risk is accepted."""
        return self.acts[-1].accepted_until if self.acts else None

    @property
    def is_debt(self) -> bool:
        """Whether it was patched downstream, and never fixed where it comes from since."""
        last = [
            act.status
            for act in self.acts
            if act.status in {IssueStatus.PATCHED_DOWNSTREAM, IssueStatus.FIXED_AT_SOURCE}
        ]
        return bool(last) and last[-1] is IssueStatus.PATCHED_DOWNSTREAM

    def has_returned(self, now: datetime) -> bool:
        """Whether it was closed as an accepted risk for a period that is over."""
        until = self.accepted_until
        return until is not None and now.date() > until

    def status(self, now: datetime) -> IssueStatus:
        """Where it stands at `now` (UTC): open again once an accepted risk has run out."""
        if not self.acts or self.has_returned(now):
            return IssueStatus.OPEN
        return self.acts[-1].status

    def is_known(self, now: datetime) -> bool:
        """Whether whoever uses the port has to be told of it."""
        return self.status(now) is not IssueStatus.CLOSED
