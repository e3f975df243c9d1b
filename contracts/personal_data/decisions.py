"""What a steward decided about a column that was held, and how far the decision reaches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.personal_data.detection import Found
from contracts.personal_data.kinds import PersonalKind

_GROWTH = 2.0  # a decision covers up to twice the share that was decided on
_NOISE = (
    0.01  # samples differ from run to run: one point more, for kinds that are counted in shares
)
_COUNTED = frozenset({PersonalKind.NAME, PersonalKind.PHONE})


@dataclass(frozen=True, slots=True)
class ColumnDecision:
    """A steward's answer on one column of one port."""

    column: str
    is_personal: bool
    shares: Mapping[str, float]  # kind -> share of different values when it was decided
    decided_by: str
    decided_at: datetime  # UTC
    reason: str

    def covers(self, found: Found) -> bool:
        """Whether what is found now was decided on: the same kind, not materially more of it."""
        decided = self.shares.get(found.kind.value)
        if self.is_personal or decided is None:
            return False
        noise = _NOISE if found.kind in _COUNTED else 0.0
        return found.share <= decided * _GROWTH + noise


def latest_decision(decisions: Iterable[ColumnDecision], column: str) -> ColumnDecision | None:
    """The newest decision on a column; None where there is none."""
    of_column = [each for each in decisions if each.column == column]
    return max(of_column, key=lambda each: each.decided_at, default=None)
