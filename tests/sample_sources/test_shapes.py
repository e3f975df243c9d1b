"""The files come in the shapes in which public bodies really publish them."""

import csv
import gzip
import io
import re
import tarfile
import zipfile
from pathlib import Path

import duckdb
import fastexcel
import pyarrow as pa
import pytest

from sample_sources import Kind
from sample_sources.foi import QUARTERLY, YEARLY
from sample_sources.grants import AWARD_HEADER, IN_MILLIONS, IN_THOUSANDS, METHODS, SECTORS
from sample_sources.projects import HEADER as PROJECTS
from sample_sources.projects import WITH_BENEFITS
from sample_sources.workforce import HEADER

BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def monthly(sample) -> list[bytes]:
    files = sample.report.of_kind(Kind.MONTHLY)
    return [(sample.folder / f.path).read_bytes() for f in files if f.path.endswith(".csv")]


def is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(rb"^Departmental Family,Entity,Date,Expense Type,", id="usual header"),
        pytest.param(rb"^(\xef\xbb\xbf)?Department Family,Entity,Date of Payment,", id="variant"),
        pytest.param(rb"^\xef\xbb\xbf#,Departmental Family,", id="BOM and a # column"),
        pytest.param(rb",Supplier Postcode,VAT Registration Number\r\n", id="undeclared columns"),
        pytest.param(rb'^"Spend over \xa325,000 - [^\n]+"\n\nDepart', id="bare cp1252 preamble"),
        pytest.param(
            '^"Spend over £25,000[^"]+",+\n,+\nDepart'.encode(), id="padded UTF-8 preamble"
        ),
        pytest.param(rb'\nTotal,,+"[\d,.]+"\n$', id="total below"),
        pytest.param(rb"\n,,,,,,,+\r?\n", id="blank row"),
        pytest.param(rb",20\d\d-\d\d-\d\d,", id="ISO date"),
        pytest.param(rb",\d\d/\d\d/20\d\d,", id="slashed date"),
        pytest.param(rb",\d\d-[A-Z][a-z]{2}-\d\d,", id="date with short month"),
        pytest.param(rb'"[A-Z][a-z]+day, [A-Z][a-z]+ \d\d, 20\d\d"', id="long date"),
        pytest.param(rb",4[5-6]\d{3},", id="Excel serial"),
        pytest.param(rb'"\xa3[\d,]+\.\d\d"', id="cp1252 pounds"),
        pytest.param('"£[\\d,]+\\.\\d\\d"'.encode(), id="UTF-8 pounds"),
        pytest.param('"-£[\\d,]+\\.\\d\\d"'.encode(), id="negative pounds"),
        pytest.param(rb'"\([\d,]+\.\d\d\)"', id="amount in brackets"),
        pytest.param(rb"#####", id="lost amount"),
        pytest.param(rb",Various,", id="unreadable date"),
        pytest.param(rb'"[^"\n]+\nsee invoice"', id="quoted line break"),
        pytest.param(rb",Departmetn of ", id="misspelt body"),
        pytest.param(rb",DIH,", id="abbreviated body"),
        pytest.param(rb",REDACTED PERSONAL DATA,", id="redacted supplier"),
    ],
)
def test_a_monthly_file_shows(pattern, monthly):
    assert any(re.search(pattern, content) for content in monthly)


def test_monthly_files_come_in_three_encodings_and_two_line_ends(monthly):
    assert any(content.startswith(BOM) for content in monthly)
    assert any(not is_utf8(content) for content in monthly)
    assert any(is_utf8(content) and not content.isascii() for content in monthly)
    assert any(b"\r\n" in content for content in monthly)
    assert any(b"\r\n" not in content for content in monthly)


@pytest.mark.parametrize("kind", [Kind.MONTHLY, Kind.WORKFORCE])
def test_a_kind_comes_as_text_and_spreadsheets(kind, sample):
    endings = {Path(file.path).suffix for file in sample.report.of_kind(kind)}

    assert endings == {".csv", ".xlsx", ".ods"}


def test_spreadsheets_carry_no_time_of_their_making(sample):
    books = [f.path for f in sample.report.files if f.path.endswith((".xlsx", ".ods"))]

    for path in books:
        with zipfile.ZipFile(sample.folder / path) as archive:
            assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_workforce_returns_have_pounds_padded_names_and_instructions(sample):
    files = sample.report.of_kind(Kind.WORKFORCE)
    texts = [(sample.folder / f.path).read_bytes() for f in files if f.path.endswith(".csv")]

    assert any(re.search(rb'"\xa3[\d,]+\.\d\d "', text) for text in texts)
    assert any(text.removeprefix(BOM).startswith(b'"Please read the notes') for text in texts)
    assert any(re.search(rb",Isles Exchequer  ,", text) for text in texts)
    assert any(re.search(rb",n/a,", text) for text in texts)
    assert any(re.search(rb"\n,,Total,,,", text) for text in texts)


def test_learning_records_have_personal_columns_that_no_contract_takes(sample):
    text = (sample.folder / "learning" / "2026-10.csv").read_bytes().decode("cp1252")

    header = text.splitlines()[0]
    assert header.endswith(",Date of Birth,Home Postcode,Line Manager Notes")
    assert set(re.findall(r"@([\w.]+)", text)) == {"staff.example"}


