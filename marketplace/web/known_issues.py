"""Quality issues as whoever uses the data is told of them, until they are closed."""

from marketplace.access.issue_model import Issue, IssueStatus
from marketplace.web import urls
from marketplace.web.pages.notices import Known, PortNotice
from marketplace.web.rooms import Rooms


def known_now(rooms: Rooms) -> Known:
    """What must be said of ports now, their known issues among it; fresh on every call."""
    now = rooms.now()
    issues = {
        port: tuple(_notice(issue, issue.status(now)) for issue in found)
        for port, found in rooms.store.issues.known(now).items()
    }
    return Known(now, issues)


def _notice(issue: Issue, status: IssueStatus) -> PortNotice:
    said = f"Known issue, severity {issue.report.severity.value}: {issue.report.title}."
    return PortNotice(
        issue.port, "issue", f"{said} {_SAID[status]}", urls.issue(issue.id), "Follow the issue"
    )


_SAID = {
    IssueStatus.OPEN: "Nobody has taken it up yet.",
    IssueStatus.ACKNOWLEDGED: "It is being worked on.",
    IssueStatus.PATCHED_DOWNSTREAM: "It is patched here, and not fixed where it comes from.",
    IssueStatus.FIXED_AT_SOURCE: "It is fixed at the source, and not yet confirmed here.",
}
