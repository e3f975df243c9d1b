"""`marketplace alert`: unusual use, and the look that finds it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from data_products.registry import load_registry
from marketplace.access.alert_book import Finding
from marketplace.access.store import AccessStore
from marketplace.access.watch import watch
from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.config import Settings
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="Alerts about unusual use.")


@app.command("list")
def list_alerts(actor: AsPerson, as_json: AsJson = False) -> None:
    """List the alerts that you may see."""
    with local_api(actor) as api:
        page = api.get(urls.ALERTS)
    if as_json:
        print_json(page)
    else:
        columns = ("id", "kind", "person", "sentence", "ports", "status")
        print_rows(page["alerts"], columns, "There is no alert that you may see.")


@app.command("close")
def close(
    alert_id: Annotated[str, typer.Argument(help="id, as `list` shows it")],
    finding: Annotated[Finding, typer.Argument(help="what came of it")],
    actor: AsPerson,
    reason: Annotated[str, typer.Option(help="how it is known")],
    as_json: AsJson = False,
) -> None:
    """Say what came of an alert."""
    with local_api(actor) as api:
        made = api.post(urls.alert(alert_id, "closure"), finding=finding.value, reason=reason)
    print_json(made) if as_json else out.print("Closed.")


@app.command("watch")
def watch_once(as_json: AsJson = False) -> None:
    """Look through the log once: open alerts, and tell of reviews and of lost access."""
    settings = Settings.from_environment()
    registry = load_registry(settings.project)
    contracts = {reference: port.contract for reference, port in registry.ports.items()}
    store = AccessStore.open(settings.database_url)
    found = watch(store, contracts, datetime.now(UTC))
    store.close()
    if as_json:
        opened = [each.id for each in found.alerts]
        print_json({"alerts": opened, "told": [each.message for each in found.told]})
    else:
        out.print(f"{len(found.alerts)} alerts opened, {len(found.told)} notices sent.")
