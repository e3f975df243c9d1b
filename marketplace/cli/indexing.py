"""`marketplace index build`: the search index anew, from what is published."""

from datetime import UTC, datetime

import typer

from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry, load_registry
from marketplace.cli.output import AsJson, out, print_json
from marketplace.config import Settings
from marketplace.index.rebuild import rebuild_index

app = typer.Typer(no_args_is_help=True, help="The search index.")


@app.callback()
def index() -> None:
    """The search index: derived, so it is safe to build anew at any time."""


@app.command("build")
def build(as_json: AsJson = False) -> None:
    """Build the index from the documents, the verdicts and the Delta log."""
    settings = Settings.from_environment()
    count = refresh_index(settings, load_registry(settings.project))
    print_json({"listings": count}) if as_json else out.print(f"{count} listings.")


def refresh_index(settings: Settings, registry: Registry) -> int:
    """Build the index anew from what is published and checked; gives the number of listings."""
    shelves = (Lakehouse(settings.lake, settings.quarantine), EvidenceStore(settings.evidence))
    return rebuild_index(settings, registry, shelves, datetime.now(UTC))
