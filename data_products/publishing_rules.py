"""When a candidate may be published, decided from what is known of it; and what its commit says."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.check_model import CheckKind
from contracts.metadata import missing_metadata
from contracts.model import Contract
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.candidate import Candidate
from data_products.column_types import delta_schema
from data_products.errors import (
    CandidateLost,
    ContractNotMet,
    LayoutChanged,
    MetadataMissing,
    NotReleasable,
    StaleCandidate,
    VerdictMismatch,
)
from data_products.evidence_rows import verdict_hash
from data_products.snapshots import Snapshot


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Who publishes, in which run, with which code."""

    run_id: str
    code_version: str
    actor: str


@dataclass(frozen=True, slots=True)
class Release:
    """An owner's decision to publish a candidate that failed its contract."""

    by: str  # the owner's id
    name: str  # what the owner is called, then
    at: datetime  # UTC
    reason: str


def refuse_unless_publishable(
    contract: Contract,
    candidate: Candidate,
    verdict: Verdict | None,
    served: Snapshot | None,
    release: Release | None = None,
) -> Verdict:
    """The verdict, once it is certain that it lets exactly this candidate be published.

    A release takes the place of a verdict that passed, but for kinds of checks that no reason
    mends. Raises MetadataMissing, VerdictMismatch, ContractNotMet or NotReleasable.
    """
    missing = missing_metadata(contract)
    if missing:
        raise MetadataMissing(contract.reference, tuple(map(str, missing)))
    if verdict is None:
        raise VerdictMismatch(contract.reference, ("there is no verdict on this candidate",))
    faults = _mismatches(contract, candidate, verdict)
    if faults:
        raise VerdictMismatch(contract.reference, faults)
    if not verdict.passed and release is None:
        raise ContractNotMet(verdict, None if served is None else served.version)
    held = unreleasable(verdict)
    if not verdict.passed and held:
        raise NotReleasable(contract.reference, held)
    return verdict


def unreleasable(verdict: Verdict) -> tuple[CheckResult, ...]:
    """The blocking results that no owner can release; a kind that is not known is one."""
    kinds = {kind.value for kind in CheckKind if kind.is_releasable}
    return tuple(result for result in verdict.blocking if result.kind not in kinds)


def is_served(contract: Contract, candidate: Candidate, served: Snapshot | None) -> bool:
    """Whether the served version already is this candidate, or was made from the same.

    The same rows under another contract are another version: it says what is promised now.
    """
    if served is None:
        return False
    said = served.metadata
    if said.get("fingerprint") == candidate.fingerprint:
        return True
    promised = said.get("contract_hash") == contract.content_hash
    return promised and said.get("candidate_hash") == candidate.content_hash


def refuse_unless_it_fits(candidate: Candidate, served: Snapshot | None) -> None:
    """Raises StaleCandidate, LayoutChanged or CandidateLost where the table is not as expected."""
    served_version = None if served is None else served.version
    if candidate.base_version != served_version:
        raise StaleCandidate(candidate.port, candidate.base_version, served_version)
    if served is None:
        return
    if candidate.partition_columns != served.partition_columns:
        before, after = map(_columns, (served.partition_columns, candidate.partition_columns))
        raise LayoutChanged(candidate.port, f"its files would be split by {after}, not by {before}")
    # delta-rs commits such a schema without the feature that it needs: then nobody reads the table.
    local_times = _columns_of_local_time(candidate)
    if local_times and "timestampNtz" not in served.features:
        change = f"{_columns(local_times)} would bring times without a time zone"
        raise LayoutChanged(candidate.port, change)
    gone = sorted(set(candidate.kept) - {file.path for file in served.table_files})
    if gone:
        faults = tuple(f"`{path}` is not in version {served.version}" for path in gone)
        raise CandidateLost(candidate.port, candidate.content_hash, faults)


def changed_files(candidate: Candidate) -> tuple[list[str], tuple[str, ...]]:
    """Faults of the candidate's files by size, and the paths whose hash is worth computing."""
    faults, sound = [], []
    for file in candidate.files:
        path = candidate.table / file.path
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            faults.append(f"`{file.path}` is gone")
            continue
        if size == file.size_bytes:
            sound.append(file.path)
        else:
            faults.append(f"`{file.path}` has {size} bytes, {file.size_bytes} were written")
    return faults, tuple(sound)


def removed_files(candidate: Candidate, served: Snapshot) -> tuple[Any, ...]:
    """The served version's files that publishing an incremental candidate takes out."""
    kept = set(candidate.kept)
    return tuple(file for file in served.table_files if file.path not in kept)


def release_metadata(verdict: Verdict, release: Release) -> Mapping[str, Any]:
    """What a version that was released says of it, for good."""
    return {
        "by": release.by,
        "name": release.name,
        "at": release.at.isoformat(),
        "reason": release.reason,
        "blocking": [result.title for result in verdict.blocking],
    }


def commit_metadata(
    contract: Contract, candidate: Candidate, verdict: Verdict, run: RunFacts, kept_rows: int
) -> Mapping[str, Any]:
    """What a version says of its origin, for good (REU-02)."""
    return {
        "port": candidate.port,
        "run_id": run.run_id,
        "actor": run.actor,
        "code_version": run.code_version,
        "contract_version": contract.version,
        "contract_hash": contract.content_hash,
        "candidate_hash": candidate.content_hash,
        "fingerprint": candidate.fingerprint,
        "sources": dict(candidate.sources),
        "base_version": candidate.base_version,
        "rows": candidate.new_rows + kept_rows,
        "new_rows": candidate.new_rows,
        "verdict": {
            "hash": verdict_hash(verdict),
            "run_id": verdict.run_id,
            "checked_at": verdict.checked_at.isoformat(),
            **{outcome.value: verdict.count(outcome) for outcome in Outcome},
        },
    }


def personal_columns(contract: Contract) -> frozenset[str]:
    """Columns about people: nothing of their values may reach the log."""
    return frozenset(column.name for column in contract.table.properties if column.is_personal)


def table_properties(contract: Contract) -> Mapping[str, str]:
    """Delta properties that a port's table is created with."""
    personal = personal_columns(contract)
    if not personal:
        return {}
    named = [c.name for c in contract.table.properties if c.name not in personal]
    if not named:
        return {"delta.dataSkippingNumIndexedCols": "0"}
    quoted = ",".join("`" + name.replace("`", "``") + "`" for name in named)
    return {"delta.dataSkippingStatsColumns": quoted}


def _mismatches(contract: Contract, candidate: Candidate, verdict: Verdict) -> tuple[str, ...]:
    pairs = (
        ("port", candidate.port, contract.reference),
        ("major version", candidate.major, contract.major),
        ("port of the verdict", verdict.port, contract.reference),
        ("contract version", verdict.contract_version, contract.version),
        ("contract hash", verdict.contract_hash, contract.content_hash),
        ("candidate", verdict.candidate_hash, candidate.content_hash),
        ("base version", verdict.base_version, candidate.base_version),
    )
    return tuple(
        f"{what} `{_short(found)}`, expected `{_short(expected)}`"
        for what, found, expected in pairs
        if found != expected
    )


def _short(value: Any) -> str:
    return "none" if value is None else str(value)[:40]


def _columns(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _columns_of_local_time(candidate: Candidate) -> tuple[str, ...]:
    fields = delta_schema(candidate.columns)["fields"]
    return tuple(f["name"] for f in fields if "timestamp_ntz" in str(f["type"]))
