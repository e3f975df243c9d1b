"""The monthly workforce returns, in the template that bodies fill in: one row per body."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

import numpy as np
import numpy.typing as npt

from sample_sources.bodies import Format
from sample_sources.government import Standing, existing, former_titles, standings
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import MONTH_NAMES, REPORTED_MONTHS, Months
from sample_sources.spreadsheets import Cell, Pounds, ods_file, xlsx_file

INSTRUCTIONS = (
    "Please read the notes before you fill in this template.\n"
    "Return it to your main, parent or sponsoring department. (NB: sample data)"
)
UNREADABLE = "approx. 40"
GRADES = ("AO/AA", "EO", "SEO/HEO", "Grade 6/7", "SCS", "Other, unknown, unspecified")
CONTINGENT = (
    "Admin and Clerical",
    "Interim Managers & Specialist Contractors & Medical",
    "Other Contingent labour",
)
COSTS = (
    "Salary",
    "Allowances",
    "Non-consolidated performance payments",
    "Overtime",
    "Employer pension contributions",
    "Employer national insurance contributions",
)
_BOTH = ("Headcount", "Full-time equivalent")
HEADER = (
    "Year",
    "Month",
    "Organisation name",
    "Organisation type",
    "Main, parent or sponsoring department:",
    *(f"Payroll staff;\n{grade};\n{unit}" for grade in (*GRADES, "Total") for unit in _BOTH),
    *(
        f"Non-payroll staff;\n{kind};\n{unit}"
        for kind in (*CONTINGENT, "Total Contingent labour")
        for unit in _BOTH
    ),
    "Non-payroll staff;\nConsultancy;\nNumber of Contracts",
    *(f"Grand Total (workforce numbers);\n{unit}" for unit in _BOTH),
    *(f"Payroll staff costs;\n{cost}" for cost in (*COSTS, "Total paybill")),
    *(
        f"Non-Payroll staff costs;\n{cost}"
        for cost in ("Contingent labour", "Consultancy", "Total staff costs")
    ),
    "Grand Total paybill/staffing (payroll and non-payroll) costs",
)
_OTHER_CONTINGENT = HEADER.index(f"Non-payroll staff;\n{CONTINGENT[2]};\nHeadcount")
_HEADCOUNT = HEADER.index("Payroll staff;\nTotal;\nHeadcount")
_OVERTIME = HEADER.index("Payroll staff costs;\nOvertime")
_NAME = HEADER.index("Organisation name")

_GRADE_SHARES = np.array([0.22, 0.24, 0.34, 0.16, 0.03, 0.01])
_MONTHLY_PAY = np.array([2150.0, 2550.0, 3300.0, 5200.0, 8200.0, 3000.0])
_COST_SHARES = np.array([1.0, 0.03, 0.004, 0.015, 0.271, 0.112])  # of salary, as COSTS


@dataclass(frozen=True, slots=True)
class _Staffing:
    """What stays the same about a body's staff from month to month."""

    growth: float  # of headcount, a month
    full_time: float  # equivalents per head
    shares: npt.NDArray[np.float64]  # of headcount, as GRADES


def workforce_files(months: Months, rng: np.random.Generator) -> FileSet:
    """One return per month of all bodies that exist then, exempt and advisory ones aside."""
    shorts = sorted({s for month in REPORTED_MONTHS for s in standings(month)})
    staffing = {
        short: _Staffing(
            float(rng.normal(0.001, 0.003)),
            float(rng.uniform(0.92, 0.99)),
            rng.dirichlet(_GRADE_SHARES * 300),
        )
        for short in shorts
    }
    files = (_file(month, staffing, months, rng) for month in REPORTED_MONTHS)
    return FileSet(Kind.WORKFORCE, len(REPORTED_MONTHS), files)


def _file(
    month: int, staffing: Mapping[str, _Staffing], months: Months, rng: np.random.Generator
) -> SampleFile:
    first = months.first(month)
    bodies = [
        s for s in existing(month) if not s.body.is_exempt and s.body.format is not Format.ADVISORY
    ]
    when: list[Cell] = [first.year, MONTH_NAMES[first.month - 1]]
    rows: list[list[Cell]] = [
        [*when, *_names(body, month), *_figures(body, month, staffing, rng)] for body in bodies
    ]
    oddities = _spoil(rows, bodies, month)
    number = month - REPORTED_MONTHS[0]
    name = f"{Kind.WORKFORCE}/{months.name(month)}"
    above: list[list[Cell]] = []
    if number % 3 == 0:
        above, oddities[Oddity.PREAMBLE_LINE] = [[INSTRUCTIONS]], 1
    table: list[list[Cell]] = [*above, list(HEADER), *rows]
    if number % 12 == 5:
        return SampleFile(f"{name}.ods", ods_file(table, "Return"), len(rows), oddities)
    if number % 6 == 2:
        return SampleFile(f"{name}.xlsx", xlsx_file(table, "Return"), len(rows), oddities)
    encoding = ("cp1252", "cp1252", "utf-8-sig", "utf-8")[number % 4]
    return SampleFile(f"{name}.csv", _csv(table).encode(encoding), len(rows), oddities)


