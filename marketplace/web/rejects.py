"""The rows that landing rejected, read from where orchestration keeps them."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from marketplace.web.pages.records import ReasonCount, RejectedRow

PAGE_ROWS = 50
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Rejects:
    """One page of the rejected rows of a source system, and all of them counted."""

    total: int
    reasons: tuple[ReasonCount, ...]
    rows: tuple[RejectedRow, ...]


def rejects_of(landing: Path, source_system: str, page: int) -> Rejects:
    """Rows below `<landing>/_rejects/<source_system>/<object>/*.parquet`; newest first.

    `page` counts from 1. A source system that rejected nothing has no folder.
    """
    folder = landing / "_rejects" / source_system
    if not _NAME.fullmatch(source_system) or not any(folder.glob("*/*.parquet")):
        return Rejects(0, (), ())
    with duckdb.connect(config={"threads": 1, "memory_limit": "256MB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET disabled_filesystems = 'HTTPFileSystem'")
        connection.execute(_VIEW, [str(folder / "*" / "*.parquet")])
        reasons = tuple(ReasonCount(*row) for row in connection.execute(_REASONS).fetchall())
        shown = connection.execute(_ROWS, [PAGE_ROWS, (page - 1) * PAGE_ROWS]).fetchall()
    return Rejects(
        total=sum(count.rows for count in reasons),
        reasons=reasons,
        rows=tuple(RejectedRow(*row) for row in shown),
    )


_VIEW = """
create temp table rejects as
select
    parse_path(filename)[-2] as object,
    source_file,
    line,
    reason,
    raw,
    landed_at
from read_parquet(?, filename = true, union_by_name = true)
"""
_REASONS = """
select object, reason, count(*) as rows
from rejects
group by object, reason
order by rows desc, object, reason
limit 200
"""
_ROWS = """
select object, source_file, line, reason, cast(raw as varchar) as raw, landed_at
from rejects
order by landed_at desc, object, source_file, line
limit ? offset ?
"""
