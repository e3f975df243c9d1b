"""The register of grants: schemes of two years on two layouts, awards, and the register's lists."""

import csv
import gzip
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import numpy as np

from sample_sources.government import departments
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import REPORTED_MONTHS, Months
from sample_sources.spreadsheets import Cell, xlsx_file
from sample_sources.words import FAMILY_NAMES, GIVEN_NAMES, PROJECT_PLACES, supplier_names

SCHEMES = 240  # lines a year
AWARDS = 420
EMPTY_END = 3_000  # rows below the last one of a sheet that was saved with its empty end
METHODS = (
    "Formula",
    "General Grants - Competed",
    "General Grants - Criteria Based",
    "General Grants - Un-competed",
)
SECTORS = (
    "Central Government",
    "Civil Society",
    "Individuals",
    "International",
    "Local Government",
    "Non-Departmental Public Bodies",
    "Private",
    "Public Organisations",
)
IN_THOUSANDS = (
    "Department",
    "Year 2013-14",
    "Grants Description",
    "Amount (£,000s)",
    "Grant Category",
    "End Recipient",
    "No. of Recipients",
)
IN_MILLIONS = (
    "Department",
    "Grants Description",
    "Amount (£m)",
    "Grant Category",
    "No. of Recipients",
    "Recipient type",
    "Sector type (from COFOG level 0 code)",
)
AWARD_HEADER = (
    "Identifier",
    "Title",
    "Description",
    "Currency",
    "Amount Awarded",
    "Award Date",
    "Planned Dates:Start Date",
    "Planned Dates:End Date",
    "Planned Dates:Duration (months)",
    "Recipient Org:Identifier",
    "Recipient Org:Name",
    "Recipient Org:Charity Number",
    "Recipient Org:Company Number",
    "Recipient Org:Street Address",
    "Recipient Org:City",
    "Recipient Org:Country",
    "Recipient Org:Postal Code",
    "Beneficiary Location:Name",
    "Beneficiary Location:Geographic Code",
    "Beneficiary Location:Geographic Code Type",
    "Funding Org:Identifier",
    "Funding Org:Name",
    "Grant Programme:Code",
    "Grant Programme:Title",
    "From an open call?",
    "Last modified",
)
UNDECLARED = 7  # columns of the awards that no contract takes
UNREADABLE = "to be confirmed by Treasury"
_CATEGORIES = (
    "General Grant",
    "General grant ",
    "Grant In Aid",
    "Formula Grant",
    "Intermediated Grant",
    "Ad Hoc",
    *("General Grant",) * 8,
    "?",
)
_RECIPIENTS = (
    "Voluntary Sector ",
    "Non-profit",
    "Local Government ",
    "Private Sector",
    "ALBs and public corporations",
    "Local Govt & VS/Charities & Private Sector",
    "International",
    "Public Sector and Voluntary Sector ",
    "Individuals",
    "Unknown",
)
_COUNTS = ("1", "1", "0", "12", "5,000", "11 - 110", "02-Oct", "Unknown", "multiple", "250")
_FUNCTIONS = ("Education", "Health", "General Public Services", "Social Protection", "unknown")
_AIMS = ("Bursaries", "Repairs", "Seed Funding", "Training", "Rescue Boats", "Peat Restoration")


def grant_files(months: Months, rng: np.random.Generator) -> FileSet:
    """Schemes of the last two whole financial years, awards of the last, and two lists."""
    return FileSet(Kind.GRANTS, 5, _files(months, rng))


def _files(months: Months, rng: np.random.Generator) -> Iterator[SampleFile]:
    first, second = (m for m in REPORTED_MONTHS if months.first(m).month == 3)
    yield _in_thousands(first, months, rng)
    yield _in_millions(second, months, rng)
    yield _awards(second, months, rng)
    for name, heading, terms in (
        ("allocation-method", "method", METHODS),
        ("recipient-sector", "sector", SECTORS),
    ):
        text = "".join(f"{line}\n" for line in (heading, *terms))
        yield SampleFile(
            f"{Kind.GRANTS}/halverness-grant-{name}.tsv", text.encode(), len(terms), {}
        )


def _in_thousands(month: int, months: Months, rng: np.random.Generator) -> SampleFile:
    """The earlier layout: thousands of pounds, the year in every row, a total below."""
    year = _financial_year(month, months)
    rows = []
    for line in range(SCHEMES):
        name, amount = _scheme(line, month, rng)
        about = _pick(_CATEGORIES, rng), _pick(_RECIPIENTS, rng), _pick(_COUNTS, rng)
        thousands = f"{amount / 1000:.3f}".rstrip("0").rstrip(".")
        rows.append([*name[:1], year, *name[1:], thousands, *about])
    oddities = _spoil(rows, amount_at=3)
    rows.append(["Total", "", "", "", "", "", ""])
    header = tuple(f"Year {year}" if name == "Year 2013-14" else name for name in IN_THOUSANDS)
    oddities |= {Oddity.TOTAL_ROW: 1}
    return SampleFile(
        f"{Kind.GRANTS}/halverness-grant-schemes-{year}.csv",
        _csv(header, rows),
        len(rows),
        oddities,
    )


