"""Statistics on requests for information: bodies by quarter and year, island councils by year."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO

import numpy as np

from sample_sources.bodies import Format
from sample_sources.government import LONG_AGO, Standing, existing, former_titles
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import REPORTED_MONTHS, Months
from sample_sources.words import PROJECT_PLACES

QUARTERLY = (
    "Quarter",
    "Government body",
    "Total requests received",
    "Requests Processed",
    "Requests on-hold or lapsed",
    "Requests still being processed",
    "Requests handled under EIRs",
    "20-day deadline met",
    "Permitted extension to 20-day deadline",
    "Late response (i.e. 20-day deadline missed)",
    "Requests where information not held",
    'Total "resolvable" requests',
    "Initial Outcome Granted in full",
    "Initial Outcome  Partially withheld",
    "Initial Outcome  Fully withheld",
    "Initial Outcome Response not yet provided",
    "Fully refused - vexatious",
    "Fully refused - repeated",
    "Fully refused - cost limit",
    "Fully refused - exemption",
    "S(40) - Personal information",
    "Number of requests where an exemption was claimed",
    "Total Internal Reviews",
    "IR number upheld in full",
    "IR number upheld in part",
    "IR number overturned",
    "ICO Total Complaints",
    "ICO Number upheld in full",
    "ICO Number upheld in part",
    "ICO Number overturned",
    "PIT 5 or Less",
)
YEARLY = (
    "AuthorityName",
    "Region",
    "Sector",
    "authority_id",
    "FOISA requests",
    "FOISA closed - unclear",
    "FOISA closed - withdrawn",
    "FOISA response on time",
    "FOISA response late",
    "FOISA - faliure to respond",
    "FOISA refused - cost",
    "FOISA - vexatious",
    "FOISA - repeated",
    "FOISA - full release",
    "FOISA - none released",
    "FOISA - some released",
    "FOISA - none held ",
    "FOISA - no confirm/deny",
    "EIR requests",
    "Subject Access Requests",
    "FOISA reviews ",
    "FOISA review - on time",
    "FOISA review - late response",
    "FOISA review - failure to respond",
    "FOISA review - wholly/partially upheld",
    "FOISA review - substituted decision",
    "Third party personal data ",
)
UNREADABLE = "c. 40"
YEARS = 3
_KINDS = ("Island Council", "Harbour Board", "Infirmary Board")
_PARENTS = (
    ("Total requests received", ""),
    *((label, "Total requests received") for label in QUARTERLY[3:12]),
    *((label, "Total resolvable requests") for label in QUARTERLY[12:]),
    ("FOISA requests", "Public Information Requests"),
    *((label, "FOISA requests") for label in YEARLY[5:]),
)


def foi_files(months: Months, rng: np.random.Generator) -> FileSet:
    """The quarters of the bodies, three years of the councils, their totals and two lists each."""
    return FileSet(Kind.FOI, YEARS + 5, _files(months, rng))


def _files(months: Months, rng: np.random.Generator) -> Iterator[SampleFile]:
    yield _quarterly(months, rng)
    councils = [
        (number, f"{place} {kind}")
        for number, (kind, place) in enumerate(((k, p) for k in _KINDS for p in PROJECT_PLACES), 1)
    ]
    totals = dict.fromkeys((number for number, _ in councils), 0)
    for age in range(YEARS, 0, -1):
        yield _yearly(months.until.year - age, councils, totals, rng)
    yield from _lists(councils, totals)


def _lists(councils: list[tuple[int, str]], totals: Mapping[int, int]) -> Iterator[SampleFile]:
    """The collectors' own totals, and whom and what they count."""
    added = [[name, number, totals[number]] for number, name in councils]
    yield _list("commissioner/all time.csv", "AuthorityName,authority_id,FOISA requests", added)
    last = REPORTED_MONTHS[-1]
    bodies = [
        [
            number,
            standing.body.title,
            "Agencies and boards" if standing.body.parents else "Ministries and departments",
            next(iter(former_titles(standing.body.abbreviation, last)), ""),
        ]
        for number, standing in enumerate(_bodies(last), 1)
    ]
    yield _list("chancery/authorities.csv", "authority_id,Government body,sector,alt_name", bodies)
    others = [[name, number, _sector(name)] for number, name in councils]
    yield _list("commissioner/authorities.csv", "AuthorityName,authority_id,sector", others)
    measures = [[number, *pair] for number, pair in enumerate(_PARENTS, 1)]
    yield _list("commissioner/column_lookup.csv", "id,value,child_of", measures)


def _list(path: str, header: str, rows: Sequence[Sequence[object]]) -> SampleFile:
    return _file(path, _csv(header.split(","), rows), len(rows), {})


