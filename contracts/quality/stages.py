"""Drift before a port is checked: when files land, and when models are built.

What was seen at a stage is held against the runs before, at that stage; the verdict of every port
downstream carries the results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.check_model import CheckKind
from contracts.findings import Finding, counted, passed_if
from contracts.quality.bands import MINIMUM_VERSIONS, band, too_short
from contracts.quality.observations import Observation, not_assessed, observed
from contracts.verdict import CheckResult

_VOLUME_FLOOR = 0.25  # of the median: sources grow in steps of a file
_REJECTED_FLOOR = 0.02  # two points
_MODEL_FLOOR = 0.25
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LandedFigures:
    """What one kind of source file came to over its current files, after one landing."""

    files: int
    rows_read: int
    rows_landed: int
    rows_rejected: int
    rows_duplicate: int
    columns: tuple[str, ...]  # declared ones that a file has

    @property
    def rejected_share(self) -> float:
        """From 0 to 1; 0 where nothing was read."""
        return self.rows_rejected / self.rows_read if self.rows_read else 0.0


def landing_results(
    name: str, now: LandedFigures, history: Sequence[LandedFigures]
) -> tuple[CheckResult, ...]:
    """Reconciliation, volume, rejected share and columns of `<source system>.<object>`.

    `history` is of the landings before, oldest first.
    """
    return (
        _accounting(name, now),
        _landed_volume(name, now, history),
        _rejected_share(name, now, history),
        _columns(name, now, history),
    )


def model_results(
    now: Mapping[str, int], history: Sequence[Mapping[str, int]]
) -> tuple[CheckResult, ...]:
    """The rows of a port's intermediate tables, each within the range of the builds before."""
    told = Observation(
        "observed.drift.models",
        CheckKind.DRIFT,
        "The tables that it is built from have as many rows as in the builds before",
        "each within three robust deviations of its median, at least 25 percent of it",
    )
    if not now:
        return (not_assessed(told, "Not assessed: no model of this port is kept as a table."),)
    compared, outside = 0, []
    for model, rows in now.items():
        before = [float(each[model]) for each in history if model in each]
        expected = band(before, _MODEL_FLOOR * _middle(before))
        if expected is not None:
            compared += 1
            if not expected.holds(rows):
                low, high = max(0, round(expected.low)), round(expected.high)
                outside.append(f"`{model}` {rows:,} rows, expected {low:,} to {high:,}")
    if compared == 0:
        return (not_assessed(told, too_short(len(history), MINIMUM_VERSIONS, "build")),)
    found = "; ".join(outside[:_SHOWN]) or f"{counted(compared, 'table')} within their ranges"
    return (observed(told, Finding(passed_if(not outside), found)),)


def _accounting(name: str, now: LandedFigures) -> CheckResult:
    told = Observation(
        f"observed.reconciliation.{name}",
        CheckKind.RECONCILIATION,
        f"Every row read from `{name}` is landed, rejected with a reason, or a duplicate",
        f"{now.rows_read:,} rows",
    )
    if not now.files:
        return not_assessed(told, "Not assessed: no file has landed.")
    accounted = now.rows_landed + now.rows_rejected + now.rows_duplicate
    found = (
        f"{now.rows_landed:,} landed + {now.rows_rejected:,} rejected + "
        f"{now.rows_duplicate:,} duplicates = {accounted:,}"
    )
    off = abs(now.rows_read - accounted)
    return observed(told, Finding(passed_if(off == 0), found, now.rows_read, off))


def _landed_volume(name: str, now: LandedFigures, history: Sequence[LandedFigures]) -> CheckResult:
    title = f"`{name}` landed as many rows as in the runs before"
    rows = [float(each.rows_landed) for each in history]
    expected = band(rows, _VOLUME_FLOOR * _middle(rows))
    id_ = f"observed.landing.volume.{name}"
    if expected is None:
        told = Observation(id_, CheckKind.DRIFT, title, None)
        return not_assessed(told, too_short(len(rows), MINIMUM_VERSIONS, "landing"))
    words = f"from {max(0, round(expected.low)):,} to {round(expected.high):,} rows"
    told = Observation(id_, CheckKind.DRIFT, title, words)
    found = f"{now.rows_landed:,} rows of {counted(now.files, 'file')}"
    return observed(told, Finding(passed_if(expected.holds(now.rows_landed)), found))


def _rejected_share(name: str, now: LandedFigures, history: Sequence[LandedFigures]) -> CheckResult:
    title = f"`{name}` had no more rows rejected than in the runs before"
    id_ = f"observed.landing.rejected.{name}"
    expected = band([each.rejected_share for each in history], _REJECTED_FLOOR)
    if expected is None:
        told = Observation(id_, CheckKind.DRIFT, title, None)
        return not_assessed(told, too_short(len(history), MINIMUM_VERSIONS, "landing"))
    words = f"at most {100 * expected.high:.1f} percent rejected"
    told = Observation(id_, CheckKind.DRIFT, title, words)
    return observed(
        told,
        Finding(
            passed_if(now.rejected_share <= expected.high),
            f"{100 * now.rejected_share:.1f} percent of {now.rows_read:,} rows",
            checked_rows=now.rows_read,
            failing_rows=now.rows_rejected,
        ),
    )


def _columns(name: str, now: LandedFigures, history: Sequence[LandedFigures]) -> CheckResult:
    told = Observation(
        f"observed.landing.columns.{name}",
        CheckKind.DRIFT,
        f"The files of `{name}` have the columns that they had in the run before",
        "the same declared columns",
    )
    if not history:
        return not_assessed(told, "Not assessed: nothing had landed before.")
    before, after = set(history[-1].columns), set(now.columns)
    changes = [f"`{column}` is new" for column in sorted(after - before)]
    changes += [f"`{column}` is gone" for column in sorted(before - after)]
    found = "; ".join(changes[:_SHOWN]) or f"{counted(len(after), 'column')} as before"
    return observed(told, Finding(passed_if(not changes), found))


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
