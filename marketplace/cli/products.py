"""`marketplace product`: find a data product and judge it."""

from typing import Annotated

import typer

from data_products.registry import load_registry
from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.config import Settings
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="Data products.")


@app.command("search")
def search(
    words: Annotated[list[str] | None, typer.Argument(help="what to look for")] = None,
    as_json: AsJson = False,
) -> None:
    """Find data products; all of them when no word is given."""
    with local_api() as api:
        page = api.get(urls.SEARCH, words=" ".join(words or []))
    if as_json:
        print_json(page)
    else:
        columns = ("reference", "title", "marking", "freshness", "quality")
        print_rows(page["results"], columns, "Nothing was found. Try fewer or other words.")


@app.command("show")
def show(
    reference: Annotated[str, typer.Argument(help="unit/product")], as_json: AsJson = False
) -> None:
    """Show a data product: its ports, how fresh and how good they are."""
    with local_api() as api:
        page = api.get(urls.product(reference))
    if as_json:
        print_json(page)
        return
    out.print(f"[bold]{page['title']}[/]\n{page['purpose']}\n", highlight=False)
    print_rows(page["ports"], ("reference", "delta_version", "rows", "quality"), "No ports.")


@app.command("impact")
def impact(
    port: Annotated[str, typer.Argument(help="unit.port")],
    actor: AsPerson,
    as_json: AsJson = False,
) -> None:
    """Show who relies on a port: whom a change of it, or its end, would meet."""
    offered = load_registry(Settings.from_environment().project).port(port)
    with local_api(actor) as api:
        page = api.get(urls.impact(offered.product, offered.reference))
    if as_json:
        print_json(page)
        return
    if page["ending"] is not None:
        out.print(page["ending"]["sentence"], highlight=False)
    nothing = "Nobody who is known to the marketplace relies on it."
    print_rows(page["consumers"], ("kind", "name", "teams", "reason"), nothing)
