"""A small project with documents, tables that were really published, and the index over them.

Loaded by path from the conftests of the web and the browser tests.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from contracts.model import Contract
from contracts.runner import CheckRun, run_checks
from contracts.verdict import Verdict
from data_products.candidate import Candidate
from data_products.candidate_writer import CandidateTarget, resulting_relation, write_candidate
from data_products.evidence import EvidenceStore
from data_products.lakehouse import Lakehouse, RunFacts
from data_products.registry import Registry, load_registry
from marketplace.config import Settings
from marketplace.index.build import BuildFacts, refresh

NOW = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
PERSONAL_VALUE = "lamplight-5512"  # stands in rows that only a grant shows

PAYMENTS = """
select
    i::bigint as payment_id,
    'Supplier ' || (i % 7) as supplier_name,
    case when i % 50 = 0 then null else 'Office ' || (i % 3) end as paid_by,
    (i * 1.25)::decimal(18,2) as amount,
    date '2026-01-01' + (i % 85)::integer as payment_date
from range(1, {rows}) as t(i)
"""
SPEND = """
select 'Supplier ' || i as supplier_name, (i * 100)::decimal(18,2) as total
from range(7) as t(i)
"""
RECORDS = f"""
select
    i::bigint as record_id,
    '{PERSONAL_VALUE}-' || i as person_name,
    'Course ' || (i % 4) as course
from range(1, 41) as t(i)
"""


@dataclass(frozen=True)
class Seeded:
    """The folders of a small marketplace, and what is in them."""

    settings: Settings
    registry: Registry
    lakehouse: Lakehouse
    evidence: EvidenceStore
    refused: Verdict  # of a candidate that broke its contract


def seed(folder: Path) -> Seeded:
    """Write the documents, publish two products, refuse one candidate, build the index."""
    project, home = folder / "project", folder / "home"
    _write_documents(project)
    settings = Settings(home=home, project=project)
    registry = load_registry(project)
    lakehouse = Lakehouse(settings.lake, settings.quarantine)
    evidence = EvidenceStore(settings.evidence)
    publish(lakehouse, evidence, registry, "commercial.payments", PAYMENTS.format(rows=201))
    publish(lakehouse, evidence, registry, "commercial.payments", PAYMENTS.format(rows=301))
    publish(lakehouse, evidence, registry, "people.learning_records", RECORDS)
    publish(lakehouse, evidence, registry, "commercial.supplier_spend", SPEND)
    broken = SPEND + " union all select 'Supplier 1', 5"
    candidate, refused = judge(lakehouse, evidence, registry, "commercial.supplier_spend", broken)
    lakehouse.quarantine(candidate, refused)
    facts = BuildFacts(now=NOW, is_sample=True, manifest=MANIFEST)
    refresh(registry, lakehouse, evidence, facts, settings.index)
    _write_rejects(settings.landing)
    return Seeded(settings, registry, lakehouse, evidence, refused)


def judge(
    lakehouse: Lakehouse, evidence: EvidenceStore, registry: Registry, port: str, sql: str
) -> tuple[Candidate, Verdict]:
    """Write a candidate and keep the verdict on it; each is judged a minute after the last."""
    contract: Contract = registry.port(port).contract
    served = lakehouse.snapshot(port, contract.major)
    with duckdb.connect() as connection:
        target = CandidateTarget(
            port=port,
            major=contract.major,
            table=lakehouse.table(port, contract.major),
            fingerprint=sql,
            sources={"payments/2026-01.csv": "a" * 64},
            base_version=None if served is None else served.version,
            personal_columns=tuple(c.name for c in contract.table.properties if c.is_personal),
        )
        candidate = write_candidate(connection, sql, target)
        run = CheckRun(connection, resulting_relation(candidate), contract, NOW)
        verdict = Verdict(
            port=port,
            contract_version=contract.version,
            contract_hash=contract.content_hash,
            candidate_hash=candidate.content_hash,
            run_id=f"run-{candidate.content_hash[:8]}",
            checked_at=NOW - timedelta(minutes=60 - len(evidence.history(port, contract.major))),
            rows=candidate.new_rows,
            results=run_checks(run),
            base_version=candidate.base_version,
        )
    evidence.save(verdict)
    return candidate, verdict


def publish(
    lakehouse: Lakehouse, evidence: EvidenceStore, registry: Registry, port: str, sql: str
) -> None:
    """Judge a candidate and commit it."""
    candidate, verdict = judge(lakehouse, evidence, registry, port, sql)
    run = RunFacts(run_id=verdict.run_id, code_version="4f2a91c", actor="engineer")
    lakehouse.publish(registry.port(port).contract, candidate, verdict, run)


def _write_documents(project: Path) -> None:
    for path, document in _documents().items():
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    readme = project / "data_products/commercial/payments/README.md"
    readme.write_text(
        "# Payments\n\nHow **payments** are put together. <script>alert(1)</script>\n"
    )


def _write_rejects(landing: Path) -> None:
    folder = landing / "_rejects" / "payments_ledger" / "monthly"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select 'cabinet/2026-01.csv' as source_file, repeat('b', 64) as source_hash,
                    (i + 2)::bigint as line, 'ACME,#####,<b>1</b>' as raw,
                    'amount: not a number' as reason,
                    timestamptz '2026-03-31 08:00:00+00' as landed_at
                from range(60) as t(i)
            ) to '{folder / "abc.parquet"}' (format parquet)
            """
        )


