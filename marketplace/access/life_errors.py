"""What is refused of steps in a grant's life, of moves and of conditions.

MarketplaceError
└── AccessError
    ├── NotYoursToKeep
    ├── AlreadySuspended
    ├── NotSuspended
    ├── GrantOver
    ├── NotDueYet
    ├── NotYoursToRecord
    ├── ConditionUnclear
    ├── UnknownFulfilment
    ├── FulfilmentEnded
    └── PersonHasLeft
"""

from datetime import datetime

from marketplace.access.errors import AccessError
from marketplace.access.grant_life import Hindrance
from marketplace.access.model import Grant

_ENDINGS = {
    Hindrance.REVOKED: "it was revoked",
    Hindrance.LEFT: "its holder has left",
    Hindrance.EXPIRED: "it has expired",
    Hindrance.LAPSED: "it lapsed without a confirmation",
    Hindrance.NOT_STARTED: "it has not started",
}


class NotYoursToKeep(AccessError):
    """Someone who does not answer for a grant tried to suspend, resume or confirm it."""

    def __init__(self, grant: Grant, deciders: tuple[str, ...]) -> None:
        self.grant, self.deciders = grant, deciders
        listed = ", ".join(f"`{name}`" for name in deciders) or "governance"
        super().__init__(
            f"Grant `{grant.id}` was left as it is: only the owner or approvers of "
            f"`{grant.port}`, or governance, suspend, resume and confirm it, and nobody their "
            f"own. Ask one of: {listed}."
        )


class AlreadySuspended(AccessError):
    """The grant is suspended already."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        super().__init__(
            f"Grant `{grant.id}` was left as it is: it is suspended already. Resume it, or revoke "
            "it for good."
        )


class NotSuspended(AccessError):
    """The grant is not suspended, so there is nothing to lift."""

    def __init__(self, grant: Grant) -> None:
        self.grant = grant
        super().__init__(
            f"Grant `{grant.id}` was left as it is: it is not suspended. Nothing needs to be done."
        )


class GrantOver(AccessError):
    """The grant gives no right any more, and nothing brings it back."""

    def __init__(self, grant: Grant, hindrance: Hindrance) -> None:
        self.grant, self.hindrance = grant, hindrance
        super().__init__(
            f"Grant `{grant.id}` was left as it is: {_ENDINGS[hindrance]}. Its holder can ask for "
            f"`{grant.port}` again."
        )


class NotDueYet(AccessError):
    """A confirmation comes long before its review date, or the grant has none."""

    def __init__(self, grant: Grant, since: datetime | None) -> None:
        self.grant, self.since = grant, since
        when = "it has no review date" if since is None else f"it is due from `{since:%d %B %Y}`"
        super().__init__(
            f"Grant `{grant.id}` was not confirmed: {when}. Nothing needs to be done until then."
        )


class NotYoursToRecord(AccessError):
    """Someone without the right, or the person themselves, recorded a move or a condition."""

    def __init__(self, what: str, actor_id: str) -> None:
        self.what, self.actor_id = what, actor_id
        super().__init__(
            f"The {what} of `{actor_id}` was not recorded: governance records it, and nobody their "
            "own. Ask governance."
        )


class ConditionUnclear(AccessError):
    """A condition has no plain name, no evidence, or a period that cannot be."""

    def __init__(self, fault: str, remedy: str) -> None:
        self.fault = fault
        super().__init__(f"The condition was not recorded: {fault}. {remedy}")


class UnknownFulfilment(AccessError):
    """No recorded condition has this id."""

    def __init__(self, fulfilment_id: str) -> None:
        self.fulfilment_id = fulfilment_id
        super().__init__(
            f"There is no recorded condition `{fulfilment_id}`. Open it from the person's list."
        )


class FulfilmentEnded(AccessError):
    """The condition was taken back already."""

    def __init__(self, fulfilment_id: str) -> None:
        self.fulfilment_id = fulfilment_id
        super().__init__(
            f"Condition `{fulfilment_id}` was left as it is: it was taken back already. "
            "Nothing needs to be done."
        )


class PersonHasLeft(AccessError):
    """Somebody who has left tried to sign in, ask or make a token."""

    def __init__(self, actor_id: str) -> None:
        self.actor_id = actor_id
        super().__init__(
            f"`{actor_id}` was not let in: they have left the organisation. "
            "Governance records it when somebody comes back."
        )
