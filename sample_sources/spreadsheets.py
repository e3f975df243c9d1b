"""Spreadsheets written so that the same cells give the same bytes, whenever they are written."""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from odf.dc import Description
from odf.number import CurrencyStyle, CurrencySymbol, DateStyle, Day, Month, Number, Text, Year
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style
from odf.table import Table, TableCell, TableRow
from odf.text import P

MADE_AT = datetime(2020, 1, 1)  # what the files say of their making; any fixed time will do
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
NOTE = "Sample data of a fictional government"


class Pounds(float):
    """A number that a spreadsheet shows with a £ sign."""


Cell = str | int | float | Pounds | date | None


def xlsx_file(rows: Sequence[Sequence[Cell]], sheet: str) -> bytes:
    """An Excel workbook of one sheet; None leaves a cell empty."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": MADE_AT, "comments": NOTE})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    money = book.add_format({"num_format": "£#,##0.00"})
    page = book.add_worksheet(sheet)
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if isinstance(cell, str):
                page.write_string(y, x, cell)
            elif isinstance(cell, date):
                page.write_datetime(y, x, cell, day)
            elif cell is not None:
                page.write_number(y, x, cell, money if isinstance(cell, Pounds) else None)
    book.close()
    return buffer.getvalue()


def ods_file(rows: Sequence[Sequence[Cell]], sheet: str) -> bytes:
    """An OpenDocument spreadsheet of one sheet; None leaves a cell empty."""
    document = OpenDocumentSpreadsheet()
    document.meta.addElement(Description(text=NOTE))
    day, money = _styles(document)
    table = Table(name=sheet)
    for row in rows:
        line = TableRow()
        for cell in row:
            line.addElement(_ods_cell(cell, day, money))
        table.addElement(line)
    document.spreadsheet.addElement(table)
    buffer = BytesIO()
    document.write(buffer)
    return _without_times(buffer.getvalue())


def _styles(document: Any) -> tuple[Any, Any]:
    days = DateStyle(name="days")
    for part in (Day(style="long"), Text(text="/"), Month(style="long"), Text(text="/")):
        days.addElement(part)
    days.addElement(Year(style="long"))
    pounds = CurrencyStyle(name="pounds")
    pounds.addElement(CurrencySymbol(text="£"))
    pounds.addElement(Number(decimalplaces=2, minintegerdigits=1, grouping="true"))
    styles = []
    for name, form in (("day", days), ("money", pounds)):
        document.automaticstyles.addElement(form)
        style = Style(name=name, family="table-cell", datastylename=form)
        document.automaticstyles.addElement(style)
        styles.append(style)
    return styles[0], styles[1]


def _ods_cell(cell: Cell, day: Any, money: Any) -> Any:
    if cell is None:
        return TableCell()
    if isinstance(cell, date):
        filled = TableCell(valuetype="date", datevalue=cell.isoformat(), stylename=day)
        shown = f"{cell:%d/%m/%Y}"
    elif isinstance(cell, Pounds):
        filled = TableCell(valuetype="currency", currency="GBP", value=cell, stylename=money)
        shown = f"£{cell:,.2f}"
    elif isinstance(cell, str):
        filled, shown = TableCell(valuetype="string"), cell
    else:
        filled, shown = TableCell(valuetype="float", value=cell), str(cell)
    for part in shown.split("\n"):  # a paragraph per line, as LibreOffice writes line breaks
        filled.addElement(P(text=part))
    return filled


def _without_times(archive: bytes) -> bytes:
    """The same archive with every member's time fixed, in the same order."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.infolist():
            fixed = zipfile.ZipInfo(member.filename, ZIP_TIME)
            fixed.compress_type = member.compress_type
            fixed.external_attr = member.external_attr
            new.writestr(fixed, old.read(member))
    return buffer.getvalue()
