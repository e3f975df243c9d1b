"""The bulk ledgers: every payment of a few bodies, also those that monthly files report."""

from collections.abc import Iterator, Mapping
from io import BytesIO

import numpy as np
import polars as pl

from sample_sources.government import standings
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import LEDGER_MONTHS, Months
from sample_sources.payments import REDACTED, THRESHOLD_PENCE, working_days
from sample_sources.planting import apportioned, counted, planted
from sample_sources.shapes import EXCEL_DAY_ZERO, AmountForm, DateForm, money_text
from sample_sources.words import EXPENSE_AREAS, supplier_names

# Four departments that report monthly too, and two bodies that do not; no one was renamed.
BODIES = ("CHI", "DIH", "MLM", "MWW", "IRCH", "QSA")
WITH_TOTALS = "QSA"  # leaves the system's grand total in each month's lines
REPORTED_SHARE = 0.8  # of the monthly payments is found in the ledger
LOST_AMOUNT = "#" * 24

_ONE_IN = {
    Oddity.REPEATED_LINE: 11,
    Oddity.RAW_DATE: 41,
    Oddity.RAW_AMOUNT: 53,
    Oddity.UNREADABLE_AMOUNT: 67,
    Oddity.REDACTED_SUPPLIER: 17,
}
_PAYMENT = ("payment_date", "pence", "beneficiary", "org_unit")
_COLUMNS = (
    "body",
    "file",
    "line",
    "payment_date",
    "amount",
    "beneficiary",
    "org_unit",
    "payment_date_raw",
    "amount_raw",
)


def ledger_files(
    rows: int, payments: pl.DataFrame, months: Months, rng: np.random.Generator
) -> FileSet:
    """One ledger per body, about `rows` rows in all before repeated lines and totals.

    `payments` are what the monthly files report; a ledger holds most of those of its body.
    """
    weights = np.array([standings(0)[short].body.staff ** 0.5 for short in BODIES])
    counts = apportioned(rows, weights)
    parts = {
        short: _payments_of(short, int(count), payments, months, rng)
        for short, count in zip(BODIES, counts, strict=True)
    }
    return FileSet(Kind.LEDGER, len(BODIES), _files(parts, months))


def _files(parts: Mapping[str, pl.DataFrame], months: Months) -> Iterator[SampleFile]:
    for short, part in parts.items():
        slug = standings(0)[short].slug
        frame = _with_totals(part) if short == WITH_TOTALS else part
        frame = _numbered(frame, slug, months)
        buffer = BytesIO()
        frame.select(_COLUMNS).write_parquet(buffer, compression="snappy")
        yield SampleFile(
            f"{Kind.LEDGER}/{slug}.parquet", buffer.getvalue(), frame.height, counted(frame)
        )


def _payments_of(
    short: str, rows: int, payments: pl.DataFrame, months: Months, rng: np.random.Generator
) -> pl.DataFrame:
    """The ledger's lines: month, payment_date, pence, beneficiary, org_unit, flags."""
    reported = _reported(short, payments, rng)
    drawn = _drawn(short, max(rows - reported.height, 1), months, rng)
    lines = pl.concat([drawn, reported]).sort("payment_date", maintain_order=True)
    return _with_oddities(lines, rng)


