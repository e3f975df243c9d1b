"""Narrowing never widens: what is given shows no row and no cell that one of its parts hides."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.access.narrowing import narrowed
from marketplace.access.restriction import (
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Predicate,
    Restriction,
)

COLUMNS = ("a", "b", "c")
ROWS: list[dict[str, int | None]] = [
    {"a": a, "b": b, "c": 1} for a in (None, 0, 1, 2) for b in (None, 0, 3)
]


def matches(predicate: Predicate | None, row: dict[str, int | None]) -> bool:
    """A plain reading of a predicate."""
    if predicate is None:
        return True
    if isinstance(predicate, Comparison):
        value = row[predicate.column]
        if predicate.operator is Operator.IS_EMPTY:
            return value is None
        return value is not None and value in predicate.values
    held = [matches(part, row) for part in predicate.parts]
    return all(held) if isinstance(predicate, AllOf) else any(held)


def cell(part: Restriction, row: dict[str, int | None], column: str) -> Any:
    """What a restriction shows in a cell: `hidden`, a mask, or the value."""
    if not matches(part.rows, row) or column in part.hidden:
        return "hidden"
    return part.masked.get(column, row[column])


comparisons = st.builds(
    Comparison, st.sampled_from(COLUMNS), st.just(Operator.ONE_OF),
    st.lists(st.integers(0, 3), min_size=1, max_size=2).map(tuple),
) | st.builds(Comparison, st.sampled_from(COLUMNS), st.just(Operator.IS_EMPTY))  # fmt: skip
predicates = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=2).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=2).map(tuple))
    ),
    max_leaves=4,
)
restrictions = st.builds(
    Restriction,
    st.none() | predicates,
    st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(Mask), max_size=2),
    st.frozensets(st.sampled_from(COLUMNS), max_size=2),
)


@pytest.mark.requirement("SEC-02")
@settings(max_examples=150, deadline=None)
@given(st.lists(restrictions, max_size=4))
def test_no_cell_is_shown_that_a_part_hides_or_masks_otherwise(parts: list[Restriction]) -> None:
    given_ = narrowed(parts)

    for row in ROWS:
        for column in COLUMNS:
            shown = cell(given_, row, column)
            each = [cell(part, row, column) for part in parts]
            if shown == "hidden":
                assert "hidden" in each
            elif isinstance(shown, Mask):
                masks = {one for one in each if isinstance(one, Mask)}
                assert "hidden" not in each
                assert shown is Mask.NULL if len(masks) > 1 else masks == {shown}
            else:
                assert all(one == row[column] and not isinstance(one, Mask) for one in each)


@settings(max_examples=60, deadline=None)
@given(st.lists(restrictions, max_size=4))
def test_narrowing_again_changes_nothing(parts: list[Restriction]) -> None:
    once = narrowed(parts)

    assert narrowed((once,)) == once
    assert Restriction.from_text(once.text()) == once
