"""Real published files land as they are, with every row accounted for."""

from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.sources.landing import LandingRequest, land
from orchestration.sources.landing_store import LandingStore

pytestmark = pytest.mark.real_data

DATES = ["%d/%m/%Y", "%d/%m/%y", "%d-%b-%y", "%A, %B %d, %Y", "excelSerial", "iso"]


@pytest.fixture
def land_real(shared_data, tmp_path):
    """Lands real files under a contract; gives the run and the store."""

    def run(contract):
        store = LandingStore(tmp_path / "landing")
        request = LandingRequest((contract,), shared_data, store, datetime(2026, 1, 1, tzinfo=UTC))
        result = land(request)
        assert all(
            each.rows_read == each.rows_landed + each.rows_rejected + each.rows_duplicate
            for each in result.current
        )
        assert not land(request).has_changes
        return result, store

    return run


def test_the_ledger_lands_whole(land_real, source_column, source_table, source_system):
    contract = source_system(
        source_table(
            "ledger",
            ["large/spend_ledger/*.parquet"],
            source_column("body", required=True),
            source_column(
                "payment_date", "date", True, formats=DATES, fallbackHeaders=["payment_date_raw"]
            ),
            source_column("amount", "decimal(18,2)", True, fallbackHeaders=["amount_raw"]),
            source_column("beneficiary"),
            source_column("org_unit"),
        )
    )

    run, store = land_real(contract)

    (summary,) = run.summaries
    assert summary.rows_read == 11_214_848
    assert (summary.files, summary.files_refused) == (13, 0)
    assert 10_000 < summary.rows_rejected < 12_000
    with duckdb.connect() as connection:
        counted = connection.execute(
            f"SELECT sum(_line_count), count(*) FILTER (payment_date IS NULL OR amount IS NULL) "
            f"FROM ({store.relation(contract, 'ledger')})"
        ).fetchone()
    assert counted == (11_214_848 - summary.rows_rejected, 0)


def test_the_cabinet_office_lands_in_three_headers_and_two_encodings(
    land_real, source_column, source_table, source_system
):
    contract = source_system(
        source_table(
            "payments",
            ["spend_cabinet_office/clean/*.csv"],
            source_column("entity", required=True),
            source_column("paid_on", "date", True, headers=["Date"], formats=DATES),
            source_column("supplier", required=True),
            source_column("amount", "decimal(18,2)", True),
        )
    )

    run, _ = land_real(contract)

    (summary,) = run.summaries
    assert (summary.files, summary.files_refused, summary.rows_read) == (38, 0, 17_535)
    assert sum(each.encoding == "cp1252" for each in run.current) == 7
    assert summary.rows_rejected == 60  # the blank-ish rows: a number and nothing else


def test_public_bodies_land_from_every_header_that_the_contract_knows(
    land_real, source_column, source_table, source_system
):
    contract = source_system(
        source_table(
            "payments",
            ["spend_public_bodies/*/*/*.csv", "spend_public_bodies/*/*/*.csv.gz"],
            source_column("publisher", required=True, fromPath="publisher"),
            source_column(
                "paid_on",
                "date",
                True,
                formats=[*DATES, "%d/%m/%Y %H:%M"],
                headers=[
                    "Payment Date",
                    "Date Paid",
                    "Pay Date",
                    "Paid Date",
                    "Date of Payment",
                    "Invoice Payment Date",
                    "Clearing Date",
                    "Invoice GL Date",
                    "Transaction Date",
                    "Effective Date",
                    "Date",
                ],
            ),
            source_column(
                "supplier",
                required=True,
                headers=[
                    "Supplier Name",
                    "Supplier (Beneficiary) Name",
                    "Vendor Name",
                    "Beneficiary Name",
                    "Supplier",
                ],
            ),
            source_column(
                "amount",
                "decimal(18,2)",
                True,
                headers=[
                    "Net Amount",
                    "Net",
                    "Amount",
                    "Spend",
                    "Total",
                    "Total (excludes VAT)",
                    "Gross",
                ],
            ),
            fromPath=r"^spend_public_bodies/(?P<publisher>[^/]+)/",
        )
    )

    run, _ = land_real(contract)

    (summary,) = run.summaries
    assert summary.files == 105
    below = sum(each.blank_rows_below for each in run.current)
    assert summary.rows_read + below > 670_000
    assert below > 50_000  # sheets that were saved with their empty end
    assert not [e.refusal for e in run.current if e.refusal and e.refusal.startswith("cannot")]


def test_the_register_and_its_history_land_without_a_reject(
    land_real, source_column, source_table, source_system
):
    columns = (
        source_column("snapshot_date", "date", True),
        source_column("slug", required=True),
        source_column("title", required=True),
        source_column("updated_at", "timestamp"),
    )
    contract = source_system(
        source_table("history", ["organisations/govuk_organisations_history.parquet"], *columns),
        source_table("latest", ["organisations/govuk_organisations_latest.csv"], *columns),
    )

    run, _ = land_real(contract)

    assert [(e.object, e.rows_landed, e.rows_rejected) for e in run.summaries] == [
        ("history", 229_326, 0),
        ("latest", 1_262, 0),
    ]


def test_the_workforce_lands_with_its_duplicates_counted(
    land_real, source_column, source_table, source_system
):
    names = ("group", "sub_group", "measure", "org_type", "Month", "Body", "Department")
    contract = source_system(
        source_table(
            "workforce",
            ["workforce_mwmi/mwmi_long.parquet"],
            source_column("year", "integer", True),
            source_column("value", "decimal(18,4)", True),
            *(source_column(name.lower()) for name in names),
        )
    )

    run, _ = land_real(contract)

    (summary,) = run.summaries
    assert (summary.rows_read, summary.rows_rejected, summary.rows_duplicate) == (248_341, 0, 21)
