"""A run records how attempts end, tells the owner, and measures service levels on that."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.verdict import CheckResult, Outcome, Verdict
from data_products.candidate_writer import CandidateTarget, write_candidate
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import load_registry
from data_products.service_log import ServiceLog
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from orchestration.build_plans import BuildPlan
from orchestration.dbt_project import DbtProject
from orchestration.errors import ModelFailed
from orchestration.platform import Platform
from orchestration.port_builds import check_port, publish_port
from orchestration.port_service import port_history, record_build_failure
from orchestration.sources.landing_store import LandingStore

PORT = "finance.invoices"
LEVELS = [
    {"property": "frequency", "value": 1, "unit": "d"},
    {"property": "retention", "value": 7, "unit": "y", "element": "paid_on"},
    {"property": "availability", "value": 99, "unit": "percent"},
    {"property": "errorRate", "value": 20, "unit": "percent"},
    {"property": "timeToNotify", "value": 1, "unit": "h"},
    {"property": "timeToDetect", "value": 1, "unit": "h"},
    {"property": "timeToRepair", "value": 1, "unit": "h"},
]
CUSTOM = {
    "title": "Invoices",
    "summary": "Every invoice.",
    "securityClassification": "OFFICIAL",
    "sensitive": False,
    "accessRights": "INTERNAL",
    "licence": "OGL-UK-3.0",
    "retention": {"trigger": "paid_on", "disposalAction": "destroy", "authority": "s.3"},
    "notAssessed": [
        {
            "dimension": dimension,
            "reason": "No other source tells of it yet.",
            "approvedBy": "team:finance-owners",
            "approvedOn": "2026-01-01",
        }
        for dimension in ("accuracy", "relevance")
    ],
}


def column(name: str, logical: str, physical: str, **more: Any) -> dict[str, Any]:
    said = f"What was written there, once for each row ({logical})."
    return {
        "name": name,
        "logicalType": logical,
        "physicalType": physical,
        "description": said,
        **more,
    }


CONTRACT = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "finance-invoices",
    "name": "invoices",
    "version": "1.0.0",
    "status": "active",
    "domain": "finance",
    "description": {"purpose": "Shows spending.", "limitations": "Few.", "usage": "Add up."},
    "schema": [
        {
            "name": "invoices",
            "physicalType": "table",
            "description": "One row per invoice.",
            "properties": [
                column("invoice_id", "integer", "bigint", required=True, unique=True),
                column("paid_on", "date", "date"),
            ],
        }
    ],
    "support": [{"channel": "help", "url": "mailto:help@example.test"}],
    "team": {
        "members": [
            {"username": f"team:finance-{role}s", "role": role}
            for role in ("owner", "steward", "custodian")
        ]
    },
    "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "team:finance-stewards"}],
    "slaProperties": LEVELS,
    "customProperties": [{"property": key, "value": value} for key, value in CUSTOM.items()],
}
PRODUCT = {
    "apiVersion": "v1.0.0",
    "kind": "DataProduct",
    "id": "finance-invoices-product",
    "name": "invoices",
    "version": "1.0.0",
    "status": "active",
    "domain": "finance",
    "description": {"purpose": "Shows spending.", "limitations": "Few.", "usage": "Add up."},
    "outputPorts": [{"name": "invoices", "version": "1.0.0", "contractId": "finance-invoices"}],
    "customProperties": [{"property": "title", "value": "Invoices"}],
}


MANIFEST = {
    "metadata": {"project_name": "models"},
    "sources": {},
    "macros": {},
    "nodes": {
        "m.invoices": {
            "resource_type": "model",
            "name": "invoices",
            "fqn": ["models", "models", "finance", "invoices"],
            "config": {"materialized": "port"},
            "depends_on": {"nodes": [], "macros": []},
            "raw_code": "select 1",
        }
    },
}


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """A platform with one port, whose candidates the tests write themselves."""
    project = tmp_path / "project"
    for path, document in (
        ("contracts/finance/invoices.v1.odcs.yaml", CONTRACT),
        ("data_products/finance/invoices/product.odps.yaml", PRODUCT),
    ):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(yaml.safe_dump(document, sort_keys=False))
    settings = Settings(home=tmp_path / "home", project=project)
    settings.home.mkdir()
    made = Platform(
        settings=settings,
        registry=load_registry(project),
        lakehouse=Lakehouse(settings.lake, settings.quarantine),
        evidence=EvidenceStore(settings.evidence),
        service_log=ServiceLog(settings.service_log),
        landing=LandingStore(settings.landing),
        dbt=DbtProject(project, settings.warehouse, settings.home / "spill", 256, "key"),
        code_version="abc123",
    )
    vars(made)["manifest"] = MANIFEST  # as if dbt had parsed a project with this one mart
    return made


@pytest.fixture
def attempt(platform: Platform) -> Callable[[str], Verdict]:
    """Builds, checks and, where it may be, publishes the rows of a SELECT."""

    def build(sql: str) -> Verdict:
        served = platform.lakehouse.snapshot(PORT, 1)
        target = CandidateTarget(
            port=PORT,
            major=1,
            table=platform.lakehouse.table(PORT, 1),
            fingerprint=sql,
            base_version=None if served is None else served.version,
        )
        with duckdb.connect(config={"threads": 1}) as connection:
            write_candidate(connection, sql, target)
        verdict = check_port(platform, PORT, "run-1")
        assert verdict is not None
        if verdict.passed:
            publish_port(platform, PORT, "run-1")
        return verdict

    return build


GOOD = "SELECT i::BIGINT AS invoice_id, DATE '2026-01-01' AS paid_on FROM range(3) t(i)"
MORE = GOOD.replace("range(3)", "range(5)")
BROKEN = f"{GOOD} UNION ALL SELECT 1, DATE '2026-01-01'"


def level(verdict: Verdict, name: str) -> CheckResult:
    position = [each["property"] for each in LEVELS].index(name)
    return next(r for r in verdict.results if r.check_id == f"slaProperties[{position}]")


@pytest.mark.requirement("QUA-08")
def test_levels_are_measured_once_there_is_something_to_measure(
    attempt: Callable[[str], Verdict],
) -> None:
    first, second = attempt(GOOD), attempt(MORE)

    assert level(first, "frequency").outcome is Outcome.UNCHECKED
    assert level(first, "retention").outcome is Outcome.PASSED
    for name in ("frequency", "retention", "availability", "errorRate"):
        assert level(second, name).outcome is Outcome.PASSED, level(second, name)
    assert level(second, "errorRate").observed == "0 percent: 0 of 1 attempt failed"


@pytest.mark.requirement("QUA-03")
def test_a_blocked_verdict_opens_an_incident_that_the_next_version_closes(
    platform: Platform, attempt: Callable[[str], Verdict]
) -> None:
    attempt(GOOD)
    blocked = attempt(BROKEN)
    contract = platform.contract(PORT)

    assert not blocked.passed
    (open_incident,) = port_history(platform, contract).incidents
    assert open_incident.opened_at == blocked.checked_at
    assert open_incident.begun_at is not None and open_incident.begun_at <= blocked.checked_at
    assert open_incident.notified_at is not None
    assert open_incident.closed_at is None

    mended = attempt(MORE)

    (closed,) = port_history(platform, contract).incidents
    assert closed.closed_at is not None
    for name in ("timeToDetect", "timeToNotify", "timeToRepair"):
        assert level(mended, name).outcome is Outcome.PASSED, level(mended, name)
    assert level(mended, "errorRate").outcome is Outcome.FAILED
    assert level(mended, "errorRate").observed == "50 percent: 1 of 2 attempts failed"


@pytest.mark.requirement("QUA-03")
def test_owner_and_steward_are_told_once_however_often_it_is_built(
    platform: Platform, attempt: Callable[[str], Verdict]
) -> None:
    attempt(GOOD)
    first = attempt(BROKEN)
    attempt(BROKEN)

    store = AccessStore.open(platform.settings.database_url)
    told = store.notifications_about(PORT, ["quarantine.candidate"])
    store.close()

    recipients = sorted(each.recipient for each in told)
    assert recipients == ["team:finance-owners", "team:finance-stewards"]
    assert told[0].message == (
        "Newer data of `finance.invoices` failed its contract: 1 of "
        f"{len(first.results)} checks keep it from being published. Version 0 stays served."
    )
    assert told[0].subject == f"{first.candidate_hash}:0"
    (incident,) = port_history(platform, platform.contract(PORT)).incidents
    assert incident.opened_at == first.checked_at  # not when it was found again


def test_a_build_that_fails_is_an_incident_too(
    platform: Platform, attempt: Callable[[str], Verdict]
) -> None:
    attempt(GOOD)
    base = platform.lakehouse.snapshot(PORT, 1)
    planned = BuildPlan(PORT, "f" * 64, {}, base, (), (), is_incremental=False)
    now = datetime.now(UTC) + timedelta(seconds=1)

    record_build_failure(platform, planned, ModelFailed("no such column"), now)

    (incident,) = port_history(platform, platform.contract(PORT)).incidents
    assert (incident.opened_at, incident.notified_at) == (now, now)


def test_an_outage_is_seen_by_the_next_run(
    platform: Platform, attempt: Callable[[str], Verdict]
) -> None:
    attempt(GOOD)
    snapshot = platform.lakehouse.snapshot(PORT, 1)
    assert snapshot is not None
    kept = snapshot.files[0].read_bytes()
    snapshot.files[0].unlink()
    assert check_port(platform, PORT, "run-2") is None  # nothing to check, and yet looked at
    snapshot.files[0].write_bytes(kept)

    verdict = attempt(MORE)

    found = level(verdict, "availability")
    assert found.outcome is Outcome.FAILED, found
    probes = port_history(platform, platform.contract(PORT)).probes
    assert [probe.is_readable for probe in probes] == [False, True]
