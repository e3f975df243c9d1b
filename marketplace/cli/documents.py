"""`marketplace contract`: every fault of the documents at once; checks at any time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from contracts.documents import faults_in, load_contract, warnings_in
from contracts.errors import Fault
from contracts.level_promises import unknown_level_hints
from data_products.registry import load_registry
from marketplace.cli import changes, checking, held
from marketplace.cli.output import AsJson, out, print_json
from marketplace.config import Settings

app = typer.Typer(no_args_is_help=True, help="Data contracts.")


@app.callback()
def contract() -> None:
    """Data contracts."""


app.command("diff")(changes.diff)
app.command("check")(checking.check)
app.command("held")(held.held)
app.command("decide")(held.decide)


@app.command("lint")
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="contracts; all documents when none is named")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with contracts, or with all documents together.

    A warning says what could be better; only a fault is a refusal.
    """
    if not paths:
        registry = load_registry(Settings.from_environment().project)
        contracts = [port.contract for port in registry.ports.values()]
        hints = [f"{c.reference}: {h}" for c in contracts for h in unknown_level_hints(c)]
        found = [str(w) for each in contracts for w in warnings_in(each, registry.standards)]
        told = f"{len(registry.products)} products and {len(registry.ports)} ports: no faults."
        _tell([], [*found, *hints], told, as_json)
        return
    faults = [fault for path in paths for fault in faults_in(path)]
    sound = [load_contract(path) for path in paths if not faults_in(path)]
    hints = [f"{c.reference}: {h}" for c in sound for h in unknown_level_hints(c)]
    found = [str(warning) for each in sound for warning in warnings_in(each)]
    _tell(faults, [*found, *hints], "No faults.", as_json)
    if faults:
        raise typer.Exit(1)


def _tell(faults: Sequence[Fault], warnings: Sequence[str], told: str, as_json: bool) -> None:
    if as_json:
        print_json({"faults": list(map(str, faults)), "warnings": list(warnings)})
        return
    out.print("\n".join(map(str, faults)) or told, highlight=False, markup=False)
    for warning in warnings:
        out.print(f"Warning: {warning}", highlight=False, markup=False)
