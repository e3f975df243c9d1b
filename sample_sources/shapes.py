"""The shapes that departments give their monthly payment files, and who uses which when."""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from sample_sources.months import REPORTED_MONTHS

EXCEL_DAY_ZERO = date(1899, 12, 30)
MONTHS_PER_SHAPE = 8  # then a department changes its finance system or its mind


class DateForm(Enum):
    """How a file writes dates; the value is a strftime pattern, empty for what has none."""

    ISO = "%Y-%m-%d"
    SLASHED = "%d/%m/%Y"
    SHORT_MONTH = "%d-%b-%y"
    LONG = "%A, %B %d, %Y"
    SERIAL = ""  # Excel's day number


class AmountForm(Enum):
    """How a file writes amounts of money."""

    PLAIN = "30044.82, -30044.82"
    COMMAS = "30,044.82, -30,044.82"
    POUNDS = "£30,044.82, -£30,044.82"
    BRACKETS = "30,044.82, (30,044.82)"


class Preamble(Enum):
    """What stands above the header: a title and an empty line, or nothing."""

    NONE = "none"
    BARE = "bare"  # the empty line has no character
    PADDED = "padded"  # both lines have a delimiter per column, as Excel exports them


class Medium(Enum):
    """What kind of file it is; the value is the file name's ending."""

    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"


_FIRST = {
    "family": "Departmental Family",
    "entity": "Entity",
    "date": "Date",
    "expense_type": "Expense Type",
    "expense_area": "Expense Area",
    "supplier": "Supplier",
    "number": "Transaction number",
    "amount": "Amount",
}
_SECOND = {
    "family": "Department Family",
    "entity": "Entity",
    "date": "Date of Payment",
    "expense_type": "Expense type",
    "expense_area": "Expense area",
    "supplier": "Supplier Name",
    "number": "Transaction Number",
    "amount": "Amount (£)",
}
_NUMBERED = {"row": "#", **_FIRST}
_DESCRIBED = {**_FIRST, "amount": "AMOUNT", "description": "Description"}
_WIDE = {**_SECOND, "postcode": "Supplier Postcode", "vat": "VAT Registration Number"}
UNDECLARED = ("row", "postcode", "vat")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written. `headings` maps the columns of a payment to the file's headings."""

    headings: dict[str, str] = field(default_factory=lambda: _FIRST)
    encoding: str = "utf-8"
    newline: str = "\n"
    dates: DateForm = DateForm.ISO
    amounts: AmountForm = AmountForm.PLAIN
    preamble: Preamble = Preamble.NONE
    has_total: bool = False
    short_family: bool = False
    medium: Medium = Medium.CSV


CSV_SHAPES = (
    Shape(short_family=True),
    Shape(newline="\r\n", dates=DateForm.SLASHED, amounts=AmountForm.POUNDS),
    Shape(
        _SECOND,
        encoding="cp1252",
        dates=DateForm.SLASHED,
        amounts=AmountForm.POUNDS,
        preamble=Preamble.BARE,
        has_total=True,
    ),
    Shape(_NUMBERED, encoding="utf-8-sig", dates=DateForm.SHORT_MONTH, amounts=AmountForm.COMMAS),
    Shape(
        _WIDE,
        encoding="cp1252",
        newline="\r\n",
        dates=DateForm.LONG,
        amounts=AmountForm.BRACKETS,
    ),
    Shape(_SECOND, encoding="utf-8-sig", dates=DateForm.SERIAL, amounts=AmountForm.BRACKETS),
    Shape(_DESCRIBED, amounts=AmountForm.COMMAS, preamble=Preamble.PADDED),
    Shape(dates=DateForm.LONG, amounts=AmountForm.PLAIN, has_total=True, short_family=True),
)
XLSX_WITH_DATES = Shape(
    _SECOND, dates=DateForm.SLASHED, preamble=Preamble.PADDED, has_total=True, medium=Medium.XLSX
)
XLSX_WITH_SERIALS = Shape(_WIDE, dates=DateForm.SERIAL, medium=Medium.XLSX)
ODS = Shape(dates=DateForm.SLASHED, medium=Medium.ODS)

_SPREADSHEETS = {
    ("department-for-far-shores", 2): XLSX_WITH_DATES,
    ("isles-exchequer", 1): XLSX_WITH_SERIALS,
    ("department-for-fields-and-flocks", 2): ODS,
}


def shape_of(publisher: str, position: int, month: int) -> Shape:
    """The shape of a publisher's file of a month; `position` is its place among publishers."""
    period = (month - REPORTED_MONTHS[0]) // MONTHS_PER_SHAPE
    usual = CSV_SHAPES[(3 * position + period) % len(CSV_SHAPES)]
    return _SPREADSHEETS.get((publisher, period), usual)


def money_text(pence: int, form: AmountForm) -> str:
    """An amount as finance teams write it: `£1,044.82`, `(1,044.82)`, `-1044.82`."""
    size = abs(pence) / 100
    sign = "-" if pence < 0 else ""
    match form:
        case AmountForm.PLAIN:
            return f"{sign}{size:.2f}"
        case AmountForm.COMMAS:
            return f"{sign}{size:,.2f}"
        case AmountForm.POUNDS:
            return f"{sign}£{size:,.2f}"
        case AmountForm.BRACKETS:
            return f"({size:,.2f})" if pence < 0 else f"{size:,.2f}"
