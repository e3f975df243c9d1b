"""Drift of a candidate: against the served version, and against the range of all versions before.

Everything is compared by kept profiles, so that no older version is read again. Raises nothing:
what cannot be compared is unchecked, with the reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts.check_model import CheckKind
from contracts.findings import Finding, passed_if
from contracts.quality.bands import band, too_short
from contracts.quality.drift_bounds import DriftBounds
from contracts.quality.observations import Observation, not_assessed, observed
from contracts.quality.profiles import ColumnProfile, Profile
from contracts.quality.stability import mean_shift, stability_index
from contracts.verdict import CheckResult

_SHOWN = 5  # columns named in a result; the count says how many there are
_SAMPLED_FACTOR = 4.0  # neighbours in a sample's strips may be alike: bounds are as much wider
_FIRST = "Not assessed: nothing was served before."


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a candidate is compared with."""

    served: Profile | None  # of the version that it would replace
    history: tuple[Profile, ...] = ()  # of versions before, in any order, the served one among them


def drift_results(now: Profile, earlier: Earlier, bounds: DriftBounds) -> tuple[CheckResult, ...]:
    """Schema, volume, empty values, means and distributions: one result each."""
    return (
        _schema(now, earlier.served),
        _volume_band(now, earlier.history, bounds),
        _null_bands(now, earlier.history, bounds),
        _volume_change(now, earlier.served, bounds),
        _compared(_NULLS, now, earlier.served, bounds.null_share_points / 100),
        _compared(_MEANS, now, earlier.served, bounds.mean_deviations),
        _compared(_DISTRIBUTIONS, now, earlier.served, bounds.stability_index),
    )


def _schema(now: Profile, served: Profile | None) -> CheckResult:
    told = Observation(
        "observed.drift.schema",
        CheckKind.DRIFT,
        "The columns are those of the version before",
        "the same columns with the same types",
    )
    if served is None:
        return not_assessed(told, _FIRST)
    before = {name: each.type for name, each in served.columns.items()}
    after = {name: each.type for name, each in now.columns.items()}
    changes = [f"`{name}` is new" for name in after if name not in before]
    changes += [f"`{name}` is gone" for name in before if name not in after]
    changes += [
        f"`{name}` was {before[name].lower()} and is {after[name].lower()}"
        for name in after
        if name in before and before[name] != after[name]
    ]
    names = len({*before, *after})
    return observed(
        told,
        Finding(passed_if(not changes), _listed(changes, f"{names} columns as before")),
    )


