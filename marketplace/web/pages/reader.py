"""Where the reader of a page stands with a port, and their next step."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.access.model import AccessRequest, Actor, Grant, RequestStatus
from marketplace.web import urls
from marketplace.web.pages.page import Link


@dataclass(frozen=True, slots=True)
class ReaderAccess:
    """Where the reader stands with one port, and their next step."""

    status: str  # signed_out, none, submitted, standing
    sentence: str
    link: Link
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page, and what they asked for and were granted."""

    actor: Actor | None
    standing: tuple[Grant, ...]
    requests: tuple[AccessRequest, ...]


def reader_access(port: str, reader: Reader) -> ReaderAccess:
    """Where the reader stands with `port`."""
    if reader.actor is None:
        ask = urls.sign_in(urls.new_request(port))
        return ReaderAccess("signed_out", "Sign in to ask for access.", Link("Sign in", ask))
    for grant in reader.standing:
        if grant.port == port:
            query = urls.query(f"select *\nfrom {port}\nlimit 100")
            return ReaderAccess(
                "standing", "You can query it.", Link("Query this port", query), grant.expires_at
            )
    for request in reader.requests:
        if request.port == port and request.status is RequestStatus.SUBMITTED:
            return ReaderAccess(
                "submitted",
                "You have asked for access, and an approver has still to decide.",
                Link("See your request", urls.request(request.id)),
            )
    return ReaderAccess(
        "none", "You do not have access yet.", Link("Request access", urls.new_request(port))
    )
