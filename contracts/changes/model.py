"""What changed between two versions of a contract, and the version that this demands.

Two questions are kept apart: does it break a consumer (`impact`, which decides the version), and
what must hold before it is published (`gates`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.errors import NotComparable

_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class Impact(StrEnum):
    """What a change does to those who read the data today."""

    EDITORIAL = "editorial"
    COMPATIBLE = "compatible"
    BREAKING = "breaking"

    @property
    def rank(self) -> int:
        """Its place in the order: the more it demands, the higher."""
        return list(Impact).index(self)

    @property
    def bump(self) -> str:
        """The part of the version that it raises: patch, minor or major."""
        return ("patch", "minor", "major")[self.rank]


class Gate(StrEnum):
    """What must hold besides the version before a change is published."""

    PRODUCER = "P"  # the current data already keeps the new promise
    GOVERNANCE = "G"  # whoever answers for the data approves
    REVIEW = "R"  # a person may judge what the comparison cannot decide, and says why


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two contracts, and what it means."""

    path: str  # by names: schema.payments.amount_gbp.required
    title: str  # what changed, in a few words
    impact: Impact
    reason: str
    gates: tuple[Gate, ...] = ()
    before: Any = None
    after: Any = None
    at: tuple[str | int, ...] = ()  # keys and positions in the new document
    judged: str | None = None  # why its author calls it smaller than the comparison would

    def __str__(self) -> str:
        return f"{self.path}: {self.title} ({self.impact}). {self.reason}"


@dataclass(frozen=True, slots=True)
class ContractChange:
    """All differences between two contracts, in the order of the new document's parts."""

    old_version: str
    new_version: str
    changes: tuple[Change, ...]

    @property
    def impact(self) -> Impact | None:
        """The greatest impact of all changes; None where there are none."""
        return max((c.impact for c in self.changes), key=lambda i: i.rank, default=None)

    @property
    def demanded_version(self) -> str:
        """The lowest version that the new contract may carry."""
        return demanded_version(self.old_version, self.impact)

    @property
    def is_version_enough(self) -> bool:
        """Whether the new contract carries at least the version that its changes demand."""
        return read_version(self.new_version) >= read_version(self.demanded_version)

    def of(self, impact: Impact) -> tuple[Change, ...]:
        """The changes of one impact."""
        return tuple(change for change in self.changes if change.impact is impact)

    def gated(self, gate: Gate) -> tuple[Change, ...]:
        """The changes that wait for `gate`."""
        return tuple(change for change in self.changes if gate in change.gates)


def demanded_version(old: str, impact: Impact | None) -> str:
    """The version after `old` for changes of `impact`; before 1.0.0 breaking raises the minor.

    Raises NotComparable where `old` is not a semantic version.
    """
    major, minor, patch = read_version(old)
    if impact is None:
        return old
    if impact is Impact.EDITORIAL:
        return f"{major}.{minor}.{patch + 1}"
    if impact is Impact.COMPATIBLE or major == 0:
        return f"{major}.{minor + 1}.0"
    return f"{major + 1}.0.0"


def read_version(text: str) -> tuple[int, int, int]:
    """A semantic version as numbers. Raises NotComparable."""
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise NotComparable(f"the version `{text}` is not a semantic version such as `1.0.0`")
    return int(found[1]), int(found[2]), int(found[3])


def to_document(change: ContractChange) -> Mapping[str, Any]:
    """The comparison as plain values that JSON keeps."""
    return {
        "old_version": change.old_version,
        "new_version": change.new_version,
        "impact": None if change.impact is None else change.impact.value,
        "demanded_version": change.demanded_version,
        "is_version_enough": change.is_version_enough,
        "changes": [
            {
                "path": each.path,
                "change": each.title,
                "impact": each.impact.value,
                "bump": each.impact.bump,
                "gates": [gate.name.lower() for gate in each.gates],
                "reason": each.reason,
                "judged": each.judged,
                "before": each.before,
                "after": each.after,
            }
            for each in change.changes
        ],
    }
