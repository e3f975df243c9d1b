"""What one statement may use, and what all statements together may use."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may use. Beyond `rows` or `result_mb` the result is cut, and says so."""

    seconds: float = 30.0  # wall clock
    memory_mb: int = 1024
    rows: int = 100_000
    result_mb: int = 256
    spill_mb: int = 1024
    threads: int = 2
    statement_bytes: int = 100_000  # of UTF-8

    def tightened(self, other: Self | None) -> Self:
        """The smaller of each limit: a caller can ask for less, never for more."""
        if other is None:
            return self
        names = [part.name for part in fields(self)]
        return type(self)(
            **{name: min(getattr(self, name), getattr(other, name)) for name in names}
        )

    def document(self) -> dict[str, Any]:
        """The limits as JSON holds them."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """How the query room is run; `limits` are the most that any door can ask for."""

    scratch: Path  # results and spilled rows while a statement runs; made when it is missing
    limits: Limits = field(default_factory=Limits)
    spares: int = 2  # connected workers that wait for a statement
    at_once: int = 4  # statements that run at the same time: memory is at_once * limits.memory_mb
    at_once_per_actor: int = 2  # so that one person's bombs leave room for the others
    wait_seconds: float = 10.0  # for a place, before TooManyQueries
    confinement_required: bool = True  # False only in development, on a machine without Landlock
