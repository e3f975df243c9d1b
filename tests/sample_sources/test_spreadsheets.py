"""Spreadsheets hold the cells that they were given, the same bytes each time."""

from datetime import date

import fastexcel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample_sources.spreadsheets import Pounds, ods_file, xlsx_file

# A leading `=` or an address would be a formula or a link to other writers, not to these.
TEXT = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cc", "Cf")),
    min_size=1,
    max_size=12,
)
WORDS = st.lists(TEXT, min_size=1, max_size=3).map(" ".join)
NUMBERS = st.integers(-(10**9), 10**9).map(lambda pence: pence / 100)
WRITERS = pytest.mark.parametrize("write", [xlsx_file, ods_file])


def text_of(content: bytes) -> list[list[str | None]]:
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None, dtypes="string")
    return [list(row) for row in sheet.to_polars().rows()]


@WRITERS
@settings(max_examples=60, deadline=None)
@given(words=WORDS, number=NUMBERS)
def test_text_and_numbers_are_read_back(write, words, number):
    content = write([["a", "b", "c"], [words, number, Pounds(number)]], "Sheet")

    text, plain, pounds = text_of(content)[1]

    assert text == words
    assert float(plain) == float(pounds) == number


@WRITERS
def test_blanks_line_breaks_dates_and_gaps_are_read_back(write):
    content = write([["a;\nb", "c"], ["Far Shores  ", None], [None, date(2026, 2, 1)]], "Sheet")

    rows = text_of(content)

    assert rows[:2] == [["a;\nb", "c"], ["Far Shores  ", None]]
    assert rows[2][0] is None
    assert rows[2][1].startswith("2026-02-01")


@WRITERS
def test_the_same_cells_give_the_same_bytes(write):
    rows = [["a", "b"], [1, Pounds(2.5)]]

    assert write(rows, "Sheet") == write(rows, "Sheet")
