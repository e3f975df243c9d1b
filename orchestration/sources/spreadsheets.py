"""Workbooks (xlsx, xls, ods) into sheets of text cells, through calamine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastexcel
import pyarrow as pa

from orchestration.sources.errors import UnreadableFile
from orchestration.sources.headers import HeaderMatch, match_headers
from orchestration.sources.source_objects import SourceObject
from orchestration.sources.text_tables import HEADER_ROWS


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: every row and column that is used, as text; rows are numbered from 1.

    `errors` are cells that hold an error such as #REF!: by row number, what they hold.
    """

    name: str
    columns: "tuple[pa.Array[Any], ...]"
    rows: int
    errors: dict[int, list[tuple[int, str]]]

    def row(self, number: int) -> list[str]:
        """The cells of row `number`; empty ones as empty text."""
        return [column[number - 1].as_py() or "" for column in self.columns]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A sheet and where its table begins; `match` is None where no header was recognised."""

    sheet: Sheet
    match: HeaderMatch | None
    header_row: int  # 0 where there is none


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """All sheets that hold anything. Raises UnreadableFile."""
    try:
        workbook = fastexcel.read_excel(path)
        return tuple(
            sheet for name in workbook.sheet_names if (sheet := _sheet(workbook, name)).rows
        )
    except fastexcel.FastExcelError as error:
        raise UnreadableFile(path.name, f"no workbook that opens: {error}") from error


def find_tables(sheets: tuple[Sheet, ...], source: SourceObject, name: str) -> list[SheetTable]:
    """Every sheet's table, by the first row within 40 that has all required columns."""
    return [_table(sheet, source, name) for sheet in sheets]


def _sheet(workbook: fastexcel.ExcelReader, name: str) -> Sheet:
    loaded = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if not loaded.height or not loaded.width:
        return Sheet(name, (), 0, {})
    batch, failed = loaded.to_arrow_with_errors()
    errors: dict[int, list[tuple[int, str]]] = {}
    for each in failed.errors if failed is not None else ():
        row, column = each.offset_position
        errors.setdefault(row + 1, []).append((column, each.detail))
    return Sheet(name, tuple(batch.columns), batch.num_rows, errors)


def _table(sheet: Sheet, source: SourceObject, name: str) -> SheetTable:
    best = SheetTable(sheet, None, 0)
    for number in range(1, min(HEADER_ROWS, sheet.rows) + 1):
        match = match_headers(source, sheet.row(number), name)
        if match.is_header:
            return SheetTable(sheet, match, number)
        if match.score > (best.match.score if best.match is not None else 0):
            best = SheetTable(sheet, match, number)
    return best
