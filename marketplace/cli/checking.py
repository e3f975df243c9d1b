"""`marketplace contract check`: a contract held against what is published, or against files."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.markup import escape
from rich.table import Table

from contracts.documents import load_contract
from contracts.model import Contract
from contracts.port_names import read_name
from contracts.verdict import Outcome, Verdict, to_document
from data_products.errors import (
    NothingPublished,
    UnknownPort,
    UnknownVersion,
    UnreadableFiles,
    UnreadableTable,
)
from data_products.evidence import EvidenceStore
from data_products.evidence_rows import verdict_hash
from data_products.lakehouse import Lakehouse
from data_products.port_checks import Rechecking, checking_connection
from data_products.port_history import service_history
from data_products.registry import Registry, load_registry
from data_products.service_log import ServiceLog
from marketplace.access.alerts import owner_alerts
from marketplace.access.stewards import stewards_decisions
from marketplace.cli.changed_contracts import Format, check_changed
from marketplace.cli.indexing import refresh_index
from marketplace.cli.output import AsJson, out, print_json
from marketplace.config import Settings

_MISUSE = (NothingPublished, UnknownPort, UnknownVersion, UnreadableFiles, UnreadableTable)
_COLOURS = {Outcome.PASSED: "green", Outcome.FAILED: "red", Outcome.ERROR: "red"}

Port = Annotated[str | None, typer.Argument(help="unit.port, or none with --changed")]
Version = Annotated[
    int | None, typer.Option("--delta-version", min=0, help="a past version; the served one if not")
]
Against = Annotated[str, typer.Option(help="Parquet or CSV files instead: a path or a pattern")]
Document = Annotated[
    Path | None, typer.Option("--contract", help="a contract that is not published yet")
]
Changed = Annotated[
    bool, typer.Option("--changed", help="instead, review the contracts that differ from --base")
]
GitBase = Annotated[
    str | None, typer.Option("--base", help="git branch, tag or commit; main when none is named")
]
ToldAs = Annotated[Format, typer.Option("--format", help="how a review of changes is told")]
Keep = Annotated[bool, typer.Option("--keep", help="append the verdict to the port's evidence")]


def check(  # noqa: PLR0913, PLR0917 - a command's options
    port: Port = None,
    delta_version: Version = None,
    against: Against = "",
    contract: Document = None,
    keep: Keep = False,
    changed: Changed = False,
    base: GitBase = None,
    told_as: ToldAs = Format.TEXT,
    as_json: AsJson = False,
) -> None:
    """Run a port's contract on a published version or on files; nothing that is served changes.

    Exit status: 0 the contract is met, 1 it is not, 2 misuse.
    """
    if changed is (port is not None) or (changed and (against or contract or delta_version)):
        raise typer.BadParameter("Name one port, or review what differs with --changed alone.")
    if port is None:
        check_changed(base, Format.JSON if as_json else told_as)
    if against and delta_version is not None:
        raise typer.BadParameter("Name a version or files, not both: one thing is checked.")
    if keep and (against or contract is not None):
        raise typer.BadParameter("Only a check of what is published under its contract is kept.")
    settings = Settings.from_environment()
    registry = load_registry(settings.project)
    try:
        promised = _contract(registry, port, contract)
        verdict = _verdict(settings, registry, promised, (against, delta_version))
    except _MISUSE as misuse:
        raise typer.BadParameter(str(misuse)) from misuse
    if keep:
        EvidenceStore(settings.evidence).save(verdict)
        refresh_index(settings, registry)
    _show(verdict, as_json)
    raise typer.Exit(0 if verdict.passed else 1)


def _verdict(
    settings: Settings, registry: Registry, contract: Contract, chosen: tuple[str, int | None]
) -> Verdict:
    pattern, delta_version = chosen
    lakehouse = Lakehouse(settings.lake, settings.quarantine)
    log = ServiceLog(settings.service_log)
    alerts = partial(owner_alerts, settings.database_url)
    rechecking = Rechecking(
        registry=registry,
        lakehouse=lakehouse,
        connect=partial(checking_connection, settings.home / "spill", settings.memory_mb),
        run_id=f"command-{uuid4()}",
        now=datetime.now(UTC),
        decisions=partial(stewards_decisions, settings.database_url),
        history=partial(service_history, lakehouse, log, alerts=alerts),
        rules=settings.rule_processes,
    )
    if pattern:
        return rechecking.files(contract, pattern)
    return rechecking.version(contract, delta_version)


def _contract(registry: Registry, port: str, document: Path | None) -> Contract:
    if document is None:
        return registry.port(port).contract
    contract = load_contract(document)
    if contract.plain_reference != read_name(port)[0]:
        raise typer.BadParameter(f"`{document}` is about `{contract.reference}`, not `{port}`.")
    return contract


def _show(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        facts = {"passed": verdict.passed, "verdict_hash": verdict_hash(verdict)}
        print_json({**to_document(verdict), **facts})
        return
    table = Table()
    for column in ("check", "outcome", "found", "promised"):
        table.add_column(column, overflow="fold")
    for result in sorted(verdict.results, key=lambda r: r.outcome is Outcome.PASSED):
        colour = _COLOURS.get(result.outcome, "yellow")
        found = result.detail or result.observed or ""
        table.add_row(
            escape(result.title),
            f"[{colour}]{result.outcome}[/]",
            escape(found),
            escape(result.expected or ""),
        )
    out.print(table)
    out.print(verdict.summary, highlight=False, markup=False)
