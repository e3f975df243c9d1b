"""The orchestration's errors.

OrchestrationError
├── ProjectUnparsable
├── ModelFailed
│   └── UnitsNotSeparated
├── NothingToCheck
├── ServedContractNotMet
├── AccessDiffers
└── RunInProgress
"""

from contracts.verdict import Verdict


class OrchestrationError(Exception):
    """The root of everything that stops a run."""


class ProjectUnparsable(OrchestrationError):
    """dbt cannot read its own project."""

    def __init__(self, message: str) -> None:
        super().__init__(
            f"The dbt project cannot be parsed: {message}\n"
            "Correct the file it names and run again; nothing was built."
        )


class ModelFailed(OrchestrationError):
    """A model could not be built; what was published before stays served."""

    def __init__(self, message: str) -> None:
        super().__init__(
            f"dbt could not build: {message}\n"
            "Correct the model and run again; the last published version stays served."
        )


class UnitsNotSeparated(ModelFailed):
    """A model would read what is another business unit's, or do more than read and select."""

    def __init__(self, port: str, faults: tuple[str, ...]) -> None:
        self.port, self.faults = port, faults
        listed = "\n".join(f"- It {each}." if each[0] != "`" else f"- {each}." for each in faults)
        super().__init__(
            f"`{port}`, because business units are separated and something of it is not:\n{listed}"
        )


class NothingToCheck(OrchestrationError):
    """A port has no candidate and no published version."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__(f"`{port}` has no candidate to check. Materialize its mart first.")


class ServedContractNotMet(OrchestrationError):
    """A later check found that what is served does not keep its contract."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(
            f"{verdict.summary} It stays served; its evidence page shows this check. "
            "Publish a corrected version."
        )


class AccessDiffers(OrchestrationError):
    """What people can read is not what was decided, or could not be held against it."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(
            f"Effective access is not what was decided: {found}\n"
            "The incident is in the audit log; run `marketplace access probe` for each difference."
        )


class RunInProgress(OrchestrationError):
    """Another run holds this home folder."""

    def __init__(self, home: str) -> None:
        super().__init__(
            f"Another run is writing to `{home}`. Wait until it has ended, or give this one "
            "another folder with MARKETPLACE_HOME."
        )
