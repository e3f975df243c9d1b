"""`marketplace quarantine`: candidates that failed their contract, for who answers for them."""

from typing import Annotated

import typer

from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="Candidates that failed their contract.")

Port = Annotated[str, typer.Argument(help="unit.port")]
Candidate = Annotated[str, typer.Argument(help="candidate hash, as `list --json` shows it")]
Reason = Annotated[str, typer.Option(help="why; it is kept for good")]


@app.command("list")
def list_candidates(actor: AsPerson, as_json: AsJson = False) -> None:
    """List the candidates of the ports that you own or are steward of."""
    with local_api(actor) as api:
        page = api.get(urls.QUARANTINE)
    if as_json:
        print_json(page)
        return
    columns = ("port", "candidate_hash", "checked_at", "rows", "blocking", "held_because")
    print_rows(page["candidates"], columns, "No candidate of your ports is in quarantine.")


@app.command("show")
def show(port: Port, candidate: Candidate, actor: AsPerson, as_json: AsJson = False) -> None:
    """Show what keeps a candidate from being published."""
    with local_api(actor) as api:
        page = api.get(urls.candidate(port, candidate))
    if as_json:
        print_json(page)
        return
    told = f"{port}: {page['rows']:,} rows, checked {page['checked_at']}, run {page['run_id']}"
    out.print(told, highlight=False)
    lines = [{**check, **check["line"]} for check in page["blocking"]]
    print_rows(lines, ("title", "outcome", "observed", "expected", "failing_rows"), "Nothing.")


@app.command("release")
def release(
    port: Port, candidate: Candidate, actor: AsPerson, reason: Reason, as_json: AsJson = False
) -> None:
    """Publish a candidate although checks failed: its owner's decision, with a reason."""
    with local_api(actor) as api:
        made = api.post(urls.release(port, candidate), reason=reason)
    told = f"{port}: released as Delta version {made.get('delta_version')}."
    print_json(made) if as_json else out.print(told, highlight=False)


@app.command("discard")
def discard(
    port: Port, candidate: Candidate, actor: AsPerson, reason: Reason, as_json: AsJson = False
) -> None:
    """Remove a candidate's rows for good; the verdict stays as evidence."""
    with local_api(actor) as api:
        made = api.post(urls.discard(port, candidate), reason=reason)
    print_json(made) if as_json else out.print("Discarded.")
