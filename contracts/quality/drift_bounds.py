"""How far a version may lie from those before it: defaults, and a contract's own, tighter or wider.

A contract gives its own in the custom property `drift`: any of `minimumVersions`, `volumePercent`,
`leastVolumePercent`, `mostVolumePercent`, `nullSharePoints`, `meanDeviations`, `stabilityIndex`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.errors import DocumentFault
from contracts.model import Contract
from contracts.quality.bands import MINIMUM_VERSIONS

PLACE = "customProperties.drift"


@dataclass(frozen=True, slots=True)
class DriftBounds:
    """The bounds of one port."""

    minimum_versions: int = MINIMUM_VERSIONS
    volume_floor: float = 0.1  # the narrowest range of rows, as a share of the median to each side
    least_volume: float = 0.7  # of the version before
    most_volume: float = 2.0
    null_share_points: float = 5.0  # percentage points
    mean_deviations: float = 0.5  # standard deviations of the version before
    stability_index: float = 0.25


_KEYS = {
    "minimumVersions": (2, 100),
    "volumePercent": (0, 1000),
    "leastVolumePercent": (0, 100),
    "mostVolumePercent": (100, 100_000),
    "nullSharePoints": (0, 100),
    "meanDeviations": (0, 100),
    "stabilityIndex": (0, 100),
}


def bounds_of(contract: Contract) -> DriftBounds:
    """The bounds of a contract without faults; what it does not say is the default."""
    given = contract.custom.get("drift")
    if not isinstance(given, Mapping):
        return DriftBounds()
    said = {key: float(value) for key, value in given.items() if not _is_wrong(key, value)}
    usual = DriftBounds()
    return DriftBounds(
        minimum_versions=int(said.get("minimumVersions", usual.minimum_versions)),
        volume_floor=said.get("volumePercent", usual.volume_floor * 100) / 100,
        least_volume=said.get("leastVolumePercent", usual.least_volume * 100) / 100,
        most_volume=said.get("mostVolumePercent", usual.most_volume * 100) / 100,
        null_share_points=said.get("nullSharePoints", usual.null_share_points),
        mean_deviations=said.get("meanDeviations", usual.mean_deviations),
        stability_index=said.get("stabilityIndex", usual.stability_index),
    )


def bound_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong with a contract's own bounds."""
    given = contract.custom.get("drift")
    if given is None:
        return
    if not isinstance(given, Mapping):
        yield DocumentFault(PLACE, "is not a mapping.", f"Write any of {', '.join(_KEYS)}.")
        return
    for key, value in given.items():
        if key not in _KEYS:
            yield DocumentFault(f"{PLACE}.{key}", "is no bound.", f"Use {', '.join(_KEYS)}.")
        elif _is_wrong(key, value):
            low, high = _KEYS[key]
            fault = f"`{value}` is no number from {low:,} to {high:,}."
            yield DocumentFault(f"{PLACE}.{key}", fault, "Write such a number.")


def _is_wrong(key: Any, value: Any) -> bool:
    if key not in _KEYS or isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = _KEYS[key]
    return not low <= value <= high
