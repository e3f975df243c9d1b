"""The yearly reports on major projects: one row per project, with words where numbers are due."""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO

import numpy as np

from sample_sources.government import departments, standings, successor
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import REPORTED_MONTHS, SNAPSHOT_MONTHS, Months
from sample_sources.words import PROJECT_KINDS, PROJECT_PLACES

PROJECTS = 78
_SCALE = (
    "(A Delivery Confidence Assessment of the project at a fixed point in time, using a "
    "three-point scale, Red \N{EN DASH} Amber \N{EN DASH} Green; definitions in the IPA Annual "
    "Report on Major Projects)"
)
HEADER = (
    "GMPP ID Number",
    "Project Name",
    "Department",
    "Annual Report Category",
    "Description / Aims",
    f"IPA Delivery Confidence Assessment \n{_SCALE}",
    f"SRO Delivery Confidence Assessment \n{_SCALE}",
    "Departmental commentary on actions planned or taken on the IPA RAG rating.",
    "Project - Start Date \n(Latest Approved Start Date)",
    "Project - End Date \n(Latest Approved End Date)",
    "Departmental narrative on schedule, including any deviation from planned schedule "
    "(if necessary)",
    "Financial Year Baseline (£m) (including Non-Government Costs)",
    "Financial Year Forecast (£m) (including Non-Government Costs)",
    "Financial Year Variance (%)",
    "Departmental narrative on  budget/forecast variance for 2021/22 \n"
    "(if variance is more than 5%)",
    "TOTAL Baseline Whole Life Costs (£m) (including Non-Government Costs)",
    "Departmental Narrative on Budgeted Whole Life Costs",
)
WITH_BENEFITS = (
    *HEADER,
    "TOTAL Baseline Benefits (£m)",
    "Departmental Narrative on Budgeted Benefits",
)
EXEMPT = (
    "Exempt under Section 43 of the Freedom of Information Act 2000 (Commercial Interests)",
    "Exempt under Section  24 and 26 of the Freedom of Information Act 2000 "
    "(National Security and Defence)",
    "Exempt under Section 22 of the Freedom of Information Act 2000 (Information intended for "
    "future publication)",
)
EARLY = (
    "Early planning GMPP project \r\n\r\n"
    "(The project has not yet passed SOC, or its programme equivalent)"
)
_CATEGORIES = (
    "Government Transformation and Service Delivery",
    "ICT",
    "Infrastructure and Construction",
    "Military Capability",
)
_COST_CELLS = (11, 12, 13, 15)  # what a commercial exemption withholds
_EVERY_FIGURE = (5, 6, 8, 9, 11, 12, 13, 15)


@dataclass(frozen=True, slots=True)
class _Project:
    """What stays the same about a project from report to report."""

    number: int
    name: str
    first_department: str  # the abbreviation of the department that began it
    category: str
    start: date
    end: date
    million_pounds: float
    is_rated_by_authority: bool


def project_files(months: Months, rng: np.random.Generator) -> FileSet:
    """Two yearly reports on two templates, and one department's part of the first once more."""
    projects = [_project(number, months, rng) for number in range(1, PROJECTS + 1)]
    first, second = (m for m in REPORTED_MONTHS if months.first(m).month == 3)
    own = successor(projects[0].first_department, first)
    return FileSet(Kind.PROJECTS, 3, _files(projects, (first, second), own, months, rng))


def _files(
    projects: list[_Project],
    reports: tuple[int, int],
    own: str,
    months: Months,
    rng: np.random.Generator,
) -> Iterator[SampleFile]:
    first, second = reports
    rows, oddities = _rows(projects[:-6], first, rng)
    part = [row for row in rows if row[2] == own]
    content = _bytes(HEADER, part)
    repeated = {Oddity.ALSO_REPORTED: len(part)} | _withheld(part)
    yield SampleFile(_path(own, first, months), content, len(part), repeated)
    rows.insert(9, list(rows[8]))
    rows.insert(20, [""] * len(HEADER))
    oddities |= _withheld(rows) | {Oddity.EXACT_DUPLICATE: 1, Oddity.BLANK_ROW: 1}
    yield SampleFile(_path("Halverness", first, months), _bytes(HEADER, rows), len(rows), oddities)
    rows, oddities = _rows(projects[4:], second, rng)
    rows = [_on_new_template(row, position) for position, row in enumerate(rows)]
    rows.append(["Total", *[""] * (len(WITH_BENEFITS) - 1)])
    oddities |= _withheld(rows) | {Oddity.TOTAL_ROW: 1}
    packed = gzip.compress(_bytes(WITH_BENEFITS, rows), mtime=0)
    yield SampleFile(f"{_path('Halverness', second, months)}.gz", packed, len(rows), oddities)


