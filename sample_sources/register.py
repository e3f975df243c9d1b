"""The register of bodies: one snapshot a month, the first of them cut off after a page."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import polars as pl

from sample_sources.bodies import Format
from sample_sources.government import LONG_AGO, Standing, standings
from sample_sources.model import FileSet, Kind, Oddity, SampleFile
from sample_sources.months import SNAPSHOT_MONTHS, Months

PAGE = 20  # bodies on the first page of the register's API
DUPLICATED_IN_MONTH = 9  # the API's pages overlapped once

_IDENTIFIER = {
    Format.DEPARTMENT: "D",
    Format.NON_MINISTERIAL: "D",
    Format.AGENCY: "EA",
    Format.PUBLIC_BODY: "PB",
    Format.ADVISORY: "PB",
}


def register_files(months: Months, rng: np.random.Generator) -> FileSet:
    """The snapshots: an incomplete one, a full one a day later, then one a month."""
    content_ids = _content_ids(rng)
    return FileSet(Kind.REGISTER, len(SNAPSHOT_MONTHS) + 1, _snapshots(months, content_ids))


def _content_ids(rng: np.random.Generator) -> Mapping[str, str]:
    slugs = sorted({s.slug for s in standings(SNAPSHOT_MONTHS[-1]).values()})
    return {slug: str(UUID(bytes=rng.bytes(16), version=4)) for slug in slugs}


def _snapshots(months: Months, content_ids: Mapping[str, str]) -> Iterator[SampleFile]:
    first = months.first(0)
    rows = _rows(0, months, content_ids)
    yield _snapshot(first, rows[:PAGE], {Oddity.INCOMPLETE_SNAPSHOT: 1})
    yield _snapshot(first + timedelta(days=1), rows, {})
    for month in SNAPSHOT_MONTHS[1:]:
        rows = _rows(month, months, content_ids)
        oddities = {}
        if month == DUPLICATED_IN_MONTH:
            rows.insert(PAGE, rows[PAGE - 1])
            oddities = {Oddity.EXACT_DUPLICATE: 1}
        yield _snapshot(months.first(month), rows, oddities)


def _snapshot(
    day: date, rows: list[dict[str, str | None]], oddities: Mapping[Oddity, int]
) -> SampleFile:
    frame = pl.DataFrame(rows).select(pl.lit(day.isoformat()).alias("snapshot_date"), pl.all())
    return SampleFile(
        f"{Kind.REGISTER}/{day.isoformat()}.csv", frame.write_csv().encode(), len(rows), oddities
    )


def _rows(
    month: int, months: Months, content_ids: Mapping[str, str]
) -> list[dict[str, str | None]]:
    state = standings(month)
    numbers = {abbreviation: number for number, abbreviation in enumerate(state, start=1)}
    children: dict[str, list[str]] = {}
    for standing in state.values():
        for parent in standing.body.parents:
            children.setdefault(parent, []).append(standing.slug)
    return [
        {
            **_identity(standing, months),
            "content_id": content_ids[standing.slug],
            "analytics_identifier": _IDENTIFIER[standing.body.format] + str(numbers[short]),
            "updated_at": _updated_at(standing, numbers[short], months),
            "parents": _listed(state[parent].slug for parent in standing.body.parents),
            "children": _listed(children.get(short, ())),
            "superseded": _listed(standing.superseded),
            "superseding": _listed(standing.superseding),
        }
        for short, standing in sorted(state.items(), key=lambda pair: pair[1].slug)
    ]


def _identity(standing: Standing, months: Months) -> dict[str, str | None]:
    body = standing.body
    closed_at = None
    if standing.closed_month is not None:
        closed_at = f"{months.first(standing.closed_month)}T00:00:00.000+00:00"
    return {
        "slug": standing.slug,
        "title": body.title,
        "format": str(body.format),
        "abbreviation": None if standing.is_closed and closed_at is None else body.abbreviation,
        "govuk_status": standing.status,
        "govuk_closed_status": standing.closed_status,
        "closed_at": closed_at,
    }


def _updated_at(standing: Standing, number: int, months: Months) -> str:
    if standing.changed_month == LONG_AGO:
        return f"{months.first(LONG_AGO)}T09:{number % 60:02d}:11Z"
    return f"{months.first(standing.changed_month)}T00:{number % 60:02d}:42Z"


def _listed(slugs: Iterable[str]) -> str:
    return ";".join(sorted(slugs))
