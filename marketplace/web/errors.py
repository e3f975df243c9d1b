"""What the web room refuses, and the one shape in which every refusal is shown.

MarketplaceError
├── AssetsNotBuilt
└── WebError
    ├── NotSignedIn
    ├── NotAllowed
    ├── NotFound
    ├── InvalidForm
    ├── FormExpired
    ├── TooLarge
    ├── OutOfScope
    ├── TooManySignIns
    ├── ForeignOrigin
    ├── UnknownHost
    ├── NotAcceptable
    └── NotReady

A refusal of another room becomes the same shape in `problem_of`: its class names the code, its
message is shown as it is, and whatever is not the marketplace's own error says nothing of itself.
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar

from marketplace.errors import MarketplaceError
from marketplace.web import urls
from marketplace.web.pages.page import Link, Page


class AssetsNotBuilt(MarketplaceError):
    """The stylesheet could not be compiled, or was never compiled."""


class WebError(MarketplaceError):
    """The root of what the web room refuses."""

    status: ClassVar[int] = 400
    way_on: tuple[Link, ...] = ()


class NotSignedIn(WebError):
    """The page or the interface needs to know who is asking."""

    status = 401

    def __init__(self, address: str) -> None:
        self.address = address
        self.way_on = (Link("Sign in", urls.sign_in(address)),)
        super().__init__("You are not signed in. Sign in, or send a token that still stands.")


class NotAllowed(WebError):
    """Who is asking may not do this."""

    status = 403

    def __init__(self, reason: str, way_on: tuple[Link, ...] = ()) -> None:
        self.way_on = way_on
        super().__init__(reason)


class NotFound(WebError):
    """Nothing is shown at the address."""

    status = 404

    def __init__(self, what: str = "There is no page at this address.") -> None:
        self.way_on = (Link("Search for data", urls.SEARCH), Link("Go to the home page", urls.HOME))
        super().__init__(what)


class InvalidForm(WebError):
    """What was sent lacks something, or says something that cannot be."""

    status = 422

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__(" ".join(fields.values()))


class FormExpired(WebError):
    """The form does not belong to this session."""

    status = 403

    def __init__(self, address: str) -> None:
        self.way_on = (Link("Open the page again", address),)
        super().__init__(
            "Nothing was changed: the form was opened in another session or is out of date. "
            "Open the page again and send it from there."
        )


class TooLarge(WebError):
    """More was sent than any form of the marketplace needs."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Nothing was changed: more than {limit:,} bytes were sent. Send a shorter text."
        )


class OutOfScope(WebError):
    """A token was used for what none of its scopes opens."""

    status = 403

    def __init__(self, scopes: str, needed: str | None) -> None:
        self.scopes, self.needed = scopes, needed
        self.way_on = (Link("Open your tokens", urls.TOKENS),)
        way_on = (
            f"Make a token with the scope `{needed}`."
            if needed is not None
            else "No token may: sign in with a browser."
        )
        super().__init__(f"The token was refused here: its scopes are `{scopes}`. {way_on}")


class TooManySignIns(WebError):
    """Too many sign-ins failed from one address."""

    status = 429

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            f"Signing in is paused for your address: too many attempts failed. "
            f"Try again in {seconds} seconds."
        )


class ForeignOrigin(WebError):
    """A page of another site sent a change."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Nothing was changed: the request came from a page of another site. "
            "Open the marketplace's own page and send it from there."
        )


class UnknownHost(WebError):
    """The request names a host that this is not."""

    status = 400

    def __init__(self) -> None:
        super().__init__("The request names another host. Use the marketplace's own address.")


class NotAcceptable(WebError):
    """None of the formats that are offered was asked for."""

    status = 406

    def __init__(self, offered: tuple[str, ...]) -> None:
        super().__init__(f"No offered format was asked for. Accept one of: {', '.join(offered)}.")


class NotReady(WebError):
    """Something that the marketplace needs is not there yet."""

    status = 503


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as it is shown: its code, what was refused and the ways on."""

    status: int
    code: str
    message: str
    way_on: tuple[Link, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """The one error shape."""
        shown: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "way_on": [{"text": link.text, "href": link.href} for link in self.way_on],
        }
        if self.fields:
            shown["fields"] = self.fields
        return {"error": shown}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage(Page):
    """A refusal as a page, with the ways on."""

    template: ClassVar[str] = "problem.html"
    problem: Problem


_HEADINGS = {
    401: "Sign in to continue",
    403: "You cannot do this",
    404: "Page not found",
    405: "This address is not opened that way",
    409: "This has already been settled",
    410: "This is no longer served",
    413: "Too much was sent",
    429: "Too many attempts",
    503: "Not available for now",
}

