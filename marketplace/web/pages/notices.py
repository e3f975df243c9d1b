"""What must be said of a port wherever its data is shown: not the newest, released, or at fault."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marketplace.index.model import Listing, PortListing, Released
from marketplace.web import urls
from marketplace.web.formats import counted, day


@dataclass(frozen=True, slots=True)
class PortNotice:
    """One thing that a reader of a port must know, and where the evidence is."""

    port: str
    kind: str  # stale, released, issue
    text: str
    href: str


KnownIssues = Mapping[str, tuple[PortNotice, ...]]  # by port


def port_notices(port: PortListing, issues: KnownIssues) -> tuple[PortNotice, ...]:
    """What must be said of `port`, its known issues last; nothing where there is nothing."""
    notices = []
    if port.stale is not None:
        text = f"What is served is the last good version: {port.stale.reason}."
        href = urls.evidence(port.reference, port.stale.candidate_hash)
        notices.append(PortNotice(port.reference, "stale", text, href))
    if port.released is not None:
        text = release_text(port.released)
        verdict = port.served_verdict or {}
        href = urls.evidence(port.reference, str(verdict.get("candidate_hash", "")))
        notices.append(PortNotice(port.reference, "released", text, href))
    return (*notices, *issues.get(port.reference, ()))


def release_text(said: Released) -> str:
    """Who released a version, when, and despite what."""
    checks = counted(said.failed, "failed check")
    return f"Released by {said.name} on {day(said.at)} despite {checks}: {said.reason}"


def listing_notices(listing: Listing, issues: KnownIssues) -> tuple[PortNotice, ...]:
    """What must be said of any port of a product."""
    return tuple(notice for port in listing.ports for notice in port_notices(port, issues))


def one_line(notices: Iterable[PortNotice]) -> str:
    """The notices as one line of ASCII, as headers and files can hold it."""
    said = (f"{each.port}: {' '.join(each.text.split())} <{each.href}>" for each in notices)
    return " | ".join(said).encode("ascii", "replace").decode()[:2000]
