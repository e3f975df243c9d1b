"""The monthly payment files: one per department and month, each in its department's shape."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import Months
from sample_sources.planting import counted
from sample_sources.shapes import (
    EXCEL_DAY_ZERO,
    UNDECLARED,
    AmountForm,
    DateForm,
    Medium,
    Preamble,
    Shape,
    money_text,
    shape_of,
)
from sample_sources.spreadsheets import Cell, Pounds, ods_file, xlsx_file

NO_DATE = "Various"
NO_AMOUNT = "#########"
BLANK_IN_ONE_FILE_OF = 5
BREAK_IN_ONE_DESCRIPTION_OF = 23


@dataclass(frozen=True, slots=True)
class _Page:
    """The rows of one file with what is needed to write it."""

    rows: pl.DataFrame
    shape: Shape
    number: int

    @property
    def has_blank(self) -> bool:
        return self.rows.height > 1 and self.number % BLANK_IN_ONE_FILE_OF == 0

    @property
    def columns(self) -> list[str]:
        return list(self.shape.headings)


def monthly_files(payments: pl.DataFrame, months: Months) -> FileSet:
    """The files of `payments`, which are as payments.reported_payments gives them."""
    pages = _pages(payments)
    return FileSet(Kind.MONTHLY, len(pages), (_file(page, months) for page in pages))


def _pages(payments: pl.DataFrame) -> list[_Page]:
    parts = payments.partition_by(["publisher", "month"], maintain_order=True)
    publishers = payments["publisher"].unique(maintain_order=True).to_list()
    pages = []
    for number, part in enumerate(parts):
        publisher, month = part["publisher"][0], part["month"][0]
        shape = shape_of(publisher, publishers.index(publisher), month)
        pages.append(_Page(part, shape, number))
    return pages


def _file(page: _Page, months: Months) -> SampleFile:
    publisher, month = page.rows["publisher"][0], page.rows["month"][0]
    title = f"Spend over £25,000 - {page.rows['family'][0]} - {months.first(month):%B %Y}"
    rows, oddities = _shaped(page)
    content = _WRITERS[page.shape.medium](page, rows, title)
    return SampleFile(
        f"{Kind.MONTHLY}/{publisher}/{months.name(month)}.{page.shape.medium.value}",
        content,
        page.rows.height + page.has_blank + page.shape.has_total,
        {oddity: count for oddity, count in oddities.items() if count > 0},
    )


def _shaped(page: _Page) -> tuple[pl.DataFrame, Mapping[Oddity, int]]:
    """The file's columns as its shape writes them, and what is odd about them."""
    shape, frame = page.shape, page.rows
    oddities = counted(frame)
    readable = frame.filter(~pl.col("UNREADABLE_AMOUNT"))
    if shape.amounts is AmountForm.BRACKETS:
        oddities[Oddity.BRACKETED_AMOUNT] = int((readable["pence"] < 0).sum())
    if "description" in shape.headings:
        breaks = pl.col("number") % BREAK_IN_ONE_DESCRIPTION_OF == 0
        oddities[Oddity.QUOTED_NEWLINE] = int(frame.select(breaks.sum()).item())
        frame = frame.with_columns(
            pl.when(breaks)
            .then(pl.format("{}\nsee invoice", "description"))
            .otherwise(pl.col("description"))
            .alias("description")
        )
    oddities[Oddity.UNDECLARED_COLUMN] = sum(name in shape.headings for name in UNDECLARED)
    oddities[Oddity.PREAMBLE_LINE] = 0 if shape.preamble is Preamble.NONE else 2
    oddities[Oddity.TOTAL_ROW] = int(shape.has_total)
    oddities[Oddity.BLANK_ROW] = int(page.has_blank)
    family = "family_short" if shape.short_family else "family"
    first_line = ~pl.col("EXACT_DUPLICATE")
    shaped = frame.with_columns(pl.col(family).alias("family"), first_line.cum_sum().alias("row"))
    return shaped, oddities


