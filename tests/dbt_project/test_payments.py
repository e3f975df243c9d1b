"""From lines of many files to payments that are counted once."""

from datetime import date
from decimal import Decimal

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_identical_lines_of_one_file_are_one_row_and_counted(world):
    assert world.rows(
        "select line_count, source_file from payments where transaction_number = '1'"
    ) == [(2, "payments/monthly/alpha/2024-05.csv")]


def test_a_ledger_line_that_a_monthly_file_reports_is_left_out_and_counted(world):
    assert world.rows(
        "select reported_in, ledger_line_count from payments where supplier_key = 'acme' "
        "and amount_gbp = 100 and payment_date = date '2024-05-03'"
    ) == [("monthly_file", 3)]


def test_a_ledger_line_of_another_day_stays(world):
    assert world.value("select count(*) from payments where payment_date = date '2024-05-04'") == 1


def test_withheld_suppliers_are_kept_under_one_key_and_overlap_too(world):
    assert world.rows(
        "select supplier_name, supplier_key, ledger_line_count from payments "
        "where is_supplier_redacted"
    ) == [("REDACTED PERSONAL DATA", "redacted", 1)]


@pytest.mark.parametrize(
    ("condition", "body", "method"),
    [
        pytest.param("amount_gbp = 100 and line_count = 2", "alpha", "former_title", id="former"),
        pytest.param("amount_gbp = 8", "alpha", "title", id="title, with an ampersand"),
        pytest.param("amount_gbp = 9", "alpha", "abbreviation", id="abbreviation in a ledger"),
        pytest.param(
            "entity_name_as_published = 'Wroks Agency'", "works", "similar_title", id="typo"
        ),
        pytest.param("entity_name_as_published = 'Works Agency'", "works", "title", id="blanks"),
        pytest.param("amount_gbp = 5", "alpha", "publisher", id="no body named"),
        pytest.param("amount_gbp = 44", "alpha", "publisher", id="a ledger's unit is no body"),
        pytest.param("amount_gbp = 30", None, "unmatched", id="an unknown body stays unknown"),
        pytest.param("amount_gbp = 1", None, "not_in_register", id="a council"),
    ],
)
def test_the_paying_body_is_found_by_the_first_rule_that_decides(world, condition, body, method):
    query = f"select organisation_id, match_method from payments where {condition}"

    assert world.rows(query) == [(body, method)]


def test_only_a_similar_name_scores_below_one(world):
    methods = world.rows("select distinct match_method from payments where match_score < 1")

    assert methods == [("similar_title",)]


def test_spellings_of_a_supplier_share_a_key(world):
    assert world.rows(
        "select distinct supplier_key from payments where lower(supplier_name) like 'bolt%'"
    ) == [("bolt",)]
    assert world.value("select supplier_key from payments where amount_gbp = 9") == "cog and sons"


def test_every_line_is_its_month(world):
    assert world.rows("select distinct payment_month from payments order by 1") == [
        (date(2023, 6, 1),),
        (date(2024, 5, 1),),
        (date(2024, 6, 1),),
    ]


def test_totals_count_published_lines_and_different_lines(world):
    assert world.rows(
        "select line_count, amount_gbp, distinct_line_count, distinct_amount_gbp "
        "from supplier_spend where publisher_id = 'alpha' and supplier_key = 'acme'"
    ) == [(3, Decimal("300.00"), 2, Decimal("200.00"))]


def test_a_financial_year_begins_in_april(world):
    assert world.rows(
        "select financial_year from supplier_spend where supplier_key = 'bolt' order by 1"
    ) == [("2023-24",), ("2024-25",)]


def test_an_incremental_build_gives_the_rows_of_its_months_only(world):
    partitions = {"candidates": {"commercial.payments": {"changed_partitions": ["2024-06-01"]}}}

    world.dbt("compile", "--select", "payments", "int_commercial__suppliers", variables=partitions)

    mart = next(world.project.glob("target/compiled/**/marts/commercial/payments.sql")).read_text()
    names = next(world.project.glob("target/compiled/**/int_commercial__suppliers.sql")).read_text()
    assert "payment_month in (date '2024-06-01')" in mart
    assert "payment_date >= date '2024-06-01'" in names
