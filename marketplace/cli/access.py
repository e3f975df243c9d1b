"""`marketplace request` and `marketplace grant`: from the ask to the end of the right."""

from typing import Annotated, Any

import typer

from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.web import urls

requests = typer.Typer(no_args_is_help=True, help="Access requests.")
grants = typer.Typer(no_args_is_help=True, help="Grants.")

Reference = Annotated[str, typer.Argument(help="unit.port")]
Id = Annotated[str, typer.Argument(help="id, as `list` shows it")]
Reason = Annotated[str, typer.Option(help="why, for the person whom it concerns")]


Days = Annotated[int | None, typer.Option(help="for how many days")]


@requests.command("submit")
def submit(
    port: Reference,
    actor: AsPerson,
    purpose: Annotated[str, typer.Option(help="what the data is for, and for whom")],
    days: Annotated[int, typer.Option(help="for how many days")] = 30,
    answer: Annotated[
        list[str], typer.Option(help="a field of the form, as in columns=amount,payment_date")
    ] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Ask to read a port."""
    form = {"port": port, "purpose": purpose, "days": str(days), **_pairs(answer, "--answer")}
    with local_api(actor) as api:
        made = api.post(urls.REQUESTS, **form)
    _tell(made, as_json)


@requests.command("list")
def list_requests(actor: AsPerson, as_json: AsJson = False) -> None:
    """List what you asked for."""
    with local_api(actor) as api:
        page = api.get(urls.REQUESTS)
    if as_json:
        print_json(page)
    else:
        print_rows(page["requests"], _REQUEST, "You have not asked for anything yet.")


@requests.command("inbox")
def inbox(actor: AsPerson, as_json: AsJson = False) -> None:
    """List the requests that wait for your decision."""
    with local_api(actor) as api:
        page = api.get(urls.INBOX)
    if as_json:
        print_json(page)
    else:
        print_rows(page["requests"], _REQUEST, "No request waits for your decision.")


@requests.command("approve")
def approve(
    request_id: Id,
    actor: AsPerson,
    reason: Reason = "",
    days: Days = None,
    narrow: Annotated[
        list[str], typer.Option(help="column=hide, hash, partial, bucket or null")
    ] = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Approve a request, or less than it asks for; at the last stage its grant begins at once."""
    columns = _pairs(narrow, "--narrow")
    form = {f"column.{column}": choice for column, choice in columns.items()}
    form["days"] = "" if days is None else str(days)
    _decide(request_id, actor, {"decision": "approve", "reason": reason, **form}, as_json)


@requests.command("refuse")
def refuse(request_id: Id, actor: AsPerson, reason: Reason, as_json: AsJson = False) -> None:
    """Refuse a request with a reason."""
    _decide(request_id, actor, {"decision": "refuse", "reason": reason}, as_json)


@requests.command("review")
def review(
    request_id: Id,
    name: Annotated[str, typer.Argument(help="legal, data_protection or security")],
    actor: AsPerson,
    reason: Reason,
    passes: Annotated[bool, typer.Option("--pass/--fail", help="whether it passes")],
    as_json: AsJson = False,
) -> None:
    """Give a professional review of another organisation's request."""
    with local_api(actor) as api:
        outcome = "pass" if passes else "fail"
        made = api.post(urls.review(request_id, name), outcome=outcome, reason=reason)
    _tell(made, as_json)


@requests.command("withdraw")
def withdraw(request_id: Id, actor: AsPerson, as_json: AsJson = False) -> None:
    """Take back your own open request."""
    with local_api(actor) as api:
        made = api.post(urls.withdrawal(request_id))
    _tell(made, as_json)


@grants.command("list")
def list_grants(actor: AsPerson, as_json: AsJson = False) -> None:
    """List your grants, and those on the ports that you answer for."""
    with local_api(actor) as api:
        page = api.get(urls.GRANTS)
    if as_json:
        print_json(page)
    else:
        print_rows(page["mine"], ("id", "port", "purpose", "expires_at", "status"), "No grants.")


@grants.command("revoke")
def revoke(grant_id: Id, actor: AsPerson, reason: Reason, as_json: AsJson = False) -> None:
    """End a grant: the very next statement is refused."""
    with local_api(actor) as api:
        made = api.post(urls.revocation(grant_id), reason=reason)
    print_json(made) if as_json else out.print("Revoked.")


@grants.command("suspend")
def suspend(grant_id: Id, actor: AsPerson, reason: Reason, as_json: AsJson = False) -> None:
    """Stop a grant until it is resumed: the very next statement is refused."""
    _keep(grant_id, actor, ("suspend", reason), as_json)


@grants.command("resume")
def resume(grant_id: Id, actor: AsPerson, reason: Reason, as_json: AsJson = False) -> None:
    """Let a suspended grant give its right again."""
    _keep(grant_id, actor, ("resume", reason), as_json)


@grants.command("confirm")
def confirm(grant_id: Id, actor: AsPerson, reason: Reason, as_json: AsJson = False) -> None:
    """Confirm a grant at its review, or after its holder's move."""
    _keep(grant_id, actor, ("confirm", reason), as_json)


_REQUEST = ("id", "port", "purpose", "days", "status")


def _decide(request_id: str, actor: str, form: dict[str, str], as_json: bool) -> None:
    with local_api(actor) as api:
        made = api.post(urls.decision(request_id), **form)
    _tell(made, as_json)


def _keep(grant_id: str, actor: str, step: tuple[str, str], as_json: bool) -> None:
    verb, reason = step
    with local_api(actor) as api:
        made = api.post(urls.keeping(grant_id, verb), reason=reason)
    print_json(made) if as_json else out.print(f"{grant_id}: {verb} is recorded.", highlight=False)


def _pairs(given: list[str], option: str) -> dict[str, str]:
    """`name=value` texts by name. Raises BadParameter for any other."""
    parts = [text.partition("=") for text in given]
    if any(not name or not mark for name, mark, _ in parts):
        raise typer.BadParameter("Write it as in `name=value`.", param_hint=option)
    return {name: value for name, _, value in parts}


def _tell(made: Any, as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        out.print(f"{made['id']}: {made['status']}", highlight=False)
