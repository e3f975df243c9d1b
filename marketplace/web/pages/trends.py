"""Scores over time as a small drawing, with the same in words for who does not see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marketplace.web.formats import counted, day

WIDTH, HEIGHT = 96, 24  # of the drawing's own units
_EDGE = 3  # so that a point at the end is not cut


@dataclass(frozen=True, slots=True)
class TrendDot:
    """One version's score in the drawing; 100 is at the top, 0 at the bottom."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Trend:
    """How a score went, over the versions that have one."""

    words: str  # `Up 1.2 since 3 November 2026, over 4 versions`
    label: str  # the drawing in words
    dots: tuple[TrendDot, ...]  # none where there is nothing to compare

    @property
    def path(self) -> str:
        """The dots as an SVG polyline's points."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


def trend_of(what: str, series: Sequence[tuple[datetime, str | None]]) -> Trend:
    """The trend of a score over versions, oldest first; versions without one leave no dot."""
    known = [(at, Decimal(score)) for at, score in series if score is not None]
    if not series or series[-1][1] is None or not known:
        return Trend("No trend: not assessed", "", ())
    if len(known) == 1:
        return Trend("No trend yet: one version", "", ())
    (since, before), (_, now) = known[-2], known[-1]
    change = (
        "Unchanged" if now == before else f"{'Up' if now > before else 'Down'} {abs(now - before)}"
    )
    listed = ", ".join(f"{score} on {day(at)}" for at, score in known)
    return Trend(
        words=f"{change} since {day(since)}, over {counted(len(known), 'version')}",
        label=f"{what.capitalize()} over time: {listed}",
        dots=_dots([score for _, score in known]),
    )


def _dots(scores: Sequence[Decimal]) -> tuple[TrendDot, ...]:
    step = Decimal(WIDTH - 2 * _EDGE) / (len(scores) - 1)
    tall = Decimal(HEIGHT - 2 * _EDGE)
    return tuple(
        TrendDot(
            x=float(round(_EDGE + place * step, 1)),
            y=float(round(_EDGE + tall * (100 - score) / 100, 1)),
        )
        for place, score in enumerate(scores)
    )
