"""A restriction is kept as text in one spelling, and read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.access.restriction import (
    WHOLE,
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Predicate,
    Restriction,
)

_NAMES = st.text(min_size=1, max_size=12)
_VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
_COMPARISONS = st.builds(
    Comparison, _NAMES, st.sampled_from(Operator), st.lists(_VALUES, max_size=3).map(tuple)
)
_PREDICATES: st.SearchStrategy[Predicate] = st.recursive(
    _COMPARISONS,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: AllOf(tuple(found))),
        st.lists(parts, max_size=3).map(lambda found: AnyOf(tuple(found))),
    ),
    max_leaves=8,
)
RESTRICTIONS = st.builds(
    Restriction,
    st.none() | _PREDICATES,
    st.dictionaries(_NAMES, st.sampled_from(Mask), max_size=3),
    st.frozensets(_NAMES, max_size=3),
)


@given(RESTRICTIONS)
def test_what_is_kept_is_what_was_meant(restriction: Restriction) -> None:
    assert Restriction.from_text(restriction.text()) == restriction


def test_a_grant_without_restriction_is_kept_as_nothing() -> None:
    assert WHOLE.text() == ""
    assert WHOLE.is_whole


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"rows": null, "masked": {}}',
        '{"rows": {"or": []}, "masked": {}, "hidden": []}',
    ],
)
def test_what_is_no_restriction_is_not_taken_for_the_whole(text: str) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Restriction.from_text(text)
