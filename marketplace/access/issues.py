"""Quality issues and the acts on them. Facts are added, never changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, true

from marketplace.access.issue_errors import (
    AlreadyOpened,
    CheckNotPassed,
    IllegalStep,
    PatchIsNoFix,
    RootCauseMissing,
    UnknownIssue,
)
from marketplace.access.issue_model import (
    NEXT,
    FailedCheck,
    Issue,
    IssueAct,
    IssueReport,
    IssueSeverity,
    IssueStatus,
    RootCause,
    Routing,
)
from marketplace.access.tables import quality_issue_acts, quality_issues

_FIXES = frozenset({IssueStatus.PATCHED_DOWNSTREAM, IssueStatus.FIXED_AT_SOURCE})


def add(connection: Connection, issue: Issue) -> Issue:
    """Keep a new issue. Raises AlreadyOpened where one on the same check is not closed."""
    report = issue.report
    if report.check is not None:
        for other in on_port(connection, report.port):
            checked = other.report.check.check_id if other.report.check else None
            if checked == report.check.check_id and other.is_known(issue.opened_at):
                raise AlreadyOpened(other.id, report.port)
    connection.execute(
        insert(quality_issues).values(
            id=issue.id,
            port=report.port,
            title=report.title,
            description=report.description,
            severity=report.severity.value,
            check_id=report.check.check_id if report.check else None,
            candidate_hash=report.check.candidate_hash if report.check else None,
            verdict_hash=report.check.verdict_hash if report.check else None,
            actor_id=issue.opened_by,
            opened_at=issue.opened_at,
        )
    )
    return issue


def stepped(issue: Issue, act: IssueAct) -> Issue:
    """The issue after an act that is legal where it stands.

    Raises IllegalStep, RootCauseMissing, PatchIsNoFix or CheckNotPassed.
    """
    status = issue.status(act.at)
    if act.status is not status and act.status not in NEXT[status]:
        raise IllegalStep(issue.id, status, act.status, tuple(sorted(NEXT[status])))
    if act.status is status is IssueStatus.CLOSED:
        raise IllegalStep(issue.id, status, act.status, ())
    if act.status in _FIXES and act.routing.root_cause is RootCause.UNKNOWN:
        raise RootCauseMissing(issue.id)
    if act.status is IssueStatus.CLOSED and act.accepted_until is None:
        _refuse_early_closure(issue, act)
    return Issue(issue.id, issue.report, issue.opened_by, issue.opened_at, (*issue.acts, act))


def append(connection: Connection, issue: Issue, act: IssueAct) -> Issue:
    """Keep an act. Raises what `stepped` does."""
    after = stepped(issue, act)
    connection.execute(
        insert(quality_issue_acts).values(
            issue_id=issue.id,
            position=act.position,
            status=act.status.value,
            root_cause=act.routing.root_cause.value,
            source_system=act.routing.source_system,
            assigned=" ".join(act.routing.assigned),
            reason=act.reason,
            accepted_until=act.accepted_until.isoformat() if act.accepted_until else None,
            verdict_hash=act.verdict_hash or None,
            actor_id=act.actor_id,
            acted_at=act.at,
        )
    )
    return after


def find(connection: Connection, issue_id: str) -> Issue:
    """The issue as it stands. Raises UnknownIssue."""
    found = _select(connection, quality_issues.c.id == issue_id)
    if not found:
        raise UnknownIssue(issue_id)
    return found[0]


def on_port(connection: Connection, port: str) -> tuple[Issue, ...]:
    """Every issue on a port, newest first."""
    return _select(connection, quality_issues.c.port == port)


def everything(connection: Connection) -> tuple[Issue, ...]:
    """Every issue, newest first."""
    return _select(connection, true())


def _refuse_early_closure(issue: Issue, act: IssueAct) -> None:
    if issue.is_debt:
        raise PatchIsNoFix(issue.id)
    if issue.report.check is not None and not act.verdict_hash:
        raise CheckNotPassed(issue.id, issue.report.check.check_id)


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Issue, ...]:
    newest = (quality_issues.c.opened_at.desc(), quality_issues.c.id.desc())
    rows = connection.execute(select(quality_issues).where(wanted).order_by(*newest)).all()
    query = (
        select(quality_issue_acts)
        .select_from(quality_issue_acts.join(quality_issues))
        .where(wanted)
        .order_by(quality_issue_acts.c.position)
    )
    acts: dict[str, list[IssueAct]] = {}
    for row in connection.execute(query):
        acts.setdefault(row.issue_id, []).append(_act(row))
    return tuple(_issue(row, tuple(acts.get(row.id, ()))) for row in rows)


def _issue(row: Row[Any], acts: tuple[IssueAct, ...]) -> Issue:
    check = None
    if row.check_id is not None:
        check = FailedCheck(row.check_id, row.candidate_hash, row.verdict_hash)
    severity = IssueSeverity(row.severity)
    report = IssueReport(row.port, row.title, row.description, severity, check)
    opened_at: datetime = row.opened_at
    return Issue(row.id, report, row.actor_id, opened_at, acts)


def _act(row: Row[Any]) -> IssueAct:
    until = row.accepted_until
    assigned = tuple(row.assigned.split())
    return IssueAct(
        position=row.position,
        status=IssueStatus(row.status),
        routing=Routing(RootCause(row.root_cause), row.source_system, assigned),
        reason=row.reason,
        actor_id=row.actor_id,
        at=row.acted_at,
        accepted_until=None if until is None else date.fromisoformat(until),
        verdict_hash=row.verdict_hash or "",
    )
