"""The range that a figure is expected in, from how it was before; outliers hardly move it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MINIMUM_VERSIONS = 4  # fewer say nothing of how much a figure usually moves
_SPREAD = 3.0  # robust standard deviations to each side
_MAD_TO_SIGMA = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True)
class Band:
    """A range, both ends in it, and how many versions it was taken from."""

    low: float
    high: float
    versions: int

    def holds(self, value: float) -> bool:
        """Whether a figure lies in the range."""
        return self.low <= value <= self.high


def band(history: Sequence[float], floor: float, minimum: int = MINIMUM_VERSIONS) -> Band | None:
    """Median ± 3 robust deviations of a figure's history, at least `floor` to each side.

    None where fewer than `minimum` versions are known: what is usual is then not known either.
    """
    if len(history) < minimum:
        return None
    middle = float(median(history))
    spread = float(median(abs(value - middle) for value in history))
    width = max(_SPREAD * _MAD_TO_SIGMA * spread, floor)
    return Band(middle - width, middle + width, len(history))


def too_short(known: int, minimum: int, what: str = "version") -> str:
    """Why nothing is expected yet."""
    plural = "" if known == 1 else "s"
    return f"Not assessed: {known} {what}{plural} of history, needs {minimum}."
