"""Everything that a run needs, opened once by a composition root."""

import hashlib
import secrets
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb
from sqlalchemy.engine import make_url

from contracts.model import Contract, SchemaObject
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.port_checks import checking_connection
from data_products.registry import Registry, load_registry
from data_products.rule_processes import RuleProcesses
from data_products.service_log import ServiceLog
from marketplace.access.database import sqlite_file
from marketplace.access.store import AccessStore
from marketplace.config import Environment, Settings
from marketplace.errors import UnsafeSettings
from orchestration.column_lineage import Traced, kept_trace
from orchestration.dbt_project import DbtProject, Manifest
from orchestration.model_graph import ModelGraph
from orchestration.progress import Progress, Silent
from orchestration.source_root import fetched_folder
from orchestration.sources.landing_store import LandingStore
from orchestration.stage_history import StageHistory

LANDING_COLUMNS = {
    "_source_file": "varchar",
    "_source_hash": "varchar",
    "_line": "bigint",
    "_line_count": "integer",
}


@dataclass(frozen=True)
class Platform:
    """The rooms that a run works in, and how it tells what it does."""

    settings: Settings
    registry: Registry
    lakehouse: Lakehouse
    evidence: EvidenceStore
    service_log: ServiceLog
    landing: LandingStore
    dbt: DbtProject
    code_version: str
    progress: Progress = field(default_factory=Silent)
    open_rules: RuleProcesses | None = None  # kept open for a whole run

    @property
    def rules(self) -> RuleProcesses:
        """Where contracts' SQL runs."""
        return self.open_rules or self.settings.rule_processes

    @cached_property
    def manifest(self) -> Manifest:
        """The parsed dbt project."""
        return self.dbt.manifest()

    @cached_property
    def graph(self) -> ModelGraph:
        """The models as the ports' upstreams."""
        return ModelGraph(self.manifest)

    @cached_property
    def source_root(self) -> Path:
        """The folder of this run's source files, downloaded first where they are an address.

        Raises SourceRootMissing, DownloadRefused or DownloadFailed.
        """
        return fetched_folder(self.settings, self.progress)

    @cached_property
    def stages(self) -> StageHistory:
        """What was seen at landing and in models, run after run."""
        return StageHistory(self.settings.stages)

    @cached_property
    def access_state(self) -> AccessStore | None:
        """The grants and the audit log; None on a machine where nobody has been granted anything.

        A run only reads it, so that it never makes one.
        """
        url = self.settings.database_url
        file = sqlite_file(make_url(url))
        return None if file is not None and not file.exists() else AccessStore.open(url)

    @cached_property
    def columns(self) -> Traced:
        """Which upstream columns each model's columns come from."""
        declared = {
            f"landing.{source.name}__{table.name}": _columns(table) | LANDING_COLUMNS
            for source in self.registry.sources
            for table in source.objects
        } | {
            f"ports.{reference.replace('.', '__', 1)}": _columns(port.contract.table)
            for reference, port in self.registry.ports.items()
        }
        stamp = hashlib.sha256((self.dbt.sources_hash() + repr(declared)).encode()).hexdigest()
        path = self.dbt.prepared / "column_lineage.json"
        return kept_trace(path, stamp, self.manifest, declared)

    def contract(self, port: str) -> Contract:
        """The contract of `unit.port`. Raises UnknownPort."""
        return self.registry.port(port).contract

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection in memory, limited as the settings say, with UTC as its time zone."""
        return checking_connection(self.settings.home / "spill", self.settings.memory_mb)


def open_platform(settings: Settings, progress: Progress | None = None) -> Platform:
    """The platform of these settings; reads the documents, not the data.

    Raises InvalidContract or InvalidProduct with every fault in the documents.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    return Platform(
        settings=settings,
        registry=load_registry(settings.project),
        lakehouse=Lakehouse(settings.lake, settings.quarantine),
        evidence=EvidenceStore(settings.evidence),
        service_log=ServiceLog(settings.service_log),
        landing=LandingStore(settings.landing),
        dbt=DbtProject(
            folder=settings.project / "dbt_project",
            warehouse=settings.warehouse,
            spill=settings.home / "spill",
            memory_mb=settings.memory_mb,
            pseudonym_key=_pseudonym_key(settings),
        ),
        code_version=_code_version(settings.project),
        progress=progress or Silent(),
    )


def _pseudonym_key(settings: Settings) -> str:
    """The key that staff identifiers are hashed with; on a laptop made once and kept in the home.

    Raises UnsafeSettings in production, where it must be given: a key in the lake's own folder
    would open every pseudonym to whoever reads that folder.
    """
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value()
    if settings.environment is Environment.PRODUCTION:
        raise UnsafeSettings(("`MARKETPLACE_PSEUDONYM_KEY` is not set.",))
    path = settings.home / "pseudonym_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


def _columns(table: SchemaObject) -> dict[str, str]:
    return {column.name: column.physical_type for column in table.properties}


def _code_version(project: Path) -> str:
    """The commit of the checkout, marked when files differ from it; else the package's version."""
    git = ["git", "-C", str(project)]
    try:
        commit = subprocess.run(  # noqa: S603 - fixed arguments
            [*git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return commit.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        try:
            return version("lakehouse-data-marketplace")
        except PackageNotFoundError:
            return "unknown"
