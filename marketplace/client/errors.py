"""What a program that uses the marketplace has to expect.

MarketplaceError
└── ClientError
    ├── Refused
    ├── NotReachable
    ├── InsecureAddress
    ├── UnreadableAnswer
    ├── AnswerIncomplete
    └── PackageMissing
"""

from collections.abc import Mapping

from marketplace.errors import MarketplaceError


class ClientError(MarketplaceError):
    """The root of what the client raises."""


class Refused(ClientError):
    """The marketplace refused; its message says why and what to do.

    `code` names the kind, for a program to act on: `no_grant`, `not_signed_in`, `query_timed_out`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Mapping[str, str] | None = None,
        way_on: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.status, self.code = status, code
        self.fields = dict(fields or {})  # of what was sent: its name and what is wrong with it
        self.way_on = way_on  # words and address of each next step
        super().__init__(message)


class NotReachable(ClientError):
    """Nothing answered at the address, or it stopped before the end."""

    def __init__(self, address: str, reason: str) -> None:
        self.address, self.reason = address, reason
        super().__init__(
            f"The marketplace at `{address}` did not answer: {reason}. Check the address and that "
            "it runs, then ask again; reading changes nothing."
        )


class InsecureAddress(ClientError):
    """A token would cross a network that anybody on it can read."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(
            f"No token is sent to `{address}`: it is neither https nor this machine. "
            "Use the https address of the marketplace."
        )


class UnreadableAnswer(ClientError):
    """What answered is no marketplace, or one of another age than this client."""

    def __init__(self, address: str, fault: str) -> None:
        self.address, self.fault = address, fault
        super().__init__(
            f"The answer of `{address}` cannot be read: {fault}. Check that the address is the "
            "marketplace's own, and that client and marketplace are of one version."
        )


class AnswerIncomplete(ClientError):
    """Fewer rows arrived than the marketplace sent; none of them is given out."""

    def __init__(self, arrived: int, sent: int) -> None:
        self.arrived, self.sent = arrived, sent
        super().__init__(
            f"The answer was cut off: `{arrived}` of {sent} rows arrived. Run the statement again."
        )


class PackageMissing(ClientError):
    """The kind of table that was asked for needs a package that is not installed."""

    def __init__(self, package: str, call: str) -> None:
        self.package, self.call = package, call
        super().__init__(
            f"`{call}` needs the package `{package}`, which is not installed. Install it, "
            "or use `arrow()`, which needs nothing more."
        )
