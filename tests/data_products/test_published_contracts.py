"""What was promised is kept beside the rows, byte for byte."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import NotComparable
from data_products.errors import UnknownPort
from data_products.lakehouse import RunFacts
from data_products.published_contracts import find_published, published_contract

DOCUMENT = b"# a comment that stays\nversion: 1.0.0\n"
ROW = "SELECT 1 AS invoice_id"


def publish(lake: Any, verdict: Any, run: RunFacts, content: bytes) -> None:
    candidate = lake.build(ROW)
    name = hashlib.sha256(content).hexdigest()
    contract = lake.contract(candidate, content=content, content_hash=name)
    lake.lakehouse.publish(contract, candidate, verdict(candidate, contract), run)


@pytest.mark.requirement("INT-05")
def test_the_served_version_has_the_very_document_it_was_published_under(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    publish(lake, verdict, run, DOCUMENT)

    found = published_contract(lake.lakehouse, "finance.invoices", 1)

    assert found is not None
    assert (found.content, found.version, found.delta_version) == (DOCUMENT, "1.0.0", 0)
    assert found.document() == {"version": "1.0.0"}


def test_a_sweep_leaves_the_documents_where_they_are(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    publish(lake, verdict, run, DOCUMENT)

    lake.lakehouse.sweep("finance.invoices", 1)

    found = published_contract(lake.lakehouse, "finance.invoices", 1)
    assert found is not None
    assert found.content == DOCUMENT


def test_a_document_that_was_altered_is_not_taken_for_the_published_one(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    publish(lake, verdict, run, DOCUMENT)
    (path,) = (lake.table / "_contracts").iterdir()
    path.write_bytes(b"version: 9.0.0\n")

    found = published_contract(lake.lakehouse, "finance.invoices", 1)

    assert found is not None
    assert found.content is None


def test_a_version_of_before_documents_were_kept_says_so(lake: Any) -> None:
    lake.publish(ROW)
    found = find_published(lake.lakehouse, "finance.invoices")

    with pytest.raises(NotComparable) as refused:
        found.document()

    assert str(refused.value) == (
        "The contracts were not compared: `finance.invoices` 1.0.0 was published before contracts "
        "were kept with the data, and only the hash of its contract is known. "
        "Run `marketplace contract lint` on both."
    )


@pytest.mark.parametrize("name", ["finance.invoices", "finance.invoices_v1"])
def test_a_published_contract_is_found_by_the_ports_name_and_its_major(
    name: str, lake: Any
) -> None:
    lake.publish(ROW)

    found = find_published(lake.lakehouse, name)

    assert (found.port, found.major) == ("finance.invoices", 1)


def test_a_port_that_was_never_published_is_refused_with_near_names(lake: Any) -> None:
    lake.publish(ROW)

    with pytest.raises(UnknownPort, match=r"Finance offers: `finance\.invoices`"):
        find_published(lake.lakehouse, "finance.invoice")

    assert published_contract(lake.lakehouse, "finance.invoices", 2) is None


def test_documents_lie_beside_the_rows_by_their_hash(
    lake: Any, verdict: Any, run: RunFacts
) -> None:
    publish(lake, verdict, run, DOCUMENT)

    (path,) = (lake.table / "_contracts").iterdir()
    assert path == Path(
        lake.table, "_contracts", f"{hashlib.sha256(DOCUMENT).hexdigest()}.odcs.yaml"
    )
