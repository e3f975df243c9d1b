"""Values within a column make promises as columns do, and evidence names their path."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.documents import faults_in
from contracts.verdict import CheckResult, Outcome

Results = Callable[..., dict[str, CheckResult]]
Document = dict[str, Any]
LINES = "schema[0].properties[4]"
TABLE = """
    CREATE OR REPLACE TABLE main.invoices AS SELECT *, CASE WHEN invoice_id % 10 > 0 THEN [
        {'sku': 'A1', 'amount': 1.50::DECIMAL(9,2), 'tags': map {'colour': 'red'}},
        {'sku': 'B2', 'amount': 2.50::DECIMAL(9,2), 'tags': NULL}
    ] END AS lines FROM main.invoices
"""


def lines(**words: Any) -> Callable[[Document], object]:
    """Adds a list of structs; `words` go to the field named before the first underscore."""
    fields: dict[str, Document] = {
        "sku": {"name": "sku", "logicalType": "string", "physicalType": "varchar"},
        "amount": {"name": "amount", "logicalType": "number", "physicalType": "decimal(9,2)"},
        "tags": {
            "name": "tags",
            "logicalType": "map",
            "physicalType": "map",
            "map": {
                "key": {"logicalType": "string", "physicalType": "varchar"},
                "value": {"logicalType": "string", "physicalType": "varchar"},
            },
        },
    }
    for name, entries in words.items():
        fields[name].update(entries)

    def change(document: Document) -> None:
        document["apiVersion"] = "v3.2.0"
        described = [{**entry, "description": "What the line says."} for entry in fields.values()]
        items = {"logicalType": "object", "physicalType": "struct", "properties": described}
        document["schema"][0]["properties"].append(
            {
                "name": "lines",
                "logicalType": "array",
                "physicalType": "array",
                "description": "What was bought.",
                "items": items,
            }
        )

    return change


def broken(value: str) -> str:
    return f"UPDATE main.invoices SET lines = list_append(lines, {value}) WHERE invoice_id <= 2"


SKU = f"{LINES}.items.properties[0]"
AMOUNT = f"{LINES}.items.properties[1]"
# what: (words, id of the check, a line that breaks it, values that do)
CASES: dict[str, tuple[Document, str, str, int]] = {
    "required": (
        {"sku": {"required": True}},
        f"{SKU}.required",
        "{'sku': NULL, 'amount': 1, 'tags': NULL}",
        2,
    ),
    "minimum": (
        {"amount": {"logicalTypeOptions": {"minimum": 0}}},
        f"{AMOUNT}.logicalTypeOptions.minimum",
        "{'sku': 'A1', 'amount': -1, 'tags': NULL}",
        2,
    ),
    "pattern": (
        {"sku": {"logicalTypeOptions": {"pattern": "^[A-Z][0-9]$"}}},
        f"{SKU}.logicalTypeOptions.pattern",
        "{'sku': 'a1', 'amount': 1, 'tags': NULL}",
        2,
    ),
    "a pattern that looks ahead": (
        {"sku": {"logicalTypeOptions": {"pattern": "^(?=[A-Z])"}}},
        f"{SKU}.logicalTypeOptions.pattern",
        "{'sku': 'a1', 'amount': 1, 'tags': NULL}",
        2,
    ),
    "enum": (
        {"sku": {"enum": [{"value": "A1"}, {"value": "B2"}]}},
        f"{SKU}.enum",
        "{'sku': 'C3', 'amount': 1, 'tags': NULL}",
        2,
    ),
    "a metric": (
        {
            "sku": {
                "quality": [
                    {"metric": "invalidValues", "arguments": {"pattern": "[0-9]"}, "mustBe": 0}
                ]
            }
        },
        f"{SKU}.quality[0]",
        "{'sku': 'AA', 'amount': 1, 'tags': NULL}",
        2,
    ),
    "keys of a map": (
        {
            "tags": {
                "map": {
                    "key": {
                        "logicalType": "string",
                        "physicalType": "varchar",
                        "logicalTypeOptions": {"minLength": 2},
                    },
                    "value": {"logicalType": "string", "physicalType": "varchar"},
                }
            }
        },
        f"{LINES}.items.properties[2].map.key.logicalTypeOptions.minLength",
        "{'sku': 'A1', 'amount': 1, 'tags': map {'x': 'y'}}",
        2,
    ),
}


@pytest.mark.requirement("QUA-01")
@pytest.mark.parametrize("case", CASES)
def test_promises_within_a_column_are_kept_or_broken(case: str, check: Results) -> None:
    words, check_id, line, failing = CASES[case]

    kept = check(lines(**words), TABLE)[check_id]
    found = check(lambda d: None, broken(line))[check_id]

    assert kept.outcome is Outcome.PASSED, kept.detail
    assert (found.outcome, found.failing_rows) == (Outcome.FAILED, failing)
    assert str(found.property_name).startswith("lines[]")
    assert found.property_name in found.sample[0]
    assert set(found.sample[0]) == {"invoice_id", found.property_name}


def test_values_are_counted_one_by_one(check: Results) -> None:
    results = check(lines(sku={"required": True}), TABLE)

    assert results[f"{SKU}.required"].checked_rows == 180


def test_a_whole_contract_of_nested_values_passes(check: Results) -> None:
    results = check(lines(sku={"required": True, "unique": False}), TABLE)

    others = [r for r in results.values() if not r.check_id.startswith("sla")]
    assert {r.outcome for r in others} == {Outcome.PASSED}, others
    assert results[f"{LINES}.physicalType"].expected == (
        "struct(sku varchar, amount decimal(9,2), tags map(varchar, varchar))[]"
    )


@pytest.mark.parametrize(
    ("statement", "failed"),
    [
        (
            "UPDATE main.invoices SET lines = [{'sku': 'A1', 'tags': NULL}]",
            [f"{LINES}.physicalType", f"{LINES}.items.physicalType", AMOUNT],
        ),
        ("ALTER TABLE main.invoices DROP lines", [LINES, f"{LINES}.items", SKU, AMOUNT]),
    ],
    ids=["a field", "the column"],
)
def test_parts_that_are_absent_are_told(
    statement: str, failed: list[str], check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    check(lines(), TABLE)
    if statement.startswith("UPDATE"):
        connection.execute(
            "CREATE OR REPLACE TABLE main.invoices AS SELECT * REPLACE "
            "([{'sku': 'A1', 'tags': map {'a': 'b'}}] AS lines) FROM main.invoices"
        )
        statement = "SELECT 1"

    results = check(lambda d: None, statement)

    assert [results[check_id].outcome for check_id in failed] == [Outcome.FAILED] * len(failed)
    detail = results[f"{AMOUNT}.physicalType"].detail
    assert detail in {
        "`lines[].amount` is not in the table.",
        "The column `lines` is not in the table.",
    }


def test_values_within_a_column_are_unique_across_rows(check: Results) -> None:
    result = check(lines(sku={"unique": True}), TABLE)[f"{SKU}.unique"]

    assert (result.outcome, result.failing_rows) == (Outcome.FAILED, 178)
    assert result.sample[0].keys() == {"lines[].sku", "rows"}


def test_values_within_a_column_refer_to_other_ports(check: Results) -> None:
    change = lines(sku={"relationships": [{"to": "products.sku"}]})
    known = {"finance.products": "(SELECT 'A1' AS sku)"}

    result = check(change, TABLE, references=known)[f"{SKU}.relationships[0]"]

    assert (result.outcome, result.observed) == (
        Outcome.FAILED,
        "90 rows unknown, 50 percent known",
    )


def test_a_rule_in_sql_asks_about_the_values(check: Results) -> None:
    query = "SELECT count(*) FROM {object} WHERE {property} > amount + 2"
    rule = {"type": "sql", "query": query, "mustBe": 0}

    result = check(lines(amount={"quality": [rule]}), TABLE)[f"{AMOUNT}.quality[0]"]

    assert (result.outcome, result.detail, result.observed) == (Outcome.PASSED, None, "0")


def test_guarded_values_within_a_column_stay_out_of_evidence(check: Results) -> None:
    change = lines(sku={"classification": "OFFICIAL-SENSITIVE", "unique": True})

    results = check(change, TABLE)

    assert results[f"{SKU}.unique"].sample[0]["lines[].sku"] == "[masked]"
    assert "A1" not in str([(r.sample, r.observed) for r in results.values()])


def test_the_connection_keeps_no_views_of_values(
    check: Results, connection: duckdb.DuckDBPyConnection
) -> None:
    check(lines(sku={"required": True}), TABLE)

    views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    assert views == []


def test_values_nested_too_deep_are_a_fault(document: Document, write: Callable[..., Path]) -> None:
    part: Document = {"name": "a", "logicalType": "integer", "physicalType": "integer"}
    for _ in range(7):
        part = {
            "name": "a",
            "logicalType": "object",
            "physicalType": "struct",
            "properties": [part],
        }
        part["description"] = part["properties"][0]["description"] = "What was written there."
    document["schema"][0]["properties"].append(part)

    faults = [str(fault) for fault in faults_in(write(document))]

    assert len(faults) == 1
    assert faults[0].endswith(
        "schema[0].properties[4]" + ".properties[0]" * 6 + ": is nested deeper than 6 levels, "
        "which is not checked here. Flatten it, or make it columns of their own."
    )
