"""`marketplace contract diff`: what changed between two contracts, and the version it demands."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from contracts.changes import ContractChange, Impact, compare
from contracts.changes.model import to_document
from contracts.documents import read_document
from contracts.errors import NotComparable, UnreadableDocument
from data_products.errors import UnknownPort
from data_products.lakehouse import Lakehouse
from data_products.published_contracts import find_published
from marketplace.cli.output import AsJson, console, out, print_json
from marketplace.config import Settings

_PORT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_COLOURS = {Impact.BREAKING: "red", Impact.COMPATIBLE: "yellow", Impact.EDITORIAL: "green"}

Contract = Annotated[str, typer.Argument(help="a contract's path, or unit.port as it is published")]


def diff(old: Contract, new: Contract, as_json: AsJson = False) -> None:
    """Say what changed between two contracts, whom it breaks, and the version that it demands."""
    try:
        change = compare(_document(old), _document(new))
    except (UnreadableDocument, UnknownPort, NotComparable) as misuse:
        console.print(str(misuse), highlight=False, markup=False)
        raise typer.Exit(2) from misuse
    print_json(to_document(change)) if as_json else print_change(change)
    if not change.is_version_enough:
        raise typer.Exit(1)


def print_change(change: ContractChange) -> None:
    """The changes as a table, and what they demand in a sentence."""
    if change.changes:
        table = Table(show_lines=False)
        for column in ("change", "where", "impact", "gates", "reason"):
            table.add_column(column, overflow="fold")
        for each in sorted(change.changes, key=lambda c: -c.impact.rank):
            colour = _COLOURS[each.impact]
            gates = ", ".join(gate.name.lower() for gate in each.gates)
            reason = each.reason if each.judged is None else f"{each.reason} Judged: {each.judged}"
            impact = f"[{colour}]{each.impact}[/]"
            texts = (escape(text) for text in (gates, reason))
            table.add_row(escape(each.title), escape(each.path), impact, *texts)
        out.print(table)
    out.print(verdict_on(change), highlight=False, markup=False)


def verdict_on(change: ContractChange) -> str:
    """One sentence: what the changes demand, and whether the new version gives it."""
    if change.impact is None:
        found = "The contracts promise the same."
    else:
        counts = [(len(change.of(impact)), impact) for impact in reversed(Impact)]
        found = ", ".join(f"{count} {impact}" for count, impact in counts if count)
        found = f"{found}: at least {change.demanded_version} is demanded after "
        found += f"{change.old_version}."
    if change.is_version_enough:
        return f"{found} {change.new_version} is enough."
    return f"{found} {change.new_version} is too low."


def _document(name: str) -> dict[str, Any]:
    """A document by its path, or the one that a port was published under."""
    path = Path(name)
    if _PORT.fullmatch(name) is None or path.exists():
        return read_document(path)
    settings = Settings.from_environment()
    lakehouse = Lakehouse(settings.lake, settings.home / "quarantine")
    return find_published(lakehouse, name).document()
