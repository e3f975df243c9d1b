"""A registry with two products, a real lakehouse and real verdicts on a temporary folder."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
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
from data_products.candidate_writer import CandidateTarget, write_candidate
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse, Published, RunFacts
from data_products.model import DataProduct, InputPort, OutputPort
from data_products.registry import Registry
from marketplace.index.build import BuildFacts, build_listings
from marketplace.index.model import Listing, PortListing

NOW = datetime(2026, 4, 6, 9, 30, tzinfo=UTC)
COLUMNS = {
    "invoice_id": "Number that the supplier gave the invoice.",
    "supplier_name": "Who is paid.",
    "paid_date": "Day on which the money left.",
}


def contract_of(unit: str, name: str, **changes: Any) -> Contract:
    """A contract with all mandatory metadata, fresh for 30 days by `paid_date`."""
    properties = tuple(
        Property(column, "string", "varchar", text, column.replace("_", " ").capitalize())
        for column, text in COLUMNS.items()
    )
    custom = {
        "securityClassification": "OFFICIAL",
        "sensitive": False,
        "accessRights": "INTERNAL",
        "licence": "OGL-UK-3.0",
        "title": "Invoices",
        "summary": "Every invoice that was paid, once.",
        "theme": ["finance"],
        "updateFrequency": "monthly",
        "retention": {"trigger": "paid_date", "disposalAction": "delete"},
        **changes.pop("custom", {}),
    }
    contract = Contract(
        id=f"{unit}-{name}",
        name=name,
        business_unit=unit,
        version="1.0.0",
        status="active",
        title=str(custom["title"]),
        purpose="See what was paid to whom.",
        limitations="Payments below 25,000 are not in it.",
        usage="Sum amounts by month.",
        objects=(SchemaObject(name, "One row per invoice.", properties),),
        service_levels=(
            _level(0, "freshness", 30, "d", f"{name}.paid_date"),
            _level(1, "retention", 7, "y", None),
        ),
        team=tuple(
            TeamMember(f"team:{unit}-{role}s", role, unit)
            for role in ("owner", "steward", "custodian")
        ),
        roles=(AccessRole("reader", "read", (f"team:{unit}-stewards",)),),
        support=({"channel": "help", "url": "mailto:help@example.org"},),
        tags=("purchase",),
        custom=custom,
        content_hash="c" * 64,
    )
    return replace(contract, **changes)


def _level(position: int, name: str, value: int, unit: str, element: str | None) -> ServiceLevel:
    path = f"slaProperties[{position}]"
    return ServiceLevel(path, name, value, unit, element, None, name.capitalize())


def product_of(contract: Contract, *inputs: str, **changes: Any) -> DataProduct:
    """A product with one port."""
    product = DataProduct(
        id=f"{contract.id}-product",
        name=contract.name,
        business_unit=contract.business_unit,
        title=contract.title,
        version="1.0.0",
        status="active",
        purpose=contract.purpose,
        limitations=contract.limitations,
        usage=contract.usage,
        themes=(),
        tags=(),
        team=(),
        output_ports=(
            OutputPort(contract.name, f"{contract.business_unit}/{contract.name}", contract),
        ),
        input_ports=tuple(InputPort(each, each, "1.0.0") for each in inputs),
        support=(),
        readme="# About",
        path=Path("product.odps.yaml"),
    )
    return replace(product, **changes)


def result(outcome: Outcome, **changes: Any) -> CheckResult:
    """A check result about uniqueness, with a failing row."""
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
        failing_rows=0,
        observed=None,
        expected=None,
        detail=None,
        query="select 0",
        seconds=0.01,
        sample=({"supplier_name": "Secret Supplier"},),
    )
    return replace(found, **changes)


@dataclass
class Shop:
    """What is offered, published and checked."""

    root: Path
    registry: Registry
    lakehouse: Lakehouse = field(init=False)
    evidence: EvidenceStore = field(init=False)

    def __post_init__(self) -> None:
        self.lakehouse = Lakehouse(self.root / "lake", self.root / "quarantine")
        self.evidence = EvidenceStore(self.root / "evidence")

    def check(
        self, days: list[str], results: tuple[CheckResult, ...], **facts: Any
    ) -> tuple[Contract, Any, Verdict]:
        """Build a candidate of finance.invoices with one row a day, and keep its verdict."""
        contract: Contract = facts.get("contract", self.registry.port("finance.invoices").contract)
        checked_at: datetime = facts.get("checked_at", NOW)
        port = contract.reference
        rows = ", ".join(f"('{i}', 'Supplier {i}', '{day}')" for i, day in enumerate(days))
        served = self.lakehouse.snapshot(port, contract.major)
        target = CandidateTarget(
            port=port,
            major=contract.major,
            table=self.lakehouse.table(port, contract.major),
            fingerprint=f"{rows}{contract.version}",
            sources=facts.get("sources", {"invoices.csv": "1" * 64}),
            base_version=None if served is None else served.version,
        )
        names = ", ".join(COLUMNS)
        with duckdb.connect() as connection:
            select = f"SELECT * FROM (VALUES {rows}) AS landed({names})"
            candidate = write_candidate(connection, select, target)
        verdict = Verdict(
            port=port,
            contract_version=contract.version,
            contract_hash=contract.content_hash,
            candidate_hash=candidate.content_hash,
            run_id="run-1",
            checked_at=checked_at,
            rows=len(days),
            results=results,
            base_version=candidate.base_version,
        )
        self.evidence.save(verdict)
        return contract, candidate, verdict

    def publish(self, days: list[str], *results: CheckResult, **facts: Any) -> Published:
        """Build, check and publish finance.invoices."""
        checked = self.check(days, results or (result(Outcome.PASSED),), **facts)
        return self.lakehouse.publish(*checked, RunFacts("run-1", "abc123", "engineer"))

    def fail(self, days: list[str], checked_at: datetime = NOW + timedelta(hours=1)) -> None:
        """Build and check a candidate that breaks its contract."""
        failed = result(Outcome.FAILED, failing_rows=2)
        self.check(days, (failed,), checked_at=checked_at)

    def listings(self, **facts: Any) -> tuple[Listing, ...]:
        """Every listing as it is now."""
        told = BuildFacts(**{"now": NOW, "is_sample": True, "manifest": MANIFEST, **facts})
        return build_listings(self.registry, self.lakehouse, self.evidence, told)

    def invoices(self, **facts: Any) -> PortListing:
        """The port finance.invoices as it is shown."""
        shown = {listing.reference: listing for listing in self.listings(**facts)}
        return shown["finance/invoices"].ports[0]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    invoices = contract_of("finance", "invoices")
    totals = contract_of(
        "insight", "monthly_totals", custom={"title": "Monthly totals", "sensitive": True}
    )
    products = (product_of(invoices), product_of(totals, "finance.invoices"))
    return Shop(tmp_path, Registry(products, ()))


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_result() -> Callable[..., CheckResult]:
    return result


@pytest.fixture
def make_contract() -> Callable[..., Contract]:
    return contract_of


@pytest.fixture
def make_product() -> Callable[..., DataProduct]:
    return product_of


@pytest.fixture
def manifest() -> dict[str, Any]:
    return MANIFEST


def _model(name: str, path: str, materialized: str, *upstream: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "path": path,
        "config": {"materialized": materialized},
        "depends_on": {"nodes": list(upstream)},
    }


# The shape of dbt's manifest.json, with what the index reads of it.
MANIFEST: dict[str, Any] = {
    "sources": {
        "source.lake.landing.billing__invoices": {
            "source_name": "landing",
            "schema": "landing",
            "name": "billing__invoices",
        },
        "source.lake.ports.finance__invoices": {
            "source_name": "ports",
            "schema": "ports",
            "name": "finance__invoices",
            "config": {"meta": {"port": "finance.invoices"}},
        },
    },
    "nodes": {
        "test.lake.unique": {"resource_type": "test", "name": "unique"},
        "model.lake.stg_billing__invoices": _model(
            "stg_billing__invoices",
            "staging/billing/stg_billing__invoices.sql",
            "view",
            "source.lake.landing.billing__invoices",
        ),
        "model.lake.int_deduplicated": _model(
            "int_deduplicated",
            "intermediate/finance/int_deduplicated.sql",
            "view",
            "model.lake.stg_billing__invoices",
            "macro.lake.unknown",
        ),
        "model.lake.invoices": _model(
            "invoices", "marts/finance/invoices.sql", "port", "model.lake.int_deduplicated"
        ),
        "model.lake.stg_ports__finance__invoices": _model(
            "stg_ports__finance__invoices",
            "staging/ports/stg_ports__finance__invoices.sql",
            "view",
            "source.lake.ports.finance__invoices",
        ),
        "model.lake.monthly_totals": _model(
            "monthly_totals",
            "marts/insight/monthly_totals.sql",
            "port",
            "model.lake.stg_ports__finance__invoices",
        ),
    },
}
