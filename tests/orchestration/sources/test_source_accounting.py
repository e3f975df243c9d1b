"""No row is lost in silence: read = landed + rejected + duplicates."""

import csv
import gzip
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.errors import AccountingBroken
from orchestration.sources.landed_rows import _account

HEADER = "Entity,Date,Supplier,Amount\n"
GOOD = "Treasury,05/04/2022,Acme,10.50\n"


@pytest.mark.requirement("PRP-02")
def test_undeclared_columns_never_land_and_are_reported(landing):
    landing.write("payments/a.csv", "Entity,Date,Phone,Supplier,Amount\nT,05/04/2022,0123,Acme,1\n")

    record = landing.one()

    assert record.columns_taken == ("entity", "payment_date", "supplier", "amount")
    assert record.columns_dropped == ("Phone",)
    assert landing.rows() == [
        ("T", date(2022, 4, 5), "Acme", Decimal("1.00"), "payments/a.csv", 2, 1)
    ]


def test_exact_duplicates_over_the_declared_columns_collapse_with_their_count(landing):
    landing.write("payments/a.csv", HEADER + GOOD + "T,05/04/2022,Other,1\n" + GOOD + GOOD)

    record = landing.one()

    assert (record.rows_read, record.rows_landed, record.rows_duplicate) == (4, 2, 2)
    assert landing.rows("supplier, _line, _line_count") == [("Acme", 2, 3), ("Other", 3, 1)]


def test_rejects_keep_line_raw_text_and_reason(landing):
    landing.write(
        "payments/a.csv",
        HEADER + GOOD + '"T, A",soon,Acme,1\nT,05/04/2022,,########\n\nT,05/04/2022,A,B,1,2\n',
    )

    record = landing.one()

    assert (record.rows_read, record.rows_landed, record.rows_rejected) == (5, 1, 4)
    assert landing.rejects() == [
        (
            3,
            '"T, A",soon,Acme,1',
            "`payment_date`: `soon` is not a date as %d/%m/%Y or excelSerial",
        ),
        (
            4,
            "T,05/04/2022,,########",
            "`supplier` is required and empty; "
            "`amount`: shows only `#`: the value was lost when the file was saved",
        ),
        (5, "", "a blank row"),
        (
            6,
            "T,05/04/2022,A,B,1,2",
            "6 cells under 4 headers: a delimiter inside a value?",
        ),
    ]
    assert landing.rejects("source_file, source_hash, landed_at")[0] == (
        "payments/a.csv",
        record.source_hash,
        landing.now,
    )


def test_the_empty_end_of_a_sheet_is_counted_and_is_no_reject(landing):
    landing.write("payments/a.csv", HEADER + "\n" + GOOD + ",,,\n" * 3 + "\n")

    record = landing.one()

    assert (record.rows_read, record.rows_landed, record.rows_rejected) == (2, 1, 1)
    assert record.blank_rows_below == 4
    assert landing.rejects() == [(2, "", "a blank row")]


def test_a_reject_below_blank_rows_keeps_them_as_rows(landing):
    landing.write("payments/a.csv", HEADER + GOOD + "\nT,soon,A,1\n\n")

    record = landing.one()

    assert (record.rows_read, record.rows_rejected, record.blank_rows_below) == (3, 2, 1)


def test_a_file_of_nothing_but_a_header_and_blank_rows_has_no_rows(landing):
    landing.write("payments/a.csv", HEADER + "\n,,,\n")

    record = landing.one()

    assert (record.rows_read, record.rows_rejected, record.blank_rows_below) == (0, 0, 2)


def test_a_total_row_and_a_repeated_header_are_rejected_by_name(landing):
    landing.write("payments/a.csv", HEADER + GOOD + HEADER + "Grand Total,,,10.50\n")

    landing.run()

    assert landing.rejects("line, reason") == [
        (3, "the header row repeated"),
        (
            4,
            "a total or footer row: `payment_date` is required and empty; "
            "`supplier` is required and empty",
        ),
    ]


