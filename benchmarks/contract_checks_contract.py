"""The contract of the benchmark: 34 data checks on order lines, beside columns and types."""

from pathlib import Path
from typing import Any

import yaml

BOUNDS: dict[str, dict[str, Any]] = {
    "supplier_id": {"minimum": 1},
    "line_number": {"minimum": 1, "maximum": 7},
    "quantity": {"minimum": 1, "maximum": 50},
    "extended_price": {"minimum": 0},
    "discount": {"minimum": 0, "maximum": 0.1},
    "tax": {"minimum": 0, "maximum": 0.08},
    "ship_date": {"minimum": "1992-01-01", "maximum": "2030-01-01"},
}
WORDS: dict[str, list[str]] = {
    "return_flag": ["R", "A", "N"],
    "line_status": ["O", "F"],
    "ship_instruction": ["DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"],
    "ship_mode": ["REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"],
}
PATTERN = "^CMT-[0-9]{8}-[a-f0-9]{12}$"
LONGEST = 44
REQUIRED = [
    *("order_id", "part_id", "supplier_id", "line_number", "quantity"),
    *("extended_price", "return_flag", "ship_date", "tracking_code"),
]
KEY = ["order_id", "line_number"]
PARENTS = {"order_id": "orders", "part_id": "parts"}
# (name, SELECT, operator, threshold)
RULES: list[tuple[str, str, str, Any]] = [
    (
        "Nothing is received before it was shipped",
        "SELECT count(*) FROM {object} WHERE receipt_date < ship_date",
        "mustBe",
        0,
    ),
    (
        "Quantities are about 25 on average",
        "SELECT avg(quantity) FROM {object}",
        "mustBeBetween",
        [25.2, 25.8],
    ),
    (
        "No line is sold below nothing",
        "SELECT min(extended_price * (1 - discount)) FROM {object}",
        "mustBeGreaterOrEqualTo",
        0,
    ),
]
FRESH_DAYS = 3650  # other tools take the clock of the day for now
NOW = "2024-06-15T12:00:00+00:00"
TYPES = {
    **dict.fromkeys(("order_id", "part_id", "supplier_id"), ("integer", "bigint")),
    "line_number": ("integer", "integer"),
    **dict.fromkeys(("quantity", "extended_price", "discount", "tax"), ("number", "decimal(15,2)")),
    **dict.fromkeys(("return_flag", "line_status"), ("string", "varchar")),
    **dict.fromkeys(("ship_date", "commit_date", "receipt_date"), ("date", "date")),
    **dict.fromkeys(("ship_instruction", "ship_mode", "tracking_code"), ("string", "varchar")),
    "loaded_at": ("timestamp", "timestamp with time zone"),
}
READ = [name for name in TYPES if name != "commit_date"]  # what the checks need


def write_contract(folder: Path, servers: list[dict[str, Any]]) -> Path:
    """The document; `servers` is for tools that look for the data there."""
    path = folder / "lines.v1.odcs.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({**_document(), "servers": servers}, sort_keys=False))
    return path


def plain_checks() -> list[dict[str, Any]]:
    """The 34 checks for tools that read another language than ODCS."""
    found: list[dict[str, Any]] = [{"kind": "required", "column": name} for name in REQUIRED]
    found += [
        {"kind": word, "column": name, "limit": limit}
        for name, bounds in BOUNDS.items()
        for word, limit in bounds.items()
    ]
    found += [{"kind": "enum", "column": name, "values": words} for name, words in WORDS.items()]
    found += [
        {"kind": "pattern", "column": "tracking_code", "pattern": PATTERN},
        {"kind": "maxLength", "column": "tracking_code", "limit": LONGEST},
        {"kind": "key", "column": ",".join(KEY), "columns": KEY},
        {"kind": "freshness", "column": "loaded_at", "days": FRESH_DAYS},
    ]
    found += [{"kind": "reference", "column": c, "parent": p} for c, p in PARENTS.items()]
    found += [
        {"kind": "sql", "column": name, "query": query, "operator": operator, "limit": limit}
        for name, query, operator, limit in RULES
    ]
    return [{"id": f"{check['kind']} {check['column']}", **check} for check in found]


def _document() -> dict[str, Any]:
    team = [{"username": f"team:{role}s", "role": role} for role in ("owner", "steward")]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "bench-lines",
        "name": "lines",
        "version": "1.0.0",
        "status": "active",
        "domain": "bench",
        "tags": ["orders"],
        "description": {
            "purpose": "Shows what was ordered.",
            "limitations": "Made up by the benchmark.",
            "usage": "Measure how long its checks take.",
        },
        "schema": [_table()],
        "support": [{"channel": "help", "url": "mailto:help@example.test"}],
        "team": {"members": [*team, {"username": "team:engineering", "role": "custodian"}]},
        "roles": [{"role": "reader", "access": "read", "firstLevelApprovers": "team:stewards"}],
        "slaProperties": [
            {"property": "freshness", "value": FRESH_DAYS, "unit": "d", "element": "loaded_at"},
            {"property": "frequency", "value": 1, "unit": "m"},
            {"property": "retention", "value": 7, "unit": "y", "driver": "regulatory"},
        ],
        "customProperties": [
            {"property": name, "value": value}
            for name, value in {
                "title": "Order lines",
                "summary": "Every line of every order.",
                "securityClassification": "OFFICIAL",
                "sensitive": False,
                "accessRights": "INTERNAL",
                "notAssessed": [
                    {
                        "dimension": dimension,
                        "reason": "The orders are made up.",
                        "approvedBy": "team:owners",
                        "approvedOn": "2026-04-01",
                    }
                    for dimension in ("accuracy", "relevance")
                ],
                "licence": "OGL-UK-3.0",
                "retention": {
                    "trigger": "loaded_at",
                    "disposalAction": "destroy",
                    "authority": "none",
                },
            }.items()
        ],
    }


def _table() -> dict[str, Any]:
    written = [
        {"type": "sql", "name": name, "query": query, operator: threshold}
        for name, query, operator, threshold in RULES
    ]
    return {
        "name": "lines",
        "physicalName": "lines",
        "physicalType": "table",
        "description": "One row per line of an order.",
        "properties": [_column(name) for name in TYPES],
        "quality": written,
    }


def _column(name: str) -> dict[str, Any]:
    logical, physical = TYPES[name]
    column: dict[str, Any] = {
        "name": name,
        "logicalType": logical,
        "physicalType": physical,
        "description": f"What the order says of its {name.replace('_', ' ')}.",
    }
    if name in REQUIRED:
        column["required"] = True
    if name in KEY:
        column |= {"primaryKey": True, "primaryKeyPosition": KEY.index(name) + 1}
    options = dict(BOUNDS.get(name, {}))
    if name == "tracking_code":
        options |= {"maxLength": LONGEST, "pattern": PATTERN}
    if options:
        column["logicalTypeOptions"] = options
    if name in WORDS:
        words = {"validValues": WORDS[name]}
        column["quality"] = [
            {"type": "library", "metric": "invalidValues", "arguments": words, "mustBe": 0}
        ]
    if name in PARENTS:
        column["relationships"] = [{"type": "foreignKey", "to": f"{PARENTS[name]}.{name}"}]
    return column
