"""Who may do what with quality issues and improvement plans: pure rules over facts.

The people that a port's contract names decide about it; those of a source system only help where
an issue was routed to them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from marketplace.access.facts import Facts, ties
from marketplace.access.issue_model import Issue
from marketplace.access.model import Actor, Permission
from marketplace.access.rights import Tie, is_allowed


class IssueAction(StrEnum):
    """What an actor can ask to do with an issue or a plan."""

    OPEN = "issue.open"
    ROUTE = "issue.route"
    PROGRESS = "issue.progress"
    CLOSE = "issue.close"
    ACCEPT_RISK = "issue.accept_risk"
    SEE_ROWS = "issue.rows"
    FILL_IN = "plan.fill_in"
    CLOSE_PLAN = "plan.close"


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What is known of the port, and the issue that is acted on."""

    port: Facts
    issue: Issue | None = None


def decide_issue(actor: Actor | None, action: IssueAction, facts: IssueFacts) -> Permission:
    """Whether the actor may act. No actor: nobody is signed in."""
    if actor is None:
        return Permission(False, "You are not signed in.", "Sign in, then try again.")
    return _RULES[action](actor, facts)


def is_assigned(actor: Actor, facts: IssueFacts) -> bool:
    """Whether the issue was routed to the actor or a team of theirs."""
    issue = facts.issue
    return issue is not None and not actor.references.isdisjoint(issue.routing.assigned)


def _may(actor: Actor, action: IssueAction, facts: IssueFacts) -> bool:
    assigned = {Tie.ASSIGNED} if is_assigned(actor, facts) else set[Tie]()
    return is_allowed(actor, action, ties(actor, facts.port) | assigned)


def _open(actor: Actor, facts: IssueFacts) -> Permission:
    if _may(actor, IssueAction.OPEN, facts):
        return Permission(True, "You answer for this port or hold a grant on it.")
    return Permission(
        False,
        f"Issues of `{facts.port.reference}` are opened by who answers for it or uses it.",
        f"Request access to `{facts.port.reference}`, or ask its steward.",
    )


def _answer(action: IssueAction) -> Callable[[Actor, IssueFacts], Permission]:
    """The rule of what those do who answer for the port."""

    def rule(actor: Actor, facts: IssueFacts) -> Permission:
        if _may(actor, action, facts):
            return Permission(True, f"You answer for `{facts.port.reference}`.")
        return Permission(
            False,
            f"You are neither owner nor steward of `{facts.port.reference}`.",
            _asks(facts.port.stewards or facts.port.owners),
        )

    return rule


def _accept(actor: Actor, facts: IssueFacts) -> Permission:
    if _may(actor, IssueAction.ACCEPT_RISK, facts):
        return Permission(True, f"You are an owner of `{facts.port.reference}`.")
    return Permission(
        False,
        f"Only an owner of `{facts.port.reference}` accepts a risk for its users.",
        _asks(facts.port.owners),
    )


def _see_rows(actor: Actor, facts: IssueFacts) -> Permission:
    if _may(actor, IssueAction.SEE_ROWS, facts):
        return Permission(True, "You answer for this port, use it, or have to fix it.")
    return Permission(
        False,
        f"Failing rows of `{facts.port.reference}` are rows of data.",
        f"Request access to `{facts.port.reference}`, or ask its steward.",
    )


def _asks(references: tuple[str, ...]) -> str:
    named = ", ".join(f"`{reference}`" for reference in references)
    return f"Ask {named}." if named else "Ask governance: the contract names no one."


_RULES: Mapping[IssueAction, Callable[[Actor, IssueFacts], Permission]] = {
    IssueAction.OPEN: _open,
    IssueAction.ROUTE: _answer(IssueAction.ROUTE),
    IssueAction.PROGRESS: _answer(IssueAction.PROGRESS),
    IssueAction.CLOSE: _answer(IssueAction.CLOSE),
    IssueAction.ACCEPT_RISK: _accept,
    IssueAction.SEE_ROWS: _see_rows,
    IssueAction.FILL_IN: _answer(IssueAction.FILL_IN),
    IssueAction.CLOSE_PLAN: _answer(IssueAction.CLOSE_PLAN),
}