def _in_millions(month: int, months: Months, rng: np.random.Generator) -> SampleFile:
    """The later layout: millions of pounds, rounded, saved with the sheet's empty end."""
    year = _financial_year(month, months)
    rows = []
    for line in range(SCHEMES):
        (department, name), amount = _scheme(line, month, rng)
        about = _pick(_CATEGORIES, rng), _pick(_COUNTS, rng), _pick(_RECIPIENTS, rng)
        rows.append([department, name, f"{amount / 1e6:.2f} ", *about, _pick(_FUNCTIONS, rng)])
    oddities = _spoil(rows, amount_at=2)
    oddities |= {Oddity.BLANK_TAIL: EMPTY_END}
    content = _csv(IN_MILLIONS, [*rows, *([[""] * len(IN_MILLIONS)] * EMPTY_END)])
    return SampleFile(
        f"{Kind.GRANTS}/halverness-grant-schemes-{year}.csv.gz",
        gzip.compress(content, mtime=0),
        len(rows),
        oddities,
    )


def _scheme(line: int, month: int, rng: np.random.Generator) -> tuple[list[str], float]:
    """Department and name of a scheme, and its pounds."""
    every = departments(month)
    body = every[line % len(every)].body
    department = (body.abbreviation, f"{body.abbreviation} ", body.title)[line % 7 % 3]
    name = f"{_pick(PROJECT_PLACES, rng)} {_pick(_AIMS, rng)} Grant"
    return [department, name], round(float(rng.lognormal(13, 1.6)), 2) + 20_000


def _spoil(rows: list[list[str]], amount_at: int) -> dict[Oddity, int]:
    """Plants what the years' files really have; says what was done."""
    short = sum(len(row[0].strip()) <= 4 for row in rows)
    placeholders = sum("Unknown" in row for row in rows)
    rows[33][amount_at] = UNREADABLE
    for place in (60, 120, 180):
        rows.insert(place, list(rows[place - 1]))
    rows.insert(90, [""] * len(rows[0]))
    return {
        Oddity.SHORT_NAME: short,
        Oddity.PLACEHOLDER: placeholders,
        Oddity.UNREADABLE_AMOUNT: 1,
        Oddity.EXACT_DUPLICATE: 3,
        Oddity.BLANK_ROW: 1,
    }


def _awards(month: int, months: Months, rng: np.random.Generator) -> SampleFile:
    rows: list[list[Cell]] = [_award(number, month, months, rng) for number in range(AWARDS)]
    date_at = AWARD_HEADER.index("Award Date")
    rows[11][date_at] = rows[211][date_at] = "Various"
    rows.insert(50, list(rows[49]))
    year = _financial_year(month, months)
    return SampleFile(
        f"{Kind.GRANTS}/halverness-grant-awards-{year}.xlsx",
        xlsx_file([list(AWARD_HEADER), *rows], f"Grant_Awards_{year}"),
        len(rows),
        {
            Oddity.UNREADABLE_DATE: 2,
            Oddity.EXACT_DUPLICATE: 1,
            Oddity.UNDECLARED_COLUMN: UNDECLARED,
        },
    )


def _award(number: int, month: int, months: Months, rng: np.random.Generator) -> list[Cell]:
    funders = departments(month)[:6]
    funder = funders[number % len(funders)].body
    start = months.first(month - 11) + timedelta(days=int(rng.integers(0, 300)))
    length = int(rng.integers(2, 25))
    programme = number % 40
    title = f"{PROJECT_PLACES[programme % 13]} {_AIMS[programme % 6]}"
    recipient, is_trader = _recipient(number, rng)
    return [
        f"360G-halverness-GA-{number + 1:06d}",
        title,
        "Placeholder" if number % 3 == 0 else f"For {title.lower()}.",
        "GBP",
        0 if number % 37 == 5 else round(float(rng.lognormal(10, 1.2)), 2),
        start,
        start,
        start + timedelta(days=30 * length),
        length,
        f"GGIS_ID_{1 + number % 230}",
        recipient,
        None if is_trader or number % 4 else f"{200_000 + number * 7}",
        None if is_trader or number % 5 else f"{3_000_000 + number * 13}",
        f"{number % 90 + 1} Quay Street",
        _pick(PROJECT_PLACES, rng),
        "United Kingdom",
        f"HV{number % 9 + 1} {number % 8 + 1}QX",
        "UK Wide",
        "K02000001",
        "CTRY",
        f"D{number % len(funders) + 1}",
        funder.title,
        f"SCH-{programme + 1:09d}",
        title,
        "Yes" if programme % 3 else "No",
        f"{months.first(month + 1)}T00:00:00Z",
    ]


def _recipient(number: int, rng: np.random.Generator) -> tuple[str, bool]:
    """Who receives an award, and whether it is a person who trades under their own name."""
    if number % 23 == 7:
        return f"{_pick(GIVEN_NAMES, rng)} {_pick(FAMILY_NAMES, rng)} T/A Coaches".upper(), True
    usual, other = supplier_names()[number * 11 % 480]
    return (other if number % 9 == 0 else usual), False


def _financial_year(month: int, months: Months) -> str:
    """The year that ends with March `month`: `2024-25`."""
    end = months.first(month).year
    return f"{end - 1}-{end % 100:02d}"


def _pick(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _csv(header: tuple[str, ...], rows: list[list[str]]) -> bytes:
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()
