"""What must be said of a port wherever its data is shown: stale, released, at fault, or ending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from marketplace.index.model import PortListing, Released
from marketplace.web import urls
from marketplace.web.formats import counted, day


@dataclass(frozen=True, slots=True)
class PortNotice:
    """One thing that a reader of a port must know, and where the evidence is."""

    port: str
    kind: str  # stale, released, issue, ending
    text: str
    href: str
    link: str = "See what failed"  # what following `href` does


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the ports besides their listings, at one moment (UTC)."""

    now: datetime
    issues: Mapping[str, tuple[PortNotice, ...]]  # by port, newest first


def port_notices(port: PortListing, known: Known) -> tuple[PortNotice, ...]:
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
    return (*notices, *known.issues.get(port.reference, ()))


def release_text(said: Released) -> str:
    """Who released a version, when, and despite what."""
    checks = counted(said.failed, "failed check")
    return f"Released by {said.name} on {day(said.at)} despite {checks}: {said.reason}"


def one_line(notices: Iterable[PortNotice]) -> str:
    """The notices as one line of ASCII, as headers and files can hold it."""
    said = (f"{each.port}: {' '.join(each.text.split())} <{each.href}>" for each in notices)
    return " | ".join(said).encode("ascii", "replace").decode()[:2000]