def _volume_band(now: Profile, history: Sequence[Profile], bounds: DriftBounds) -> CheckResult:
    rows = [float(each.rows) for each in history]
    floor = bounds.volume_floor * (sorted(rows)[len(rows) // 2] if rows else 0.0)
    expected = band(rows, floor, bounds.minimum_versions)
    title = "The number of rows is as in the versions before"
    if expected is None:
        told = Observation("observed.drift.volume", CheckKind.DRIFT, title, None)
        return not_assessed(told, too_short(len(rows), bounds.minimum_versions))
    words = (
        f"from {max(0, round(expected.low)):,} to {round(expected.high):,} rows, "
        f"as {expected.versions} versions had"
    )
    told = Observation("observed.drift.volume", CheckKind.DRIFT, title, words)
    return observed(told, Finding(passed_if(expected.holds(now.rows)), f"{now.rows:,} rows"))


def _null_bands(now: Profile, history: Sequence[Profile], bounds: DriftBounds) -> CheckResult:
    floor = bounds.null_share_points / 100
    told = Observation(
        "observed.drift.nulls",
        CheckKind.DRIFT,
        "Each column's share of empty values is as in the versions before",
        f"per column within 3 robust deviations of the median, at least {floor * 100:g} points",
    )
    if len(history) < bounds.minimum_versions:
        return not_assessed(told, too_short(len(history), bounds.minimum_versions))
    outside, compared = [], 0
    for name, column in now.columns.items():
        shares = [e.columns[name].null_share for e in history if name in e.columns]
        known = [share for share in shares if share is not None]
        is_counted = column.is_exact or not now.is_sample
        widest = floor if is_counted else floor * _SAMPLED_FACTOR
        expected = band(known, widest, bounds.minimum_versions)
        if expected is None or column.null_share is None:
            continue
        compared += 1
        if not expected.holds(column.null_share):
            low, high = max(0.0, expected.low), min(1.0, expected.high)
            outside.append(
                f"`{name}` {_percent(column.null_share)} empty, "
                f"expected {_percent(low)} to {_percent(high)}"
            )
    if compared == 0:
        return not_assessed(told, "Not assessed: no column's empty values are known.")
    return observed(told, Finding(passed_if(not outside), _listed(outside, f"{compared} columns")))


def _volume_change(now: Profile, served: Profile | None, bounds: DriftBounds) -> CheckResult:
    least, most = bounds.least_volume, bounds.most_volume
    words = None
    if served is not None:
        words = f"from {round(served.rows * least):,} to {round(served.rows * most):,} rows"
    told = Observation(
        "observed.stability.volume",
        CheckKind.STABILITY,
        "The number of rows has not jumped since the version before",
        words,
    )
    if served is None:
        return not_assessed(told, _FIRST)
    is_stable = served.rows * least <= now.rows <= served.rows * most
    return observed(
        told, Finding(passed_if(is_stable), f"{now.rows:,} rows, {served.rows:,} before")
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A figure of each column, between two versions."""

    id: str
    title: str
    expected: str
    measure: Callable[[ColumnProfile, ColumnProfile], float | None]
    shown: Callable[[float], str]


def _null_change(before: ColumnProfile, now: ColumnProfile) -> float | None:
    if before.null_share is None or now.null_share is None:
        return None
    return abs(now.null_share - before.null_share)


_NULLS = _Comparison(
    "observed.stability.nulls",
    "No column's share of empty values has jumped since the version before",
    "each share within {:g} of before, where 1 is all values",
    _null_change,
    lambda value: f"moved by {value * 100:.1f} points",
)
_MEANS = _Comparison(
    "observed.stability.means",
    "No column's mean has jumped since the version before",
    "each mean within {:g} standard deviations of before",
    mean_shift,
    lambda value: f"moved by {value:.2f} deviations",
)
_DISTRIBUTIONS = _Comparison(
    "observed.stability.distribution",
    "No column's distribution has changed since the version before",
    "a population stability index of at most {:g} per column",
    stability_index,
    lambda value: f"has the index {value:.2f}",
)


def _compared(
    comparison: _Comparison, now: Profile, served: Profile | None, limit: float
) -> CheckResult:
    told = Observation(
        comparison.id, CheckKind.STABILITY, comparison.title, comparison.expected.format(limit)
    )
    if served is None:
        return not_assessed(told, _FIRST)
    if not now.rows or not served.rows:
        return not_assessed(told, "Not assessed: one of the two versions has no rows.")
    measured = _measured(comparison, now, served)
    if not measured:
        return not_assessed(told, "Not assessed: no column has enough values to compare.")
    beyond = {
        name: value
        for name, value in measured.items()
        if value > limit * _widened(comparison, name, now, served)
    }
    words = [f"`{name}` {comparison.shown(value)}" for name, value in _largest(beyond)]
    name, value = _largest(measured)[0]
    calm = f"{len(measured)} columns; most, `{name}` {comparison.shown(value)}"
    sample = f", by a sample of {now.sampled_rows:,} rows" if now.is_sample else ""
    found = _listed(words, calm) + sample
    return observed(told, Finding(passed_if(not beyond), found))


def _widened(comparison: _Comparison, name: str, now: Profile, served: Profile) -> float:
    """By how much a bound is wider: not at all for what was counted over all rows."""
    is_counted = comparison is _NULLS and now.columns[name].is_exact
    if is_counted and served.columns[name].is_exact:
        return 1.0
    return _SAMPLED_FACTOR if now.is_sample or served.is_sample else 1.0


def _measured(comparison: _Comparison, now: Profile, served: Profile) -> dict[str, float]:
    is_comparable = now.hashed_by == served.hashed_by or comparison is not _DISTRIBUTIONS
    pairs = {
        name: comparison.measure(served.columns[name], column)
        for name, column in now.columns.items()
        if name in served.columns and is_comparable
    }
    return {name: value for name, value in pairs.items() if value is not None}


def _largest(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))


def _listed(found: Sequence[str], otherwise: str) -> str:
    if not found:
        return otherwise
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
