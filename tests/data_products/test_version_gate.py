"""A contract whose version says less than its changes do is not published (INT-05)."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_products.errors import VersionTooLow
from data_products.lakehouse import Published, RunFacts

ROW = "SELECT 1 AS invoice_id"
DOCUMENT: dict[str, Any] = {
    "id": "finance-invoices",
    "kind": "DataContract",
    "version": "1.0.0",
    "schema": [
        {
            "name": "invoices",
            "properties": [{"name": "invoice_id", "logicalType": "integer", "required": True}],
        }
    ],
}
COLUMN = {"logicalType": "integer", "name": "invoice_id"}


@pytest.fixture
def publish(lake: Any, verdict: Any, run: RunFacts) -> Any:
    """Publishes one row under a contract whose document has these changes."""

    def under(version: str, keep: bool = True, **column: Any) -> Published:
        properties = [{**DOCUMENT["schema"][0]["properties"][0], **column}]
        table = {"name": "invoices", "properties": properties}
        text = yaml.safe_dump({**DOCUMENT, "version": version, "schema": [table]}).encode()
        candidate = lake.build(ROW)
        contract = lake.contract(
            candidate,
            version=version,
            content=text if keep else b"",
            content_hash=hashlib.sha256(text).hexdigest(),
            path=Path("contracts/finance/invoices.v1.odcs.yaml"),
        )
        published: Published = lake.lakehouse.publish(
            contract, candidate, verdict(candidate, contract), run
        )
        return published

    return under


@pytest.mark.requirement("INT-05")
def test_a_breaking_change_under_a_minor_version_is_not_published(lake: Any, publish: Any) -> None:
    publish("1.0.0")

    with pytest.raises(VersionTooLow) as refused:
        publish("1.1.0", required=False)

    assert str(refused.value) == (
        "`finance.invoices` 1.1.0 was not published: 1 change is breaking since 1.0.0, which "
        "demands at least 2.0.0.\n"
        "- schema.invoices.invoice_id.required: `required` changed (breaking). "
        "Consumers may meet NULL.\n"
        "Offer it beside this one, as 2.0.0 in `invoices.v2.odcs.yaml`, or take the change back.\n"
        "The served version 0 stays."
    )
    assert lake.lakehouse.snapshot("finance.invoices", 1).version == 0


@pytest.mark.requirement("REU-04")
def test_the_refusal_tells_whom_the_change_would_meet(publish: Any) -> None:
    publish("1.0.0")

    with pytest.raises(VersionTooLow) as refused:
        publish("1.0.1", unique=True)
    told = str(refused.value.told_to(["grant `ada` (team:insight): until 1 May 2026, to: audit."]))

    assert told == (
        "`finance.invoices` 1.0.1 was not published: 1 change is compatible since 1.0.0, which "
        "demands at least 1.1.0.\n"
        "- schema.invoices.invoice_id.unique: `unique` added (compatible). "
        "A stronger promise; the data may break it.\n"
        "Write version 1.1.0, or take the change back.\n"
        "Those who rely on it:\n"
        "- grant `ada` (team:insight): until 1 May 2026, to: audit.\n"
        "The served version 0 stays."
    )
    assert "Nobody who is known" in str(refused.value.told_to([]))


@pytest.mark.parametrize("version", ["1.1.0", "1.2.7"])
def test_a_version_that_says_what_changed_is_published(version: str, publish: Any) -> None:
    publish("1.0.0")

    assert publish(version, unique=True).version == 1


def test_the_same_rows_under_the_same_contract_are_no_new_version(publish: Any) -> None:
    publish("1.0.0")

    assert publish("1.0.0").already


def test_the_same_rows_under_a_new_contract_are_a_new_version(lake: Any, publish: Any) -> None:
    publish("1.0.0")

    published = publish("1.0.1", description="Number of the invoice.")

    snapshot = lake.lakehouse.snapshot("finance.invoices", 1)
    assert (published.already, snapshot.metadata["contract_version"]) == (False, "1.0.1")


def test_of_an_unknown_contract_only_the_version_is_asked(publish: Any) -> None:
    publish("1.0.0", keep=False)

    with pytest.raises(VersionTooLow) as refused:
        publish("1.0.0", unique=True)

    assert str(refused.value) == (
        "`finance.invoices` 1.0.0 was not published: its contract is not the one of 1.0.0, whose "
        "document was not kept. Raise the version above 1.0.0.\n"
        "The served version 0 stays."
    )
    assert publish("1.0.1", unique=True).version == 1


def test_a_version_that_goes_back_is_not_published(publish: Any) -> None:
    publish("1.2.0")

    with pytest.raises(VersionTooLow, match=r"demands at least 1\.2\.1"):
        publish("1.1.0", description="Number of the invoice.")