def test_a_supplier_named_total_is_no_footer(landing):
    landing.write("payments/a.csv", HEADER + "T,05/04/2022,Total Gas & Power,1\n")

    assert landing.one().rows_rejected == 0


def test_line_numbers_are_physical_below_quoted_newlines(landing):
    landing.write(
        "payments/a.csv",
        'Entity,"Da\nte",Supplier,Amount\r\n"T\nA\rB",05/04/2022,Acme,1\nT,x,"A\n\nB",1\n' + GOOD,
    )

    landing.run()

    assert landing.rows("entity, _line") == [("T\nA\rB", 3), ("Treasury", 9)]
    assert landing.rejects("line, raw") == [(6, 'T,x,"A\n\nB",1')]


def test_a_quote_that_is_never_closed_costs_one_line_only(landing):
    landing.write("payments/a.csv", HEADER + 'T,05/04/2022,"Acme,1\n' + GOOD)

    record = landing.one()

    assert (record.rows_read, record.rows_landed) == (2, 1)
    assert landing.rejects() == [
        (2, 'T,05/04/2022,"Acme,1', "not well-formed: unexpected end of data")
    ]


def test_text_after_a_closing_quote_is_rejected_and_not_glued(landing):
    landing.write("payments/a.csv", HEADER + 'T,05/04/2022,"Acme" Ltd,1\n' + GOOD)

    landing.run()

    assert landing.rows("supplier") == [("Acme",)]
    assert landing.rejects("line, reason") == [(2, "not well-formed: ',' expected after '\"'")]


def test_a_preamble_is_passed_over_and_counted(landing):
    landing.write("payments/a.csv", "Spend over 25k\n\nselect *, from x;\n" + HEADER + GOOD)

    record = landing.one()

    assert (record.preamble_rows, record.rows_read) == (3, 1)
    assert landing.rows("_line") == [(5,)]


def test_short_rows_are_filled_and_trailing_commas_are_no_cells(landing):
    landing.write(
        "payments/a.csv", "Supplier,Date,Amount,Entity\nAcme,05/04/2022,1\nAcme,05/04/2022,2,T,,,\n"
    )

    assert landing.one().rows_landed == 2
    assert landing.rows("entity, amount") == [(None, Decimal("1.00")), ("T", Decimal("2.00"))]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_newline_and_delimiter_reads_alike(landing, newline, delimiter):
    text = (HEADER + GOOD).replace(",", delimiter).replace("\n", newline)
    landing.write("payments/a.csv", text)

    landing.run()

    assert landing.rows("supplier, amount, _line") == [("Acme", Decimal("10.50"), 2)]


def test_mixed_newlines_and_no_last_newline_count_every_line(landing):
    landing.write("payments/a.csv", HEADER + GOOD.strip() + "\r\n" + GOOD + "\r" + GOOD.strip())

    record = landing.one()

    assert (record.rows_read, record.rows_rejected) == (4, 1)


def test_packed_text_is_read_as_it_is(landing):
    landing.write("payments/a.csv.gz", gzip.compress((HEADER + GOOD).encode()))

    assert landing.one().rows_landed == 1


def test_a_file_without_a_required_column_is_refused_and_its_rows_kept(landing):
    landing.write("payments/a.csv", "Entity,Date,Supplier\nT,05/04/2022,Acme\nU,05/04/2022,B\n")

    record = landing.one()

    assert record.refusal == "no column for `amount`"
    assert (record.rows_read, record.rows_landed, record.rows_rejected) == (2, 0, 2)
    assert landing.rejects() == [
        (2, "T,05/04/2022,Acme", "no column for `amount`"),
        (3, "U,05/04/2022,B", "no column for `amount`"),
    ]


def test_a_file_without_any_header_is_refused_and_its_rows_kept(landing):
    landing.write("payments/a.csv", "some\ntext\n")

    record = landing.one()

    assert record.refusal == "no header row found in the first 40 rows"
    assert landing.rejects("line, raw") == [(1, "some"), (2, "text")]


