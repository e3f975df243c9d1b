"""The payments over £25,000 that departments report, before they are written into files."""

from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

from sample_sources.government import Standing, departments, family, former_titles
from sample_sources.model import Oddity
from sample_sources.months import REPORTED_MONTHS, Months
from sample_sources.planting import apportioned, drawn, planted, with_duplicates
from sample_sources.words import (
    DESCRIPTIONS,
    EXPENSE_AREAS,
    EXPENSE_TYPES,
    misspelt,
    supplier_names,
)

REDACTED = "REDACTED PERSONAL DATA"
THRESHOLD_PENCE = 2_500_000
OWN_SHARE = 0.7  # of a department's report is its own; the rest is of the bodies below it

# One in so many rows shows the oddity; spread evenly, so that every sample of 1,000 rows has each.
_ONE_IN = {
    Oddity.MISSPELT_NAME: 47,
    Oddity.SHORT_NAME: 13,
    Oddity.PADDED_NAME: 83,
    Oddity.REDACTED_SUPPLIER: 29,
    Oddity.EXACT_DUPLICATE: 61,
    Oddity.UNREADABLE_AMOUNT: 149,
    Oddity.UNREADABLE_DATE: 311,
}


@dataclass(frozen=True, slots=True)
class _Report:
    """What one department reports for one month."""

    department: Standing
    month: int
    rows: int


def reported_payments(rows: int, months: Months, rng: np.random.Generator) -> pl.DataFrame:
    """The payments that the monthly files report, duplicates included.

    One row per line of a file, in the files' order: publisher (slug), month (number), family,
    family_short, entity, day, supplier, expense_type, expense_area, number, pence, description,
    postcode, vat, and a boolean column per planted oddity, named as its Oddity member.
    """
    parts = [_report_rows(report, months, rng) for report in _reports(rows, months)]
    frame = pl.concat([part for part in parts if part.height > 0])
    return with_duplicates(_with_particulars(frame, rng))


def _reports(rows: int, months: Months) -> list[_Report]:
    pairs = [(d, m) for m in REPORTED_MONTHS for d in departments(m)]
    weights = np.array([d.body.staff**0.5 * months.season(m) for d, m in pairs])
    counts = apportioned(rows, weights)
    reports = [_Report(d, m, int(n)) for (d, m), n in zip(pairs, counts, strict=True)]
    return sorted(reports, key=lambda report: (report.department.slug, report.month))


def _report_rows(report: _Report, months: Months, rng: np.random.Generator) -> pl.DataFrame:
    bodies = family(report.department.body.abbreviation, report.month)
    share = OWN_SHARE if len(bodies) > 1 else 1.0
    below = rng.integers(1, max(len(bodies), 2), report.rows)
    chosen = np.where(rng.random(report.rows) < share, 0, below)
    former = [former_titles(s.body.abbreviation, report.month) for s in bodies]
    uses_former = rng.random(report.rows) < 0.3
    day = working_days(months.first(report.month), report.rows, rng)
    return pl.DataFrame(
        {
            "day": np.sort(day),
            "entity": [bodies[b].body.title for b in chosen],
            "scale": np.sqrt([bodies[b].body.staff / 500 for b in chosen]),
            "short": [bodies[b].body.abbreviation for b in chosen],
            "former": [
                former[b][i % len(former[b])] if old and former[b] else None
                for i, (b, old) in enumerate(zip(chosen, uses_former, strict=True))
            ],
        },
        schema_overrides={"former": pl.String},
    ).select(
        pl.lit(report.department.slug).alias("publisher"),
        pl.lit(report.month, pl.Int32).alias("month"),
        pl.lit(report.department.body.title).alias("family"),
        pl.lit(report.department.body.abbreviation).alias("family_short"),
        pl.lit(crc32(report.department.slug.encode()) % 500).alias("offset"),
        pl.all(),
    )


def working_days(first: date, rows: int, rng: np.random.Generator) -> npt.NDArray[np.datetime64]:
    """Days of the month of `first` on which payments are made, unsorted."""
    days = np.datetime64(first) + rng.integers(0, 28, rows)
    return np.busday_offset(days, 0, roll="modifiedpreceding")


def _with_particulars(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    rows = frame.height
    names = np.array(supplier_names(), dtype=object)
    rank = (rng.random(rows) ** 2 * len(names)).astype(np.int64)  # few suppliers, often
    offset = frame["offset"].to_numpy()  # others in each department
    spelling = (rng.random(rows) < 0.12).astype(np.int64)
    above = rng.lognormal(13.6, 1.4, rows) * frame["scale"].to_numpy()
    pence = THRESHOLD_PENCE + above.astype(np.int64)
    flags = {str(o.name): planted(rows, k, rng) for o, k in _ONE_IN.items()}
    filled = frame.with_columns(
        pl.Series("supplier", names[(rank * 37 + offset) % len(names), spelling], dtype=pl.String),
        drawn("expense_type", EXPENSE_TYPES, rows, rng),
        drawn("expense_area", EXPENSE_AREAS, rows, rng),
        drawn("description", DESCRIPTIONS, rows, rng),
        pl.Series("number", 10_000_001 + np.cumsum(rng.integers(1, 9, rows))),
        pl.Series("pence", np.where(planted(rows, 37, rng), -pence, pence)),
        pl.Series("vat", rng.integers(10**8, 10**9, rows)).cast(pl.String).alias("vat"),
        pl.format("HV{} {}QX", *(pl.Series(rng.integers(1, 10, rows)) for _ in "ab")).alias(
            "postcode"
        ),
        *(pl.Series(name, flag) for name, flag in flags.items()),
    )
    return _with_spoilt_names(filled)


def _with_spoilt_names(frame: pl.DataFrame) -> pl.DataFrame:
    """Names as finance teams type them; each name shows one oddity at most."""
    former = pl.col("former").is_not_null()
    wrong = pl.col("MISSPELT_NAME") & ~former
    short = pl.col("SHORT_NAME") & ~former & ~wrong
    padded = pl.col("PADDED_NAME") & ~former & ~wrong & ~short
    spelt = {title: misspelt(title) for title in frame["entity"].unique().to_list()}
    entity = (
        pl.when(former)
        .then(pl.col("former"))
        .when(wrong)
        .then(pl.col("entity").replace(spelt))
        .when(short)
        .then(pl.col("short"))
        .when(padded)
        .then(pl.col("entity") + "  ")
        .otherwise(pl.col("entity"))
    )
    redacted = pl.col("REDACTED_SUPPLIER")
    spoilt = pl.col("UNREADABLE_AMOUNT") | pl.col("UNREADABLE_DATE")
    return frame.with_columns(
        entity.alias("entity"),
        pl.when(redacted).then(pl.lit(REDACTED)).otherwise(pl.col("supplier")).alias("supplier"),
        former.alias("FORMER_NAME"),
        wrong.alias("MISSPELT_NAME"),
        short.alias("SHORT_NAME"),
        padded.alias("PADDED_NAME"),
        (pl.col("EXACT_DUPLICATE") & ~spoilt).alias("EXACT_DUPLICATE"),
        (pl.col("UNREADABLE_DATE") & ~pl.col("UNREADABLE_AMOUNT")).alias("UNREADABLE_DATE"),
    ).drop("former", "short", "scale", "offset")
