"""What is known of the rows that an incremental build kept, from evidence that verifies.

The verdict on the published version says which promises its rows keep, which versions their
parents had, and names a sketch of the keys of each file. Whatever is missing, was changed, or was
said under another contract proves nothing: then the whole table is checked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from contracts.changed_rows import ChangedRows, settled_checks, settled_values
from contracts.check_model import CheckKind
from contracts.checks import checks_for
from contracts.file_footers import columns_apart, footer_statistics
from contracts.file_statistics import TableStatistics, table_statistics
from contracts.key_sketches import KeptKeys, KeySketches, from_document, write_sketch
from contracts.model import Contract
from contracts.subjects import is_guarded
from contracts.verdict import Outcome, Verdict
from data_products.candidate import Candidate
from data_products.candidate_writer import resulting_relation
from data_products.evidence import EvidenceStore
from data_products.folders import port_folder
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from data_products.sql import files_relation

LARGE = 1_000_000  # rows; the keys of fewer are checked again in less than sketches cost
_KEYS = frozenset(
    {CheckKind.UNIQUE.value, CheckKind.PRIMARY_KEY.value, CheckKind.DUPLICATE_VALUES.value}
)


def candidate_statistics(
    candidate: Candidate, connection: duckdb.DuckDBPyConnection
) -> TableStatistics | None:
    """What the files of the resulting table say of themselves: new ones, and kept ones too."""
    types = dict(candidate.columns)
    if candidate.kept:
        names = [*(file.path for file in candidate.files), *candidate.kept]
        return footer_statistics(connection, _absolute(candidate, names), types)
    return table_statistics([file.statistics for file in candidate.files], types)


def reference_versions(
    registry: Registry, lakehouse: Lakehouse, contract: Contract
) -> dict[str, str]:
    """The served version of every port that a contract refers to: its number and its candidate."""
    targets = {reference.target_port for reference in contract.table.references}
    offered = {name: registry.ports[name] for name in sorted(targets) if name in registry.ports}
    snapshots = {
        name: lakehouse.snapshot(name, port.contract.major) for name, port in offered.items()
    }
    return {
        name: f"{found.version} {found.metadata.get('candidate_hash')}"
        for name, found in snapshots.items()
        if found is not None
    }


@dataclass(frozen=True, slots=True)
class Increments:
    """The published versions, the verdicts on them, and the sketches of their keys."""

    lakehouse: Lakehouse
    evidence: EvidenceStore
    sketches: Path
    large: int = LARGE

    def changed_rows(
        self,
        contract: Contract,
        candidate: Candidate,
        parents: Mapping[str, str],
        connection: duckdb.DuckDBPyConnection,
    ) -> ChangedRows | None:
        """The new rows of an incremental build, and what is settled of the others.

        `parents` are the versions that references are held against now. None for a full build, and
        where the published version has no verdict.
        """
        verdict = self._base_verdict(candidate)
        base = self.lakehouse.snapshot(candidate.port, candidate.major)
        if verdict is None or base is None:
            return None
        before = verdict.facts.get("references", {})
        new = [file.path for file in candidate.files]
        kept, added = _absolute(candidate, candidate.kept), _absolute(candidate, new)
        return ChangedRows(
            relation=resulting_relation(replace(candidate, kept=())),
            settled=settled_checks(verdict, contract),
            statistics=footer_statistics(connection, added, dict(candidate.columns)),
            only_added={file.path for file in base.table_files} == set(candidate.kept),
            apart=columns_apart(connection, kept, added, dict(candidate.columns)),
            keys=KeptKeys(self._folder(candidate), candidate.kept, _sketches(verdict)),
            unmoved=frozenset(p for p, version in parents.items() if before.get(p) == version),
            observed=settled_values(verdict, contract),
        )

    def key_facts(
        self,
        contract: Contract,
        candidate: Candidate,
        verdict: Verdict,
        connection: duckdb.DuckDBPyConnection,
    ) -> dict[str, Any]:
        """Sketches of the keys that were proved unique, written and named for the verdict's facts.

        Nothing for a table that is always built whole, a small one, and keys of guarded columns:
        their hashes would outlive the rows.
        """
        if not contract.table.partition_columns or verdict.rows < self.large or not verdict.passed:
            return {}
        base = self._base_verdict(candidate)
        known = {} if base is None else _sketches(base)
        keys = dict(_proved_keys(contract, verdict))
        made = {
            check_id: self._sketch(candidate, columns, known.get(check_id), connection)
            for check_id, columns in keys.items()
        }
        self._sweep(candidate, [*made.values(), *known.values()])
        return {"keys": {check_id: found.to_document() for check_id, found in made.items()}}

    def _sketch(
        self,
        candidate: Candidate,
        columns: tuple[str, ...],
        known: KeySketches | None,
        connection: duckdb.DuckDBPyConnection,
    ) -> KeySketches:
        """The sketches of all files of the resulting table; those of kept files are there."""
        types = dict(candidate.columns)
        fresh = KeySketches(tuple((name, types[name]) for name in columns), {})
        is_same = known is not None and (known.columns, known.engine) == (
            fresh.columns,
            fresh.engine,
        )
        old = known.files if known is not None and is_same else {}
        files = {name: old[name] for name in candidate.kept if name in old}
        for name in [*(file.path for file in candidate.files), *candidate.kept]:
            if name not in files:
                relation = files_relation(
                    [candidate.table / name], candidate.columns, candidate.partition_columns
                )
                folder = self._folder(candidate)
                files[name] = write_sketch(connection, relation, columns, folder)
        return replace(fresh, files=files)

    def _sweep(self, candidate: Candidate, used: list[KeySketches]) -> None:
        names = {name for sketches in used for name in sketches.files.values()}
        for path in self._folder(candidate).glob("*.u64"):
            if path.stem not in names:
                path.unlink(missing_ok=True)

    def _base_verdict(self, candidate: Candidate) -> Verdict | None:
        """The verdict that let the published version through, for an incremental build."""
        base = self.lakehouse.snapshot(candidate.port, candidate.major)
        if not candidate.kept or base is None:
            return None
        name = str(base.metadata.get("candidate_hash"))
        return self.evidence.of_candidate(candidate.port, candidate.major, name)

    def _folder(self, candidate: Candidate) -> Path:
        return port_folder(self.sketches, candidate.port, candidate.major)


def _proved_keys(contract: Contract, verdict: Verdict) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The checks of keys that found nothing, with their columns, less guarded ones."""
    columns = {check.id: check.columns for check in checks_for(contract) if check.place is None}
    guarded = {each.name for each in contract.table.properties if is_guarded(each)}
    is_sensitive = contract.custom.get("sensitive") is True
    for result in verdict.results:
        names = columns.get(result.check_id, ())
        is_proved = result.outcome is Outcome.PASSED and result.failing_rows == 0
        is_open = names and not is_sensitive and guarded.isdisjoint(names)
        if result.kind in _KEYS and is_proved and is_open:
            yield result.check_id, names


def _sketches(verdict: Verdict) -> dict[str, KeySketches]:
    documents = verdict.facts.get("keys")
    if not isinstance(documents, Mapping):
        return {}
    read = {str(name): from_document(document) for name, document in documents.items()}
    return {name: found for name, found in read.items() if found is not None}


def _absolute(candidate: Candidate, names: Any) -> list[str]:
    return [str(candidate.table / name) for name in names]
