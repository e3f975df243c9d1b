"""`marketplace contract`: every fault of the documents at once; checks at any time."""

from pathlib import Path
from typing import Annotated

import typer

from contracts.documents import faults_in
from contracts.level_promises import unknown_level_hints
from data_products.registry import load_registry
from marketplace.cli import changes, checking
from marketplace.cli.output import AsJson, out, print_json
from marketplace.config import Settings

app = typer.Typer(no_args_is_help=True, help="Data contracts.")


@app.callback()
def contract() -> None:
    """Data contracts."""


app.command("diff")(changes.diff)
app.command("check")(checking.check)


@app.command("lint")
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="contracts; all documents when none is named")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with contracts, or with all documents together."""
    if not paths:
        registry = load_registry(Settings.from_environment().project)
        contracts = [port.contract for port in registry.ports.values()]
        hints = [f"{c.reference}: {h}" for c in contracts for h in unknown_level_hints(c)]
        told = f"{len(registry.products)} products and {len(registry.ports)} ports: no faults."
        if as_json:
            print_json({"faults": [], "hints": hints})
        else:
            out.print("\n".join([*hints, told]), highlight=False, markup=False)
        return
    faults = [fault for path in paths for fault in faults_in(path)]
    if as_json:
        print_json({"faults": [str(fault) for fault in faults]})
    else:
        out.print("\n".join(map(str, faults)) or "No faults.", highlight=False, markup=False)
    if faults:
        raise typer.Exit(1)
