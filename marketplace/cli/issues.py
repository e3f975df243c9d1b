"""`marketplace issue` and `marketplace plan`: known faults, and what is done about them."""

from typing import Annotated, Any

import typer

from marketplace.access.issue_model import IssueSeverity, IssueStatus, RootCause
from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.web import urls

app = typer.Typer(no_args_is_help=True, help="Quality issues.")
plans = typer.Typer(no_args_is_help=True, help="Improvement plans for critical data.")

Port = Annotated[str, typer.Argument(help="unit.port")]
OfPort = Annotated[str, typer.Option("--port", help="unit.port; every port if not named")]
Id = Annotated[str, typer.Argument(help="id, as `list` shows it")]
Reason = Annotated[str, typer.Option(help="why; it is kept for good, and everybody sees it")]
Candidate = Annotated[str, typer.Option(help="hash of the candidate whose check failed")]
Verdict = Annotated[str, typer.Option(help="hash of the verdict that says so")]
Check = Annotated[str, typer.Option(help="id of the check that failed, as evidence shows it")]

_ISSUE = ("id", "port", "title", "severity", "status", "root_cause", "is_debt")
_PLAN = ("id", "port", "element", "measured", "target", "status", "owner", "due_on")


@app.command("open")
def open_issue(  # noqa: PLR0913, PLR0917 - a command's options
    port: Port,
    actor: AsPerson,
    title: Annotated[str, typer.Option(help="what is wrong, in one line")],
    description: Annotated[str, typer.Option(help="how it shows, and what it keeps people from")],
    severity: Annotated[IssueSeverity, typer.Option(help="how much it matters")],
    candidate: Candidate = "",
    verdict: Verdict = "",
    check: Check = "",
    as_json: AsJson = False,
) -> None:
    """Open an issue on a port, or on one of its failed checks."""
    form = {"title": title, "description": description, "severity": severity.value}
    failed = {"candidate": candidate, "verdict": verdict, "check": check}
    with local_api(actor) as api:
        _tell(api.post(urls.ISSUES, port=port, **form, **failed), as_json)


@app.command("list")
def list_issues(port: OfPort = "", as_json: AsJson = False) -> None:
    """List what is known to be wrong and not closed."""
    with local_api() as api:
        page = api.get(urls.issues(port))
    if as_json:
        print_json(page)
    else:
        print_rows(page["known"], _ISSUE, "No issue is known.")


@app.command("show")
def show(issue_id: Id, actor: AsPerson, as_json: AsJson = False) -> None:
    """Show an issue with every act on it."""
    with local_api(actor) as api:
        page = api.get(urls.issue(issue_id))
    if as_json:
        print_json(page)
        return
    print_rows([page["line"]], _ISSUE, "")
    out.print(page["description"], highlight=False, markup=False)
    print_rows(page["history"], ("at", "did", "by", "reason"), "Nothing was done yet.")


@app.command("route")
def route(
    issue_id: Id,
    actor: AsPerson,
    root_cause: Annotated[RootCause, typer.Option(help="where it comes from")],
    reason: Reason,
    source_system: Annotated[str, typer.Option(help="of a cause at the source: which one")] = "",
    as_json: AsJson = False,
) -> None:
    """Say where an issue comes from; its owner there is told."""
    form = {"root_cause": root_cause.value, "source_system": source_system, "reason": reason}
    with local_api(actor) as api:
        _tell(api.post(urls.issue(issue_id, "routing"), **form), as_json)


@app.command("progress")
def progress(
    issue_id: Id,
    status: Annotated[IssueStatus, typer.Argument(help="how far it is")],
    actor: AsPerson,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Record that an issue is acknowledged, patched downstream, or fixed at source."""
    with local_api(actor) as api:
        made = api.post(urls.issue(issue_id, "progress"), status=status.value, reason=reason)
    _tell(made, as_json)


@app.command("close")
def close(
    issue_id: Id,
    actor: AsPerson,
    reason: Reason,
    accept_until: Annotated[
        str, typer.Option(help="instead of a fix, the owner accepts the risk up to this day")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Close an issue whose check a later verdict passes."""
    form = {"reason": reason, "accept_until": accept_until}
    with local_api(actor) as api:
        _tell(api.post(urls.issue(issue_id, "closure"), **form), as_json)


@plans.command("list")
def list_plans(port: OfPort = "", as_json: AsJson = False) -> None:
    """List the improvement plans that are not closed, overdue ones first."""
    with local_api() as api:
        page = api.get(urls.plans(port))
    if as_json:
        print_json(page)
    else:
        print_rows([*page["overdue"], *page["open"]], _PLAN, "No improvement plan is open.")


@plans.command("show")
def show_plan(plan_id: Id, as_json: AsJson = False) -> None:
    """Show the seven steps of an improvement plan."""
    with local_api() as api:
        page = api.get(urls.plan(plan_id))
    if as_json:
        print_json(page)
        return
    print_rows([page["line"]], _PLAN, "")
    print_rows(page["steps"], ("title", "is_done", "facts"), "")


def _tell(made: Any, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        out.print(f"{made['id']}: {made['status']}", highlight=False)
