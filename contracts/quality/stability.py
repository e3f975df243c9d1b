"""How far two profiles lie apart: the population stability index of each column, and its parts."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from contracts.quality.profiles import ColumnProfile

LEAST_VALUES = 100  # in each version: of fewer, chance alone makes another distribution
_LEAST_SHARE = 0.001  # an empty bin counts as one in a thousand, or the index would be infinite


def stability_index(before: ColumnProfile, now: ColumnProfile) -> float | None:
    """The population stability index, over categories or over the deciles of `before`.

    What chance alone would make of two draws from one distribution is taken off. Below 0.1 is
    usual, above 0.25 another distribution. None where there is nothing to compare, or too little.
    """
    if not _are_many(before, now):
        return None
    if before.categories is not None and now.categories is not None:
        shares = _shares(before.categories, now.categories)
        return max(0.0, _index(shares) - _by_chance(len(shares), before, now))
    if before.deciles is not None and now.deciles is not None:
        edges = sorted(set(before.deciles[1:-1]))
        pairs = zip(_binned(before.deciles, edges), _binned(now.deciles, edges), strict=True)
        return max(0.0, _index(list(pairs)) - _by_chance(len(edges) + 1, before, now))
    return None


def mean_shift(before: ColumnProfile, now: ColumnProfile) -> float | None:
    """By how many of the earlier version's deviations the mean moved; None where not comparable.

    The deviation is taken from the middle 80 percent, as single outliers must not widen it.
    """
    if before.mean is None or now.mean is None or before.deciles is None:
        return None
    if not _are_many(before, now):
        return None
    deviation = (before.deciles[9] - before.deciles[1]) / 2.563
    return None if deviation <= 0 else abs(now.mean - before.mean) / deviation


def _are_many(before: ColumnProfile, now: ColumnProfile) -> bool:
    return min(before.filled or 0, now.filled or 0) >= LEAST_VALUES


def _by_chance(bins: int, before: ColumnProfile, now: ColumnProfile) -> float:
    """The index that two draws of these sizes from one distribution have on average."""
    return (bins - 1) * (1 / (before.filled or 1) + 1 / (now.filled or 1))


def _shares(before: Mapping[str, float], now: Mapping[str, float]) -> list[tuple[float, float]]:
    return [(before.get(key, 0.0), now.get(key, 0.0)) for key in sorted({*before, *now})]


def _index(shares: Sequence[tuple[float, float]]) -> float:
    total = 0.0
    for before, now in shares:
        old, new = max(before, _LEAST_SHARE), max(now, _LEAST_SHARE)
        total += (new - old) * math.log(new / old)
    return total


def _binned(deciles: Sequence[float], edges: Sequence[float]) -> list[float]:
    """The share of values up to each edge, as the differences between them."""
    reached = [0.0, *(_share_up_to(deciles, edge) for edge in edges), 1.0]
    return [max(0.0, high - low) for low, high in pairwise(reached)]


def _share_up_to(deciles: Sequence[float], edge: float) -> float:
    """How much of the distribution is at most `edge`; straight between two deciles."""
    if edge < deciles[0]:
        return 0.0
    if edge >= deciles[-1]:
        return 1.0
    place = max(i for i, value in enumerate(deciles) if value <= edge)
    low, high = deciles[place], deciles[place + 1]
    part = (edge - low) / (high - low) if high > low else 1.0
    return min(1.0, (place + part) / 10)
