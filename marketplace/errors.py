"""The marketplace's errors.

MarketplaceError
├── UnknownSetting
├── UnknownRole
├── SignInHalfSet
└── UnsafeSettings
"""


class MarketplaceError(Exception):
    """The root of everything the marketplace refuses."""


class UnknownSetting(MarketplaceError):
    """An environment variable has the prefix and is no setting."""

    def __init__(self, names: tuple[str, ...], known: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"Unknown setting: {', '.join(f'`{name}`' for name in names)}. "
            f"The settings are: {', '.join(known)}. Remove it or correct its name."
        )


class UnknownRole(MarketplaceError):
    """A setting names a role that there is not."""

    def __init__(self, setting: str, name: str, known: tuple[str, ...]) -> None:
        self.setting, self.name = setting, name
        super().__init__(
            f"`{setting}` gives limits to the role `{name}`, which there is not. "
            f"The roles are: {', '.join(known)}. Correct its name."
        )


class SignInHalfSet(MarketplaceError):
    """The settings of the organisation's sign-in do not fit together."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(
            "The marketplace does not start with these settings of the organisation's sign-in:\n"
            + "\n".join(f"- {fault}" for fault in faults)
        )


class UnsafeSettings(MarketplaceError):
    """Production mode was asked for with settings that are not safe in production."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(
            "The marketplace does not start in production with these settings:\n"
            + "\n".join(f"- {fault}" for fault in faults)
        )
