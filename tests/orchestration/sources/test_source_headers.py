"""Columns are found by their headers, however these are spelt this month."""

from datetime import date
from decimal import Decimal

import pytest

from orchestration.sources.headers import fold


@pytest.mark.parametrize(
    "spelling",
    [
        "Net Amount",
        " net  amount ",
        "NET_AMOUNT",
        '"Net Amount"',
        "Net\nAmount",
        "Net Amount (£)",
        "\ufeffNet Amount",
        "ï»¿Net Amount",
        "Ã¯»¿Net Amount",
        "Net Amount(T)",
        "Net Amount\r",
    ],
    ids=ascii,
)
def test_spellings_of_one_header_fold_to_one(spelling):
    assert fold(spelling) == "netamount"


def test_different_headers_stay_different():
    assert fold("Total (excludes VAT)") != fold("Total")


@pytest.mark.parametrize(
    "mark", [b"\xef\xbb\xbf", "ï»¿".encode(), "Ã¯»¿".encode()], ids=["BOM", "twice", "thrice"]
)
def test_a_byte_order_mark_does_not_hide_the_first_quote(landing, mark):
    landing.write("payments/a.csv", mark + b'"Supplier",Date,Amount\n"A, B",05/04/2022,1\n')

    assert landing.one().rows_landed == 1
    assert landing.rows("supplier") == [("A, B",)]


def test_the_first_spelling_of_the_contract_wins_for_the_whole_file(landing):
    landing.write(
        "payments/a.csv", "Date,Supplier,Amount,Net Amount\n05/04/2022,A,12,10\n05/04/2022,B,6,\n"
    )

    record = landing.one()

    assert landing.rows("amount") == [(Decimal("10.00"),)]
    assert landing.rejects("line, reason") == [(3, "`amount` is required and empty")]
    assert record.columns_dropped == ("Amount",)


def test_of_two_columns_under_one_header_the_first_that_is_filled_counts(landing):
    landing.write(
        "payments/a.csv",
        "Date,Supplier,Supplier,Amount\n05/04/2022,,B,1\n05/04/2022,A,,2\n05/04/2022,C,C,3\n",
    )

    landing.run()

    assert landing.rows("supplier") == [("B",), ("A",), ("C",)]


def test_two_columns_under_one_header_that_differ_reject_the_row(landing):
    landing.write("payments/a.csv", "Date,Supplier,Supplier,Amount\n05/04/2022,200227,Acme,1\n")

    landing.run()

    assert landing.rejects("reason") == [
        ("`supplier`: two columns have its header and differ: `200227` and `Acme`",)
    ]


def test_a_property_is_found_by_its_own_name_too(landing):
    landing.write("payments/a.csv", "payment_date,supplier,amount\n05/04/2022,A,1\n")

    assert landing.one().rows_landed == 1


def test_columns_come_from_the_path_where_the_contract_says_so(
    landing, source_column, source_table, source_system
):
    landing.contract = source_system(
        source_table(
            "payments",
            ["*/*.csv"],
            source_column("publisher", required=True, fromPath="publisher"),
            source_column("month", "date", True, fromPath="month", formats=["%Y-%m"]),
            source_column("supplier", required=True),
            fromPath=[r"^(?P<publisher>[^/]+)/(?P<month>\d{4}-\d{2})", r"^(?P<publisher>[^/]+)/"],
        )
    )
    landing.write("o'leeds/2020-05.csv", "supplier,phone\nA,1\n")
    landing.write("leeds/2020-13.csv", "supplier,phone\nA,1\n")
    landing.write("leeds/undated.csv", "supplier,phone\nA,1\n")

    wrong, undated, good = landing.run().current

    assert wrong.refusal == "`month`: `2020-13` in its path is not a date as %Y-%m"
    assert undated.refusal == "its path does not say `month`"
    assert good.refusal is None
    assert landing.rows("publisher, month, supplier") == [("o'leeds", date(2020, 5, 1), "A")]


def test_a_column_of_the_file_goes_before_the_path(
    landing, source_column, source_table, source_system
):
    landing.contract = source_system(
        source_table(
            "payments",
            ["*/*.csv"],
            source_column("publisher", required=True, fromPath="publisher", headers=["Body"]),
            source_column("supplier", required=True),
            fromPath=r"^(?P<publisher>[^/]+)/",
        )
    )
    landing.write("leeds/a.csv", "Body,supplier\nLeeds City Council,A\n,B\n")

    landing.run()

    assert landing.rows("publisher") == [("Leeds City Council",), ("leeds",)]
