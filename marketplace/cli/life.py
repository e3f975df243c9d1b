"""`marketplace condition`, `person` and `emergency`: what holds grants, and what opens at once."""

from typing import Annotated

import typer

from marketplace.access.grant_life import Movement
from marketplace.cli.client import local_api
from marketplace.cli.output import AsJson, AsPerson, out, print_json, print_rows
from marketplace.web import urls

conditions = typer.Typer(no_args_is_help=True, help="Conditions that gate the use of grants.")
people = typer.Typer(no_args_is_help=True, help="People who join, move and leave.")
emergencies = typer.Typer(no_args_is_help=True, help="Access in an emergency.")

Person = Annotated[str, typer.Argument(help="id of the person whom it is about")]
Reason = Annotated[str, typer.Option(help="why, for the people who read it later")]
GrantId = Annotated[str, typer.Argument(help="id, as `list` shows it")]


@conditions.command("list")
def list_conditions(
    actor: AsPerson,
    person: Annotated[str, typer.Option(help="another person, for governance")] = "",
    as_json: AsJson = False,
) -> None:
    """List the conditions that you meet."""
    with local_api(actor) as api:
        page = api.get(urls.CONDITIONS, person=person)
    if as_json:
        print_json(page)
    else:
        columns = ("id", "condition", "evidence", "met_until", "status")
        print_rows(page["conditions"], columns, "No condition has been recorded.")


@conditions.command("record")
def record_condition(
    person: Person,
    condition: Annotated[str, typer.Argument(help="name, as contracts write it")],
    actor: AsPerson,
    evidence: Annotated[str, typer.Option(help="which record shows it")],
    days: Annotated[int, typer.Option(help="for how many days")] = 365,
    as_json: AsJson = False,
) -> None:
    """Record that a person meets a condition: their grants stand again at once."""
    sent = {"condition": condition, "evidence": evidence, "days": str(days)}
    with local_api(actor) as api:
        made = api.post(urls.CONDITIONS, person=person, **sent)
    print_json(made) if as_json else out.print("Recorded.")


@conditions.command("end")
def end_condition(
    fulfilment_id: GrantId, actor: AsPerson, reason: Reason, as_json: AsJson = False
) -> None:
    """Record that a person no longer meets a condition: their grants stop at once."""
    with local_api(actor) as api:
        made = api.post(urls.condition_end(fulfilment_id), reason=reason)
    print_json(made) if as_json else out.print("Ended.")


@people.command("record")
def record_movement(
    person: Person,
    movement: Annotated[Movement, typer.Argument(help="what happened")],
    actor: AsPerson,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Record that a person joined, moved or left; it acts on their next statement."""
    with local_api(actor) as api:
        made = api.post(urls.MOVEMENTS, person=person, movement=movement.value, reason=reason)
    print_json(made) if as_json else out.print("Recorded.")


@emergencies.command("list")
def list_emergencies(actor: AsPerson, as_json: AsJson = False) -> None:
    """List what was opened in emergencies, by you or for you to review."""
    with local_api(actor) as api:
        page = api.get(urls.EMERGENCIES)
    if as_json:
        print_json(page)
    else:
        columns = ("id", "port", "holder", "starts_at", "status", "is_justified")
        print_rows(page["emergencies"], columns, "Nothing that you may see was opened.")


@emergencies.command("open")
def open_emergency(
    port: Annotated[str, typer.Argument(help="unit.port")],
    actor: AsPerson,
    reason: Reason,
    hours: Annotated[int, typer.Option(help="for how many hours")] = 1,
    as_json: AsJson = False,
) -> None:
    """Read a port at once; everybody who answers for it is told."""
    with local_api(actor) as api:
        made = api.post(urls.EMERGENCIES, port=port, reason=reason, hours=str(hours))
    print_json(made) if as_json else out.print(f"{made['id']}: open.", highlight=False)


@emergencies.command("review")
def review_emergency(
    grant_id: GrantId,
    actor: AsPerson,
    justified: Annotated[bool, typer.Option(help="whether it was justified")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Say whether an emergency was one; what was not, ends at once."""
    said = "yes" if justified else "no"
    with local_api(actor) as api:
        made = api.post(urls.emergency_review(grant_id), justified=said, reason=reason)
    print_json(made) if as_json else out.print("Reviewed.")