def test_an_empty_file_has_no_rows_and_says_why(landing):
    landing.write("payments/a.csv", "")

    record = landing.one()

    assert (record.rows_read, record.refusal) == (0, "no header row found in the first 40 rows")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("payments/a.xlsx", b"no workbook"),
        ("payments/a.parquet", b"no parquet"),
        ("payments/a.csv.gz", b"no gzip"),
        ("payments/a.csv.gz", gzip.compress(b"Entity,Date" * 99)[:-12]),
        ("payments/a.json", b"{"),
        ("payments/a.pdf", b"%PDF"),
    ],
    ids=["workbook", "parquet", "gzip", "cut gzip", "json", "unknown format"],
)
def test_a_damaged_file_is_recorded_and_does_not_stop_the_others(landing, name, content):
    landing.write(name, content)
    landing.write("payments/b.csv", HEADER + GOOD)

    damaged, good = landing.run().current

    assert damaged.refusal is not None
    assert damaged.refusal.startswith("cannot be read: ")
    assert good.rows_landed == 1
    assert len(landing.rows()) == 1


def test_a_file_that_unpacks_beyond_the_limit_is_refused(landing, monkeypatch):
    landing.write("payments/a.csv.gz", gzip.compress(b"a" * 3_000_000))
    request = landing.request
    monkeypatch.setattr(type(landing), "request", property(lambda _: _limited(request, 2_000_000)))

    assert landing.one().refusal == (
        "cannot be read: it unpacks to more than 2,000,000 bytes: split it, or raise the limit"
    )


def test_accounting_that_does_not_add_up_stops_the_run():
    with pytest.raises(AccountingBroken) as broken:
        _account("payments/a.csv", 10, (5, 3, 1))

    assert str(broken.value) == (
        "The rows of `payments/a.csv` do not add up: 10 read, but 5 landed, 3 rejected and "
        "1 duplicates. Nothing of it was landed. This is a fault of the platform: report it "
        "with the file."
    )


def _limited(request, most):
    from dataclasses import replace

    return replace(request, most_unpacked_bytes=most)


# Any text that a cell may hold, also what makes rows break.
_CELLS = st.one_of(
    st.sampled_from(["", "Acme", "05/04/2022", "12.50", "(3.00)", "Total", '"', "a,b", "\n", " "]),
    st.text(
        alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=6
    ),
)
_ROWS = st.lists(st.lists(_CELLS, min_size=0, max_size=6), max_size=8)
_GOOD_ROWS = st.lists(
    st.tuples(
        st.text(
            alphabet=st.characters(exclude_categories=("Cs", "Cc", "Zs", "Cf", "Zl", "Zp")),
            min_size=1,
            max_size=5,
        ),
        st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 1, 1)),
        st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    ),
    max_size=8,
)
_BOUNDED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_BOUNDED
@given(rows=_ROWS, junk=st.text(alphabet='"\n\r,;ab', max_size=30))
def test_read_is_landed_and_rejected_and_duplicates_for_any_messy_file(landing_at, rows, junk):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    with TemporaryDirectory() as folder:
        landing = landing_at(Path(folder))
        landing.write("payments/a.csv", HEADER + text.getvalue() + junk)

        record = landing.one()

        counted = sum(count for (count,) in landing.rows("_line_count"))
        assert record.rows_read == counted + len(landing.rejects())
        assert record.rows_landed == len(landing.rows())


@_BOUNDED
@given(rows=_GOOD_ROWS)
def test_no_value_of_a_landed_row_differs_from_what_was_written(landing_at, rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Supplier", "Date", "Amount"])
    writer.writerows(
        [name, f"{day:%d/%m/}{day.year:04}", f"{amount:,}"] for name, day, amount in rows
    )
    with TemporaryDirectory() as folder:
        landing = landing_at(Path(folder))
        landing.write("payments/a.csv", text.getvalue())

        landing.run()

        kept = landing.rows("supplier, payment_date, amount, _line_count")
        assert sorted(row for *values, count in kept for row in [tuple(values)] * count) == sorted(
            rows
        )
