"""`marketplace audit`: what was done, and whether the record of it is whole."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from marketplace.access.audit_lines import verify_lines
from marketplace.access.store import AccessStore
from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.config import Settings
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="The audit log.")


@app.command("list")
def list_records(actor: AsPerson, as_json: AsJson = False) -> None:
    """List the newest records that you may see."""
    with local_api(actor) as api:
        page = api.get(urls.AUDIT)
    if as_json:
        print_json(page)
    else:
        columns = ("sequence", "at", "actor", "action", "resource", "outcome")
        print_rows(page["records"], columns, "Nothing is recorded yet.")


class Scope(StrEnum):
    """Whose records are exported."""

    OWN = "own"
    PRODUCTS = "products"
    ALL = "all"


_EXPORTS = {
    Scope.OWN: urls.LOG_EXPORT,
    Scope.PRODUCTS: urls.PRODUCTS_LOG_EXPORT,
    Scope.ALL: urls.AUDIT_EXPORT,
}


@app.command("export")
def export(
    actor: AsPerson,
    scope: Annotated[Scope, typer.Option(help="whose records")] = Scope.OWN,
    to: Annotated[Path | None, typer.Option(help="file to write; printed when absent")] = None,
) -> None:
    """Write the records that you may see as JSON lines, oldest first."""
    with local_api(actor) as api:
        lines = api.text(_EXPORTS[scope])
    if to is None:
        sys.stdout.write(lines)
    else:
        to.write_text(lines, encoding="utf-8")


@app.command("verify")
def verify(
    export_file: Annotated[
        Path | None, typer.Option("--file", help="an export of the whole log, instead of the log")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the hash chain; the first altered, removed or reordered record is named."""
    if export_file is not None:
        with export_file.open(encoding="utf-8") as lines:
            found = verify_lines(lines)
    else:
        store = AccessStore.open(Settings.from_environment().database_url)
        found = store.verify_audit()
        store.close()
    if as_json:
        print_json(
            {
                "intact": found.intact,
                "records": found.records,
                "first_bad": found.first_bad,
                "fault": found.fault,
                "head": found.head.hash,
            }
        )
    elif found.intact:
        out.print(f"The audit log is whole: {found.records:,} records, head {found.head.hash}.")
    else:
        out.print(f"The audit log is broken at record {found.first_bad}: it {found.fault}.")
    if not found.intact:
        raise typer.Exit(1)
