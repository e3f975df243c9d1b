"""What every page has, and what stands around it."""

from dataclasses import dataclass, field
from typing import ClassVar

from marketplace.access.facts import Action
from marketplace.access.model import Actor
from marketplace.access.rights import Tie, may_ever
from marketplace.web import urls

OFFICIAL = "OFFICIAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The facts of one page; `template` draws them, the JSON twin lists them."""

    template: ClassVar[str]
    section: ClassVar[str] = ""
    title: str
    marking: str = OFFICIAL
    is_sample: bool = False
    faults: dict[str, str] = field(default_factory=dict)  # of a form: its field and what to do


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the navigation."""

    text: str
    href: str
    section: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a form offers."""

    value: str
    text: str
    hint: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around every page: who is signed in, where they can go, what is marked."""

    actor: Actor | None
    csrf: str
    environment: str
    address: str  # of this page, with its parameters
    assets: str
    waiting: int = 0  # requests that await this actor's decision
    navigation: tuple[Step, ...] = field(default=())


def navigation(actor: Actor | None, waiting: int) -> tuple[Step, ...]:
    """Where `actor` can go: only what they may open."""
    steps = [Step("Find data", urls.SEARCH, "search")]
    if actor is not None:
        steps += [
            Step("Query", urls.QUERY, "query"),
            Step("My access", urls.REQUESTS, "access"),
            Step("Issues", urls.ISSUES, "issues"),
        ]
        if decides(actor) or waiting:  # who only reviews has no other way to see what waits
            steps.append(Step("Decisions", urls.INBOX, "inbox", waiting))
        if answers(actor):
            steps.append(Step("Quarantine", urls.QUARANTINE, "quarantine"))
        if reads_audit(actor):
            steps.append(Step("Audit", urls.AUDIT, "audit"))
    return (*steps, Step("How it works", urls.HELP, "help"))


def decides(actor: Actor) -> bool:
    """Whether requests may be routed to `actor`."""
    return may_ever(actor, Action.DECIDE, Tie.APPROVER)


def answers(actor: Actor) -> bool:
    """Whether `actor` may answer for output ports."""
    return may_ever(actor, Action.SEE_QUARANTINE, Tie.OWNER, Tie.STEWARD)


def reads_audit(actor: Actor) -> bool:
    """Whether `actor` may open the whole audit log."""
    return may_ever(actor, Action.SEE_AUDIT, Tie.ANY)
