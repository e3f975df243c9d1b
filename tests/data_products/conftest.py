"""A small lakehouse on a temporary folder, and the contracts and verdicts that its tests need."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.model import (
    AccessRole,
    Contract,
    Property,
    SchemaObject,
    ServiceLevel,
    Severity,
    TeamMember,
)
from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.candidate import Candidate
from data_products.candidate_writer import CandidateTarget, write_candidate
from data_products.lakehouse import Lakehouse, Published, RunFacts

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
RUN = RunFacts(run_id="run-1", code_version="abc123", actor="engineer")


def promised(columns: dict[str, str], **changes: Any) -> Contract:
    """A contract with all mandatory metadata about port `finance.invoices`."""
    personal = changes.pop("personal", ())
    properties = tuple(
        Property(
            name=name,
            logical_type="string",
            physical_type=kind,
            description=f"What {name} is.",
            business_name=name.capitalize(),
            is_personal=name in personal,
        )
        for name, kind in columns.items()
    )
    contract = Contract(
        id="finance-invoices",
        name="invoices",
        business_unit="finance",
        version="1.0.0",
        status="active",
        title="Invoices",
        purpose="To see what was invoiced.",
        limitations="Invoices on paper are not in it.",
        usage="Sum amounts by month.",
        objects=(SchemaObject("invoices", "One row per invoice.", properties),),
        service_levels=(
            ServiceLevel(
                path="slaProperties[0]",
                name="retention",
                value=7,
                unit="y",
                element=None,
                driver="regulatory",
                description="Seven years.",
            ),
            ServiceLevel(
                path="slaProperties[1]",
                name="frequency",
                value=1,
                unit="m",
                element=None,
                driver=None,
                description="Monthly.",
            ),
        ),
        team=tuple(
            TeamMember(f"team:finance-{role}s", role, "Finance")
            for role in ("owner", "steward", "custodian")
        ),
        roles=(AccessRole("reader", "read", ("team:finance-stewards",)),),
        support=({"channel": "help", "url": "mailto:help@example.org"},),
        tags=(),
        custom={
            "securityClassification": "OFFICIAL",
            "sensitive": False,
            "accessRights": "INTERNAL",
            "licence": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            "publisher": "finance",
            "summary": "Every invoice, once.",
            "theme": ["finance"],
            "updateFrequency": "monthly",
            "title": "Invoices",
            "retention": {
                "trigger": "invoice_date",
                "disposalAction": "delete",
                "authority": "Finance retention schedule",
            },
            "permittedPurposes": ["analysis"],
            "prohibitedUses": ["marketing"],
            "lawfulBasis": "publicTask",
        },
        content_hash="c" * 64,
    )
    return replace(contract, **changes)


def result(outcome: Outcome, **changes: Any) -> CheckResult:
    """A check result about uniqueness."""
    found = CheckResult(
        check_id="schema[0].properties[0].unique",
        title="`invoice_id` is unique",
        kind="unique",
        property_name="invoice_id",
        dimension="uniqueness",
        severity=Severity.ERROR,
        informative=False,
        outcome=outcome,
        checked_rows=3,
        failing_rows=3,
        observed="3 duplicates",
        expected=None,
        detail=None,
        query="select 1",
        seconds=0.1,
    )
    return replace(found, **changes)


def verdict_on(
    candidate: Candidate, contract: Contract, *results: CheckResult, **changes: Any
) -> Verdict:
    """A verdict about exactly this candidate under this contract; passed without results."""
    verdict = Verdict(
        port=contract.reference,
        contract_version=contract.version,
        contract_hash=contract.content_hash,
        candidate_hash=candidate.content_hash,
        run_id="run-1",
        checked_at=NOW,
        rows=candidate.new_rows,
        results=results or (result(Outcome.PASSED),),
        base_version=candidate.base_version,
    )
    return replace(verdict, **changes)


@dataclass
class Lake:
    """A lakehouse with one port, `finance.invoices`, and a connection that builds it."""

    root: Path
    lakehouse: Lakehouse
    connection: duckdb.DuckDBPyConnection
    builds: int = 0

    @property
    def table(self) -> Path:
        return self.lakehouse.table("finance.invoices", 1)

    def target(self, **changes: Any) -> CandidateTarget:
        self.builds += 1
        served = self.lakehouse.snapshot("finance.invoices", 1)
        facts: dict[str, Any] = {
            "port": "finance.invoices",
            "major": 1,
            "table": self.table,
            "fingerprint": f"build-{self.builds}",
            "sources": {"invoices:2026.csv": "f" * 64},
            "base_version": None if served is None else served.version,
        }
        return CandidateTarget(**{**facts, **changes})

    def build(self, sql: str, **changes: Any) -> Candidate:
        return write_candidate(self.connection, sql, self.target(**changes))

    def contract(self, candidate: Candidate, **changes: Any) -> Contract:
        return promised(dict(candidate.columns), **changes)

    def publish(self, sql: str, **changes: Any) -> Published:
        candidate = self.build(sql, **changes)
        contract = self.contract(candidate)
        return self.lakehouse.publish(contract, candidate, verdict_on(candidate, contract), RUN)

    def rows(self, version: int | None = None) -> list[tuple[Any, ...]]:
        snapshot = self.lakehouse.snapshot("finance.invoices", 1, version)
        assert snapshot is not None
        relation = self.lakehouse.relation(snapshot)
        return self.connection.execute(f"SELECT * FROM {relation} ORDER BY ALL").fetchall()

    def parquet_files(self) -> set[str]:
        found = self.table.rglob("*.parquet*")
        return {path.relative_to(self.table).as_posix() for path in found}


def only_quarantined(lakehouse: Lakehouse) -> Candidate:
    """The only candidate of finance.invoices in quarantine."""
    (found,) = lakehouse.quarantined("finance.invoices", 1)
    return found.candidate


def open_lake(root: Path) -> Lake:
    """A lake below `root`."""
    return Lake(root, Lakehouse(root / "lake", root / "quarantine"), duckdb.connect())


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = open_lake(tmp_path)
    yield lake
    lake.connection.close()


@pytest.fixture(scope="session")
def new_lake(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Lake]:
    """A lake of its own for each example of a property."""
    return lambda: open_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def check_result() -> Callable[..., CheckResult]:
    return result


@pytest.fixture(scope="session")
def verdict() -> Callable[..., Verdict]:
    return verdict_on


@pytest.fixture(scope="session")
def run() -> RunFacts:
    return RUN


class Publisher:
    """The process that forks the children that are killed."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("crashing_publisher.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def run(self, root: Path, step: str | float, act: str = "publish") -> bool:
        """Whether the child was killed; False where it came to its end."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps({"root": str(root), "step": step, "act": act}) + "\n")
        self.process.stdin.flush()
        return bool(json.loads(self.process.stdout.readline())["killed"])

    def close(self) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0


@pytest.fixture(scope="session")
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


@pytest.fixture(scope="session")
def promise() -> Callable[..., Contract]:
    """A contract of `finance.invoices` about given columns."""
    return promised
