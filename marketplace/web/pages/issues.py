"""Quality issues as pages: the list, the form that opens one, and one with its acts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from marketplace.access.issue_book import LONGEST_TEXT, LONGEST_TITLE
from marketplace.access.issue_model import Issue, IssueAct, IssueSeverity, RootCause
from marketplace.web import urls
from marketplace.web.formats import words
from marketplace.web.pages.checks import Evidence
from marketplace.web.pages.page import Choice, Link, Page

Named = Callable[[str], str]  # an actor's id to what the reader may know of who it is
SEVERITIES = {
    IssueSeverity.HIGH: "High: the data cannot be used for what it is for",
    IssueSeverity.MEDIUM: "Medium: it can be used with care",
    IssueSeverity.LOW: "Low: it is a blemish",
}
CAUSES = {
    RootCause.SOURCE: "The source: it was wrong when it came to us",
    RootCause.TRANSFORMATION: "The transformation: our models made it wrong",
    RootCause.CONTRACT: "The contract: it promises what is not meant",
    RootCause.PLATFORM: "The platform: it failed to run or to serve",
}


@dataclass(frozen=True, slots=True)
class IssueLine:
    """One issue in a list."""

    id: str
    href: str
    port: str
    title: str
    severity: str
    status: str
    root_cause: str
    source_system: str
    is_debt: bool
    opened_at: datetime
    accepted_until: date | None


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act on an issue."""

    at: datetime
    did: str
    by: str
    reason: str
    verdict: Link | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuesPage(Page):
    """What is known to be wrong, what is only patched, and what was closed."""

    template: ClassVar[str] = "issues.html"
    section: ClassVar[str] = "issues"
    port: str
    known: tuple[IssueLine, ...]
    mine: tuple[IssueLine, ...]  # routed to the reader
    closed: tuple[IssueLine, ...]
    report: str  # address of the form; empty without a port


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssuePage(Page):
    """The form that opens an issue."""

    template: ClassVar[str] = "issue_new.html"
    section: ClassVar[str] = "issues"
    port: str
    product: Link
    check: Evidence | None
    hidden: tuple[tuple[str, str], ...]  # what the form sends of the check
    wrong: str  # the issue's title so far
    description: str
    severities: tuple[Choice, ...]
    longest_title: int = LONGEST_TITLE
    longest_text: int = LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Acts:
    """What the reader may do about an issue, as addresses; empty where they may not."""

    routing: str
    progress: str
    closure: str
    may_accept: bool
    because: str  # why they may not close it
    steps: tuple[Choice, ...]
    causes: tuple[Choice, ...]
    sources: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage(Page):
    """One issue: what is wrong, the check, who is to fix it, and every act so far."""

    template: ClassVar[str] = "issue.html"
    section: ClassVar[str] = "issues"
    line: IssueLine
    description: str
    product: Link
    opened_by: str
    assigned: tuple[str, ...]
    check: Evidence | None
    evidence: str
    sample_reason: str
    passed_by: Link | None
    history: tuple[ActLine, ...]
    acts: Acts


def issue_line(issue: Issue, now: datetime) -> IssueLine:
    """`issue` as a line."""
    routing = issue.routing
    return IssueLine(
        id=issue.id,
        href=urls.issue(issue.id),
        port=issue.port,
        title=issue.report.title,
        severity=issue.report.severity.value,
        status=issue.status(now).value,
        root_cause=routing.root_cause.value,
        source_system=routing.source_system,
        is_debt=issue.is_debt,
        opened_at=issue.opened_at,
        accepted_until=issue.accepted_until,
    )


def history_of(issue: Issue, named: Named) -> tuple[ActLine, ...]:
    """Every act on `issue`, newest first."""
    lines, before = [], None
    for act in issue.acts:
        lines.append(_act_line(issue, act, before, named))
        before = act
    return tuple(reversed(lines))


def _act_line(issue: Issue, act: IssueAct, before: IssueAct | None, named: Named) -> ActLine:
    link = None
    if act.verdict_hash:
        link = Link("The verdict that passes the check", urls.evidence_history(issue.port))
    return ActLine(act.at, _did(act, before), named(act.actor_id), act.reason, link)


def _did(act: IssueAct, before: IssueAct | None) -> str:
    if act.accepted_until is not None:
        return f"Accepted the risk until {act.accepted_until:%d %B %Y}"
    earlier = None if before is None else before.routing
    if act.routing != earlier and act.routing.root_cause is not RootCause.UNKNOWN:
        to = ", ".join(words(each) for each in act.routing.assigned) or "nobody"
        system = f" of {act.routing.source_system}" if act.routing.source_system else ""
        return f"Routed to {to}{system}, cause: {act.routing.root_cause.value}"
    return words(act.status.value)


def choices_of(values: Mapping[Any, str], chosen: str) -> tuple[Choice, ...]:
    """What a form offers, one of them chosen; `values` are an enumeration's words."""
    return tuple(Choice(each.value, text, selected=each == chosen) for each, text in values.items())
