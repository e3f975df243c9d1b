"""What happens to a grant while it lasts, and why it gives no right at a moment.

A grant that was suspended, awaits a confirmation or has an unmet condition is only on hold: it
gives a right again when the reason is gone. One that lapsed, or whose holder left, never does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REVIEW_DAYS = 180  # a grant for longer is confirmed at least this often
CONFIRM_DAYS = 30  # from so long before its review date a grant can be confirmed
MOVE_DAYS = 14  # so long after its holder's move a grant can be confirmed; then it lapses


class GrantStep(StrEnum):
    """What is done to a grant that goes on afterwards."""

    SUSPEND = "suspend"
    RESUME = "resume"
    CONFIRM = "confirm"


class Movement(StrEnum):
    """What happens to a person's place in the organisation."""

    JOINED = "joined"  # also: came back
    MOVED = "moved"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class GrantAct:
    """One step of a grant's life, as it was recorded."""

    position: int
    step: GrantStep
    actor_id: str
    reason: str
    at: datetime  # UTC
    review_at: datetime | None = None  # of a confirmation: when the next one is due


@dataclass(frozen=True, slots=True)
class Moved:
    """A person's move, as it was recorded."""

    actor_id: str
    movement: Movement
    recorded_by: str
    reason: str
    at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A person meets a condition (a course, an agreement) for a period, on evidence."""

    id: str
    actor_id: str
    condition: str  # as contracts name it: `data_protection_course`
    evidence: str
    recorded_by: str
    met_from: datetime  # UTC
    met_until: datetime  # UTC, exclusive
    ended_at: datetime | None = None  # when it was taken back

    def holds(self, now: datetime) -> bool:
        """Whether the condition is met by it at `now`."""
        return self.ended_at is None and self.met_from <= now < self.met_until


class Hindrance(StrEnum):
    """Why a grant gives no right, in the order in which one is named."""

    REVOKED = "revoked"
    LEFT = "left"
    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    MOVED = "moved"
    CONDITION = "condition"


# The grant is alive, and stands again when the reason is gone.
ON_HOLD = frozenset({Hindrance.SUSPENDED, Hindrance.MOVED, Hindrance.CONDITION})


@dataclass(frozen=True, slots=True)
class Life:
    """What has happened to one grant and to its holder since it was made."""

    acts: tuple[GrantAct, ...] = ()
    movements: tuple[Moved, ...] = ()  # of the holder, from the grant's start on
    fulfilments: tuple[Fulfilment, ...] = ()  # of the holder

    @property
    def suspension(self) -> GrantAct | None:
        """The suspension that nobody has lifted; None where there is none."""
        steps = [act for act in self.acts if act.step is not GrantStep.CONFIRM]
        return steps[-1] if steps and steps[-1].step is GrantStep.SUSPEND else None

    @property
    def confirmation(self) -> GrantAct | None:
        """The newest confirmation; None where there was none."""
        return next((a for a in reversed(self.acts) if a.step is GrantStep.CONFIRM), None)

    @property
    def has_left(self) -> bool:
        """Whether the holder has left since the grant began, even if they came back."""
        return any(each.movement is Movement.LEFT for each in self.movements)

    @property
    def moved_at(self) -> datetime | None:
        """When the holder moved without a confirmation since; the first such move."""
        confirmed = self.confirmation
        moves = (each.at for each in self.movements if each.movement is Movement.MOVED)
        return next((at for at in moves if confirmed is None or confirmed.at < at), None)

    def next_review(self, first: datetime | None) -> datetime | None:
        """When the grant lapses without a confirmation; `first` is set when it is made."""
        confirmed, moved_at = self.confirmation, self.moved_at
        planned = first if confirmed is None else confirmed.review_at
        if moved_at is None:
            return planned
        after_move = moved_at + timedelta(days=MOVE_DAYS)
        return after_move if planned is None else min(planned, after_move)

    def unmet(self, conditions: tuple[str, ...], now: datetime) -> tuple[str, ...]:
        """Those of `conditions` that the holder does not meet at `now`."""
        met = {each.condition for each in self.fulfilments if each.holds(now)}
        return tuple(name for name in dict.fromkeys(conditions) if name not in met)


UNTOUCHED = Life()


def review_date(now: datetime, days: int | None, expires_at: datetime) -> datetime | None:
    """When a grant made or confirmed at `now` is to be confirmed; None: it ends before that.

    `days` is what the contract asks for, at most REVIEW_DAYS.
    """
    due = now + timedelta(days=min(days or REVIEW_DAYS, REVIEW_DAYS))
    return due if due < expires_at else None