def _project(number: int, months: Months, rng: np.random.Generator) -> _Project:
    begun = REPORTED_MONTHS[0]
    shorts = [standing.body.abbreviation for standing in departments(begun)]
    start = months.first(begun) - timedelta(days=int(rng.integers(30, 2500)))
    place = PROJECT_PLACES[number % len(PROJECT_PLACES)]
    kind = PROJECT_KINDS[number // len(PROJECT_PLACES) % len(PROJECT_KINDS)]
    return _Project(
        number,
        f"{place} {kind}",
        shorts[number % len(shorts)],
        _CATEGORIES[int(rng.integers(len(_CATEGORIES)))],
        start,
        months.first(SNAPSHOT_MONTHS[-1]) + timedelta(days=int(rng.integers(200, 9000))),
        round(float(rng.lognormal(5.5, 1.3)) + 10, 2),
        bool(rng.random() < 0.6),
    )


def _rows(
    projects: list[_Project], month: int, rng: np.random.Generator
) -> tuple[list[list[str]], dict[Oddity, int]]:
    """A report's rows on the older template, and the odd ones among their names."""
    rows = [_row(project, month, rng) for project in projects]
    padded = 0
    for position, row in enumerate(rows):
        if position % 13 == 5:
            row[1], padded = f"{row[1]}  ", padded + 1
    return rows, {Oddity.PADDED_NAME: padded}


def _row(project: _Project, month: int, rng: np.random.Generator) -> list[str]:
    short = successor(project.first_department, month)
    title = standings(month)[short].body.title
    rating = ("Green", "Amber", "Amber", "Amber", "Red")[int(rng.integers(5))]
    baseline = round(project.million_pounds * float(rng.uniform(0.05, 0.2)), 2)
    forecast = round(baseline * float(rng.normal(0.95, 0.12)), 2)
    variance = round((forecast - baseline) / baseline * 100)
    entered = f"{project.start.year % 100:02d}{project.start.year % 100 + 1:02d}"
    row = [
        f"{project.first_department}_{project.number:04d}_{entered}-Q{project.number % 4 + 1}",
        project.name,
        short,
        project.category,
        f"The {project.name} will serve the people of Halverness,\r\nand those who visit them.",
        rating if project.is_rated_by_authority else "",
        "" if project.is_rated_by_authority else rating,
        f"The {title} works on what the last review asked for.",
        project.start.isoformat(),
        project.end.isoformat(),
        "Compared to last year,\xa0the end date has remained as it was.",
        f"£{baseline:,.2f}",
        f"£{forecast:,.2f}",
        f"{variance}%",
        "The budget variance exceeds 5%." if abs(variance) > 5 else "Within tolerance.",
        f"£{project.million_pounds:,.0f}",
        "The whole-life cost is that of the approved business case.",
    ]
    _withhold(row, project)
    return row


def _withhold(row: list[str], project: _Project) -> None:
    """Puts the reason in the place of the figures that some departments keep back."""
    if project.number % 9 == 2:
        for cell in _COST_CELLS:
            row[cell] = EXEMPT[0]
    elif project.number % 17 == 3:
        for cell in _EVERY_FIGURE:
            row[cell] = EXEMPT[1] if project.category == _CATEGORIES[3] else EXEMPT[2]
    elif project.number % 29 == 4:
        for cell in _EVERY_FIGURE:
            row[cell] = EARLY


def _on_new_template(row: list[str], position: int) -> list[str]:
    """Plain numbers without signs, NA for what is empty, and two columns more."""
    told = [cell or "NA" for cell in row]
    for cell in _COST_CELLS:
        told[cell] = told[cell] if "GMPP" in told[cell] else _plain(told[cell])
    is_exempt = told[15].startswith("Exempt")
    benefits = told[15] if is_exempt else "NA" if position % 2 else str(40 + position * 3)
    return [*told, benefits, "Benefits are those of the approved business case."]


def _plain(cell: str) -> str:
    return cell if cell.startswith("Exempt") else cell.strip("£%").replace(",", "")


def _withheld(rows: list[list[str]]) -> dict[Oddity, int]:
    told = sum(any(cell.startswith(("Exempt", "Early")) for cell in row) for row in rows)
    return {Oddity.WITHHELD_FIGURE: told}


def _path(publisher: str, month: int, months: Months) -> str:
    named = f"{months.first(month):%B_%Y}"
    return f"{Kind.PROJECTS}/{publisher}_Major_Projects_Portfolio_Data_{named}.csv"


def _bytes(header: tuple[str, ...], rows: list[list[str]]) -> bytes:
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")
