"""What all statements together may use, and what a role adds to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from confinement.limits import Limits
from confinement.warm import Stay
from marketplace.access.model import Role
from marketplace.query.copies import CopySettings

__all__ = ["Allowance", "Limits", "QuerySettings", "Stay"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the statements of one person may use."""

    limits: Limits
    at_once: int  # statements that run at the same time

    def widened(self, other: "Allowance") -> "Allowance":
        """The larger of each limit: a further role never takes anything away."""
        names = [part.name for part in fields(Limits)]
        most = {
            name: max(getattr(self.limits, name), getattr(other.limits, name)) for name in names
        }
        return Allowance(Limits(**most), max(self.at_once, other.at_once))


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """How the query room is run; no door can ask for more than a person's allowance."""

    scratch: Path  # results and spilled rows while a statement runs; made when it is missing
    limits: Limits = field(default_factory=Limits)
    spares: int = 2  # connected workers that wait for a statement
    at_once: int = 4  # statements that run at the same time: memory is at_once * limits.memory_mb
    at_once_per_actor: int = 2  # so that one person's bombs leave room for the others
    waiting_per_actor: int = 8  # more are refused at once
    by_role: Mapping[Role, Allowance] = field(default_factory=dict)  # where a role has more
    wait_seconds: float = 10.0  # for a place, before TooManyQueries
    stay: Stay = field(default_factory=Stay)  # of workers, for their person's next statement
    copies: CopySettings | None = None  # None: ports that are shown in part cannot be read
    confinement_required: bool = True  # False only in development, on a machine without Landlock

    def allowance(self, roles: Iterable[Role]) -> Allowance:
        """What a person with these roles may use: the most that any of them gives."""
        allowed = Allowance(self.limits, self.at_once_per_actor)
        for role in roles:
            allowed = allowed.widened(self.by_role.get(role, allowed))
        return allowed
