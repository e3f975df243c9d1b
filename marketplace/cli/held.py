"""`marketplace contract held` and `decide`: columns that look personal, and what a steward says."""

from typing import Annotated

import typer

from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json
from marketplace.web import urls

Reference = Annotated[str, typer.Argument(help="unit.port")]


def held(actor: AsPerson, port: Reference = "", as_json: AsJson = False) -> None:
    """List the columns that await your decision: of one port, or of all that you are steward of."""
    with local_api(actor) as api:
        page = api.get(urls.held(port) if port else urls.HELD)
    if as_json:
        print_json(page)
    elif port:
        for line in page["columns"]:
            for found in line["found"]:
                told = f"{line['column']}: {found['sentence']} ({found['masked_examples']})"
                out.print(told, highlight=False, markup=False)
    else:
        lines = [link["text"] for link in page["ports"]]
        out.print("\n".join(lines) or "No column awaits you.", highlight=False, markup=False)


def decide(
    port: Reference,
    column: Annotated[str, typer.Argument(help="a held column of the port")],
    actor: AsPerson,
    reason: Annotated[str, typer.Option(help="how you know; kept for good")],
    is_personal: Annotated[
        bool, typer.Option("--personal/--not-personal", help="what the column holds")
    ],
    as_json: AsJson = False,
) -> None:
    """Say, as a steward, whether a held column holds personal data."""
    said = "personal" if is_personal else "not_personal"
    with local_api(actor) as api:
        made = api.post(urls.held(port), column=column, decision=said, reason=reason)
    if as_json:
        print_json(made)
    elif is_personal:
        out.print("Recorded. Declare `personalData` on the column in the contract, then run.")
    else:
        out.print("Recorded. The next run publishes.")
