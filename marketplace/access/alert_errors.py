"""What is refused of alerts and of planted rows.

MarketplaceError
└── AccessError
    ├── UnknownAlert
    ├── NotYoursToClose
    ├── AlertClosed
    ├── CanaryUnclear
    └── UnknownCanary
"""

from marketplace.access.errors import AccessError


class UnknownAlert(AccessError):
    """No alert has this id."""

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__(f"There is no alert `{alert_id}`. Open it from the list of alerts.")


class NotYoursToClose(AccessError):
    """Someone without the right, or the person whom it is about, acted on an alert or a canary."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"The {what} was left as it is: governance decides on it, and nobody on what is about "
            "themselves. Ask governance."
        )


class AlertClosed(AccessError):
    """Somebody has said already what came of the alert."""

    def __init__(self, alert_id: str, closed_by: str) -> None:
        self.alert_id, self.closed_by = alert_id, closed_by
        super().__init__(
            f"Alert `{alert_id}` was left as it is: `{closed_by}` has already closed it. "
            "Nothing needs to be done."
        )


class CanaryUnclear(AccessError):
    """A planted value is too short to be told from what is in the data anyway."""

    def __init__(self, shortest: int, longest: int) -> None:
        self.shortest, self.longest = shortest, longest
        super().__init__(
            f"No canary was recorded: its value must have {shortest} to {longest} characters. "
            "Choose a text that stands in the planted row and nowhere else."
        )


class UnknownCanary(AccessError):
    """No canary that still counts has this id."""

    def __init__(self, canary_id: str) -> None:
        self.canary_id = canary_id
        super().__init__(
            f"There is no canary `{canary_id}` that still counts. Open it from the list."
        )
