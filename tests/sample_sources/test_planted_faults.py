"""What the report says of each file is what a naive reader finds in it."""

import csv
import gzip
import io
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import fastexcel
import pytest

from sample_sources import Kind, Oddity

DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%b-%y", "%A, %B %d, %Y")
AMOUNT = re.compile(r"-?£?[\d,]+(\.\d+)?|\([\d,]+\.\d\d\)")
Row = tuple[str, ...]


def cells_of(path: Path) -> list[Row]:
    """Every row of a text file or of a spreadsheet's first sheet, as text."""
    if {".csv", ".tsv"} & set(path.suffixes):
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
        lines = io.StringIO(text, newline="")
        delimiter = "\t" if path.suffix == ".tsv" else ","
        return [tuple(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string")
    rows = sheet.to_polars().rows()
    return [tuple("" if cell is None else str(cell) for cell in row) for row in rows]


def table_of(path: Path, mark: str) -> tuple[Row, list[Row]]:
    """The header, which is the first row with a cell `mark`, and the rows below it."""
    rows = cells_of(path)
    top = next(i for i, row in enumerate(rows) if mark in {cell.strip() for cell in row})
    return rows[top], rows[top + 1 :]


def is_date(text: str) -> bool:
    """Whether the text is a day in any of the forms that departments use."""
    if re.fullmatch(r"4\d{4}(\.0+)?", text):
        return True
    return any(_fits(text.removesuffix(" 00:00:00"), form) for form in DATE_FORMS)


def _fits(text: str, form: str) -> bool:
    try:
        return isinstance(datetime.strptime(text, form).date(), date)
    except ValueError:
        return False


def is_amount(text: str) -> bool:
    """Whether the text is an amount or a number."""
    return AMOUNT.fullmatch(text.strip()) is not None


def faults_of(kind: Kind, path: Path) -> tuple[int, int, int]:
    """Rows, rejects and exact duplicates of one file."""
    if kind is Kind.LEDGER:
        return _ledger_faults(path)
    mark, is_good = _reading(kind, path)
    header, rows = table_of(path, mark)
    while rows and not any(rows[-1]):
        rows.pop()  # the empty end of a sheet
    good = [row for row in rows if is_good(header, row)]
    return len(rows), len(rows) - len(good), len(good) - len(set(good))


def _reading(kind: Kind, path: Path) -> tuple[str, Callable[[Row, Row], bool]]:
    if kind is Kind.GRANTS:
        return _GRANTS[path.name.split("-")[2]]
    if kind is Kind.FOI:
        name = re.sub(r"^foi-statistics.*", "counts", path.name)
        return _FOI[re.sub(r"^20\d\d", "returns", name).removesuffix(".csv")]
    return _READABLE[kind]


def _ledger_faults(path: Path) -> tuple[int, int, int]:
    query = """
        with lines as (
            select *,
                coalesce(cast(payment_date as varchar), payment_date_raw) as day,
                coalesce(cast(amount as varchar), amount_raw) as money
            from read_parquet(?)
        ),
        good as (
            select payment_date, amount, beneficiary, org_unit, day, money from lines
            where day <> '' and money not like '#%'
        )
        select (select count(*) from lines), (select count(*) from good),
            (select count(*) from (select distinct * from good))
    """
    with duckdb.connect() as connection:
        row = connection.execute(query, [str(path)]).fetchone()
    assert row is not None
    lines, good, distinct = row
    return lines, lines - good, good - distinct


def _register(header: Row, row: Row) -> bool:
    return is_date(row[header.index("snapshot_date")])


def _monthly(header: Row, row: Row) -> bool:
    names = [name.lower() for name in header]
    day = next(i for i, name in enumerate(names) if name.startswith("date"))
    money = next(i for i, name in enumerate(names) if name.startswith("amount"))
    return is_date(row[day]) and is_amount(row[money])


def _workforce(header: Row, row: Row) -> bool:
    heads = row[header.index("Payroll staff;\nTotal;\nHeadcount")]
    return row[0] != "" and is_amount(heads)


def _learning(header: Row, row: Row) -> bool:
    return is_date(row[header.index("Completed On")])


def _projects(header: Row, row: Row) -> bool:
    return "" not in (row[0], row[header.index("Project Name")])


def _schemes(header: Row, row: Row) -> bool:
    money = next(i for i, name in enumerate(header) if name.startswith("Amount"))
    return row[header.index("Grants Description")] != "" and is_amount(row[money])


def _awards(header: Row, row: Row) -> bool:
    return is_date(row[header.index("Award Date")])


def _terms(header: Row, row: Row) -> bool:
    return row[0] != ""


_GRANTS: dict[str, tuple[str, Callable[[Row, Row], bool]]] = {
    "schemes": ("Grants Description", _schemes),
    "awards": ("Identifier", _awards),
    "allocation": ("method", _terms),
    "recipient": ("sector", _terms),
}


def _counts(header: Row, row: Row) -> bool:
    who = next(i for i, name in enumerate(header) if name in ("Government body", "AuthorityName"))
    asked = header.index("Total requests received" if who else "FOISA requests")
    return row[who] != "" and (row[asked] == "" or is_amount(row[asked]))


_FOI: dict[str, tuple[str, Callable[[Row, Row], bool]]] = {
    "counts": ("Government body", _counts),
    "returns": ("AuthorityName", _counts),
    "all time": ("authority_id", _terms),
    "authorities": ("authority_id", _terms),
    "column_lookup": ("id", _terms),
}
_READABLE: dict[Kind, tuple[str, Callable[[Row, Row], bool]]] = {
    Kind.REGISTER: ("slug", _register),
    Kind.MONTHLY: ("Entity", _monthly),
    Kind.WORKFORCE: ("Organisation name", _workforce),
    Kind.LEARNING: ("Record ID", _learning),
    Kind.PROJECTS: ("GMPP ID Number", _projects),
}


@pytest.mark.parametrize("kind", Kind)
def test_rows_rejects_and_duplicates_are_those_that_a_naive_reader_finds(kind, sample):
    files = sample.report.of_kind(kind)

    found = {file.path: faults_of(kind, sample.folder / file.path) for file in files}

    assert found == {file.path: (file.rows, file.rejects, file.duplicates) for file in files}


@pytest.mark.parametrize("oddity", Oddity, ids=lambda oddity: oddity.name)
def test_the_smallest_sample_shows_every_oddity(oddity, smallest):
    assert smallest.count(oddity) > 0


def test_payment_rows_add_up_to_the_size_beside_what_was_planted_on_top(sample):
    added = (Oddity.EXACT_DUPLICATE, Oddity.TOTAL_ROW, Oddity.BLANK_ROW)

    files = sample.report.of_kind(Kind.MONTHLY) + sample.report.of_kind(Kind.LEDGER)
    on_top = sum(file.oddities.get(oddity, 0) for file in files for oddity in added)
    repeated = sample.report.count(Oddity.REPEATED_LINE)

    assert sum(file.rows for file in files) - on_top - repeated == sample.report.size.rows


def test_most_payment_rows_are_in_the_ledgers(sample):
    rows = sample.report.rows_of_kind

    assert rows[Kind.LEDGER] > rows[Kind.MONTHLY] > 0


def test_no_row_is_both_rejected_and_a_duplicate(sample):
    for file in sample.report.files:
        assert file.rejects + file.duplicates <= file.rows


def test_ledgers_repeat_payments_of_the_monthly_files_of_their_body(sample):
    path = f"{Kind.MONTHLY}/ministry-of-law-and-mercy/2025-11.csv"
    header, rows = table_of(sample.folder / path, "Entity")
    columns = [next(i for i, h in enumerate(header) if h.startswith(n)) for n in _COMPARED]
    monthly = {_payment(*(row[column] for column in columns)) for row in rows if row[1]}

    with duckdb.connect() as connection:
        ledger = connection.execute(
            "select strftime(payment_date, '%Y-%m-%d'), round(amount, 2), beneficiary "
            "from read_parquet(?) where file = '2025-11.csv'",
            [str(sample.folder / f"{Kind.LEDGER}/ministry-of-law-and-mercy.parquet")],
        ).fetchall()

    assert 0.5 * len(monthly) < len(monthly & set(ledger)) < len(monthly)


_COMPARED = ("Date", "Amount", "Supplier")


def _payment(day: str, amount: str, supplier: str) -> tuple[str, float | None, str]:
    for form in DATE_FORMS:
        if _fits(day, form):
            day = datetime.strptime(day, form).strftime("%Y-%m-%d")
            break
    plain = re.sub("[£,()]", "", amount)
    sign = -1 if "(" in amount else 1
    return day, sign * float(plain) if is_amount(amount) else None, supplier