def _quarterly(months: Months, rng: np.random.Generator) -> SampleFile:
    """All quarters in one file, the years between them, newest first."""
    rows: list[list[str | int]] = []
    years: dict[tuple[int, str], list[list[int]]] = {}
    placeholders = former = 0
    for last in _quarter_ends(months):
        first = months.first(last)
        for position, standing in enumerate(_bodies(last)):
            titles = former_titles(standing.body.abbreviation, last)
            has_former = len(titles) == 1 and standing.changed_month != LONG_AGO
            name = titles[0] if has_former else standing.body.title
            counts = _counts(standing.body.staff, rng)
            years.setdefault((first.year, name), []).append(counts)
            shown: list[str | int] = list(counts)
            if (position + last) % 11 == 0:
                shown[-8:] = ["-"] * 8
                placeholders += 1
            former += has_former
            rows.append([f"Q{first.month // 3} {first.year}", name, *shown])
    for (year, name), quarters in years.items():
        if len(quarters) == 4:
            rows.append([str(year), name, *(sum(each) for each in zip(*quarters, strict=True))])
    rows[7][2] = UNREADABLE
    rows.insert(20, [""] * len(QUARTERLY))
    rows.insert(40, list(rows[39]))
    name = f"chancery/foi-statistics-{months.until:%Y-%m}-published-data.csv.gz"
    oddities = {
        Oddity.UNREADABLE_AMOUNT: 1,
        Oddity.BLANK_ROW: 1,
        Oddity.EXACT_DUPLICATE: 1,
        Oddity.PLACEHOLDER: placeholders,
        Oddity.FORMER_NAME: former,
        Oddity.YEAR_AMONG_QUARTERS: sum(len(str(row[0])) == 4 for row in rows),
        Oddity.UNDECLARED_COLUMN: 3,
    }
    return _file(name, gzip.compress(_csv(QUARTERLY, rows), mtime=0), len(rows), oddities)


def _quarter_ends(months: Months) -> list[int]:
    """The last months of the quarters that are wholly among the reported months."""
    ends = [m for m in REPORTED_MONTHS if months.first(m).month % 3 == 0]
    return [m for m in ends if m - 2 in REPORTED_MONTHS]


def _bodies(month: int) -> list[Standing]:
    return [s for s in existing(month) if s.body.format is not Format.ADVISORY]


def _counts(staff: int, rng: np.random.Generator) -> list[int]:
    """One body's counts of a quarter, in the order of the header; parts add up."""
    received = int(rng.poisson(5 + staff / 30))
    hold, processing = int(rng.binomial(received, 0.03)), int(rng.binomial(received, 0.02))
    answered = received - hold - processing
    met, extended, late = _split(answered, (0.88, 0.05, 0.07), rng)
    not_held = int(rng.binomial(answered, 0.2))
    resolvable = answered - not_held
    full, part, refused, waiting = _split(resolvable, (0.4, 0.2, 0.35, 0.05), rng)
    reasons = _split(refused, (0.05, 0.02, 0.23, 0.7), rng)
    reviews, complaints = int(rng.binomial(received, 0.06)), int(rng.binomial(received, 0.01))
    exempt = min(resolvable, reasons[3] + part)
    return [
        received,
        answered,
        hold,
        processing,
        int(rng.binomial(answered, 0.04)),
        met,
        extended,
        late,
        not_held,
        resolvable,
        full,
        part,
        refused,
        waiting,
        *reasons,
        int(rng.binomial(exempt, 0.4)),
        exempt,
        reviews,
        *_split(reviews, (0.7, 0.15, 0.15), rng),
        complaints,
        *_split(complaints, (0.6, 0.2, 0.2), rng),
        int(rng.binomial(late, 0.3)),
    ]


def _yearly(
    year: int,
    councils: list[tuple[int, str]],
    totals: dict[int, int],
    rng: np.random.Generator,
) -> SampleFile:
    """A year's returns; a council without one has a row without a number and without counts."""
    rows: list[list[str | int]] = []
    missing = 0
    for number, name in councils:
        about = [name, "Outer Isles" if number % 2 else "Inner Isles", _sector(name)]
        if (number + year) % 6 == 0:
            rows.append([*about, *[""] * (len(YEARLY) - 3)])
            missing += 1
            continue
        counts = _council_counts(number, rng)
        totals[number] += counts[0]
        rows.append([*about, number, *counts])
    rows.append(["", "", "", "", sum(int(row[4] or 0) for row in rows), *[""] * 22])
    oddities = {Oddity.NO_RETURN: missing, Oddity.TOTAL_ROW: 1, Oddity.UNDECLARED_COLUMN: 2}
    return _file(f"commissioner/{year}.csv", _csv(YEARLY, rows), len(rows), oddities)


def _council_counts(number: int, rng: np.random.Generator) -> list[int]:
    requests = int(rng.poisson(30 + 11 * (number % 13)))
    unclear, withdrawn = int(rng.binomial(requests, 0.03)), int(rng.binomial(requests, 0.02))
    on_time, late, none = _split(requests - unclear - withdrawn, (0.9, 0.08, 0.02), rng)
    refused = _split(int(rng.binomial(on_time, 0.06)), (0.7, 0.2, 0.1), rng)
    shares = (0.5, 0.12, 0.2, 0.17, 0.01)
    outcomes = _split(on_time + late - sum(refused), shares, rng)
    reviews = int(rng.binomial(requests, 0.04))
    return [
        requests,
        unclear,
        withdrawn,
        on_time,
        late,
        none,
        *refused,
        *outcomes,
        int(rng.poisson(9)),
        int(rng.poisson(4)),
        reviews,
        *_split(reviews, (0.85, 0.1, 0.05), rng),
        *_split(reviews, (0.75, 0.25), rng),
        int(rng.poisson(2)),
    ]


def _split(total: int, shares: Iterable[float], rng: np.random.Generator) -> list[int]:
    """`total` drawn into parts that add up to it."""
    return [int(part) for part in rng.multinomial(total, list(shares))]


def _sector(name: str) -> str:
    return "Local Government" if name.endswith("Council") else "Others e.g. boards"


def _file(path: str, content: bytes, rows: int, oddities: Mapping[Oddity, int]) -> SampleFile:
    return SampleFile(f"{Kind.FOI}/{path}", content, rows, oddities)


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    buffer = StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")
