"""What the platform observes of a candidate beside its promises: drift, stages and use."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from contracts.file_statistics import TableStatistics
from contracts.model import Contract
from contracts.quality.drift import Earlier, drift_results
from contracts.quality.drift_bounds import bounds_of
from contracts.quality.named_ports import named_ports
from contracts.quality.profiles import (
    SAMPLE_ROWS,
    WHOLE_UP_TO,
    Profile,
    ProfileSource,
    from_document,
    profile_of,
    to_document,
)
from contracts.quality.use import COUNTED_DAYS, UseFacts, use_results
from contracts.verdict import Verdict
from data_products.candidate import Candidate
from data_products.sampling import sampled_relation
from marketplace.access.model import AuditFilter
from orchestration.platform import Platform
from orchestration.stage_checks import stage_results
from orchestration.stage_history import KEPT_IN_VIEW

PROFILE = "profile"  # where a verdict's facts keep it
_MOST_STATEMENTS = 1000  # more say no more of whether it is used


def with_observations(
    platform: Platform,
    candidate: Candidate,
    verdict: Verdict,
    connection: duckdb.DuckDBPyConnection,
    statistics: TableStatistics | None,
) -> Verdict:
    """The verdict with what was observed after its promises, and the profile among its facts.

    Nothing that is observed keeps a candidate from being published.
    """
    started = perf_counter()
    contract = platform.contract(candidate.port)
    profile = _profile(platform, candidate, verdict, connection, statistics)
    drift = drift_results(profile, _earlier(platform, candidate), bounds_of(contract))
    seconds = round((perf_counter() - started) / len(drift), 6)
    results = (
        *verdict.results,
        *(replace(result, seconds=seconds) for result in drift),
        *stage_results(platform, candidate.port),
        *use_results(contract, use_facts(platform, contract, verdict.checked_at)),
    )
    facts = {**verdict.facts, PROFILE: to_document(profile)}
    return replace(verdict, results=results, facts=facts)


def landed_references(platform: Platform, contract: Contract) -> Mapping[str, str]:
    """The landed rows that a contract's totals and rules name: `<source system>.<object>`.

    Only of source systems that the port is made from: a rule reads nothing else.
    """
    known = {
        f"{source.name}.{table.name}": (source, table.name)
        for source in platform.registry.sources
        for table in source.objects
    }
    read = {name.replace("__", ".", 1) for name in _landed_upstream(platform, contract.reference)}
    return {
        name: f"({platform.landing.relation(*known[name])})"
        for name in named_ports(contract)
        if name in known and name in read
    }


def use_facts(platform: Platform, contract: Contract, now: datetime) -> UseFacts:
    """How a port was used: its grants that stand, and the statements that read it."""
    port, store = contract.reference, platform.access_state
    commits = platform.lakehouse.history(port, contract.major)
    first = min((commit.published_at for commit in commits), default=None)
    age = None if first is None else max(0, (now - first).days)
    if store is None:
        return UseFacts(0, (), age)
    done = AuditFilter(
        action="query.run",
        outcome="done",
        resources=frozenset({port}),
        since=now - timedelta(days=COUNTED_DAYS),
        limit=_MOST_STATEMENTS,
    )
    grants = (grant for grant in store.grants_on(port) if grant.stands(now))
    return UseFacts(len(store.audit(done)), tuple(grant.purpose for grant in grants), age)


def _landed_upstream(platform: Platform, port: str) -> Iterator[str]:
    """The landed objects that a port is made from, also by way of other ports."""
    seen: set[str] = set()
    waiting = [port]
    while waiting:
        each = waiting.pop()
        if each not in seen and each in platform.graph.ports:
            seen.add(each)
            inputs = platform.graph.inputs(each)
            waiting.extend(inputs.ports)
            yield from inputs.landed


def _profile(
    platform: Platform,
    candidate: Candidate,
    verdict: Verdict,
    connection: duckdb.DuckDBPyConnection,
    statistics: TableStatistics | None,
) -> Profile:
    files = [(candidate.table / file.path, file.rows) for file in candidate.files]
    files += _kept_files(platform, candidate)
    rows = WHOLE_UP_TO if verdict.rows <= WHOLE_UP_TO else SAMPLE_ROWS
    source = ProfileSource(
        relation=sampled_relation(files, candidate.columns, rows),
        rows=verdict.rows,
        columns=dict(candidate.columns),
        statistics=statistics,
    )
    return profile_of(connection, source, platform.contract(candidate.port))


def _kept_files(platform: Platform, candidate: Candidate) -> list[tuple[Path, int]]:
    if not candidate.kept:
        return []
    base = platform.lakehouse.snapshot(candidate.port, candidate.major)
    kept = frozenset(candidate.kept)
    files = () if base is None else base.table_files
    return [(candidate.table / file.path, file.rows) for file in files if file.path in kept]


def _earlier(platform: Platform, candidate: Candidate) -> Earlier:
    """The profiles of the newest published versions, by their verdicts."""
    commits = platform.lakehouse.history(candidate.port, candidate.major)
    hashes = dict.fromkeys(str(c.metadata.get("candidate_hash", "")) for c in commits)
    newest = [name for name in hashes if name and name != candidate.content_hash]
    verdicts = (
        platform.evidence.of_candidate(candidate.port, candidate.major, name)
        for name in newest[:KEPT_IN_VIEW]
    )
    found = [_kept_profile(verdict.facts) for verdict in verdicts if verdict is not None]
    profiles = tuple(profile for profile in found if profile is not None)
    return Earlier(found[0] if found else None, profiles)


def _kept_profile(facts: Mapping[str, Any]) -> Profile | None:
    document = facts.get(PROFILE)
    return None if document is None else from_document(document)
