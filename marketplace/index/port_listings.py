"""An output port as shown: how fresh and how good it is, beside its contract and versions."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from contracts.model import Contract, ServiceLevel
from contracts.quality.not_assessed import reasons_of
from contracts.quality.trend import QualityPoint, trend
from contracts.service_levels import AGES
from contracts.verdict import Outcome, Verdict, to_document
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.model import OutputPort
from data_products.snapshots import Snapshot
from data_products.sql import quoted
from marketplace.index.contract_documents import contract_document
from marketplace.index.model import PortListing, PortVersion, Released, Staleness
from marketplace.index.port_versions import versions
from marketplace.index.reading_time import freshness_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONDON = ZoneInfo("Europe/London")


def port_listing(
    port: OutputPort, lakehouse: Lakehouse, evidence: EvidenceStore, now: datetime
) -> PortListing:
    """What is known of a port at `now` (UTC): its contract, its log and its verdicts."""
    contract = port.contract
    snapshot = lakehouse.snapshot(port.reference, contract.major)
    event_time = None if snapshot is None else newest_event(contract, lakehouse, snapshot)
    served = None
    if snapshot is not None and "candidate_hash" in snapshot.metadata:
        kept = evidence.of_commit(port.reference, contract.major, snapshot.metadata)
        served = None if kept is None else kept.verdict
    last = evidence.latest(port.reference, contract.major)
    published = versions(lakehouse, contract)
    released = None if snapshot is None else release_of(snapshot.metadata)
    if last is not None and served is not None and last.candidate_hash == served.candidate_hash:
        last = None
    return PortListing(
        reference=port.reference,
        contract=contract_document(contract),
        delta_version=None if snapshot is None else snapshot.version,
        rows=None if snapshot is None else snapshot.rows,
        published_at=None if snapshot is None else snapshot.published_at,
        event_time=event_time,
        freshness=freshness(contract, event_time, now),
        quality=_worse(
            quality(snapshot is not None, served, last, released),
            _later_check(port, evidence, served),
        ),
        served_verdict=_shown(served),
        last_verdict=_shown(last),
        versions=published,
        quality_trend=quality_trend(contract, published, evidence),
        stale=staleness(served, last) if snapshot is not None else None,
        released=released,
    )


def _later_check(
    port: OutputPort, evidence: EvidenceStore, served: Verdict | None
) -> Verdict | None:
    """The newest check of the served version after it was published."""
    if served is None:
        return None
    contract = port.contract
    checks = evidence.checks_of(port.reference, contract.major, served.candidate_hash)
    return next((kept.verdict for kept in checks if kept.verdict.is_recheck), None)


def _worse(found: str, later: Verdict | None) -> str:
    """The quality, less what a later check of the same version takes from it."""
    if found == "passed" and later is not None:
        return quality(is_published=True, served=later, last=None)
    return found


def newest_event(contract: Contract, lakehouse: Lakehouse, snapshot: Snapshot) -> datetime | None:
    """The newest business event in a version, by the column that the freshness promise names.

    UTC; a date counts from its midnight. None where nothing is promised, the version lacks the
    column, or no row has a time in it.
    """
    promise = _freshness_promise(contract)
    column = "" if promise is None else str(promise.element).rpartition(".")[2]
    if column not in {name for name, _ in snapshot.columns}:
        return None
    microseconds = _newest_microseconds(lakehouse.relation(snapshot), column)
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


@lru_cache(maxsize=1024)
def _newest_microseconds(relation: str, column: str) -> int | None:
    """Kept: a relation names a version's files, which never change."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(
            f"SELECT epoch_us(try_cast(max({quoted(column)}) AS timestamptz)) FROM {relation}"
        ).fetchone()
    return None if found is None else found[0]


def freshness(contract: Contract, event_time: datetime | None, now: datetime) -> str:
    """`fresh` while the newest event is younger than promised, then `late`; else `unknown`.

    An event that has not happened yet says nothing about freshness.
    """
    promise = _freshness_promise(contract)
    value, unit = (None, None) if promise is None else (promise.value, promise.unit)
    return freshness_of(value, unit, event_time, now)


def staleness(served: Verdict | None, last: Verdict | None) -> Staleness | None:
    """Whether a newer candidate failed, so that what is served is only the last good version.

    `last` is the newest verdict where it is about another candidate than `served`.
    """
    is_newer = last is not None and (served is None or last.checked_at >= served.checked_at)
    if last is None or not is_newer or last.passed:
        return None
    day = last.checked_at.astimezone(_LONDON)
    reason = f"newer data failed its contract on {day.day} {day:%B %Y}"
    return Staleness(last.checked_at, reason, last.candidate_hash)


def release_of(metadata: Mapping[str, Any]) -> Released | None:
    """The owner's decision behind a version that did not keep its contract, from its commit."""
    said = metadata.get("release")
    if not isinstance(said, Mapping):
        return None
    return Released(
        by=str(said["by"]),
        name=str(said["name"]),
        at=datetime.fromisoformat(str(said["at"])),
        reason=str(said["reason"]),
        failed=len(said["blocking"]),
    )


def quality(
    is_published: bool,
    served: Verdict | None,
    last: Verdict | None,
    released: Released | None = None,
) -> str:
    """How good the served version is, and whether a newer candidate failed.

    `last` is the newest verdict where it is about another candidate than `served`. Only a version
    whose promises were all found kept is `passed`: a promise that nobody checked counts as a
    warning, unless its contract says that it is not executed. A version without evidence is never
    `passed`.
    """
    if not is_published:
        return "unpublished"
    if staleness(served, last) is not None:
        return "stale"
    if released is not None:
        return "released"
    if served is None:
        return "warnings"
    kept = all(
        result.outcome is Outcome.PASSED
        or (result.informative and result.outcome is Outcome.UNCHECKED)
        for result in served.results
    )
    return "passed" if kept and served.count(Outcome.PASSED) > 0 else "warnings"


def quality_trend(
    contract: Contract, published: tuple[PortVersion, ...], evidence: EvidenceStore
) -> tuple[QualityPoint, ...]:
    """The scores of the published versions that have evidence, oldest first."""
    hashes = dict.fromkeys(version.candidate_hash for version in published)
    found = (evidence.of_candidate(contract.reference, contract.major, each) for each in hashes)
    reasoned = [each.dimension.value for each in reasons_of(contract)]
    return trend((verdict for verdict in found if verdict is not None), reasoned)


def _freshness_promise(contract: Contract) -> ServiceLevel | None:
    ages = (level for level in contract.service_levels if level.name in AGES)
    return next((level for level in ages if level.element), None)


def _shown(verdict: Verdict | None) -> Mapping[str, Any] | None:
    """A verdict without its failing rows: those are data, and the index is read by everyone."""
    if verdict is None:
        return None
    results = tuple(replace(result, sample=()) for result in verdict.results)
    document: Mapping[str, Any] = json.loads(
        json.dumps(to_document(replace(verdict, results=results)))
    )
    return document
