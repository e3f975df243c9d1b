"""How pages write dates, numbers, durations and statuses: the GOV.UK style."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

_LONDON = ZoneInfo("Europe/London")
_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3_600, "hour"))

TAGS = {
    "passed": ("Passed", "green"),
    "failed": ("Failed", "red"),
    "error": ("Could not run", "orange"),
    "unchecked": ("Not checked", "grey"),
    "fresh": ("Up to date", "green"),
    "late": ("Stale", "orange"),
    "unknown": ("Freshness not known", "grey"),
    "warnings": ("Passed with warnings", "yellow"),
    "stale": ("Last good version", "orange"),
    "released": ("Released despite failed checks", "orange"),
    "begun": ("Begun", "grey"),
    "unpublished": ("Not yet published", "grey"),
    "high": ("High confidence", "green"),
    "moderate": ("Moderate confidence", "yellow"),
    "low": ("Low confidence", "red"),
    "not_established": ("Confidence not established", "grey"),
    "not_assessed": ("Not assessed", "grey"),
    "submitted": ("Waiting for a decision", "blue"),
    "approved": ("Approved", "green"),
    "rejected": ("Refused", "red"),
    "withdrawn": ("Withdrawn", "grey"),
    "waiting": ("Waiting", "blue"),
    "to_come": ("Still to come", "grey"),
    "not_needed": ("Not needed any more", "grey"),
    "standing": ("Standing", "green"),
    "revoked": ("Revoked", "red"),
    "expired": ("Expired", "grey"),
    "suspended": ("Suspended", "red"),
    "moved": ("To be confirmed", "yellow"),
    "condition": ("Condition not met", "yellow"),
    "lapsed": ("Lapsed", "grey"),
    "left": ("Holder left", "grey"),
    "not_started": ("Not started", "grey"),
    "open": ("Open", "red"),
    "acknowledged": ("Acknowledged", "blue"),
    "patched_downstream": ("Patched downstream", "orange"),
    "fixed_at_source": ("Fixed at source", "teal"),
    "closed": ("Closed", "grey"),
    "debt": ("Debt: the source is not fixed", "orange"),
    "to_plan": ("Action to be planned", "yellow"),
    "planned": ("Action planned", "blue"),
    "overdue": ("Overdue", "red"),
    "ended": ("Ended with the port", "grey"),
    "done": ("Done", "green"),
    "denied": ("Denied", "red"),
    "OPEN": ("Open", "teal"),
    "INTERNAL": ("Internal", "blue"),
    "COMMERCIAL": ("Commercial", "purple"),
    "active": ("Active", "green"),
    "draft": ("Draft", "grey"),
    "proposed": ("Proposed", "grey"),
    "deprecated": ("Deprecated", "orange"),
    "retired": ("Retired", "red"),
}


LICENCES = {
    "OGL-UK-3.0": "Open Government Licence v3.0",
    "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/": (
        "Open Government Licence v3.0"
    ),
}


def licence(value: str) -> str:
    """A licence by its name, where it is one that everyone knows."""
    return LICENCES.get(value, value)


def words(name: str) -> str:
    """A name of folders and columns as a reader says it: `machinery_of_government`."""
    spoken = name.replace("team:", "").replace("_", " ").replace("-", " ").strip()
    return spoken[:1].upper() + spoken[1:]


def label(value: str) -> str:
    """What a status is called on a page."""
    if value in TAGS:
        return TAGS[value][0]
    return value if value.isupper() else words(value)  # a marking keeps its standard form


def day(value: datetime | date | None) -> str:
    """`22 November 2026`, in London."""
    if value is None:
        return "Not known"
    moment = value.astimezone(_LONDON) if isinstance(value, datetime) else value
    return f"{moment.day} {moment:%B %Y}"


def moment(value: datetime | None) -> str:
    """`22 November 2026 at 5:05pm`, in London."""
    if value is None:
        return "Not known"
    local = value.astimezone(_LONDON)
    hour = local.hour % 12 or 12
    return f"{day(value)} at {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def number(value: int | float | None) -> str:
    """`11,214,848`."""
    if value is None:
        return "Not known"
    return f"{value:,}"


def counted(value: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def seconds(value: float | None) -> str:
    """`12 ms`, `3.4 seconds`."""
    if value is None:
        return "Not known"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} seconds"


def age(since: datetime | None, now: datetime) -> str:
    """`3 days ago`: the largest whole unit."""
    if since is None:
        return "not known"
    elapsed = max(timedelta(0), now - since.astimezone(UTC)).total_seconds()
    for size, unit in _STEPS:
        if elapsed >= size:
            return f"{counted(int(elapsed // size), unit)} ago"
    return "less than an hour ago"


def short(identifier: str) -> str:
    """The first twelve signs of a hash."""
    return identifier[:12]


def cell(value: Any) -> str:
    """A value of a result as text; the caller shows an absent one apart."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def ticked(text: str) -> Markup:
    """`text` with what stands in backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its pair
        return escape(text)
    return Markup("").join(
        Markup('<code class="app-code">{}</code>').format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