def _property(name: str, physical: str, description: str, **more: Any) -> dict[str, Any]:
    logical = {"bigint": "integer", "varchar": "string", "date": "date"}.get(physical, "number")
    return {
        "name": name,
        "logicalType": logical,
        "physicalType": physical,
        "description": description,
        **more,
    }


def _contract(
    unit: str, name: str, title: str, properties: list[dict[str, Any]], **custom: Any
) -> dict[str, Any]:
    facts = {
        "title": title,
        "summary": f"{title}, one row each, as public bodies report them.",
        "securityClassification": "OFFICIAL",
        "sensitive": False,
        "accessRights": "INTERNAL",
        "licence": "OGL-UK-3.0",
        "publisher": "Department of Examples",
        "theme": ["spending"],
        "updateFrequency": "monthly",
        "retention": {
            "trigger": properties[-1]["name"],
            "disposalAction": "destroy",
            "authority": "Schedule 4",
        },
        "permittedPurposes": ["Analysis of public spending"],
        "prohibitedUses": ["Decisions about a person"],
        "informative": ["slaProperties.frequency", "slaProperties.retention"],
        "notAssessed": [
            {
                "dimension": dimension,
                "reason": f"No source outside {unit} tells of it yet.",
                "approvedBy": f"team:{unit}-owners",
                "approvedOn": "2026-04-01",
            }
            for dimension in ("accuracy", "relevance")
        ],
        **custom,
    }
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{unit}-{name}",
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": unit,
        "description": {
            "purpose": f"Shows {title.lower()}.",
            "limitations": "Bodies outside the centre are not in it.",
            "usage": "Total by month.",
        },
        "schema": [
            {
                "name": name,
                "physicalType": "table",
                "description": f"One row per {name.rstrip('s').replace('_', ' ')}.",
                "properties": properties,
            }
        ],
        "support": [{"channel": "Help desk", "url": "mailto:help@example.test"}],
        "team": {
            "members": [
                {"username": f"team:{unit}-owners", "role": "owner"},
                {"username": f"team:{unit}-stewards", "role": "steward"},
                {"username": "team:engineering", "role": "custodian"},
            ]
        },
        "roles": [
            {"role": "reader", "access": "read", "firstLevelApprovers": f"team:{unit}-stewards"}
        ],
        "slaProperties": [
            {"property": "frequency", "value": 1, "unit": "m"},
            {
                "property": "retention",
                "value": 7,
                "unit": "y",
                "driver": "regulatory",
                **_dated(properties),
            },
        ],
        "customProperties": [{"property": key, "value": value} for key, value in facts.items()],
    }


def _dated(properties: list[dict[str, Any]]) -> dict[str, str]:
    """The element of a service level: the first column with dates, where there is one."""
    dates = [each["name"] for each in properties if each["logicalType"] == "date"]
    return {"element": dates[0]} if dates else {}


def _payments() -> dict[str, Any]:
    filled = {
        "metric": "nullValues",
        "mustBe": 0,
        "severity": "warning",
        "name": "Every payment names who paid it",
    }
    document = _contract(
        "commercial",
        "payments",
        "Payments to suppliers",
        [
            _property("payment_id", "bigint", "Number of the payment.", primaryKey=True,
                      primaryKeyPosition=1, required=True),
            _property("supplier_name", "varchar", "Who was paid.", required=True),
            _property("paid_by", "varchar", "Which office paid.", quality=[filled]),
            _property("amount", "decimal(18,2)", "Pounds paid, tax included.", required=True),
            _property("payment_date", "date", "Day of the payment.", required=True),
        ],
    )  # fmt: skip
    document["slaProperties"].append(
        {"property": "freshness", "value": 35, "unit": "d", "element": "payments.payment_date"}
    )
    document["schema"][0]["quality"] = [
        {"metric": "rowCount", "mustBeGreaterThan": 10},
        {
            "type": "text",
            "name": "Figures agree with the published accounts",
            "description": "Compared by hand once a year.",
            "customProperties": [{"property": "informative", "value": True}],
        },
    ]
    return document


