"""Workbooks and JSON go the same way as text."""

import gzip
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

HEADER = ["Entity", "Date", "Supplier", "Net Amount"]


@pytest.fixture
def workbook(landing):
    """Writes an xlsx file of sheets, each a list of rows; dates become date cells."""

    def write(path, **sheets):
        file = landing.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(file) as book:
            dated = book.add_format({"num_format": "dd/mm/yyyy"})
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    for place, cell in enumerate(row):
                        if cell == "#DIV/0!":
                            sheet.write_formula(number, place, "=1/0", None, cell)
                        elif cell is not None:
                            form = dated if isinstance(cell, date) else None
                            sheet.write(number, place, cell, form)

    return write


def test_a_workbook_lands_typed_with_its_row_numbers(landing, workbook):
    workbook(
        "payments/a.xlsx",
        Notes=[["Spend over 25k"]],
        Data=[
            [],
            [None, "Payments of April"],
            [None, *HEADER, "Phone"],
            [None, "T", datetime(2022, 4, 5), "Acme", 1044.82, "0123"],
            [],
            [None, "T", 44656, "007", 0.1 + 0.2],
            [None, "T", "05/04/2022", "B", "(£1,000.00)"],
        ],
    )

    record = landing.one()

    assert landing.rows("payment_date, supplier, amount, _line") == [
        (date(2022, 4, 5), "Acme", Decimal("1044.82"), 4),
        (date(2022, 4, 5), "007", Decimal("0.30"), 6),
        (date(2022, 4, 5), "B", Decimal("-1000.00"), 7),
    ]
    assert landing.rejects() == [(5, "[null,null,null,null,null]", "a blank row")]
    assert (record.format, record.preamble_rows, record.rows_read) == ("xlsx", 2, 4)
    assert (record.sheets_ignored, record.columns_dropped) == (("Notes",), ("Phone",))


def test_an_error_cell_rejects_its_row(landing, workbook):
    workbook("payments/a.xlsx", Data=[HEADER, ["T", "05/04/2022", "Acme", "#DIV/0!"]])

    landing.run()

    assert landing.rejects() == [
        (
            2,
            '["T","05/04/2022","Acme",null]',
            "the cell holds an error: column 4: Expected string but got 'Error(Div0)'",
        )
    ]


def test_every_sheet_with_the_contracted_header_lands(landing, workbook):
    workbook(
        "payments/a.xlsx",
        April=[HEADER, ["T", "05/04/2022", "Acme", 1], ["T", "x", "Acme", 1]],
        May=[["Supplier", "Date", "Amount"], ["Acme", "05/05/2022", 2]],
    )

    record = landing.one()

    assert landing.rows("entity, payment_date, amount") == [
        ("T", date(2022, 4, 5), Decimal("1.00")),
        (None, date(2022, 5, 5), Decimal("2.00")),
    ]
    assert (record.rows_read, record.rows_rejected) == (3, 1)


def test_a_workbook_without_a_required_column_is_refused_and_its_rows_kept(landing, workbook):
    workbook("payments/a.xlsx", Data=[HEADER[:3], ["T", "05/04/2022", "Acme"]])

    record = landing.one()

    assert record.refusal == "no column for `amount`"
    assert landing.rejects("line, raw") == [(2, '["T","05/04/2022","Acme"]')]


def test_an_empty_workbook_holds_no_table(landing, workbook):
    workbook("payments/a.xlsx", Data=[])

    assert landing.one().refusal == "it holds no table"


def test_an_open_document_sheet_lands_like_any_other(landing):
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Data")
    for cells in (HEADER, ["T", date(2022, 4, 5), "Acme", 12.5]):
        row = TableRow()
        for cell in cells:
            if isinstance(cell, date):
                written = TableCell(valuetype="date", datevalue=cell.isoformat())
            elif isinstance(cell, float):
                written = TableCell(valuetype="float", value=cell)
            else:
                written = TableCell(valuetype="string")
            written.addElement(P(text=str(cell)))
            row.addElement(written)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    (landing.root / "payments").mkdir()
    document.save(landing.root / "payments" / "a.ods")

    record = landing.one()

    assert (record.format, record.rows_landed) == ("ods", 1)
    assert landing.rows("payment_date, amount") == [(date(2022, 4, 5), Decimal("12.50"))]


ROWS = [
    {"Entity": "T", "Date": "05/04/2022", "Supplier": "Acme", "Amount": 1044.10, "Phone": "0123"},
    {"Entity": None, "Date": "05/04/2022", "Supplier": {"name": "B"}, "Amount": "(5)"},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps({"count": 2, "results": ROWS})),
        ("a.jsonl", "\n".join(json.dumps(row) for row in ROWS) + "\n"),
    ],
    ids=["array", "object of an array", "lines"],
)
def test_json_lands_like_a_table(landing, name, text):
    landing.write(f"payments/{name}.gz", gzip.compress(text.encode()))

    record = landing.one()

    assert landing.rows("entity, supplier, amount, _line") == [
        ("T", "Acme", Decimal("1044.10"), 1),
        (None, '{"name": "B"}', Decimal("-5.00"), 2),
    ]
    assert (record.format, record.columns_dropped) == ("json", ("Phone",))


def test_a_json_element_that_is_no_object_is_rejected(landing):
    landing.write("payments/a.json", json.dumps([ROWS[0], "text", 7]))

    record = landing.one()

    assert (record.rows_read, record.rows_landed) == (3, 1)
    assert landing.rejects() == [
        (2, '"text"', "not a JSON object"),
        (3, '"7"', "not a JSON object"),
    ]
