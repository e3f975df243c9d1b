"""What a sample is asked for and what was made: sizes, files, planted oddities."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sample_sources.errors import TooFewRows

FEWEST_ROWS = 1_000  # below this some shape of file would have no row to show it

Progress = Callable[[str, int, int], None]
"""Called after each file with its kind, the files written of that kind, and their number."""


class Kind(StrEnum):
    """The kinds of source files, by the folder below the sample's root."""

    REGISTER = "organisations/register_snapshots"
    MONTHLY = "payments/monthly"
    LEDGER = "payments/ledger"
    WORKFORCE = "workforce"
    LEARNING = "learning"
    PROJECTS = "major_projects"
    GRANTS = "grants"
    FOI = "foi"


class Oddity(StrEnum):
    """A flaw or peculiarity of real files that was planted on purpose; counted in rows."""

    EXACT_DUPLICATE = "row that repeats an earlier row in every cell"
    UNREADABLE_AMOUNT = "row whose amount or number cannot be read"
    UNREADABLE_DATE = "row whose date cannot be read"
    TOTAL_ROW = "total below the rows, without a date"
    BLANK_ROW = "row of empty cells"
    PREAMBLE_LINE = "line above the header"
    UNDECLARED_COLUMN = "column that no contract declares (counted in columns)"
    BRACKETED_AMOUNT = "negative amount in brackets"
    QUOTED_NEWLINE = "cell with a line break inside quotes"
    MISSPELT_NAME = "misspelt name of a body"
    SHORT_NAME = "abbreviation instead of a name"
    FORMER_NAME = "name that the body no longer has"
    PADDED_NAME = "name followed by blanks"
    REDACTED_SUPPLIER = "supplier that is redacted"
    PLACEHOLDER = "n/a or - instead of a number"
    RAW_DATE = "ledger date left as text that can be read"
    RAW_AMOUNT = "ledger amount left as text that can be read"
    REPEATED_LINE = "ledger row that repeats an earlier one in everything but the line number"
    ALSO_MONTHLY = "ledger row of a payment that a monthly file reports too"
    WITHHELD_FIGURE = "project whose figures are withheld, with the reason in their place"
    ALSO_REPORTED = "project of a department's own report that the government's has too"
    BLANK_TAIL = "blank row below the last row, at the empty end of a sheet: no row at all"
    YEAR_AMONG_QUARTERS = "row of a whole year between rows of its quarters"
    NO_RETURN = "authority without a return: a row without number and counts"
    INCOMPLETE_SNAPSHOT = "register snapshot that stops after its first page (counted in files)"


REJECTED = (
    Oddity.UNREADABLE_AMOUNT,
    Oddity.UNREADABLE_DATE,
    Oddity.TOTAL_ROW,
    Oddity.BLANK_ROW,
)
DUPLICATES = (Oddity.EXACT_DUPLICATE, Oddity.REPEATED_LINE)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How much sample, of which seed, up to when.

    `rows` counts payment rows, monthly files and ledger together, before planted duplicates,
    totals and blanks. Of `until` the year and month matter: the newest register snapshot is of its
    first day, the newest payments, returns and learning records are of the month before.
    Raises TooFewRows below 1,000 rows.
    """

    rows: int
    seed: int
    until: date

    def __post_init__(self) -> None:
        if self.rows < FEWEST_ROWS:
            raise TooFewRows(self.rows, FEWEST_ROWS)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file before it is written; `path` is relative to the sample's root, POSIX."""

    path: str
    content: bytes
    rows: int
    oddities: Mapping[Oddity, int]


@dataclass(frozen=True, slots=True)
class FileSet:
    """The files of one kind, made while they are iterated; `count` is known before."""

    kind: Kind
    count: int
    files: Iterator[SampleFile]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What one written file holds.

    `rows` counts all rows below the header: good ones, rejects, duplicates, totals, blanks.
    """

    kind: Kind
    path: str
    sha256: str
    rows: int
    oddities: Mapping[Oddity, int]

    @property
    def rejects(self) -> int:
        """Rows that cannot be landed: no date or number where one must be, or no value at all.

        Ledger rows whose raw text can be read are not among them.
        """
        return sum(self.oddities.get(oddity, 0) for oddity in REJECTED)

    @property
    def duplicates(self) -> int:
        """Rows that repeat an earlier row in every cell, a ledger's line number aside."""
        return sum(self.oddities.get(oddity, 0) for oddity in DUPLICATES)


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What a sample holds, file by file, in the order of writing."""

    government: str
    size: SampleSize
    files: tuple[FileReport, ...]
    unchanged: int  # files that already stood there, byte for byte
    removed: tuple[str, ...]  # files of an earlier sample that are no part of this one

    def of_kind(self, kind: Kind) -> tuple[FileReport, ...]:
        """The files of one kind."""
        return tuple(file for file in self.files if file.kind is kind)

    def file(self, path: str) -> FileReport:
        """The file at `path`, relative to the sample's root. Raises KeyError."""
        return {file.path: file for file in self.files}[path]

    @property
    def rows_of_kind(self) -> dict[Kind, int]:
        """Rows below the headers, by kind."""
        return {kind: sum(file.rows for file in self.of_kind(kind)) for kind in Kind}

    @property
    def rejects_of_kind(self) -> dict[Kind, int]:
        """Rows that cannot be read, by kind."""
        return {kind: sum(file.rejects for file in self.of_kind(kind)) for kind in Kind}

    @property
    def duplicates_of_kind(self) -> dict[Kind, int]:
        """Exact duplicates within their files, by kind."""
        return {kind: sum(file.duplicates for file in self.of_kind(kind)) for kind in Kind}

    def count(self, oddity: Oddity) -> int:
        """How often `oddity` was planted in all files together."""
        return sum(file.oddities.get(oddity, 0) for file in self.files)
