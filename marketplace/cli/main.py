"""The commands put together, and how a refusal leaves the process.

Exit status: 0 done, 1 refused by a rule, 2 misuse.
"""

import sys

import typer

from contracts.errors import ContractError
from data_products.errors import DataProductError
from marketplace.cli import (
    access,
    access_probe,
    alerts,
    audit,
    documents,
    indexing,
    issues,
    life,
    products,
    quarantine,
    queries,
    sample,
    serving,
)
from marketplace.cli.output import console
from marketplace.errors import MarketplaceError
from sample_sources.errors import SampleError

REFUSALS = (ContractError, DataProductError, MarketplaceError, SampleError)

app = typer.Typer(
    name="marketplace",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A self-service data marketplace on a lakehouse.",
)
app.add_typer(sample.app, name="sample")
app.add_typer(documents.app, name="contract")
app.add_typer(products.app, name="product")
app.add_typer(access.requests, name="request")
app.add_typer(access.grants, name="grant")
app.add_typer(life.conditions, name="condition")
app.add_typer(life.people, name="person")
app.add_typer(life.emergencies, name="emergency")
app.add_typer(access_probe.app, name="access")
app.add_typer(alerts.app, name="alert")
app.add_typer(indexing.app, name="index")
app.add_typer(queries.app, name="query")
app.add_typer(audit.app, name="audit")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(issues.app, name="issue")
app.add_typer(issues.plans, name="plan")
app.command("serve")(serving.serve_marketplace)


def main() -> None:
    """Runs one command; a refusal is one clear message and exit status 1."""
    try:
        app()
    except REFUSALS as refusal:
        console.print(f"[bold red]Refused[/] {refusal}", highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
