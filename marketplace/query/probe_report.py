"""What a probe of effective access found."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DifferenceKind(StrEnum):
    """In what the engine, the grants, the log and the files do not agree."""

    LOG = "log"  # the audit log is not what was written: nothing it says can be relied on
    GRANT = "grant"  # a stored grant is not what was decided
    FILES = "files"  # the served files are not what was checked
    SHOWN = "shown"  # a session shows what no grant gives
    NOT_SHOWN = "not_shown"  # a session does not show what a grant gives
    CONTENT = "content"  # a session shows other rows or cells than the grants give


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement, as evidence for who looks into it. It holds no value of any row."""

    kind: DifferenceKind
    port: str  # empty where it is about all
    actor_id: str  # empty where it is about nobody in particular
    fault: str

    @property
    def subject(self) -> str:
        """The same for the same difference, however often it is found."""
        text = "\0".join((self.kind.value, self.port, self.actor_id, self.fault))
        return f"difference:{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    @property
    def sentence(self) -> str:
        """The difference in words."""
        about = " ".join(
            f"{name} `{value}`"
            for name, value in (("port", self.port), ("person", self.actor_id))
            if value
        )
        return f"{about}: {self.fault}" if about else self.fault


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """One probe: how much was looked at, and everything that does not agree."""

    at: datetime  # UTC
    actors: int
    ports: int
    sessions: int  # statements that were run as somebody
    compared: int  # sessions whose every row and column was held against the files
    uncompared: tuple[str, ...]  # what could not be held against anything, in words
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything that was looked at agrees."""
        return not self.differences
