"""One typing path: what a cell says becomes a value of the contracted type, or a reject."""

from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from orchestration.sources.errors import InvalidSourceContract
from orchestration.sources.source_objects import source_objects

DATES = ["%d/%m/%Y", "%d/%m/%y", "%A, %B %d, %Y", "%d-%b-%y", "excelSerial"]


@pytest.fixture
def typed(landing, source_column, source_table, source_system):
    """Lands cells of one column in a CSV and gives the values, or the reasons of the rejects."""

    def type_cells(kind, cells, **custom):
        landing.contract = source_system(
            source_table(
                "cells", ["*.csv"], source_column("value", kind, **custom), source_column("n")
            )
        )
        quoted = "".join(
            '"' + cell.replace('"', '""') + f'",{number}\n' for number, cell in enumerate(cells)
        )
        landing.write("cells.csv", "value,n\n" + quoted)
        landing.run()
        values = dict(landing.rows("_line, value"))
        values.update(landing.rejects("line, reason"))
        return [values.get(line) for line in range(2, 2 + len(cells))]

    return type_cells


AMOUNTS = {
    "1044.82": "1044.82",
    "1,044.82": "1044.82",
    "£1,044.82": "1044.82",
    "\u00c2£1,044.82": "1044.82",
    " 12 ": "12.00",
    "12.": "12.00",
    ".5": "0.50",
    "+5": "5.00",
    "-£5": "-5.00",
    "£-5": "-5.00",
    "\u22125": "-5.00",
    "(1,044.82)": "-1044.82",
    "(£1,044.82)": "-1044.82",
    "£ ( 7 )": "-7.00",
    "5-": "-5.00",
    "1,044.82 CR": "-1044.82",
    "5.00DR": "5.00",
    "1.5E3": "1500.00",
    "25e-1": "2.50",
    "9999999999999999.99": "9999999999999999.99",
}


@pytest.mark.parametrize("written", AMOUNTS, ids=ascii)
def test_an_amount_is_read_as_it_is_meant(typed, written):
    assert typed("decimal(18,2)", [written]) == [Decimal(AMOUNTS[written])]


@pytest.mark.parametrize(
    "written",
    [
        "1,23",
        "12,34,567",
        "1.044,82",
        "--5",
        "-5-",
        "(-5)",
        "5 CR DR",
        "1.2.3",
        "34405..40",
        "-",
        "1E887",
        "12 345",
        "5%",
        "$5",
        "£",
        "1900-01-05",
        "nan",
        "inf",
        "99999999999999999",
        "\u0661\u0662",
    ],
    ids=ascii,
)
def test_what_is_no_amount_is_rejected_with_what_it_says(typed, written):
    assert typed("decimal(18,2)", [written]) == [
        f"`value`: `{written}` is not an amount that fits decimal(18,2)"
    ]


def test_amounts_as_text_never_pass_through_a_double(typed):
    assert typed("decimal(38,10)", ["9007199254740993.0000000001"]) == [
        Decimal("9007199254740993.0000000001")
    ]


def test_more_decimals_than_the_contract_has_are_rounded_and_counted(landing):
    landing.write(
        "payments/a.csv",
        "Date,Supplier,Amount\n05/04/2022,A,1.005\n05/04/2022,B,1.0000\n05/04/2022,C,-1.005\n",
    )

    assert landing.one().values_rounded == 2
    assert landing.rows("amount") == [(Decimal("1.01"),), (Decimal("1.00"),), (Decimal("-1.01"),)]


def test_a_lost_number_is_rejected_as_lost(typed):
    assert typed("decimal(18,2)", ["#######"]) == [
        "`value`: shows only `#`: the value was lost when the file was saved"
    ]


DAYS = {
    "05/04/2022": date(2022, 4, 5),
    "5/4/2022": date(2022, 4, 5),
    " 05/04/2022 ": date(2022, 4, 5),
    "05/04/22": date(2022, 4, 5),
    "Tuesday, April 28, 2020": date(2020, 4, 28),
    "28-Apr-20": date(2020, 4, 28),
    "28-APR-20": date(2020, 4, 28),
    "42032.00": date(2015, 1, 28),
    "42341.42936": date(2015, 12, 3),
    "18264": date(1950, 1, 1),
    "73050": date(2099, 12, 31),
}


