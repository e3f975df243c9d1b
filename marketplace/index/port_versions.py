"""The published versions of a port, each with a sentence of what it changed."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.model import Contract
from data_products.delta_log import Commit
from data_products.lakehouse import Lakehouse
from marketplace.index.model import PortVersion

_MOST_VERSIONS = 100  # of one port in a listing; the Delta log has them all


def versions(lakehouse: Lakehouse, contract: Contract) -> tuple[PortVersion, ...]:
    """The published versions, newest first, each with a sentence of what changed."""
    commits = lakehouse.history(contract.reference, contract.major)[: _MOST_VERSIONS + 1]
    read = [_version(lakehouse, contract, commit) for commit in commits]
    told = [
        replace(version, changes=changes(read[older] if older < len(read) else None, version))
        for older, version in enumerate(read, start=1)
    ]
    return tuple(told[:_MOST_VERSIONS])


def changes(before: PortVersion | None, after: PortVersion) -> str:
    """What a version changed, in a sentence: rows, contract version, sources."""
    if before is None:
        return f"First version, with {_counted(after.rows, 'row')}."
    grown = after.rows - before.rows
    rows = f"{_counted(after.rows, 'row')}, as many as version {before.delta_version}"
    if grown:
        more = f"{abs(grown):,} {'more' if grown > 0 else 'fewer'}"
        rows = f"{_counted(after.rows, 'row')}, {more} than version {before.delta_version}"
    told = [rows]
    if before.contract_version != after.contract_version:
        told.append(f"contract {before.contract_version} became {after.contract_version}")
    told.extend(_source_changes(before.sources, after.sources))
    return f"{'; '.join(told)}."


def _version(lakehouse: Lakehouse, contract: Contract, commit: Commit) -> PortVersion:
    said = commit.metadata
    return PortVersion(
        delta_version=commit.version,
        published_at=commit.published_at,
        contract_version=str(said.get("contract_version", "")),
        rows=_rows(lakehouse, contract, commit),
        run_id=str(said.get("run_id", "")),
        candidate_hash=str(said.get("candidate_hash", "")),
        code_version=str(said.get("code_version", "")),
        sources={str(name): str(seen) for name, seen in said.get("sources", {}).items()},
        changes="",
    )


def _rows(lakehouse: Lakehouse, contract: Contract, commit: Commit) -> int:
    if "rows" in commit.metadata:
        return int(commit.metadata["rows"])
    snapshot = lakehouse.snapshot(contract.reference, contract.major, commit.version)
    return 0 if snapshot is None else snapshot.rows


def _source_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    added = len(after.keys() - before.keys())
    removed = len(before.keys() - after.keys())
    changed = sum(before[name] != after[name] for name in before.keys() & after.keys())
    counts = ((added, "new"), (changed, "changed"), (removed, "removed"))
    return [_counted(count, f"{word} source") for count, word in counts if count]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
