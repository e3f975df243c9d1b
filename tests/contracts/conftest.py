"""Real small contracts and tables for the tests of this room."""

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.documents import load_contract
from contracts.model import Contract
from contracts.runner import CheckRun, run_checks
from contracts.verdict import CheckResult

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "finance-invoices",
    "name": "invoices",
    "version": "1.2.0",
    "status": "draft",  # an active one must assess every dimension (QUA-01)
    "domain": "finance",
    "tags": ["money"],
    "description": {
        "purpose": "Shows what was invoiced.",
        "limitations": "Central departments only.",
        "usage": "Totals by month.",
    },
    "schema": [
        {
            "name": "invoices",
            "physicalType": "table",
            "description": "One row per invoice.",
            "properties": [
                {
                    "name": "invoice_id",
                    "logicalType": "integer",
                    "physicalType": "bigint",
                    "description": "Number that the supplier's invoice is known by.",
                    "primaryKey": True,
                    "primaryKeyPosition": 1,
                    "required": True,
                },
                {
                    "name": "amount",
                    "logicalType": "number",
                    "physicalType": "decimal(18,2)",
                    "description": "Pounds to be paid, tax included.",
                },
                {
                    "name": "country",
                    "logicalType": "string",
                    "physicalType": "varchar",
                    "description": "Where the supplier is registered.",
                },
                {
                    "name": "invoiced_at",
                    "logicalType": "timestamp",
                    "physicalType": "timestamp with time zone",
                    "description": "Moment at which the invoice was received.",
                },
            ],
        }
    ],
    "support": [{"channel": "help", "url": "mailto:help@example.test"}],
    "team": {
        "members": [
            {"username": "team:finance-owners", "role": "owner"},
            {"username": "team:finance-stewards", "role": "steward"},
            {"username": "team:engineering", "role": "custodian"},
        ]
    },
    "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "team:finance-stewards"}],
    "slaProperties": [
        {"property": "frequency", "value": 1, "unit": "m"},
        {"property": "retention", "value": 7, "unit": "y", "driver": "regulatory"},
    ],
    "customProperties": [
        {"property": "title", "value": "Invoices"},
        {"property": "summary", "value": "Every invoice of central departments."},
        {"property": "securityClassification", "value": "OFFICIAL"},
        {"property": "sensitive", "value": False},
        {"property": "accessRights", "value": "INTERNAL"},
        {"property": "licence", "value": "OGL-UK-3.0"},
        {
            "property": "retention",
            "value": {"trigger": "invoiced_at", "disposalAction": "destroy", "authority": "s.3"},
        },
    ],
}

ROWS = """
    SELECT i::BIGINT AS invoice_id, (i * 1.25)::DECIMAL(18,2) AS amount,
           ['GB', 'FR', 'DE'][i % 3 + 1] AS country,
           TIMESTAMPTZ '2024-06-14 00:00:00+00' - INTERVAL (i) HOUR AS invoiced_at
    FROM range(1, 101) numbers(i)
"""

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def now() -> datetime:
    """The moment at which these tests take place."""
    return NOW


@pytest.fixture
def document() -> dict[str, Any]:
    """A contract's document without faults, free to be changed."""
    return copy.deepcopy(DOCUMENT)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a document into a project's folder, as authors do."""

    def write_document(document: dict[str, Any], name: str = "finance/invoices.v1") -> Path:
        path = tmp_path / "contracts" / f"{name}.odcs.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
        return path

    return write_document


@pytest.fixture
def contract_with(
    document: dict[str, Any], write: Callable[..., Path]
) -> Callable[[Change], Contract]:
    """The contract of the document after a change to it."""

    def build(change: Change) -> Contract:
        change(document)
        return load_contract(write(document))

    return build


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in which `invoices` keeps every promise of the document."""
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute(f"CREATE TABLE invoices AS {ROWS}")
        yield opened


@pytest.fixture
def check(
    connection: duckdb.DuckDBPyConnection, contract_with: Callable[[Change], Contract]
) -> Callable[..., dict[str, CheckResult]]:
    """Results by id, of a changed contract on a changed table."""

    def run(change: Change, *statements: str, **settings: Any) -> dict[str, CheckResult]:
        contract = contract_with(change)
        for statement in statements:
            connection.execute(statement)
        relation = settings.pop("relation", "main.invoices")
        run = CheckRun(connection, relation, contract, NOW, **settings)
        return {result.check_id: result for result in run_checks(run)}

    return run