@pytest.mark.parametrize("written", DAYS)
def test_a_date_is_read_by_its_declared_formats(typed, written):
    assert typed("date", [written], formats=DATES) == [DAYS[written]]


@pytest.mark.parametrize(
    "written",
    [
        "31/02/2020",
        "2020-04-28",
        "04/2020",
        "05/04/202",
        "214",
        "529.33",
        "18263",
        "73051",
        "1E887",
        "Monday, April 28, 2020",
        "No",
        "#REF!",
    ],
)
def test_what_is_no_declared_date_is_rejected(typed, written):
    (reason,) = typed("date", [written], formats=DATES)

    assert reason.startswith(f"`value`: `{written}` is not a date as %d/%m/%Y or ")


def test_dates_without_declared_formats_are_iso(typed):
    assert typed("date", ["2020-04-28", "2020-04-28T23:59:59Z", "28/04/2020", "2020-4-28"]) == [
        date(2020, 4, 28),
        date(2020, 4, 28),
        "`value`: `28/04/2020` is not a date as iso",
        "`value`: `2020-4-28` is not a date as iso",
    ]


def test_moments_become_utc_also_without_a_zone_in_their_type(typed):
    cells = ["2020-09-23T09:36:01.5+01:00", "2020-09-23 09:36:01", "2020-09-23T09:36Z"]

    assert typed("timestamp", cells) == [
        datetime(2020, 9, 23, 8, 36, 1, 500_000),
        datetime(2020, 9, 23, 9, 36, 1),
        datetime(2020, 9, 23, 9, 36),
    ]
    assert typed("timestamp with time zone", cells[:1]) == [
        datetime(2020, 9, 23, 8, 36, 1, 500_000, UTC)
    ]


def test_whole_numbers_take_thousands_commas_and_no_fraction(typed):
    assert typed("integer", ["1,234", "12.0", "(5)", "12.5", "0.0000001", "99999999999"]) == [
        1234,
        12,
        -5,
        "`value`: `12.5` is not a whole number",
        "`value`: `0.0000001` is not a whole number",
        "`value`: `99999999999` is not a whole number",
    ]


def test_truth_is_said_in_ten_ways_and_no_other(typed):
    assert typed("boolean", ["Yes", "n", "TRUE", "0", "maybe"]) == [
        True,
        False,
        True,
        False,
        "`value`: `maybe` is not a boolean",
    ]


def test_numbers_of_floating_type_are_read_like_amounts(typed):
    assert typed("double", ["1,234.5", "inf"]) == [1234.5, "`value`: `inf` is not a double"]


def test_text_lands_exactly_as_it_is_written(typed):
    assert typed("varchar", [" padded ", 'O\'Hara & "Co"', "007"]) == [
        " padded ",
        'O\'Hara & "Co"',
        "007",
    ]


def test_placeholders_are_null_only_where_the_contract_lists_them(typed):
    cells = ["", " ", "-", "N/A", "7"]

    assert typed("integer", cells, nullValues=["-", "N/A"]) == [None, None, None, None, 7]
    assert typed("varchar", ["-"]) == ["-"]


@pytest.fixture
def ledger(landing, source_column, source_table, source_system):
    """A Parquet ledger with typed columns and the raw text of what was not typed."""
    landing.contract = source_system(
        source_table(
            "ledger",
            ["*.parquet"],
            source_column(
                "paid_on",
                "date",
                True,
                headers=["payment_date"],
                fallbackHeaders=["payment_date_raw"],
                formats=DATES,
            ),
            source_column("amount", "decimal(18,2)", True, fallbackHeaders=["amount_raw"]),
            source_column("supplier", headers=["beneficiary"]),
        )
    )

    def write(values):
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE t (payment_date DATE, payment_date_raw VARCHAR, amount DOUBLE, "
                "amount_raw VARCHAR, beneficiary VARCHAR, phone VARCHAR); "
                f"INSERT INTO t VALUES {values}"
            )
            connection.execute(f"COPY t TO '{landing.root / 'l.parquet'}'")
        return landing

    return write


