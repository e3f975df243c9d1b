"""Sign-in, tokens and the pages that only say something."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from marketplace.web.pages.page import Choice, Page


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """A demo person that one can sign in as."""

    id: str
    name: str
    role: str
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Page):
    """The organisation's sign-in, or who to sign in as."""

    template: ClassVar[str] = "sign_in.html"
    section: ClassVar[str] = "sign-in"
    people: tuple[PersonChoice, ...]
    organisation: str  # the way to its sign-in; empty where it is not connected
    way_back: str


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One of the reader's tokens."""

    id: str
    name: str
    scope: str
    uses: tuple[str, ...]  # what its scopes open, in words
    created_at: datetime
    expires_at: datetime
    status: str  # standing, expired, revoked
    revocation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensPage(Page):
    """The reader's tokens; a new one's secret is shown this once."""

    template: ClassVar[str] = "tokens.html"
    section: ClassVar[str] = "access"
    tokens: tuple[TokenLine, ...]
    periods: tuple[Choice, ...]
    scopes: tuple[Choice, ...]
    name: str = ""
    secret: str = ""
    secret_name: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage(Page):
    """How the marketplace works."""

    template: ClassVar[str] = "help.html"
    section: ClassVar[str] = "help"
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessibilityPage(Page):
    """The accessibility statement."""

    template: ClassVar[str] = "accessibility.html"
    section: ClassVar[str] = "accessibility"
