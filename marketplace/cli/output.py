"""What commands print: a table for people, the API's own JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(stderr=True)
out = Console()

AsJson = Annotated[bool, typer.Option("--json", help="print what the API returns")]
AsPerson = Annotated[str, typer.Option("--as", help="id of the person who is acting")]


def print_json(document: Any) -> None:
    """The document as the API returns it."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], nothing: str) -> None:
    """A table of the named columns, or a sentence where there is nothing."""
    if not rows:
        out.print(nothing)
        return
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return escape(", ".join(map(str, value)))
    return escape(str(value))
