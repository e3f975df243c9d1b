"""A port from plan to published version: build its candidate, check it, publish it.

Dagster's assets and checks call these four functions and add nothing but metadata, so that the same
path runs in a test without Dagster.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any

import duckdb

from contracts.lifecycle import end_of_service
from contracts.model import Contract
from contracts.verdict import Verdict
from data_products.candidate import Candidate
from data_products.candidate_writer import latest_candidate, resulting_relation
from data_products.errors import VersionTooLow
from data_products.increments import Increments, candidate_statistics, reference_versions
from data_products.lakehouse import Published, RunFacts
from data_products.port_checks import Subject, judge, published_references
from data_products.reference_standards import offered_standards
from marketplace.access.stewards import stewards_decisions
from orchestration.affected import affected_consumers
from orchestration.build_plans import BuildPlan, Shelves, plan_build
from orchestration.dbt_rules import dbt_engine
from orchestration.endings import announce_end
from orchestration.errors import ModelFailed, NothingToCheck, UnitsNotSeparated
from orchestration.observed_quality import landed_references, with_observations
from orchestration.platform import Platform
from orchestration.port_service import (
    SYSTEM,
    alert_of_verdict,
    port_history,
    probe_port,
    record_build_failure,
    record_verdict,
)
from orchestration.quality_targets import follow_targets
from orchestration.stage_checks import record_models
from orchestration.unit_separation import model_faults, separation_faults


@dataclass(frozen=True, slots=True)
class Built:
    """What building a port left: its plan, and a candidate unless nothing had changed."""

    plan: BuildPlan
    candidate: Candidate | None
    seconds: float


def plan(platform: Platform, port: str) -> BuildPlan:
    """What building `port` would take now."""
    shelves = Shelves(platform.graph, platform.landing, platform.lakehouse, platform.registry)
    return plan_build(platform.contract(port), shelves)


def prepare_warehouse(platform: Platform, ports: Sequence[str]) -> None:
    """Points dbt's sources at the landed files and the published versions of this moment.

    That is those that `ports` read; any other is only given a view where it has none.
    """
    sources: dict[str, Callable[[], str]] = {
        f"landing.{contract.name}__{table.name}": partial(
            platform.landing.relation, contract, table.name
        )
        for contract in platform.registry.sources
        for table in contract.objects
    }
    for reference, port in platform.registry.ports.items():
        name = f"ports.{reference.replace('.', '__', 1)}"
        sources[name] = partial(_served_relation, platform, port.contract)
    read = {source for port in ports for source in platform.graph.inputs(port).sources}
    with platform.dbt.connect() as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS landing")
        connection.execute("CREATE SCHEMA IF NOT EXISTS ports")
        found = "SELECT schema_name || '.' || view_name FROM duckdb_views()"
        there = {name for (name,) in connection.execute(found).fetchall()}
        for view, relation in sources.items():
            if view in read or view not in there:
                connection.execute(f"CREATE OR REPLACE VIEW {view} AS {relation()}")


def build_models(platform: Platform, models: Sequence[str], ports: Sequence[str]) -> bool:
    """Builds models that several ports share, unless all those ports are served from the same.

    Gives whether anything was built. Raises ModelFailed.
    """
    planned = [plan(platform, port) for port in ports]
    if all(each.is_unchanged for each in planned):
        return False
    prepare_warehouse(platform, ports)
    with _failures_recorded(platform, planned):
        _refuse(" and ".join(ports), model_faults(models, platform.graph))
        _run_models(platform, models, {})
    return True


def build_port(platform: Platform, port: str, models: Sequence[str]) -> Built:
    """Builds `models`, the mart of `port` among them, unless the served version came from the same.

    A published port whose service is over is not built any more.
    Raises ModelFailed, and UnitsNotSeparated before anything is read; the served version is not
    touched.
    """
    started = perf_counter()
    contract = platform.contract(port)
    platform.lakehouse.sweep(port, contract.major)
    planned = plan(platform, port)
    has_ended = planned.base is not None and end_of_service(contract, datetime.now(UTC)).is_over
    if planned.is_unchanged or has_ended:
        return Built(planned, None, perf_counter() - started)
    prepare_warehouse(platform, [port])
    table = platform.lakehouse.table(port, contract.major)
    table.mkdir(parents=True, exist_ok=True)
    target = {
        "table": str(table.absolute()),
        "major": contract.major,
        "fingerprint": planned.fingerprint,
        "sources": dict(planned.sources),
        "base_version": None if planned.base is None else planned.base.version,
        "partition_columns": list(contract.table.partition_columns),
        "personal_columns": [p.name for p in contract.table.properties if p.is_personal],
        "changed_partitions": _changed_partitions(platform, planned),
    }
    with _failures_recorded(platform, [planned]):
        _refuse(port, separation_faults(port, platform.graph, platform.registry))
        _run_models(platform, models, {port: target})
    record_models(platform, port, datetime.now(UTC))
    return Built(planned, latest_candidate(table), perf_counter() - started)


def check_port(platform: Platform, port: str, run_id: str) -> Verdict | None:
    """Runs the contract on the candidate that awaits it and keeps the verdict as evidence.

    A failed candidate goes to quarantine, the last good version stays served, and the owner is
    told. None where the served version is up to date, so that nothing awaits a verdict.
    Raises NothingToCheck where there is neither a candidate nor a served version.
    """
    contract = platform.contract(port)
    now = datetime.now(UTC)
    probe_port(platform, contract, now)
    candidate = latest_candidate(platform.lakehouse.table(port, contract.major))
    if candidate is None:
        if platform.lakehouse.snapshot(port, contract.major) is None:
            raise NothingToCheck(port)
        follow_targets(platform, contract, None, now)
        return None
    with platform.connect() as connection:
        verdict = _judged(platform, candidate, connection, run_id, now)
    platform.evidence.save(verdict)
    record_verdict(platform, candidate, verdict)
    follow_targets(platform, contract, verdict, now)
    if not verdict.passed:
        platform.lakehouse.quarantine(candidate, verdict)
        alert_of_verdict(platform, contract, verdict, datetime.now(UTC))
    return verdict


def publish_port(platform: Platform, port: str, run_id: str) -> Published | None:
    """Publishes the checked candidate as a new Delta version; None where nothing awaits it.

    Whoever relies on the port is told once when its end is announced.
    Raises what Lakehouse.publish refuses: a verdict that failed or is for something else, or a
    contract that changed more than its version says; then with those whom the change would meet.
    """
    contract = platform.contract(port)
    candidate = latest_candidate(platform.lakehouse.table(port, contract.major))
    published = None
    if candidate is not None:
        facts = RunFacts(run_id=run_id, code_version=platform.code_version, actor=SYSTEM)
        published = _publish(platform, contract, candidate, facts)
    announce_end(platform, contract, datetime.now(UTC))
    return published


def _publish(
    platform: Platform, contract: Contract, candidate: Candidate, facts: RunFacts
) -> Published:
    port = contract.reference
    verdict = platform.evidence.of_candidate(port, contract.major, candidate.content_hash)
    try:
        return platform.lakehouse.publish(contract, candidate, verdict, facts)
    except VersionTooLow as refusal:
        met = affected_consumers(platform, port, datetime.now(UTC))
        raise refusal.told_to([str(consumer) for consumer in met]) from None


def _judged(
    platform: Platform,
    candidate: Candidate,
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    now: datetime,
) -> Verdict:
    """The verdict on a candidate: of an incremental build, on its new rows and what is settled."""
    contract, relation = platform.contract(candidate.port), resulting_relation(candidate)
    registry, lakehouse = platform.registry, platform.lakehouse
    parents = reference_versions(registry, lakehouse, contract)
    increments = Increments(lakehouse, platform.evidence, platform.settings.home / "key_sketches")
    facts = {
        "sources": dict(candidate.sources),
        "code_version": platform.code_version,
        "references": parents,
    }
    subject = Subject(
        contract=contract,
        relation=relation,
        content_hash=candidate.content_hash,
        base_version=candidate.base_version,
        references={
            **landed_references(platform, contract),
            **published_references(registry, lakehouse, contract, relation),
        },
        statistics=candidate_statistics(candidate, connection),
        changed=increments.changed_rows(contract, candidate, parents, connection),
        history=port_history(platform, contract),
        offered=offered_standards(registry, lakehouse, contract),
        rules=platform.rules,
        engines={"dbt": dbt_engine(platform.dbt, lambda: platform.manifest)},
        decisions=partial(stewards_decisions, platform.settings.database_url, candidate.port),
        facts=facts,
    )
    verdict = judge(subject, connection, run_id, now)
    keys = increments.key_facts(contract, candidate, verdict, connection)
    verdict = replace(verdict, facts={**facts, **keys})
    return with_observations(platform, candidate, verdict, connection, subject.statistics)


@contextmanager
def _failures_recorded(platform: Platform, planned: Sequence[BuildPlan]) -> Iterator[None]:
    """Has a build that fails leave a record for each port, and its owner told."""
    try:
        yield
    except ModelFailed as error:
        for each in planned:
            if not each.is_unchanged:
                record_build_failure(platform, each, error, datetime.now(UTC))
        raise


def _refuse(port: str, faults: tuple[str, ...]) -> None:
    if faults:
        raise UnitsNotSeparated(port, faults)


def _run_models(platform: Platform, models: Sequence[str], candidates: Mapping[str, Any]) -> None:
    names = [platform.graph.node(unique_id)["name"] for unique_id in models]
    built: list[str] = []

    def tell(name: str) -> None:
        built.append(name)
        platform.progress.advance(f"Building {names[-1]}", len(built), len(names))

    platform.dbt.run(names, {"candidates": candidates}, tell)


def _changed_partitions(platform: Platform, planned: BuildPlan) -> list[str | None] | None:
    """The partitions that changed source files touch, as Delta spells them; None: a full build."""
    if not planned.is_incremental or planned.base is None:
        return None
    meta = platform.graph.node(platform.graph.mart(planned.port))["config"]["meta"]["incremental"]
    column, model = meta["partition"], meta["model"]
    queries = [
        (f"SELECT DISTINCT {column} FROM {model} WHERE source_file IN ?", _paths(planned.added)),
        (
            f"SELECT DISTINCT {column} FROM ({platform.lakehouse.relation(planned.base)}) "
            "WHERE source_file IN ?",
            _paths(planned.removed),
        ),
    ]
    touched: set[str | None] = set()
    try:
        with platform.dbt.connect() as connection:
            for query, paths in queries:
                if paths:
                    found = connection.execute(query, [paths]).fetchall()
                    touched |= {None if value is None else str(value) for (value,) in found}
    except duckdb.CatalogException:
        return None  # the warehouse was lost: it holds nothing that cannot be built again
    return sorted(touched, key=lambda value: (value is not None, value))


def _served_relation(platform: Platform, contract: Contract) -> str:
    snapshot = platform.lakehouse.snapshot(contract.reference, contract.major)
    if snapshot is None:
        return _empty_relation([(p.name, p.physical_type) for p in contract.table.properties])
    return platform.lakehouse.relation(snapshot)


def _paths(sources: Sequence[str]) -> list[str]:
    return [source.partition(":")[2] for source in sources]


def _empty_relation(columns: Sequence[tuple[str, str]]) -> str:
    selected = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns)
    return f"SELECT {selected} WHERE false"
