"""What is refused of access in an emergency.

MarketplaceError
└── AccessError
    ├── NotForEmergencies
    ├── EmergencyPeriod
    ├── EmergencyUnexplained
    ├── EmergencyUnreviewed
    ├── NoEmergency
    ├── NotYoursToReview
    └── AlreadyReviewed
"""

from marketplace.access.errors import AccessError
from marketplace.access.model import Grant


class NotForEmergencies(AccessError):
    """The contract does not list who asks as a reader in an emergency."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(
            f"Nothing was opened: the contract of `{port}` does not list you under "
            "`emergencyAccess`. Ask for access, and tell an approver that it is urgent."
        )


class EmergencyPeriod(AccessError):
    """Emergency access was asked for longer or shorter than allowed."""

    def __init__(self, hours: int, longest: int) -> None:
        self.hours, self.longest = hours, longest
        super().__init__(
            f"Nothing was opened: its period is `{hours}` hours. "
            f"Choose a whole number of hours from 1 to {longest}."
        )


class EmergencyUnexplained(AccessError):
    """Emergency access was asked for without saying what happened."""

    def __init__(self, shortest: int) -> None:
        self.shortest = shortest
        super().__init__(
            f"Nothing was opened: what happened is told in fewer than {shortest} characters. "
            "Say what the emergency is, and what the data is needed for."
        )


class EmergencyUnreviewed(AccessError):
    """The person's last emergency access has not been reviewed yet."""

    def __init__(self, grant_id: str) -> None:
        self.grant_id = grant_id
        super().__init__(
            f"Nothing was opened: your emergency access `{grant_id}` still awaits its review. "
            "Ask an owner or governance to review it first."
        )


class NoEmergency(AccessError):
    """The grant was not given in an emergency."""

    def __init__(self, grant_id: str) -> None:
        self.grant_id = grant_id
        super().__init__(
            f"Nothing was reviewed: grant `{grant_id}` was not given in an emergency. "
            "Open it from the list of emergencies."
        )


class NotYoursToReview(AccessError):
    """Someone without the right, or the holder, reviewed an emergency."""

    def __init__(self, grant: Grant, reviewers: tuple[str, ...]) -> None:
        self.grant, self.reviewers = grant, reviewers
        listed = ", ".join(f"`{name}`" for name in reviewers) or "governance"
        super().__init__(
            f"Nothing was reviewed: only the owner or approvers of `{grant.port}`, or governance, "
            f"review emergency access, and nobody their own. Ask one of: {listed}."
        )


class AlreadyReviewed(AccessError):
    """The emergency has been reviewed."""

    def __init__(self, grant: Grant, reviewer: str) -> None:
        self.grant, self.reviewer = grant, reviewer
        super().__init__(
            f"Grant `{grant.id}` was left as it is: `{reviewer}` has already reviewed it. "
            "Nothing needs to be done."
        )
