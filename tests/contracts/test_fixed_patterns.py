"""Patterns of one width are answered on bytes exactly as RE2 answers them."""

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.fixed_patterns import FixedPattern, fixed_pattern

UNDERSTOOD = {
    "^CMT-[0-9]{8}-[a-f0-9]{12}$": 25,
    r"^\d{4}-\d{2}-\d{2}$": 10,
    r"^[A-Z][\w.-]\.$": 3,
    r"^[a-]$": 1,
    r"^[-a]x$": 2,
    r"^\\a$": 2,
    "^[.$+]{2} :/$": 5,
    "^[]a]$": 1,
}
LEFT_TO_RE2 = [
    *("[0-9]{8}", "^abc", "abc$", "^$", "^a*$", "^a+$", "^a?$", "^a{1,2}$", "^a{0}$", "^a{2}{3}$"),
    *("^(ab)$", "^a|b$", "^.$", "^[^a]$", "^[[:alpha:]]$", r"^\s$", r"^\bab$", r"^ab\$", "^é$"),
    *(
        r"^[\]]$",
        "^(?i)a$",
        "^a{08}$",
        "^[z-a]$",
        r"^[\d-z]$",
        "^a{300}$",
        "^[acegikmoq]$",
        r"^\pL$",
    ),
]


@pytest.mark.parametrize("pattern", UNDERSTOOD)
def test_a_pattern_of_known_width_is_understood(pattern: str) -> None:
    found = fixed_pattern(pattern)

    assert found is not None
    assert found.width == UNDERSTOOD[pattern]


@pytest.mark.parametrize("pattern", LEFT_TO_RE2)
def test_what_is_not_surely_of_one_width_is_left_to_re2(pattern: str) -> None:
    assert fixed_pattern(pattern) is None


characters = st.sampled_from("aA09.-_ zé\n\0]$")


@settings(max_examples=60, deadline=None)
@given(
    pattern=st.sampled_from([p for p in UNDERSTOOD if UNDERSTOOD[p] < 6]),
    texts=st.lists(st.text(characters, min_size=1, max_size=5), min_size=1, max_size=20),
)
def test_the_answer_is_that_of_re2(pattern: str, texts: list[str]) -> None:
    found = fixed_pattern(pattern)
    assert found is not None

    ours = [_matches(found, text) for text in texts]

    rows = duckdb.execute("SELECT regexp_matches(unnest($1), $2)", [texts, pattern]).fetchall()
    assert ours == [row[0] for row in rows]


def test_each_miss_of_many_values_is_found() -> None:
    found = fixed_pattern("^[a-f0-9]{12}$")
    assert found is not None
    values = np.tile(np.frombuffer(b"0123456789ab", dtype=np.uint8), 10_000).reshape(-1, 12)
    wrong = [0, 2_729, 2_730, 2_731, 9_999]  # a block has 2,730 values of this width
    values[wrong, 11] = ord("g")

    missed = found.misses(values.ravel())

    assert np.flatnonzero(missed).tolist() == wrong


def _matches(pattern: FixedPattern, text: str) -> bool:
    content = np.frombuffer(text.encode(), dtype=np.uint8)
    return len(content) == pattern.width and not pattern.misses(content).any()
