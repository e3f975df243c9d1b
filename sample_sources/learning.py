"""The learning system's monthly exports: synthetic personal data of people who do not exist."""

import unicodedata

import numpy as np
import polars as pl

from sample_sources.government import departments, standings, successor
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import REPORTED_MONTHS, Months
from sample_sources.planting import apportioned, counted, drawn, planted, with_duplicates
from sample_sources.words import FAMILY_NAMES, GIVEN_NAMES

NOT_DONE = "in progress"
UNDECLARED = ("Date of Birth", "Home Postcode", "Line Manager Notes")
ENCODINGS = ("utf-8-sig", "utf-8", "cp1252")
RECORDS_PER_PERSON = 8
COURSES = (
    ("HC101", "Keeping records safe", "E-learning", 1.0),
    ("HC102", "Fire and flood drill", "E-learning", 0.5),
    ("HC110", "Writing for islanders", "Workshop", 3.5),
    ("HC120", "Reading a tide table", "Classroom", 7.0),
    ("HC204", "Buying fairly", "Classroom", 14.0),
    ("HC210", "Counting with care", "E-learning", 2.0),
    ("HC305", "Leading a small crew", "Workshop", 21.0),
)
_NOTES = ("Keen to learn more", "Missed the first session", "Asked for a quieter room", "")
_ONE_IN = {
    Oddity.EXACT_DUPLICATE: 71,
    Oddity.UNREADABLE_DATE: 89,
    Oddity.SHORT_NAME: 11,
}


def learning_files(rows: int, months: Months, rng: np.random.Generator) -> FileSet:
    """One export per month, `rows` records in all before planted duplicates."""
    records = _records(rows, _people(max(rows // RECORDS_PER_PERSON, 10), rng), months, rng)
    parts = records.partition_by("month", maintain_order=True)
    return FileSet(Kind.LEARNING, len(parts), (_file(part, months) for part in parts))


def _people(count: int, rng: np.random.Generator) -> pl.DataFrame:
    """One row per member of staff; `first_department` is where they began."""
    shorts = tuple(d.body.abbreviation for d in departments(REPORTED_MONTHS[0]))
    people = pl.DataFrame(
        {"Staff ID": [f"H{number:06d}" for number in range(400_001, 400_001 + count)]}
    ).with_columns(
        drawn("given", GIVEN_NAMES, count, rng),
        drawn("family", FAMILY_NAMES, count, rng),
        drawn("first_department", shorts, count, rng),
        drawn("Grade", ("AO", "EO", "HEO", "SEO", "Grade 7", "Grade 6", "SCS"), count, rng),
        pl.Series(
            "Date of Birth",
            np.datetime64("1962-01-01") + rng.integers(0, 14_000, count),
        ).dt.strftime("%d/%m/%Y"),
        pl.format("HV{} {}QX", *(pl.Series(rng.integers(1, 10, count)) for _ in "ab")).alias(
            "Home Postcode"
        ),
    )
    number = pl.col("Staff ID").str.slice(-3)
    plain = {name: _plain(name) for name in (*GIVEN_NAMES, *FAMILY_NAMES)}
    return people.with_columns(
        pl.format("{} {}", "given", "family").alias("Full Name"),
        pl.format(
            "{}.{}{}@staff.example",
            pl.col("given").replace_strict(plain),
            pl.col("family").replace_strict(plain),
            number,
        ).alias("Email"),
    )


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return folded.lower()


def _records(
    rows: int, people: pl.DataFrame, months: Months, rng: np.random.Generator
) -> pl.DataFrame:
    weights = np.array([1.0 / months.season(month) for month in REPORTED_MONTHS])
    counts = apportioned(rows, weights)
    month = np.repeat(np.array(REPORTED_MONTHS, dtype=np.int32), counts)
    firsts = np.repeat(np.array([np.datetime64(months.first(m)) for m in REPORTED_MONTHS]), counts)
    courses = pl.DataFrame(
        COURSES, ["Course Code", "Course Title", "Course Type", "Hours"], orient="row"
    )
    frame = pl.concat(
        [
            people[rng.integers(0, people.height, rows)],
            courses[rng.integers(0, len(COURSES), rows)],
        ],
        how="horizontal",
    ).with_columns(
        pl.Series("month", month),
        pl.Series("day", firsts + rng.integers(0, 28, rows)),
        pl.format("LR{}", pl.Series(700_001 + np.arange(rows))).alias("Record ID"),
        drawn("Result", ("Passed", "Passed", "Attended", "Failed"), rows, rng),
        drawn("Line Manager Notes", _NOTES, rows, rng),
        *(pl.Series(o.name, planted(rows, k, rng)) for o, k in _ONE_IN.items()),
    )
    unusual = pl.col("UNREADABLE_DATE")
    frame = frame.with_columns((pl.col("EXACT_DUPLICATE") & ~unusual).alias("EXACT_DUPLICATE"))
    return with_duplicates(_with_departments(frame))


def _with_departments(frame: pl.DataFrame) -> pl.DataFrame:
    """Each record's department as it was called in its month."""
    parts = []
    for part in frame.partition_by("month", maintain_order=True):
        month = part["month"][0]
        now = {short: successor(short, month) for short in part["first_department"].unique()}
        titles = {short: standings(month)[after].body.title for short, after in now.items()}
        first = pl.col("first_department")
        parts.append(
            part.with_columns(
                pl.when("SHORT_NAME")
                .then(first.replace_strict(now))
                .otherwise(first.replace_strict(titles))
                .alias("Department")
            )
        )
    return pl.concat(parts)


def _file(part: pl.DataFrame, months: Months) -> SampleFile:
    month = part["month"][0]
    done = part.with_columns(
        pl.when("UNREADABLE_DATE")
        .then(pl.lit(NOT_DONE))
        .otherwise(pl.col("day").dt.strftime("%d/%m/%Y"))
        .alias("Completed On")
    )
    table = done.select(
        "Record ID",
        "Staff ID",
        "Full Name",
        "Email",
        "Department",
        "Grade",
        "Course Code",
        "Course Title",
        "Course Type",
        "Completed On",
        "Hours",
        "Result",
        *UNDECLARED,
    )
    encoding = ENCODINGS[(month - REPORTED_MONTHS[0]) % len(ENCODINGS)]
    oddities = counted(part) | {Oddity.UNDECLARED_COLUMN: len(UNDECLARED)}
    content = table.write_csv(line_terminator="\r\n").encode(encoding)
    path = f"{Kind.LEARNING}/{months.name(month)}.csv"
    return SampleFile(path, content, part.height, oddities)
