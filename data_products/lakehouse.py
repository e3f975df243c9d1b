"""The one place that commits to Delta: a checked candidate becomes a version in one log entry."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deltalake import CommitProperties, PostCommitHookProperties
from deltalake.exceptions import DeltaError
from deltalake.transaction import create_table_with_add_actions

from contracts.model import Contract
from contracts.port_names import port_name, read_name
from contracts.verdict import Verdict
from data_products.candidate import Candidate
from data_products.candidate_manifests import remove_manifest, table_lock
from data_products.candidate_writer import OnStep
from data_products.delta_actions import (
    add_actions,
    kept_rows,
    remove_actions,
    table_schema,
    verify_files,
)
from data_products.delta_log import (
    METADATA_KEY,
    Commit,
    commit_of,
    files_ever_added,
    log_entry,
    versions,
)
from data_products.durable import sync, sync_folders
from data_products.errors import (
    CandidateLost,
    CommitRefused,
    NotPublished,
    NotQuarantined,
    StaleCandidate,
)
from data_products.folders import port_folder
from data_products.kept_contracts import keep_contract
from data_products.publishing_rules import (
    Release,
    RunFacts,
    commit_metadata,
    is_served,
    refuse_unless_it_fits,
    refuse_unless_publishable,
    release_metadata,
    table_properties,
)
from data_products.quarantine import (
    Quarantined,
    bring_back,
    move_to_quarantine,
    quarantined_below,
    quarantined_in,
    remove_quarantined,
    was_released,
)
from data_products.snapshots import (
    Snapshot,
    SnapshotCache,
    fault_in,
    open_table,
    read_snapshot,
)
from data_products.sql import files_relation
from data_products.sweeping import discard_files, sweep_table
from data_products.version_gate import refuse_low_version

__all__ = ["Commit", "Lakehouse", "Published", "Quarantined", "Release", "RunFacts", "Snapshot"]

_ATTEMPTS = 3  # of a commit that the log refused although nobody else committed

# History is evidence (REU-02): delta-rs would drop log entries after 30 days.
_KEEP_LOG = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


@dataclass(frozen=True, slots=True)
class Published:
    """The version that serves a candidate, and whether it was there before."""

    version: int
    already: bool


class Lakehouse:
    """The tables of all ports below one folder: `<unit>/<port>/v<major>`."""

    def __init__(self, root: Path, quarantine: Path, on_step: OnStep = lambda _: None) -> None:
        self._root = root.absolute()
        self._quarantine = quarantine.absolute()
        self._on_step = on_step
        self._cache = SnapshotCache()

    def table(self, port: str, major: int) -> Path:
        """The folder of a port's table. Raises UnknownPort when `port` is not `unit.port`."""
        return port_folder(self._root, port, major)

    def snapshot(self, port: str, major: int, version: int | None = None) -> Snapshot | None:
        """The served version of a port, or an older one; None where nothing is published.

        It bears the name of its major version, by whichever name the port was asked for.
        Costs two looks at the file system while nothing was committed since the last call.
        """
        table = self.table(port, major)
        named = port_name(read_name(port)[0], major)
        if version is not None:
            return read_snapshot(named, major, table, version)
        return self._cache.snapshot(named, major, table)

    def majors(self, port: str) -> tuple[int, ...]:
        """The major versions of a port that something is published in, oldest first."""
        folders = self.table(port, 0).parent.glob("v*/_delta_log")
        found = (folder.parent.name.removeprefix("v") for folder in folders)
        majors = sorted(int(major) for major in found if major.isdigit())
        return tuple(major for major in majors if self.snapshot(port, major) is not None)

    def ports(self) -> tuple[str, ...]:
        """Every port that something is published of, each major version by its own name."""
        logs = self._root.glob("*/*/v*/_delta_log")
        named = ((log.parts[-4], log.parts[-3], log.parts[-2].removeprefix("v")) for log in logs)
        found = (f"{unit}.{port_name(port, int(n))}" for unit, port, n in named if n.isdigit())
        return tuple(sorted(found))

    def history(self, port: str, major: int) -> tuple[Commit, ...]:
        """What each version said when it was published, newest first."""
        table = self.table(port, major)
        return tuple(commit_of(table, version) for version in reversed(versions(table)))

    def commit_of(self, port: str, major: int, version: int | None) -> Commit | None:
        """What one version said when it was published; None where there is no such version."""
        table = self.table(port, major)
        if version is None or not log_entry(table, version).exists():
            return None
        return commit_of(table, version)

    def relation(self, snapshot: Snapshot) -> str:
        """A bracketed SELECT over a version's files, with explicit columns and types."""
        return files_relation(snapshot.files, snapshot.columns, snapshot.partition_columns)

    def publish(
        self, contract: Contract, candidate: Candidate, verdict: Verdict | None, run: RunFacts
    ) -> Published:
        """Make a checked candidate the served version, in one atomic commit.

        A candidate that is served already, or that was built from the same as the served version,
        publishes nothing and is discarded.
        Raises MetadataMissing, VerdictMismatch, ContractNotMet, VersionTooLow, StaleCandidate,
        LayoutChanged, CandidateLost or CommitRefused; then the served version is what it was.
        """
        table = candidate.table
        with table_lock(table):
            served = self._cache.snapshot(candidate.port, candidate.major, table)
            passed = refuse_unless_publishable(contract, candidate, verdict, served)
            refuse_low_version(contract, served)
            self._on_step("allowed")
            if served is not None and is_served(contract, candidate, served):
                discard_files(candidate, files_ever_added(table))
                remove_manifest(candidate)
                return Published(served.version, already=True)
            self._refuse_elsewhere(candidate)
            refuse_unless_it_fits(candidate, served)
            verify_files(candidate)
            self._on_step("files verified")
            kept = kept_rows(candidate, served)
            metadata = commit_metadata(contract, candidate, passed, run, kept)
            keep_contract(table, contract)
            version = self._commit(contract, candidate, passed, metadata)
            self._on_step("committed")
            _sync_log(table, version)
            self._on_step("log on disk")
            remove_manifest(candidate)
            self._on_step("manifest removed")
        return Published(version, already=False)

    def quarantine(self, candidate: Candidate, verdict: Verdict) -> Path:
        """Take a failed candidate out of the table's folder; returns the folder it lies in now.

        The new files, the manifest and the verdict are kept there for its steward.
        Raises AlreadyPublished when a version refers to the files.
        """
        folder = port_folder(self._quarantine, candidate.port, candidate.major)
        with table_lock(candidate.table):
            return move_to_quarantine(candidate, verdict, folder / candidate.content_hash)

    def quarantined(self, port: str, major: int) -> tuple[Quarantined, ...]:
        """The candidates of a port in quarantine, the newest verdict first."""
        table = self.table(port, major)
        folder = port_folder(self._quarantine, port, major)
        return quarantined_below(folder, table)

    def in_quarantine(self, port: str, major: int, candidate_hash: str) -> Quarantined:
        """The candidate of that hash in quarantine. Raises NotQuarantined."""
        folder = port_folder(self._quarantine, port, major)
        is_hash = re.fullmatch(r"[0-9a-f]{8,128}", candidate_hash) is not None
        found = (
            quarantined_in(folder / candidate_hash, self.table(port, major)) if is_hash else None
        )
        if found is None:
            raise NotQuarantined(port, candidate_hash)
        return found

    def release(
        self, contract: Contract, candidate_hash: str, release: Release, run: RunFacts
    ) -> Published:
        """Publish a quarantined candidate on its owner's decision, in one commit that says so.

        May be repeated after a crash. Raises NotQuarantined, NotReleasable, and what `publish`
        raises but for ContractNotMet; then the served version is what it was.
        """
        port, major = contract.reference, contract.major
        table = self.table(port, major)
        with table_lock(table):
            found = self.in_quarantine(port, major, candidate_hash)
            candidate = found.candidate
            served = self._cache.snapshot(port, major, table)
            if served is not None and was_released(candidate):
                remove_quarantined(found.folder)
                return Published(served.version, already=True)
            verdict = refuse_unless_publishable(contract, candidate, found.verdict, served, release)
            refuse_low_version(contract, served)
            refuse_unless_it_fits(candidate, served)
            self._on_step("allowed")
            version = self._commit_back(contract, found, (verdict, release, run), served)
            _sync_log(table, version)
            self._on_step("log on disk")
            remove_quarantined(found.folder)
            self._on_step("out of quarantine")
        return Published(version, already=False)

    def discard(self, port: str, major: int, candidate_hash: str) -> None:
        """Remove a candidate from quarantine for good; its evidence stays. Raises NotQuarantined.

        May be repeated after a crash.
        """
        with table_lock(self.table(port, major)):
            found = self.in_quarantine(port, major, candidate_hash)
            self._on_step("found")
            remove_quarantined(found.folder)

    def has_version(self, port: str, major: int) -> bool:
        """Whether anything was ever published; true also where it cannot be read any more."""
        return bool(versions(self.table(port, major)))

    def fault(self, port: str, major: int) -> str | None:
        """Why the served version of a port cannot be read now; None where it can."""
        return fault_in(port, major, self.table(port, major))

    def sweep(self, port: str, major: int) -> tuple[str, ...]:
        """Remove what crashed runs left in a table's folder; returns the removed paths.

        Files of past versions, of candidates that can still be published, and those being written
        stay.
        """
        table = self.table(port, major)
        if not table.exists():
            return ()
        with table_lock(table):
            return sweep_table(table, self._cache.snapshot(port, major, table))

    def _commit_back(
        self,
        contract: Contract,
        found: Quarantined,
        by: tuple[Verdict, Release, RunFacts],
        served: Snapshot | None,
    ) -> int:
        """Bring the files back and commit them; where that is refused, they go again."""
        verdict, release, run = by
        candidate = found.candidate
        try:
            bring_back(found)
            self._on_step("brought back")
            verify_files(candidate)
            said = commit_metadata(contract, candidate, verdict, run, kept_rows(candidate, served))
            metadata = {**said, "release": release_metadata(verdict, release)}
            keep_contract(candidate.table, contract)
            version = self._commit(contract, candidate, verdict, metadata)
        except (NotPublished, CandidateLost):
            discard_files(candidate, files_ever_added(candidate.table))
            raise
        self._on_step("committed")
        return version

    def _refuse_elsewhere(self, candidate: Candidate) -> None:
        table = self.table(candidate.port, candidate.major)
        if candidate.table.resolve() != table.resolve():
            fault = f"it lies in `{candidate.table}`, and the port's table is `{table}`"
            raise CandidateLost(candidate.port, candidate.content_hash, (fault,))

    def _commit(
        self,
        contract: Contract,
        candidate: Candidate,
        verdict: Verdict,
        metadata: Mapping[str, Any],
    ) -> int:
        """Commit, again only while the table is still the one that was judged."""
        properties = CommitProperties(
            custom_metadata={METADATA_KEY: metadata}, max_commit_retries=0
        )
        for attempt in range(_ATTEMPTS):
            try:
                if candidate.base_version is None:
                    _create(contract, candidate, properties)
                else:
                    _replace(contract, candidate, verdict, properties)
            except DeltaError as error:
                served = read_snapshot(candidate.port, candidate.major, candidate.table)
                version = None if served is None else served.version
                if served is not None and _says(served, candidate, contract):
                    return served.version  # the entry was written, and the answer got lost
                if version != candidate.base_version:
                    raise StaleCandidate(candidate.port, candidate.base_version, version) from error
                if attempt + 1 == _ATTEMPTS:
                    raise CommitRefused(candidate.port, str(error)) from error
            else:
                break
        return 0 if candidate.base_version is None else candidate.base_version + 1