def test_ledger_text_stands_only_where_a_typed_value_is_missing(sample):
    with duckdb.connect() as connection:
        kinds = connection.execute(
            "select distinct payment_date is null, payment_date_raw is null, "
            "amount is null, amount_raw is null from read_parquet(?)",
            [str(sample.folder / Kind.LEDGER / "*.parquet")],
        ).fetchall()

    assert {(date_null, not raw_null) for date_null, raw_null, _, _ in kinds} == {
        (False, False),
        (True, True),
    }
    assert {(null, not raw_null) for _, _, null, raw_null in kinds} == {
        (False, False),
        (True, True),
    }


@pytest.mark.real_data
def test_ledgers_have_the_columns_of_the_real_ones(sample, shared_data):
    real = shared_data / "large" / "spend_ledger" / "cabinetoffice.parquet"
    ours = sample.folder / Kind.LEDGER / "chancery-of-the-isles.parquet"

    with duckdb.connect() as connection:
        columns = [
            connection.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
            for path in (real, ours)
        ]

    assert columns[0] == columns[1]


@pytest.mark.real_data
def test_the_register_has_the_header_of_the_real_one(sample, shared_data):
    real = shared_data / "organisations" / "govuk_organisations_latest.csv"
    ours = sample.folder / Kind.REGISTER / "2026-11-01.csv"

    headers = [path.read_text().splitlines()[0] for path in (real, ours)]

    assert headers[0] == headers[1]


@pytest.mark.real_data
def test_returns_have_the_header_of_the_real_template(shared_data):
    packed = shared_data / "workforce_mwmi" / "raw" / "csv.tar.zst"
    name = "0004_2024_to_2025_MWMI_Ofqual-2.csv"

    with (
        pa.CompressedInputStream(pa.OSFile(str(packed)), "zstd") as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        member = next(member for member in archive if member.name.endswith(name))
        text = archive.extractfile(member).read().decode("cp1252")

    assert tuple(next(csv.reader(io.StringIO(text, newline="")))) == HEADER


def test_project_reports_have_reasons_where_numbers_are_due(sample):
    texts = [unpacked(sample.folder / file.path) for file in sample.report.of_kind(Kind.PROJECTS)]

    assert len(texts) == 3
    for pattern in ("Exempt under Section 43", "Early planning GMPP", '"£[\\d,]+"', ",NA,"):
        assert any(re.search(pattern, text) for text in texts), pattern


@pytest.mark.real_data
def test_project_reports_have_the_headers_of_the_real_ones(shared_data):
    headers = {header_of(path) for path in (shared_data / "major_projects").iterdir()}

    assert headers == {PROJECTS, WITH_BENEFITS}


def test_grant_schemes_come_in_two_units_and_with_an_empty_end(sample):
    plain, packed = (
        unpacked(sample.folder / file.path)
        for file in sample.report.of_kind(Kind.GRANTS)
        if "schemes" in file.path
    )

    assert '"Amount (£,000s)"' in plain.splitlines()[0]
    assert ",Amount (£m)," in packed.splitlines()[0]
    assert packed.endswith(",,,,,,\n" * 1_000)


@pytest.mark.real_data
def test_the_register_of_grants_has_the_headers_and_terms_of_the_real_one(shared_data):
    folder = shared_data / "grants"
    thousands = folder / "government-grant-schemes-2013-14.csv"
    millions = folder / "government-grant-schemes-2014-15.csv.gz"
    awards = fastexcel.read_excel(folder / "government-grant-awards-2016-17.xlsx")

    assert header_of(thousands) == IN_THOUSANDS
    assert header_of(millions) == IN_MILLIONS
    assert tuple(c.name for c in awards.load_sheet(0).available_columns()) == AWARD_HEADER
    for name, terms in (("allocation-method", METHODS), ("recipient-sector", SECTORS)):
        _, *real = (folder / f"government-grant-{name}.tsv").read_text().splitlines()
        assert tuple(real) == terms


def test_statistics_on_requests_mix_years_with_quarters_and_dashes_with_noughts(sample):
    (path,) = (sample.folder / Kind.FOI / "chancery").glob("foi-statistics-*.csv.gz")
    text = unpacked(path)

    assert re.search(r"^Q3 20\d\d,", text, re.MULTILINE)
    assert re.search(r"^20\d\d,", text, re.MULTILINE)
    assert re.search(r",-,-,-,", text)
    assert re.search(r",0,0,", text)


@pytest.mark.real_data
def test_statistics_on_requests_have_columns_of_the_real_ones_in_their_order(shared_data):
    (quarterly,) = (shared_data / "foi" / "cabinetfoi").glob("*.csv.gz")
    yearly = shared_data / "foi" / "foisa" / "2019.csv"

    for ours, real in ((QUARTERLY, header_of(quarterly)), (YEARLY, header_of(yearly))):
        places = [real.index(name) for name in ours]
        assert places == sorted(places)


def header_of(path: Path) -> tuple[str, ...]:
    return tuple(next(csv.reader(io.StringIO(unpacked(path), newline=""))))


def unpacked(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