def _records() -> dict[str, Any]:
    personal = [{"property": "personalData", "value": {"category": "name"}}]
    return _contract(
        "people",
        "learning_records",
        "Learning records",
        [
            _property("record_id", "bigint", "Number of the record.", primaryKey=True,
                      primaryKeyPosition=1, required=True),
            _property("person_name", "varchar", "Who learned.", customProperties=personal),
            _property("course", "varchar", "What was learned.", required=True),
        ],
        sensitive=True,
        lawfulBasis="publicTask",
        theme=["workforce"],
    )  # fmt: skip


def _spend() -> dict[str, Any]:
    return _contract(
        "commercial",
        "supplier_spend",
        "Spend by supplier",
        [
            _property("supplier_name", "varchar", "Who was paid.", primaryKey=True,
                      primaryKeyPosition=1, required=True),
            _property("total", "decimal(18,2)", "Pounds paid in all.", required=True),
        ],
    )  # fmt: skip


def _source() -> dict[str, Any]:
    document = _contract(
        "commercial",
        "payments_ledger",
        "Payments ledger files",
        [_property("supplier", "varchar", "Who was paid.", required=True)],
    )
    document["schema"][0]["name"] = "monthly"
    document["schema"][0]["customProperties"] = [
        {"property": "files", "value": ["payments/*/*.csv"]}
    ]
    return document


def _product(unit: str, name: str, title: str, *ports: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": f"{unit}-{name}-product",
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": unit,
        "description": {
            "purpose": f"{title}: what was done, by whom and when, for analysts across government.",
            "limitations": "Bodies outside the centre are not in it.\n\n- No payment under £25,000",
            "usage": "Total by month.",
        },
        "outputPorts": [
            {"name": port, "version": "1.0.0", "contractId": f"{unit}-{port}"} for port in ports
        ],
        "support": [{"channel": "Help desk", "url": "mailto:help@example.test"}],
        "customProperties": [{"property": "title", "value": title}],
    }


def _documents() -> dict[str, dict[str, Any]]:
    return {
        "contracts/commercial/payments.v1.odcs.yaml": _payments(),
        "contracts/commercial/supplier_spend.v1.odcs.yaml": _spend(),
        "contracts/people/learning_records.v1.odcs.yaml": _records(),
        "contracts/commercial/sources/payments_ledger.v1.odcs.yaml": _source(),
        "data_products/commercial/payments/product.odps.yaml": _product(
            "commercial", "payments", "Government payments", "payments", "supplier_spend"
        ),
        "data_products/people/learning_records/product.odps.yaml": _product(
            "people", "learning_records", "Learning records", "learning_records"
        ),
    }


def _model(name: str, folder: str, *upstream: str, materialized: str = "view") -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "fqn": ["marketplace", *folder.split("/"), name],
        "path": f"{folder}/{name}.sql",
        "original_file_path": f"models/{folder}/{name}.sql",
        "config": {"materialized": materialized},
        "depends_on": {"nodes": list(upstream)},
    }


_LEDGER = "source.marketplace.landing.payments_ledger__monthly"
MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.marketplace.stg_payments": _model(
            "stg_payments_ledger__monthly", "staging/payments_ledger", _LEDGER
        ),
        "model.marketplace.int_payments": _model(
            "int_payments_resolved", "intermediate/commercial", "model.marketplace.stg_payments"
        ),
        "model.marketplace.payments": _model(
            "payments",
            "marts/commercial",
            "model.marketplace.int_payments",
            materialized="port",
        ),
        "model.marketplace.supplier_spend": _model(
            "supplier_spend",
            "marts/commercial",
            "model.marketplace.payments",
            materialized="port",
        ),
    },
    "sources": {
        _LEDGER: {
            "resource_type": "source",
            "schema": "landing",
            "source_name": "landing",
            "name": "payments_ledger__monthly",
            "identifier": "payments_ledger__monthly",
            "meta": {"source_contract": "payments_ledger"},
        }
    },
}
