"""What landing refuses.

LandingError
├── InvalidSourceContract
├── SourceRootMissing
├── SourceChanged
├── UnreadableFile
├── AccountingBroken
├── StaleLanding
├── UnknownSourceObject
└── DownloadError
    ├── DownloadRefused
    └── DownloadFailed
"""

from collections.abc import Sequence
from pathlib import Path


class LandingError(Exception):
    """The root of everything that landing refuses."""


class InvalidSourceContract(LandingError):
    """A source contract asks for something that landing does not understand."""

    def __init__(self, source_system: str, faults: Sequence[str]) -> None:
        self.source_system = source_system
        self.faults = tuple(faults)
        super().__init__(
            f"The source contract `{source_system}` cannot be landed by:\n"
            + "\n".join(f"- {fault}" for fault in faults)
        )


class SourceRootMissing(LandingError):
    """The folder of the source files is not there, so nothing may be withdrawn either."""

    def __init__(self, root: Path) -> None:
        self.root = root
        super().__init__(
            f"No folder of source files at `{root}`. Nothing was landed or withdrawn. "
            "Set MARKETPLACE_SOURCES to a folder or an https address."
        )


class SourceChanged(LandingError):
    """A source file was written to while it was being landed."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"The source file `{path}` changed while it was read, so its rows were not kept. "
            "Land again when it is complete."
        )


class UnreadableFile(LandingError):
    """A file is not what its name says: damaged, encrypted, or of a format that is not read."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"The source file `{path}` cannot be read: {reason}")


class AccountingBroken(LandingError):
    """The rows that were read are not the rows that were landed, rejected or duplicates."""

    def __init__(self, path: str, equation: str) -> None:
        self.path = path
        self.equation = equation
        super().__init__(
            f"The rows of `{path}` do not add up: {equation}. Nothing of it was landed. "
            "This is a fault of the platform: report it with the file."
        )


class StaleLanding(LandingError):
    """What is landed was typed under another version of the source contract."""

    def __init__(self, source_system: str, name: str, files: int) -> None:
        self.source_system = source_system
        self.name = name
        self.files = files
        super().__init__(
            f"`{source_system}.{name}` has {files} files landed under another version of its "
            "source contract. Land the sources again before reading them."
        )


class UnknownSourceObject(LandingError):
    """A source contract has no schema object of that name."""

    def __init__(self, source_system: str, name: str, known: Sequence[str]) -> None:
        self.source_system = source_system
        self.name = name
        super().__init__(
            f"No schema object `{name}` in the source contract `{source_system}`. "
            f"It has: {', '.join(f'`{each}`' for each in known)}."
        )


class DownloadError(LandingError):
    """The root of what keeps a source file from being downloaded."""


class DownloadRefused(DownloadError):
    """A download breaks a rule: address, size, checksum or path."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"The download of `{address}` was refused: {reason}")


class DownloadFailed(DownloadError):
    """The server or the line failed; what has arrived is kept and continued next time."""

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(
            f"The download of `{address}` failed: {reason}. What arrived is kept: run again."
        )
