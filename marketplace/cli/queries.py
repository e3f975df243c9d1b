"""`marketplace query run`: one statement over granted ports."""

from typing import Annotated, Any

import typer

from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="Statements.")


@app.callback()
def query() -> None:
    """Statements over granted ports."""


@app.command("run")
def run(
    sql: Annotated[str, typer.Argument(help="one SELECT over unit.port")],
    actor: AsPerson,
    as_json: AsJson = False,
) -> None:
    """Run one statement in the sandbox; it is logged as every other."""
    with local_api(actor) as api:
        answer = api.post(urls.QUERY, sql=sql)
    if as_json:
        print_json(answer)
        return
    columns = [column["name"] for column in answer["columns"]]
    rows = [dict(zip(columns, row, strict=True)) for row in answer["rows"]]
    print_rows(rows, columns, "No rows.")
    out.print(
        f"{answer['row_count']:,} rows, {answer['milliseconds']:.0f} ms. {answer['marking']}."
    )
    for terms in answer["terms"]:
        out.print(_terms_line(terms), highlight=False, markup=False)


def _terms_line(terms: dict[str, Any]) -> str:
    """From which version one port was read, and on which terms."""
    said = [f"{terms['port']} at Delta version {terms['delta_version']}"]
    for label, name in (("for", "permitted_purposes"), ("not for", "prohibited_uses")):
        if terms[name]:
            said.append(f"{label}: {', '.join(terms[name])}")
    return "; ".join([*said, *filter(None, [terms["licence"]])])