def _reported(short: str, payments: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    slug = standings(0)[short].slug
    good = payments.filter(
        (pl.col("publisher") == slug)
        & ~pl.any_horizontal("EXACT_DUPLICATE", "UNREADABLE_AMOUNT", "UNREADABLE_DATE")
    )
    kept = good.filter(pl.Series(rng.random(good.height) < REPORTED_SHARE))
    return kept.select(
        "month",
        pl.col("day").alias("payment_date"),
        "pence",
        pl.col("supplier").alias("beneficiary"),
        pl.col("expense_area").str.to_uppercase().alias("org_unit"),
        pl.lit(True).alias("ALSO_MONTHLY"),
    )


def _drawn(short: str, rows: int, months: Months, rng: np.random.Generator) -> pl.DataFrame:
    """Payments below the threshold of the monthly files."""
    weights = np.array([months.season(month) for month in LEDGER_MONTHS])
    counts = apportioned(rows, weights)
    month = np.repeat(np.array(LEDGER_MONTHS, dtype=np.int32), counts)
    days = [
        working_days(months.first(m), int(n), rng)
        for m, n in zip(LEDGER_MONTHS, counts, strict=True)
    ]
    names = np.array(supplier_names(), dtype=object)
    rank = (rng.random(rows) ** 2 * len(names)).astype(np.int64)
    pence = np.clip(rng.lognormal(12.4, 1.3, rows), 5_000, THRESHOLD_PENCE - 1).astype(np.int64)
    units = np.array([area.upper() for area in EXPENSE_AREAS], dtype=object)
    offset = BODIES.index(short) * 71
    return pl.DataFrame(
        {
            "month": month,
            "payment_date": np.concatenate(days),
            "pence": np.where(planted(rows, 43, rng), -pence, pence),
            "beneficiary": names[(rank * 37 + offset) % len(names), 0],
            "org_unit": units[rng.integers(0, len(units), rows)],
        },
        schema_overrides={"beneficiary": pl.String, "org_unit": pl.String},
    ).with_columns(pl.lit(False).alias("ALSO_MONTHLY"))


def _with_oddities(lines: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Lines with their flags; a line of an unusual form is never also a repeated one."""
    rows = lines.height
    flags = {o.name: pl.Series(o.name, planted(rows, k, rng)) for o, k in _ONE_IN.items()}
    flagged = lines.with_columns(flags.values())
    small = ~pl.col("ALSO_MONTHLY")
    lost = pl.col("UNREADABLE_AMOUNT") & small
    raw_amount = pl.col("RAW_AMOUNT") & small & ~lost
    flagged = flagged.with_columns(
        pl.when(pl.col("REDACTED_SUPPLIER") & small)
        .then(pl.lit(REDACTED))
        .otherwise("beneficiary")
        .alias("beneficiary"),
        pl.when(pl.Series(planted(rows, 91, rng)))
        .then(None)
        .otherwise("org_unit")
        .alias("org_unit"),
        pl.when(raw_amount).then(-pl.col("pence").abs()).otherwise("pence").alias("pence"),
        (pl.col("REDACTED_SUPPLIER") & small).alias("REDACTED_SUPPLIER"),
        lost.alias("UNREADABLE_AMOUNT"),
        raw_amount.alias("RAW_AMOUNT"),
        (pl.col("RAW_DATE") & ~lost & ~raw_amount).alias("RAW_DATE"),
        pl.lit(False).alias("TOTAL_ROW"),
    )
    unusual = pl.any_horizontal("UNREADABLE_AMOUNT", "RAW_AMOUNT", "RAW_DATE")
    repeats = flagged.select((pl.col("REPEATED_LINE") & ~unusual).cast(pl.Int64) + 1).to_series()
    repeated = flagged[np.repeat(np.arange(rows), repeats.to_numpy())]
    is_later = ~pl.struct(*_PAYMENT, "UNREADABLE_AMOUNT").is_first_distinct()
    return repeated.with_columns((is_later & ~pl.col("UNREADABLE_AMOUNT")).alias("REPEATED_LINE"))


def _with_totals(lines: pl.DataFrame) -> pl.DataFrame:
    totals = lines.group_by("month", maintain_order=True).agg(pl.col("pence").sum())
    flags = [name for name, kind in lines.schema.items() if kind == pl.Boolean]
    totals = totals.select(
        "month",
        pl.lit(None, pl.Date).alias("payment_date"),
        "pence",
        pl.lit("Grand Total").alias("beneficiary"),
        pl.lit("").alias("org_unit"),
        *(pl.lit(flag == "TOTAL_ROW").alias(flag) for flag in flags),
    )
    both = pl.concat([lines, totals.select(lines.columns)])
    return both.sort("month", maintain_order=True)


def _numbered(lines: pl.DataFrame, slug: str, months: Months) -> pl.DataFrame:
    """The columns of the ledger file beside the flags."""
    names = {month: f"{months.name(month)}.csv" for month in LEDGER_MONTHS}
    serial = (pl.col("payment_date") - pl.lit(EXCEL_DAY_ZERO)).dt.total_days().cast(pl.String)
    long = pl.col("payment_date").dt.strftime(DateForm.LONG.value)
    raw_date = pl.when(pl.col("month") < 0).then(serial + ".00").otherwise(long)
    no_amount = pl.any_horizontal("UNREADABLE_AMOUNT", "RAW_AMOUNT")
    return lines.with_columns(
        pl.lit(slug).alias("body"),
        pl.col("month").replace_strict(names, return_dtype=pl.String).alias("file"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("month").alias("line"),
        pl.when("TOTAL_ROW")
        .then(pl.lit(""))
        .when("RAW_DATE")
        .then(raw_date)
        .otherwise(None)
        .alias("payment_date_raw"),
        _amount_raw(lines),
        pl.when(no_amount).then(None).otherwise(pl.col("pence") / 100).alias("amount"),
        pl.when("RAW_DATE").then(None).otherwise("payment_date").alias("payment_date"),
    )


def _amount_raw(lines: pl.DataFrame) -> pl.Series:
    triples = lines.select("pence", "UNREADABLE_AMOUNT", "RAW_AMOUNT").iter_rows()
    return pl.Series(
        "amount_raw",
        [
            LOST_AMOUNT if lost else money_text(pence, AmountForm.BRACKETS) if raw else None
            for pence, lost, raw in triples
        ],
        dtype=pl.String,
    )
