"""`marketplace access`: whether what people can read is what was decided."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import typer

from data_products.lakehouse import Lakehouse
from data_products.registry import load_registry
from marketplace.access.people import KnownPeople, known_people
from marketplace.access.store import AccessStore
from marketplace.cli.output import AsJson, out, print_json, print_rows
from marketplace.config import Settings
from marketplace.query.engine import QueryEngine
from marketplace.query.incidents import keep_report
from marketplace.query.probe import ProbedRooms, ProbeStore, probe
from marketplace.query.probe_report import ProbeReport

app = typer.Typer(no_args_is_help=True, help="Effective access.")


@app.callback()
def access() -> None:
    """What people can really read."""


@app.command("probe")
def probe_access(as_json: AsJson = False) -> None:
    """Hold what each person's session shows against the decisions in the audit log."""
    settings = Settings.from_environment()
    with _rooms(settings) as rooms:
        report = probe(rooms, datetime.now(UTC))
        store = AccessStore.open(settings.database_url)
        keep_report(store, rooms.registry, rooms.people.all(), report)
        store.close()
    if as_json:
        print_json(_document(report))
    else:
        _tell(report)
    if not report.agrees:
        raise typer.Exit(1)


@contextmanager
def _rooms(settings: Settings) -> Iterator[ProbedRooms]:
    from marketplace.web.query_settings import query_settings

    settings.home.mkdir(parents=True, exist_ok=True)
    registry = load_registry(settings.project)
    lakehouse = Lakehouse(settings.lake, settings.quarantine)
    store = ProbeStore.open(settings.database_url)
    people = known_people(settings) or KnownPeople({})
    try:
        with QueryEngine(query_settings(settings), lakehouse, registry, store) as engine:
            yield ProbedRooms(engine, store, registry, lakehouse, people)
    finally:
        store.close()


def _document(report: ProbeReport) -> dict[str, Any]:
    return {**asdict(report), "at": report.at.isoformat(), "agrees": report.agrees}


def _tell(report: ProbeReport) -> None:
    rows = [asdict(each) for each in report.differences]
    agreed = "Effective access is what was decided"
    nothing = f"{agreed}, as far as it was compared." if report.uncompared else f"{agreed}."
    print_rows(rows, ("kind", "port", "actor_id", "fault"), nothing)
    for each in report.uncompared:
        out.print(f"Not compared: {each}.", highlight=False)
    out.print(
        f"{report.actors} people, {report.ports} ports, {report.sessions} sessions, "
        f"{report.compared} of them held against the files."
    )