def _names(standing: Standing, month: int) -> list[Cell]:
    body = standing.body
    parent = body if not body.parents else standings(month)[body.parents[0]].body
    return [body.title, body.format.title(), parent.title]


def _figures(
    standing: Standing,
    month: int,
    staffing: Mapping[str, _Staffing],
    rng: np.random.Generator,
) -> list[Cell]:
    body, usual = standing.body, staffing[standing.body.abbreviation]
    size = body.staff * (1 + usual.growth * month) + rng.integers(-2, 3)
    heads = np.floor(size * usual.shares + 0.5).astype(int)
    others = rng.poisson(body.staff * np.array([0.008, 0.015, 0.006]))
    contracts = int(rng.poisson(body.staff / 400))
    salary = float((heads * usual.full_time * _MONTHLY_PAY).sum())
    costs = np.round(salary * _COST_SHARES * rng.uniform(0.95, 1.05, len(COSTS)), 2)
    outside = np.round([others.sum() * 5400.0, contracts * 38000.0], 2)
    cells: list[Cell] = []
    for group, rate in ((heads, usual.full_time), (others, 1.0)):
        for count in (*group, group.sum()):
            cells += [int(count), round(float(count) * rate, 2)]
    cells.append(contracts)
    everyone = heads.sum() * usual.full_time + others.sum()
    cells += [int(heads.sum() + others.sum()), round(float(everyone), 2)]
    for money in (*costs, costs.sum(), *outside, outside.sum(), costs.sum() + outside.sum()):
        cells.append(Pounds(round(float(money), 2)))
    return cells


def _spoil(rows: list[list[Cell]], bodies: list[Standing], month: int) -> dict[Oddity, int]:
    """Makes the rows as people fill them in; says what was done."""
    number = month - REPORTED_MONTHS[0]
    oddities = {Oddity.PADDED_NAME: 0, Oddity.FORMER_NAME: 0, Oddity.PLACEHOLDER: 0}
    for position, (row, standing) in enumerate(zip(rows, bodies, strict=True)):
        former = former_titles(standing.body.abbreviation, month)
        if len(former) == 1 and month % 3 != 0:
            row[_NAME] = former[0]
            oddities[Oddity.FORMER_NAME] += 1
        elif (position + number) % 9 == 0:
            row[_NAME] = f"{row[_NAME]}  "
            oddities[Oddity.PADDED_NAME] += 1
        if position % 13 == 4:
            row[_OTHER_CONTINGENT] = row[_OTHER_CONTINGENT + 1] = "n/a"
            row[_OVERTIME] = "-"
        if (position + number) % 31 == 0:
            row[_HEADCOUNT + 1] = "-"  # full-time equivalents are not known
        oddities[Oddity.PLACEHOLDER] += "-" in row
    totals = _totals(rows) if number % 2 == 0 else None
    if number % 4 == 1:
        rows[number % len(rows)][_HEADCOUNT] = UNREADABLE
        oddities[Oddity.UNREADABLE_AMOUNT] = 1
    if number % 6 == 3:
        rows.append(list(rows[1]))
        oddities[Oddity.EXACT_DUPLICATE] = 1
    if totals is not None:
        rows.append(totals)
        oddities[Oddity.TOTAL_ROW] = 1
    if number % 5 == 0:
        rows.insert(3, [None] * len(HEADER))  # at the end of a spreadsheet it would be no row
        oddities[Oddity.BLANK_ROW] = 1
    return {oddity: count for oddity, count in oddities.items() if count > 0}


def _totals(rows: list[list[Cell]]) -> list[Cell]:
    """The row below the bodies: no year, no month, the sums of the numbers."""
    totals: list[Cell] = [None, None, "Total", None, None]
    for cells in list(zip(*rows, strict=True))[len(totals) :]:
        numbers = [cell for cell in cells if isinstance(cell, int | float)]
        total = round(sum(numbers), 2)
        totals.append(Pounds(total) if isinstance(numbers[0], Pounds) else total)
    return totals


def _csv(rows: list[list[Cell]]) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        cells = [f"£{cell:,.2f} " if isinstance(cell, Pounds) else cell for cell in row]
        writer.writerow(cells + [None] * (len(HEADER) - len(cells)))
    return buffer.getvalue()
