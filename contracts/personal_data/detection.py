"""Which values of a column look like personal data or secrets, among a bounded number of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contracts.personal_data.forms import SIEVE, SIEVES, likely_part
from contracts.personal_data.kinds import PersonalKind, is_too_much
from contracts.personal_data.masks import masked
from contracts.personal_data.names import is_person_name

MOST_VALUES = 5_000  # different values that exact forms are looked for in: 0.5 ms
MOST_NAMES = 500  # ... and names: 1 ms; a share of 3% is then seen as 1.5 to 4.5%
_MOST_LIKELY = 200  # of those sifted, how many of a kind are judged
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Found:
    """The values of one kind in one column."""

    kind: PersonalKind
    hits: int  # different values; of more than 200 likely ones, those among 200
    looked_at: int  # different values
    examples: tuple[str, ...]  # masked
    values: frozenset[str] = field(default=frozenset(), repr=False)  # never leaves this process

    @property
    def share(self) -> float:
        """The share of the different values that were looked at."""
        return self.hits / self.looked_at if self.looked_at else 0.0

    @property
    def is_too_much(self) -> bool:
        """Whether it awaits a steward's decision."""
        return is_too_much(self.kind, self.hits, self.looked_at)


def looked_at(values: int) -> int:
    """How many of so many different values are looked at."""
    return min(values, MOST_VALUES)


def likely_personal(values: "pa.Array[Any]") -> tuple[Found, ...]:
    """What is found in different values, without NULL, of one column; nothing of a kind: left out.

    Deterministic: where there are more values than are looked at, every nth of them is.
    """
    chosen = _every_nth(values, MOST_VALUES)
    names = _texts(_every_nth(chosen, MOST_NAMES))
    people = [(value, value) for value in names if is_person_name(value)]
    found = [_found(PersonalKind.NAME, people, len(names)), *_with_form(chosen)]
    return tuple(each for each in found if each.hits)


def _with_form(values: "pa.Array[Any]") -> Iterator[Found]:
    likely = values.filter(pc.match_substring_regex(values, SIEVE))
    if not len(likely):
        return
    for kind, sieve in SIEVES.items():
        sifted = likely.filter(pc.match_substring_regex(likely, sieve))
        judged = _texts(_every_nth(sifted, _MOST_LIKELY))
        parts = [(value, part) for value in judged if (part := likely_part(kind, value))]
        yield _found(kind, parts, len(values))


def _found(kind: PersonalKind, parts: Sequence[tuple[str, str]], count: int) -> Found:
    examples = dict.fromkeys(masked(part, kind) for _, part in parts)
    return Found(
        kind=kind,
        hits=len(parts),
        looked_at=count,
        examples=tuple(examples)[:_EXAMPLES],
        values=frozenset(value for value, _ in parts),
    )


def _texts(values: "pa.Array[Any]") -> list[str]:
    return [str(value) for value in values.to_pylist()]


def _every_nth(values: "pa.Array[Any]", most: int) -> "pa.Array[Any]":
    if len(values) <= most:
        return values
    step = len(values) / most
    return values.take(pa.array([int(i * step) for i in range(most)]))