def _csv(page: _Page, rows: pl.DataFrame, title: str) -> bytes:
    shape = page.shape
    table = rows.with_columns(_date_text(shape.dates), _amount_text(rows, shape.amounts))
    table = table.select(page.columns)
    empty = "," * (len(page.columns) - 1) + "\n"
    half = table.height // 2
    parts = [
        _preamble(shape.preamble, title, empty),
        ",".join(page.shape.headings.values()) + "\n",
        table[:half].write_csv(include_header=False),
        empty if page.has_blank else "",
        table[half:].write_csv(include_header=False),
        _total_line(page, rows) if shape.has_total else "",
    ]
    text = "".join(parts)
    return text.replace("\n", shape.newline).encode(shape.encoding)


def _preamble(preamble: Preamble, title: str, empty: str) -> str:
    match preamble:
        case Preamble.NONE:
            return ""
        case Preamble.BARE:
            return f'"{title}"\n\n'
        case Preamble.PADDED:
            return f'"{title}"{empty}{empty}'


def _total_line(page: _Page, rows: pl.DataFrame) -> str:
    total = f'"{_total_pence(rows) / 100:,.2f}"'
    cells = {page.columns[0]: "Total", "amount": total}
    return ",".join(cells.get(column, "") for column in page.columns) + "\n"


def _total_pence(rows: pl.DataFrame) -> int:
    return int(rows.filter(~pl.col("UNREADABLE_AMOUNT"))["pence"].sum())


def _date_text(form: DateForm) -> pl.Expr:
    day = pl.col("day")
    serial = (day - pl.lit(EXCEL_DAY_ZERO)).dt.total_days().cast(pl.String)
    text = serial if form is DateForm.SERIAL else day.dt.strftime(form.value)
    return pl.when("UNREADABLE_DATE").then(pl.lit(NO_DATE)).otherwise(text).alias("date")


def _amount_text(rows: pl.DataFrame, form: AmountForm) -> pl.Series:
    pairs = rows.select("pence", "UNREADABLE_AMOUNT").iter_rows()
    return pl.Series(
        "amount", [NO_AMOUNT if lost else money_text(pence, form) for pence, lost in pairs]
    )


def _sheet_rows(page: _Page, rows: pl.DataFrame, title: str) -> Iterator[list[Cell]]:
    width = len(page.columns)
    if page.shape.preamble is not Preamble.NONE:
        yield [title]
        yield []
    yield list(page.shape.headings.values())
    as_serial = page.shape.dates is DateForm.SERIAL
    for number, row in enumerate(rows.iter_rows(named=True)):
        if page.has_blank and number == rows.height // 2:
            yield [None] * width
        day = row["day"]
        row["date"] = (day - EXCEL_DAY_ZERO).days if as_serial else day
        if row["UNREADABLE_DATE"]:
            row["date"] = NO_DATE
        row["amount"] = NO_AMOUNT if row["UNREADABLE_AMOUNT"] else Pounds(row["pence"] / 100)
        yield [row[column] for column in page.columns]
    if page.shape.has_total:
        cells: dict[str, Cell] = {page.columns[0]: "Total"}
        cells["amount"] = Pounds(_total_pence(rows) / 100)
        yield [cells.get(column) for column in page.columns]


def _xlsx(page: _Page, rows: pl.DataFrame, title: str) -> bytes:
    return xlsx_file(list(_sheet_rows(page, rows, title)), "Transactions")


def _ods(page: _Page, rows: pl.DataFrame, title: str) -> bytes:
    return ods_file(list(_sheet_rows(page, rows, title)), "Transactions")


_WRITERS: dict[Medium, Callable[[_Page, pl.DataFrame, str], bytes]] = {
    Medium.CSV: _csv,
    Medium.XLSX: _xlsx,
    Medium.ODS: _ods,
}
