"""A contract run on a table at any time: a candidate, a published version, or somebody's files.

Only reads. Whoever asks decides whether the verdict is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from contracts.file_statistics import TableStatistics
from contracts.model import Contract
from contracts.personal_data.checks import Decisions
from contracts.personal_data.decisions import ColumnDecision
from contracts.quality.named_ports import named_ports
from contracts.rule_engines import Engine
from contracts.runner import ChangedRows, CheckRun, run_checks
from contracts.service_history import ServiceHistory
from contracts.standards.checks import OfferedStandard
from contracts.verdict import Verdict
from data_products.delta_log import versions
from data_products.errors import NothingPublished, UnknownVersion, UnreadableTable
from data_products.lakehouse import Lakehouse
from data_products.reference_standards import offered_standards
from data_products.registry import Registry
from data_products.rule_processes import RuleProcesses
from data_products.rule_sandbox import rule_sandbox
from data_products.snapshots import Snapshot
from data_products.table_files import content_hash, promised_relation, table_files

Connect = Callable[[], duckdb.DuckDBPyConnection]


@dataclass(frozen=True, slots=True)
class Subject:
    """A table that a contract is held against, and what is known of it beforehand."""

    contract: Contract
    relation: str
    content_hash: str  # names what is judged: the candidate's, or that of files
    base_version: int | None = None
    delta_version: int | None = None  # of a published version that is checked again
    references: Mapping[str, str] = field(default_factory=dict)  # port -> SQL relation
    statistics: TableStatistics | None = None
    changed: ChangedRows | None = None
    history: ServiceHistory | None = None
    rules: RuleProcesses | None = None  # where its SQL runs; None: in this process
    engines: Mapping[str, Engine] = field(default_factory=dict)  # of custom rules, by name
    facts: Mapping[str, Any] = field(default_factory=dict)
    offered: Mapping[str, OfferedStandard] = field(default_factory=dict)  # standards of ports
    decisions: Decisions = tuple  # of the port's stewards


def judge(
    subject: Subject, connection: duckdb.DuckDBPyConnection, run_id: str, now: datetime
) -> Verdict:
    """The verdict of all checks of the contract on the table. Raises as run_checks does."""
    with ExitStack() as open_for_rules:
        runner = None
        if subject.rules is not None:
            read = (subject.relation, *subject.references.values())
            runner = open_for_rules.enter_context(rule_sandbox(subject.rules, read))
        results = run_checks(
            CheckRun(
                connection=connection,
                relation=subject.relation,
                contract=subject.contract,
                now=now,
                references=subject.references,
                statistics=subject.statistics,
                changed=subject.changed,
                history=subject.history,
                sql_runner=runner,
                engines=subject.engines,
                offered=subject.offered,
                decisions=subject.decisions,
            )
        )
    counted = connection.execute(f"SELECT count(*) FROM {subject.relation}").fetchall()
    return Verdict(
        port=subject.contract.reference,
        contract_version=subject.contract.version,
        contract_hash=subject.contract.content_hash,
        candidate_hash=subject.content_hash,
        run_id=run_id,
        checked_at=now,
        rows=int(counted[0][0]),
        results=results,
        base_version=subject.base_version,
        facts=subject.facts,
        delta_version=subject.delta_version,
    )


def published_references(
    registry: Registry, lakehouse: Lakehouse, contract: Contract, relation: str
) -> Mapping[str, str]:
    """The published relation of every port that a contract names, and the table's own.

    A port that is not offered, or not published, is left out: its promise cannot be executed.
    """
    found = {contract.reference: relation}
    targets = (reference.target_port for reference in contract.table.references)
    for target in (*targets, *named_ports(contract)):
        offered = registry.ports.get(target)
        if target in found or offered is None:
            continue
        snapshot = lakehouse.snapshot(target, offered.contract.major)
        if snapshot is not None:
            found[target] = lakehouse.relation(snapshot)
    return found


@dataclass(frozen=True, slots=True)
class Rechecking:
    """Checks on what lies there already: where it lies, and how a connection is made."""

    registry: Registry
    lakehouse: Lakehouse
    connect: Connect
    run_id: str
    now: datetime
    history: Callable[[Contract], ServiceHistory] | None = None  # None: its levels are unchecked
    rules: RuleProcesses | None = None  # where contracts' SQL runs; None: in this process
    decisions: Callable[[str], Sequence[ColumnDecision]] | None = None  # of stewards, by port

    def version(self, contract: Contract, delta_version: int | None = None) -> Verdict:
        """The verdict on a published version of the contract's port: the served one, or a past one.

        Under a contract of a new major version, on what the port serves now.
        Raises NothingPublished, UnknownVersion, or UnreadableTable for files that are gone.
        """
        snapshot = self._snapshot(contract, delta_version)
        gone = [path for path in snapshot.files if not path.exists()]
        if gone:
            reason = f"version {snapshot.version} lacks its file `{gone[0].name}`"
            raise UnreadableTable(str(snapshot.table), reason)
        relation = self.lakehouse.relation(snapshot)
        said = snapshot.metadata
        subject = Subject(
            contract=contract,
            relation=relation,
            content_hash=str(said.get("candidate_hash", "")),
            base_version=said.get("base_version"),
            delta_version=snapshot.version,
            history=self._history(contract, snapshot),
            facts={"sources": dict(said.get("sources", {}))},
        )
        return self._judged(subject)

    def files(self, contract: Contract, pattern: str) -> Verdict:
        """The verdict on Parquet or CSV files. Raises UnreadableFiles."""
        files = table_files(pattern)
        with self.connect() as connection:
            relation = promised_relation(connection, files, contract.table)
        subject = Subject(
            contract=contract,
            relation=relation,
            content_hash=content_hash(files),
            facts={"files": [str(path) for path in files]},
        )
        return self._judged(subject)

    def _history(self, contract: Contract, snapshot: Snapshot) -> ServiceHistory | None:
        """The port's history, with the version before the checked one as the earlier one."""
        if self.history is None:
            return None
        earlier = None
        if snapshot.version > 0:
            before = snapshot.version - 1
            earlier = self.lakehouse.snapshot(snapshot.port, snapshot.major, before)
        relation = None if earlier is None else self.lakehouse.relation(earlier)
        return replace(self.history(contract), earlier=relation)

    def _judged(self, subject: Subject) -> Verdict:
        references = published_references(
            self.registry, self.lakehouse, subject.contract, subject.relation
        )
        offered = offered_standards(self.registry, self.lakehouse, subject.contract)
        known = replace(subject, references=references, offered=offered, rules=self.rules)
        if self.decisions is not None:
            known = replace(known, decisions=partial(self.decisions, subject.contract.reference))
        with self.connect() as connection:
            return judge(known, connection, self.run_id, self.now)

    def _snapshot(self, contract: Contract, delta_version: int | None) -> Snapshot:
        port = contract.reference
        majors = [contract.major, *reversed(self.lakehouse.majors(port))]
        for major in majors:
            known = versions(self.lakehouse.table(port, major))
            if known and delta_version is not None and delta_version not in known:
                raise UnknownVersion(port, delta_version, known)
            snapshot = self.lakehouse.snapshot(port, major, delta_version) if known else None
            if snapshot is not None:
                return snapshot
        raise NothingPublished(port)


def checking_connection(spill: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A connection in memory that spills to `spill`, with UTC as its time zone."""
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{memory_mb}MB'")
    connection.execute("SET temp_directory = ?", [str(spill)])
    connection.execute("SET preserve_insertion_order = false")
    return connection
