"""A restricted grant shows the same through the page, the interface for programs and downloads."""

import csv
import io
import re
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pytest

from marketplace.access.restriction import Comparison, Mask, Operator, Restriction

PORT = "commercial.payments"
PURPOSE = "To compare what departments pay the same suppliers"
SQL = f"select * exclude (payment_date, paid_by) from {PORT} order by payment_id"
SHOWN = Restriction(
    Comparison("payment_id", Operator.ONE_OF, (2, "3")),
    {"supplier_name": Mask.PARTIAL},
    frozenset({"amount"}),
)
EXPECTED = [
    {"payment_id": 2, "supplier_name": "S***2"},
    {"payment_id": 3, "supplier_name": "S***3"},
]


@pytest.fixture
def part(analyst: Any, steward: Any) -> str:
    """Ada's grant on a part, decided on by its form; the secret of a token of hers."""
    asked = analyst.post("/access/requests", port=PORT, purpose=PURPOSE, days="30")
    address = asked.headers["location"]
    decided = steward.post(f"{address}/decision", decision="approve", restriction=SHOWN.text())
    assert decided.status_code == 303
    page = analyst.post("/tokens", name="report", days="7", scope="query").text
    return re.search(r"mkt_[a-z0-9]+\.[\w-]+", page).group()


@pytest.mark.requirement("SEC-02")
def test_the_same_part_is_shown_through_every_door(analyst: Any, part: str) -> None:
    def answer(kind: str) -> Any:
        headers = {"authorization": f"Bearer {part}", "accept": kind}
        return analyst.http.post("/api/v1/query", json={"sql": SQL}, headers=headers)

    page = analyst.post("/query", sql=SQL)
    document = answer("application/json").json()
    stream = pa.ipc.open_stream(answer("application/vnd.apache.arrow.stream").content)
    file = pa.parquet.read_table(io.BytesIO(answer("application/vnd.apache.parquet").content))
    lines = list(csv.DictReader(io.StringIO(answer("text/csv").text)))

    names = [column["name"] for column in document["columns"]]
    assert [dict(zip(names, row, strict=True)) for row in document["rows"]] == EXPECTED
    assert stream.read_all().to_pylist() == file.to_pylist() == EXPECTED
    assert lines == [{name: str(value) for name, value in row.items()} for row in EXPECTED]
    assert "S***2" in page.text
    assert "Supplier 2" not in page.text


@pytest.mark.requirement("SEC-02")
@pytest.mark.usefixtures("part")
def test_other_doors_show_no_rows_for_a_part(analyst: Any) -> None:
    offered = analyst.get("/query").text
    results = analyst.get("/evidence/commercial/payments/results/csv")

    assert "supplier_name" in offered
    assert not re.search(r"\bamount\b", offered)
    assert results.status_code == 403