# By the class's name, so that a room's error keeps its status wherever it is raised.
_STATUS = {
    "NotOneSelect": 400,
    "NoGrant": 403,
    "NothingShown": 403,
    "NotProtected": 503,
    "CopyAltered": 503,
    "CopyTooLarge": 503,
    "CopyFailed": 503,
    "GrantOnHold": 403,
    "UnknownPort": 404,
    "UnknownProduct": 404,
    "UnknownListing": 404,
    "InvalidSearch": 400,
    "IndexUnreadable": 503,
    "StatementUnreadable": 400,
    "NothingPublished": 409,
    "ServiceEnded": 410,
    "QueryFailed": 400,
    "QueryTimedOut": 422,
    "QueryTooLarge": 422,
    "ScanTooLarge": 422,
    "TooManyQueries": 429,
    "QueryCancelled": 409,
    "UnknownStatement": 404,
    "UnsupportedFormat": 422,
    "SandboxUnavailable": 503,
    "UnknownRequest": 404,
    "UnknownGrant": 404,
    "UnknownToken": 404,
    "UnknownSession": 404,
    "NotYourSession": 403,
    "UnknownScope": 422,
    "OwnRequest": 403,
    "NotAnApprover": 403,
    "RoleMissing": 403,
    "NotTheSteward": 403,
    "NotYourRequest": 403,
    "NotYoursToRevoke": 403,
    "NotYourToken": 403,
    "AlreadyRequested": 409,
    "AlreadyDecided": 409,
    "AlreadyRevoked": 409,
    "PurposeMissing": 422,
    "PeriodOutOfRange": 422,
    "ReasonMissing": 422,
    "TokenNameMissing": 422,
    "UnknownAlert": 404,
    "NotYoursToClose": 403,
    "AlertClosed": 409,
    "CanaryUnclear": 422,
    "UnknownCanary": 404,
    "NotForEmergencies": 403,
    "EmergencyPeriod": 422,
    "EmergencyUnexplained": 422,
    "EmergencyUnreviewed": 409,
    "NoEmergency": 404,
    "NotYoursToReview": 403,
    "AlreadyReviewed": 409,
    "NotYoursToKeep": 403,
    "NotYoursToRecord": 403,
    "PersonHasLeft": 403,
    "AlreadySuspended": 409,
    "NotSuspended": 409,
    "GrantOver": 409,
    "NotDueYet": 409,
    "ConditionUnclear": 422,
    "UnknownFulfilment": 404,
    "FulfilmentEnded": 409,
    "AnswerRefused": 422,
    "RestrictionRefused": 422,
    "AgreementIncomplete": 422,
    "AgreementEnded": 422,
    "ReviewsMissing": 409,
    "NotTheReviewer": 403,
    "ReviewNotNeeded": 409,
    "SamePerson": 403,
    "StageMoved": 409,
    "UnknownIssue": 404,
    "IssueTextMissing": 422,
    "AlreadyOpened": 409,
    "IllegalStep": 409,
    "RootCauseMissing": 409,
    "SourceMissing": 422,
    "CheckNotPassed": 409,
    "PatchIsNoFix": 409,
    "RiskPeriod": 422,
    "UnknownPlan": 404,
    "PlanIncomplete": 422,
    "PlanClosed": 409,
    "TargetNotMet": 409,
    "NotQuarantined": 404,
    "NotReleasable": 409,
    "StaleCandidate": 409,
    "CandidateLost": 409,
    "VerdictMismatch": 409,
    "VersionTooLow": 409,
    "MetadataMissing": 409,
    "LayoutChanged": 409,
    "CommitRefused": 503,
}
UNEXPECTED = Problem(
    500,
    "unexpected",
    "Something went wrong on our side, and nothing was changed. Try again in a minute; "
    "if it happens again, tell the marketplace's team when it happened.",
    (Link("Go to the home page", urls.HOME),),
)


def code_of(error: type[BaseException]) -> str:
    """`NoGrant` as `no_grant`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()


def problem_of(error: Exception) -> Problem:
    """How `error` is shown. Only the platform's own refusals speak; the rest is `unexpected`."""
    known = _STATUS.get(type(error).__name__)
    if isinstance(error, WebError):
        fields = error.fields if isinstance(error, InvalidForm) else {}
        return Problem(error.status, code_of(type(error)), str(error), error.way_on, fields)
    if known is None:
        return UNEXPECTED
    return Problem(known, code_of(type(error)), str(error), _way_on(error))


def _way_on(error: Exception) -> tuple[Link, ...]:
    """Where to go after another room's refusal."""
    port = getattr(error, "port", None)
    name = type(error).__name__
    if name == "NoGrant" and isinstance(port, str):
        return (Link(f"Request access to {port}", urls.new_request(port)),)
    successor = getattr(error, "successor", None)
    if isinstance(successor, str):
        return (Link(f"Request access to {successor}", urls.new_request(successor)),)
    if name in {"UnknownPort", "UnknownProduct", "UnknownListing"}:
        return (Link("Search for data", urls.SEARCH),)
    existing = getattr(error, "existing", None) or getattr(error, "request", None)
    if existing is not None:
        return (Link("Open the request", urls.request(existing.id)),)
    return ()


def heading(problem: Problem) -> str:
    """The title of the page that shows `problem`."""
    return _HEADINGS.get(problem.status, "There is a problem")


def problem_page(problem: Problem) -> ProblemPage:
    """`problem` as a page."""
    return ProblemPage(title=heading(problem), problem=problem)