def _sync_log(table: Path, version: int) -> None:
    entry = log_entry(table, version)
    sync(entry)
    sync_folders((entry.parent, table))


def _create(contract: Contract, candidate: Candidate, properties: CommitProperties) -> None:
    create_table_with_add_actions(
        str(candidate.table),
        table_schema(candidate),
        add_actions(contract, candidate),
        mode="error",
        partition_by=list(candidate.partition_columns),
        name=candidate.port,
        configuration=table_properties(contract),
        commit_properties=properties,
        post_commithook_properties=_KEEP_LOG,
    )


def _replace(
    contract: Contract, candidate: Candidate, verdict: Verdict, properties: CommitProperties
) -> None:
    """One commit on top of the judged version: all files replaced, or those that are not kept.

    Without retries of its own: delta-rs would put a full replacement on top of a commit that it
    has never seen.
    """
    served = read_snapshot(candidate.port, candidate.major, candidate.table, candidate.base_version)
    if served is None:
        raise CandidateLost(candidate.port, candidate.content_hash, ("its base version is gone",))
    removes = remove_actions(candidate, served, verdict.checked_at)
    open_table(candidate.table, candidate.base_version).create_write_transaction(
        [*add_actions(contract, candidate), *removes],
        "append" if candidate.kept else "overwrite",
        table_schema(candidate),
        partition_by=list(candidate.partition_columns),
        commit_properties=properties,
        post_commithook_properties=_KEEP_LOG,
    )


def _says(served: Snapshot, candidate: Candidate, contract: Contract) -> bool:
    said = served.metadata
    written = said.get("candidate_hash"), said.get("contract_hash")
    return written == (candidate.content_hash, contract.content_hash)
