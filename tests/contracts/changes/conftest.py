"""One contract with something of everything, and the ways to reach into it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

Document = dict[str, Any]

ORDERS: Document = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "finance.orders.v1",
    "name": "orders",
    "version": "1.2.3",
    "status": "active",
    "domain": "finance",
    "dataProduct": "orders",
    "tags": ["money", "orders"],
    "description": {
        "purpose": "Shows what was ordered.",
        "limitations": "Central departments only.",
        "usage": "Totals by month.",
    },
    "servers": [
        {"server": "lake", "type": "local", "path": "lake/orders", "format": "delta"},
        {"server": "copy", "type": "local", "path": "copies/orders", "format": "parquet"},
    ],
    "schema": [
        {
            "name": "orders",
            "physicalType": "table",
            "description": "One row per order.",
            "dataGranularityDescription": "One row per order and line.",
            "properties": [
                {
                    "name": "order_id",
                    "logicalType": "integer",
                    "physicalType": "bigint",
                    "required": True,
                    "primaryKey": True,
                    "primaryKeyPosition": 1,
                },
                {
                    "name": "line",
                    "logicalType": "integer",
                    "physicalType": "bigint",
                    "required": True,
                    "partitioned": True,
                },
                {
                    "name": "amount",
                    "businessName": "Amount",
                    "description": "Pounds to be paid.",
                    "logicalType": "number",
                    "physicalType": "decimal(10,2)",
                    "logicalTypeOptions": {"minimum": 0, "maximum": 1000, "multipleOf": 0.5},
                    "criticalDataElement": True,
                    "examples": [12.5],
                },
                {
                    "name": "country",
                    "logicalType": "string",
                    "physicalType": "varchar",
                    "unique": True,
                    "classification": "internal",
                    "encryptedName": "country_encrypted",
                    "transformLogic": "upper(country)",
                    "logicalTypeOptions": {
                        "minLength": 2,
                        "maxLength": 3,
                        "pattern": "^[A-Z]+$",
                        "format": "hostname",
                    },
                    "quality": [
                        {
                            "name": "Countries are those we trade with",
                            "metric": "invalidValues",
                            "arguments": {"validValues": ["a", "b", "c"]},
                            "mustBe": 0,
                        }
                    ],
                },
                {
                    "name": "address",
                    "logicalType": "object",
                    "physicalType": "json",
                    "properties": [
                        {"name": "street", "logicalType": "string", "physicalType": "varchar"},
                        {"name": "town", "logicalType": "string", "physicalType": "varchar"},
                    ],
                },
                {
                    "name": "labels",
                    "logicalType": "array",
                    "physicalType": "varchar[]",
                    "logicalTypeOptions": {"minItems": 1, "maxItems": 5, "uniqueItems": True},
                    "items": {"logicalType": "string", "physicalType": "varchar"},
                },
                {
                    "name": "supplier_id",
                    "logicalType": "string",
                    "physicalType": "varchar",
                    "relationships": [{"to": "suppliers.supplier_id"}],
                },
                {
                    "name": "ordered_at",
                    "logicalType": "timestamp",
                    "physicalType": "timestamp with time zone",
                    "logicalTypeOptions": {"timezone": True},
                },
            ],
            "quality": [
                {"name": "Many", "metric": "rowCount", "mustBeGreaterThan": 100},
                {
                    "name": "Few empty",
                    "metric": "duplicateValues",
                    "arguments": {"properties": ["order_id", "line"]},
                    "mustBeLessOrEqualTo": 5,
                    "unit": "percent",
                },
                {
                    "name": "Amounts are made of lines",
                    "type": "sql",
                    "query": "SELECT count(*) FROM {object} o WHERE o.amount < 0",
                    "mustBe": 0,
                    "dimension": "consistency",
                },
                {
                    "name": "Odd",
                    "metric": "rowCount",
                    "mustBeLessThan": 9999,
                    "severity": "warning",
                },
                {"name": "In words", "type": "text", "description": "Thresholds differ."},
            ],
        }
    ],
    "price": {"priceAmount": 10, "priceCurrency": "GBP", "priceUnit": "month"},
    "support": [
        {"channel": "help", "url": "mailto:help@example.test"},
        {"channel": "chat", "url": "https://chat.example.test"},
    ],
    "team": {
        "members": [
            {"username": "team:owners", "role": "owner"},
            {"username": "team:stewards", "role": "steward"},
        ]
    },
    "roles": [
        {"role": "reader", "access": "read", "firstLevelApprovers": "team:stewards"},
        {"role": "analyst", "access": "read", "firstLevelApprovers": "team:stewards"},
    ],
    "slaProperties": [
        {"property": "freshness", "value": 24, "unit": "h", "element": "orders.ordered_at"},
        {"property": "latency", "value": 4, "unit": "h", "element": "orders.ordered_at"},
        {"property": "frequency", "value": 1, "unit": "d"},
        {"property": "retention", "value": 3, "unit": "y"},
        {"property": "availability", "value": 99.5, "unit": "percent"},
        {"property": "endOfSupport", "value": "2030-01-01"},
        {"property": "timeOfAvailability", "value": "09:00-08:00"},
    ],
    "customProperties": [
        {"property": "title", "value": "Orders"},
        {"property": "securityClassification", "value": "OFFICIAL"},
        {"property": "sensitive", "value": False},
        {"property": "accessRights", "value": "INTERNAL"},
        {"property": "licence", "value": "OGL-UK-3.0"},
        {"property": "updateFrequency", "value": "daily"},
        {"property": "permittedPurposes", "value": ["Audit", "Analysis"]},
        {"property": "prohibitedUses", "value": ["Marketing"]},
        {"property": "retention", "value": {"trigger": "order", "disposalAction": "destroy"}},
    ],
}


class Editable:
    """A copy of the contract, and the ways to reach into it."""

    def __init__(self) -> None:
        self.document = copy.deepcopy(ORDERS)

    @property
    def table(self) -> Document:
        """The only table."""
        table: Document = self.document["schema"][0]
        return table

    def column(self, name: str) -> Document:
        """One column."""
        return self._named(self.table["properties"], "name", name)

    def options(self, name: str) -> Document:
        """The options of one column's logical type."""
        options: Document = self.column(name).setdefault("logicalTypeOptions", {})
        return options

    def rule(self, name: str) -> Document:
        """One rule of the table."""
        return self._named(self.table["quality"], "name", name)

    def level(self, name: str) -> Document:
        """One service level."""
        return self._named(self.document["slaProperties"], "property", name)

    def custom(self, name: str, value: Any, owner: Document | None = None) -> None:
        """Write a custom property, of a column or of the contract; None takes it away."""
        owner = self.document if owner is None else owner
        kept = [e for e in owner.get("customProperties", []) if e["property"] != name]
        new = [] if value is None else [{"property": name, "value": value}]
        owner["customProperties"] = kept + new

    def drop(self, section: str, **known: Any) -> None:
        """Take entries out of a list of the contract, or of its table."""
        owner = self.table if section in self.table else self.document
        owner[section] = [
            entry
            for entry in owner[section]
            if any(entry.get(key) != value for key, value in known.items())
        ]

    @staticmethod
    def _named(entries: list[Document], key: str, name: str) -> Document:
        return next(entry for entry in entries if entry[key] == name)


Edit = Callable[[Editable], object]


@pytest.fixture
def orders() -> Editable:
    """The contract, free to be changed."""
    return Editable()


@pytest.fixture
def edited() -> Callable[..., Document]:
    """The contract's document after edits."""

    def build(*edits: Edit) -> Document:
        editable = Editable()
        for edit in edits:
            edit(editable)
        return editable.document

    return build
