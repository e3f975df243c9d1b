"""What running a statement in a process of its own refuses.

ConfinementError
├── RefusedStatement
└── NoWorker
"""


class ConfinementError(Exception):
    """The root of everything that this package refuses."""


class RefusedStatement(ConfinementError):
    """The text is no single SELECT. `found` names the statements as DuckDB calls them."""

    def __init__(self, found: tuple[str, ...]) -> None:
        self.found = found
        super().__init__(
            f"Found {', '.join(f'`{kind}`' for kind in found) or 'no statement'}, "
            "expected one `SELECT`."
        )


class NoWorker(ConfinementError):
    """No process can be had to run a statement in, for `reason`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"No statement is run here: {reason}.")
