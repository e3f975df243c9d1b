"""What all statements together may use."""

from dataclasses import dataclass, field
from pathlib import Path

from confinement.limits import Limits
from confinement.warm import Stay
from marketplace.query.copies import CopySettings

__all__ = ["Limits", "QuerySettings", "Stay"]


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """How the query room is run; `limits` are the most that any door can ask for."""

    scratch: Path  # results and spilled rows while a statement runs; made when it is missing
    limits: Limits = field(default_factory=Limits)
    spares: int = 2  # connected workers that wait for a statement
    at_once: int = 4  # statements that run at the same time: memory is at_once * limits.memory_mb
    at_once_per_actor: int = 2  # so that one person's bombs leave room for the others
    wait_seconds: float = 10.0  # for a place, before TooManyQueries
    stay: Stay = field(default_factory=Stay)  # of workers, for their person's next statement
    copies: CopySettings | None = None  # None: ports that are shown in part cannot be read
    confinement_required: bool = True  # False only in development, on a machine without Landlock
