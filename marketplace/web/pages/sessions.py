"""Where people are signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.access.model import Session
from marketplace.web import urls
from marketplace.web.pages.page import Page

WAYS = {"demo": "As a demo person", "openid": "By the organisation's sign-in"}


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session that stands."""

    id: str
    person: str
    way: str
    agent: str
    opened_at: datetime
    last_use: datetime
    ends_at: datetime  # if nobody uses it again
    is_this_one: bool
    ending: str  # where its end is posted


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage(Page):
    """The reader's sessions; or for governance everyone's."""

    template: ClassVar[str] = "sessions.html"
    section: ClassVar[str] = "access"
    sessions: tuple[SessionLine, ...]
    of_everyone: bool
    others: int  # sessions of the reader beside this one
    everyone: str = ""  # the address of everyone's, for who may open it


def session_line(session: Session, person: str, this: str) -> SessionLine:
    """`session` as it is listed. `this` is the id of the session that asks."""
    return SessionLine(
        id=session.id,
        person=person,
        way=WAYS.get(session.way, "By a command on the machine"),
        agent=session.agent or "Not said",
        opened_at=session.created_at,
        last_use=session.last_use,
        ends_at=session.ends_at,
        is_this_one=session.id == this,
        ending=urls.session_end(session.id),
    )
