"""The table that `make bench` prints."""

from dataclasses import dataclass

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what, what it must reach, what was measured, and how it came about."""

    what: str
    must_reach: str
    measured: str
    detail: str


def show(rows: list[Row], *, stderr: bool = False) -> None:
    """Prints the figures as a Markdown table."""
    table = Table(box=MARKDOWN)
    for title in ("what", "must reach", "measured", "detail"):
        table.add_column(title, no_wrap=True)
    for row in rows:
        table.add_row(row.what, row.must_reach, row.measured, row.detail)
    Console(width=180, stderr=stderr).print(table)
