"""Likely personal data holds a publication; the steward's answer lets the next run go on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.personal_data.held import held_columns
from contracts.verdict import Verdict
from data_products.candidate_writer import CandidateTarget, write_candidate
from data_products.errors import ContractNotMet
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse
from data_products.registry import load_registry
from data_products.service_log import ServiceLog
from marketplace.access.column_decisions import Answer
from marketplace.access.model import Actor, Role
from marketplace.access.store import AccessStore
from marketplace.config import Settings
from orchestration.dbt_project import DbtProject
from orchestration.platform import Platform
from orchestration.port_builds import check_port, publish_port
from orchestration.sources.landing_store import LandingStore

pytestmark = pytest.mark.requirement("SEC-04")

PORT = "finance.payees"
STEWARD = Actor("sam", "Sam", frozenset({"finance-stewards"}), frozenset({Role.STEWARD}))
FIRMS = "SELECT i::BIGINT AS payee_id, 'Firm ' || i || ' Ltd' AS payee FROM range(50) t(i)"
PEOPLE = (
    "SELECT i::BIGINT AS payee_id, "
    "['Aisha','Ben','Clare','Dan','Emma','Fred','Grace','Hugo'][i % 8 + 1] || ' ' || "
    "['Khan','Price','Lowe'][i % 3 + 1] AS payee FROM range(50) t(i)"
)
MIXED = f"{FIRMS} WHERE i >= 20 UNION ALL {PEOPLE} WHERE i < 20"
CUSTOM = {
    "title": "Payees",
    "summary": "Who was paid.",
    "securityClassification": "OFFICIAL",
    "sensitive": False,
    "accessRights": "INTERNAL",
    "licence": "OGL-UK-3.0",
    "updateFrequency": "monthly",
    "retention": {"trigger": "payment", "disposalAction": "destroy", "authority": "s.3"},
    "informative": ["slaProperties.retention"],
    "notAssessed": [
        {"dimension": word, "reason": "Nothing tells of it yet.",
         "approvedBy": "team:finance-owners", "approvedOn": "2026-01-01"}
        for word in ("accuracy", "relevance", "timeliness", "reliability", "completeness")
    ],
}  # fmt: skip


def contract(**of_payee: Any) -> dict[str, Any]:
    payee = {
        "name": "payee", "logicalType": "string", "physicalType": "varchar",
        "description": "Who was paid, as the ledger names them.", **of_payee,
    }  # fmt: skip
    number = {
        "name": "payee_id", "logicalType": "integer", "physicalType": "bigint",
        "description": "The ledger's own number.",
    }  # fmt: skip
    table = {
        "name": "payees", "physicalType": "table", "description": "One row per payee.",
        "properties": [number, payee],
    }  # fmt: skip
    custom = CUSTOM | ({"lawfulBasis": "public task"} if of_payee else {})
    return {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "finance-payees",
        "name": "payees", "version": "1.0.0", "status": "draft", "domain": "finance",
        "description": {"purpose": "Shows payees.", "limitations": "Few.", "usage": "Look up."},
        "schema": [table],
        "support": [{"channel": "help", "url": "mailto:help@example.test"}],
        "team": {"members": [
            {"username": f"team:finance-{role}s", "role": role}
            for role in ("owner", "steward", "custodian")
        ]},
        "roles": [
            {"role": "reader", "access": "read", "firstLevelApprovers": "team:finance-stewards"}
        ],
        "slaProperties": [{"property": "retention", "value": 7, "unit": "y"}],
        "customProperties": [{"property": k, "value": v} for k, v in custom.items()],
    }  # fmt: skip


PRODUCT = {
    "apiVersion": "v1.0.0", "kind": "DataProduct", "id": "finance-payees-product",
    "name": "payees", "version": "1.0.0", "status": "draft", "domain": "finance",
    "description": {"purpose": "Shows payees.", "limitations": "Few.", "usage": "Look up."},
    "outputPorts": [{"name": "payees", "version": "1.0.0", "contractId": "finance-payees"}],
    "customProperties": [{"property": "title", "value": "Payees"}],
}  # fmt: skip


MANIFEST = {
    "metadata": {"project_name": "models"}, "sources": {}, "macros": {},
    "nodes": {"m.payees": {
        "resource_type": "model", "name": "payees",
        "fqn": ["models", "models", "finance", "payees"],
        "config": {"materialized": "port"}, "depends_on": {"nodes": [], "macros": []},
        "raw_code": "select 1",
    }},
}  # fmt: skip


def platform_over(folder: Path, promised: dict[str, Any]) -> Platform:
    project = folder / "project"
    for path, document in (
        ("contracts/finance/payees.v1.odcs.yaml", promised),
        ("data_products/finance/payees/product.odps.yaml", PRODUCT),
    ):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(yaml.safe_dump(document, sort_keys=False))
    settings = Settings(home=folder / "home", project=project)
    settings.home.mkdir(exist_ok=True)
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


def attempt(platform: Platform, sql: str) -> Verdict:
    """Builds and checks the rows of a SELECT, and publishes them where it may be."""
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


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return platform_over(tmp_path, contract())


@pytest.fixture
def say(platform: Platform) -> Callable[..., None]:
    """The steward's answer on what the verdict holds."""

    def answer(verdict: Verdict, is_personal: bool) -> None:
        (held,) = held_columns(verdict)
        store = AccessStore.open(platform.settings.database_url)
        said = Answer(STEWARD, is_personal, "Fictional people of a novel.")
        store.decide_column(held, said, ("team:finance-stewards",), datetime.now(UTC))
        store.close()

    return answer


def test_names_hold_the_publication_and_the_last_good_version_stays(platform: Platform) -> None:
    attempt(platform, FIRMS)

    held = attempt(platform, PEOPLE)

    assert not held.passed
    assert "awaits a steward's decision" in held.summary
    assert "Khan" not in str(held)
    served = platform.lakehouse.snapshot(PORT, 1)
    assert served is not None and served.version == 0
    told = ContractNotMet(held, 0)
    assert "awaits a steward's decision" in str(told)


def test_after_the_decision_the_next_run_publishes_and_says_who_decided(
    platform: Platform, say: Callable[..., None]
) -> None:
    say(attempt(platform, PEOPLE), False)

    passed = attempt(platform, PEOPLE)

    (result,) = [r for r in passed.results if r.kind == "personalData"]
    assert passed.passed
    assert "Decided by sam on" in (result.detail or "")
    assert "Fictional people of a novel." in (result.detail or "")
    assert platform.lakehouse.snapshot(PORT, 1) is not None


def test_a_decision_that_it_is_personal_publishes_nothing(
    platform: Platform, say: Callable[..., None]
) -> None:
    say(attempt(platform, PEOPLE), True)

    again = attempt(platform, PEOPLE)

    assert not again.passed
    assert platform.lakehouse.snapshot(PORT, 1) is None


def test_materially_more_of_it_is_held_again(platform: Platform, say: Callable[..., None]) -> None:
    say(attempt(platform, MIXED), False)
    assert attempt(platform, MIXED).passed

    assert not attempt(platform, PEOPLE).passed


def test_declaring_it_in_the_contract_needs_no_decision(tmp_path: Path) -> None:
    personal = {"property": "personalData", "value": {"category": "name"}}

    verdict = attempt(platform_over(tmp_path, contract(customProperties=[personal])), PEOPLE)

    assert verdict.passed
    assert [r for r in verdict.results if r.kind == "personalData"] == []