def test_parquet_falls_back_to_the_raw_column_where_the_typed_one_is_empty(ledger):
    landing = ledger(
        "(DATE '2020-01-02', NULL, 10.1, NULL, 'A', NULL), "
        "(NULL, '42032.00', NULL, '(1,044.82)', 'B', NULL), "
        "(NULL, 'Tuesday, April 05, 2022', 2.675, 'ignored', ' ', NULL)"
    )

    record = landing.one()

    assert landing.rows() == [
        (date(2020, 1, 2), Decimal("10.10"), "A", "l.parquet", 1, 1),
        (date(2015, 1, 28), Decimal("-1044.82"), "B", "l.parquet", 2, 1),
        (date(2022, 4, 5), Decimal("2.68"), None, "l.parquet", 3, 1),
    ]
    assert (record.columns_dropped, record.values_rounded) == (("phone",), 1)


def test_parquet_rejects_keep_all_cells_of_the_row(ledger):
    landing = ledger("(NULL, 'No', 1, NULL, 'A', '0123'), (NULL, '', 1, NULL, 'B', NULL)")

    record = landing.one()

    assert (record.rows_read, record.rows_landed) == (2, 0)
    line, raw, reason = landing.rejects()[0]
    assert (line, raw) == (1, '[null,"No","1.0",null,"A","0123"]')
    assert reason.startswith("`paid_on`: `No` is not a date")
    assert landing.rejects("line, reason")[1] == (2, "`paid_on` is required and empty")


def test_parquet_duplicates_collapse_onto_their_first_row(ledger):
    landing = ledger(", ".join(["(DATE '2020-01-02', NULL, 1, NULL, 'A', 'x')"] * 3))

    assert landing.one().rows_duplicate == 2
    assert landing.rows("_line, _line_count") == [(1, 3)]


def test_a_parquet_file_without_a_required_column_is_refused_and_its_rows_kept(
    ledger, source_column, source_table, source_system
):
    landing = ledger("(DATE '2020-01-02', NULL, 1, NULL, 'A', 'x')")
    landing.contract = source_system(
        source_table("ledger", ["*.parquet"], source_column("code", required=True))
    )

    record = landing.one()

    assert (record.refusal, record.rows_rejected) == ("no column for `code`", 1)
    assert landing.rejects("raw") == [('["2020-01-02",null,"1.0",null,"A","x"]',)]


def test_parquet_types_are_changed_only_without_loss(
    landing, source_column, source_table, source_system
):
    landing.contract = source_system(
        source_table(
            "t",
            ["*.parquet"],
            source_column("whole", "integer"),
            source_column("day", "date"),
            source_column("words"),
            source_column("kind"),
            source_column("flag", "boolean"),
        )
    )
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT * FROM (VALUES (1.0, TIMESTAMP '2020-01-02 03:04:05', ['a'], true), "
            "(1.5, NULL, NULL, NULL)) t(whole, day, words, flag), "
            "(SELECT 'x'::ENUM('x', 'y') AS kind)) "
            f"TO '{landing.root / 't.parquet'}'"
        )

    landing.run()

    assert landing.rows() == [(1, date(2020, 1, 2), '["a"]', "x", True, "t.parquet", 1, 1)]
    assert landing.rejects("line, reason") == [(2, "`whole`: `1.5` is not a whole number")]


def test_a_contract_that_landing_does_not_understand_says_every_fault(
    source_column, source_table, source_system
):
    contract = source_system(
        source_table("bad name", [], source_column("a", "geometry"), fromPath="("),
        source_table(
            "second",
            ["*"],
            source_column("_line", formats=["DD/MM"]),
            source_column("b", fromPath="month"),
            source_column("B"),
        ),
    )

    with pytest.raises(InvalidSourceContract) as refused:
        source_objects(contract)

    assert str(refused.value) == (
        "The source contract `payments_system` cannot be landed by:\n"
        "- bad name: has no customProperties `files`: list the globs of its files\n"
        "- bad name: its name becomes a table: use letters, digits and underscores\n"
        "- bad name: `fromPath` is not a regular expression: `(` "
        "(missing ), unterminated subpattern at position 0)\n"
        "- bad name.a: the type `geometry` cannot be landed: use a plain DuckDB type\n"
        "- second.b: is declared twice\n"
        "- second._line: the name is kept for landing's own columns: choose another\n"
        "- second._line: the format `DD/MM` is neither a strptime pattern, `iso` nor "
        "`excelSerial`\n"
        "- second.b: `fromPath` names the group `month`, which no pattern of the object has"
    )
