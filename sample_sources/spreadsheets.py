"""Spreadsheets written so that the same cells give the same bytes, whenever they are written.

OpenDocument is written without odfpy: its namespaces are global and grow with use, so that the
first file of a process differs from the second (and 57 rows of 39 cells take 0.17 s, not 3 ms).
"""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

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
    lines = "".join(
        f"<table:table-row>{''.join(map(_ods_cell, row or (None,)))}</table:table-row>"
        for row in rows
    )
    body = f"<table:table table:name={quoteattr(sheet)}>{lines}</table:table>"
    members = {
        "mimetype": _ODS_TYPE,
        "content.xml": _ODS_CONTENT.format(body=body),
        "meta.xml": _ODS_META,
        "META-INF/manifest.xml": _ODS_MANIFEST,
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            member = zipfile.ZipInfo(name, ZIP_TIME)
            member.compress_type = (  # readers find the type at a fixed place
                zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            )
            archive.writestr(member, text)
    return buffer.getvalue()


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, str):
        kind, shown = 'office:value-type="string"', cell
    elif isinstance(cell, date):
        kind = f'table:style-name="day" office:value-type="date" office:date-value="{cell}"'
        shown = f"{cell:%d/%m/%Y}"
    elif isinstance(cell, Pounds):
        kind = (
            'table:style-name="money" office:value-type="currency" office:currency="GBP" '
            f'office:value="{float(cell)!r}"'
        )
        shown = f"£{cell:,.2f}"
    else:
        kind, shown = f'office:value-type="float" office:value="{cell!r}"', str(cell)
    lines = "".join(f"<text:p>{_ods_text(line)}</text:p>" for line in shown.split("\n"))
    return f"<table:table-cell {kind}>{lines}</table:table-cell>"


def _ods_text(text: str) -> str:
    """Readers collapse runs of blanks, so further ones are elements."""
    return escape(text).replace("  ", ' <text:s text:c="1"/>')


_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_URN = "urn:oasis:names:tc:opendocument:xmlns"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ODS_CONTENT = (
    f'{_XML}<office:document-content xmlns:office="{_URN}:office:1.0" '
    f'xmlns:style="{_URN}:style:1.0" xmlns:number="{_URN}:datastyle:1.0" '
    f'xmlns:table="{_URN}:table:1.0" xmlns:text="{_URN}:text:1.0" office:version="1.2">'
    "<office:automatic-styles>"
    '<number:date-style style:name="days"><number:day number:style="long"/>'
    '<number:text>/</number:text><number:month number:style="long"/>'
    '<number:text>/</number:text><number:year number:style="long"/></number:date-style>'
    '<style:style style:name="day" style:family="table-cell" style:data-style-name="days"/>'
    '<number:currency-style style:name="pounds"><number:currency-symbol>£'
    '</number:currency-symbol><number:number number:decimal-places="2" '
    'number:min-integer-digits="1" number:grouping="true"/></number:currency-style>'
    '<style:style style:name="money" style:family="table-cell" style:data-style-name="pounds"/>'
    "</office:automatic-styles><office:body><office:spreadsheet>{body}</office:spreadsheet>"
    "</office:body></office:document-content>"
)
_ODS_META = (
    f'{_XML}<office:document-meta xmlns:office="{_URN}:office:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2">'
    f"<office:meta><dc:description>{NOTE}</dc:description></office:meta></office:document-meta>"
)
_ODS_MANIFEST = (
    f'{_XML}<manifest:manifest xmlns:manifest="{_URN}:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
