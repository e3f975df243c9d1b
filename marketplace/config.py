"""The platform's settings: one typed class, one prefix, unknown keys refused."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from data_products.rule_processes import RuleProcesses
from marketplace.errors import UnknownSetting

PREFIX = "MARKETPLACE_"


class Environment(StrEnum):
    """Where the platform runs; production refuses every default that a laptop may have."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class RoleLimits(BaseModel):
    """What the statements of a role may use beyond everybody's; absent means no more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_seconds: int | None = Field(None, ge=1)
    memory_mb: int | None = Field(None, ge=128)
    row_limit: int | None = Field(None, ge=1)
    result_mb: int | None = Field(None, ge=1)
    scan_mb: int | None = Field(None, ge=1)
    at_once: int | None = Field(None, ge=1)


class Settings(BaseSettings):
    """Read once by a composition root; everything below it is passed what it needs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    environment: Environment = Field(
        Environment.DEVELOPMENT, description="development or production"
    )
    home: Path = Field(
        Path(".marketplace"), description="Folder of everything that the platform writes"
    )
    project: Path = Field(
        Path(), description="Checkout with contracts/, data_products/ and dbt_project/"
    )
    sources: str | None = Field(
        None, description="Folder or https URL of real source files; the sample when absent"
    )
    state_url: str | None = Field(
        None,
        description="SQLAlchemy URL of the access state; SQLite in the home folder when absent",
    )
    host: str = Field("127.0.0.1", description="Address that the marketplace listens on")
    port: int = Field(8000, ge=1, le=65535, description="Port that the marketplace listens on")
    public_url: str | None = Field(
        None, description="https address that people use, behind a TLS proxy; needed in production"
    )
    trusted_proxies: str | None = Field(
        None, description="Addresses of the TLS proxy, comma separated; needed in production"
    )
    secret_key: SecretStr | None = Field(
        None, description="Signs sessions; made at first start in development, needed in production"
    )
    pseudonym_key: SecretStr | None = Field(
        None, description="Keys the pseudonyms of people; made at first run, needed in production"
    )
    mask_key: SecretStr | None = Field(
        None,
        description="Keys the hashes of masked values; made of the secret key when absent",
    )
    demo_people: bool = Field(
        True, description="Offer the demo people at sign-in; must be false in production"
    )
    oidc_issuer: str | None = Field(
        None, description="Issuer of the organisation's OpenID Connect sign-in, exactly as it says"
    )
    oidc_client_id: str | None = Field(
        None, description="What the issuer knows the marketplace as; the audience of its tokens"
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Proves to the issuer that the marketplace asks; needed in production"
    )
    oidc_scope: str = Field(
        "openid profile", description="What is asked of the issuer; must hold openid"
    )
    oidc_groups_claim: str = Field(
        "groups", description="Claim of the ID token or of userinfo that lists a person's groups"
    )
    oidc_groups: str | None = Field(
        None,
        description='JSON object of groups: {"data-owners": ["role:owner", "team:people-owners"]}',
    )
    oidc_current_days: int = Field(
        30, ge=1, le=90, description="A token stops for who has not signed in for so many days"
    )
    session_hours: int = Field(
        12, ge=1, le=24, description="Longest a session lasts, however much it is used"
    )
    session_idle_minutes: int = Field(
        60, ge=5, le=480, description="A session ends after so long without use"
    )
    sign_in_failures: int = Field(
        10, ge=1, le=100, description="Failed sign-ins of one address in 5 minutes, then it waits"
    )
    query_timeout_seconds: int = Field(30, ge=1, description="Longest run of one statement")
    query_memory_mb: int = Field(1024, ge=128, description="Memory of one statement")
    query_row_limit: int = Field(100_000, ge=1, description="Most rows that one statement returns")
    copies_mb: int = Field(4096, ge=1, description="Disk for copies of what restricted grants show")
    query_scan_mb: int = Field(
        20_000, ge=1, description="Most megabytes of files that one statement may read, estimated"
    )
    query_role_limits: dict[str, RoleLimits] = Field(
        {},
        description="More for a role, as JSON: "
        '{"steward": {"timeout_seconds": 120, "memory_mb": 2048, "row_limit": 1000000, '
        '"result_mb": 512, "scan_mb": 100000, "at_once": 3}}',
    )
    download_limit_mb: int = Field(4096, ge=1, description="Largest source file that is downloaded")
    memory_mb: int = Field(2048, ge=256, description="Memory that DuckDB may use in a run")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings of this process.

        Raises UnknownSetting when a variable with the prefix is not a setting.
        """
        known = {f"{PREFIX}{name}".upper() for name in cls.model_fields}
        unknown = sorted(key for key in environment if key.startswith(PREFIX) and key not in known)
        if unknown:
            raise UnknownSetting(tuple(unknown), tuple(sorted(known)))
        return cls()

    @property
    def lake(self) -> Path:
        """Root of the Delta tables."""
        return self.home / "lake"

    @property
    def landing(self) -> Path:
        """Root of the landed rows and rejects."""
        return self.home / "landing"

    @property
    def evidence(self) -> Path:
        """Root of the verdicts."""
        return self.home / "evidence"

    @property
    def quarantine(self) -> Path:
        """Root of the candidates that broke their contracts."""
        return self.home / "quarantine"

    @property
    def copies(self) -> Path:
        """Root of the copies of what restricted grants show."""
        return self.home / "copies"

    @property
    def service_log(self) -> Path:
        """Root of what runs found out about the service of ports."""
        return self.home / "service"

    @property
    def stages(self) -> Path:
        """Root of what was seen at landing and in models, run after run."""
        return self.home / "stages"

    @property
    def rule_processes(self) -> RuleProcesses:
        """Where contracts' SQL runs; in development also on a machine that cannot confine it."""
        may_be_open = self.environment is not Environment.PRODUCTION
        return RuleProcesses(self.home / "spill", self.memory_mb, may_be_open)

    @property
    def index(self) -> Path:
        """Folder of the search index."""
        return self.home / "index"

    @property
    def warehouse(self) -> Path:
        """DuckDB file that dbt builds views in."""
        return self.home / "warehouse.duckdb"

    @property
    def sample(self) -> Path:
        """Folder of the sample sources."""
        return self.home / "sources"

    @property
    def is_sample(self) -> bool:
        """Whether the platform runs on the sample sources."""
        return self.sources is None

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the access state."""
        return self.state_url or f"sqlite:///{self.home / 'state.db'}"
