"""Why nobody was signed in through the organisation.

WebError
├── SignInRefused
└── SignInUnavailable
"""

from marketplace.web import urls
from marketplace.web.errors import WebError
from marketplace.web.pages.page import Link

_AGAIN = (Link("Begin again", urls.SIGN_IN),)


class SignInRefused(WebError):
    """What came back from the organisation's sign-in does not prove who somebody is."""

    status = 403

    def __init__(self, why: str) -> None:
        self.why = why
        self.way_on = _AGAIN
        super().__init__(f"You were not signed in: {why}. Begin again from the sign-in page.")


class SignInUnavailable(WebError):
    """The organisation's sign-in does not answer, or not as one."""

    status = 503

    def __init__(self, why: str) -> None:
        self.why = why
        self.way_on = _AGAIN
        super().__init__(
            f"Nobody can sign in for now: {why}. Try again in a minute; "
            "if it stays so, tell the marketplace's team."
        )
