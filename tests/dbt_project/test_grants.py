"""From a register with another layout every year to one table of schemes and one of awards."""

from decimal import Decimal

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_thousands_and_millions_become_pounds_and_blanks_make_no_second_line(world):
    assert world.rows(
        "select financial_year, amount_gbp, line_count from grant_schemes "
        "where scheme_name = 'Boats' order by 1"
    ) == [("2023-24", Decimal("12345.00"), 2), ("2024-25", Decimal("20000.00"), 2)]


def test_a_count_that_a_spreadsheet_turned_into_a_date_is_no_number(world):
    assert world.rows(
        "select published_recipient_count, recipient_count from grant_schemes "
        "where scheme_name = 'Boats' order by financial_year"
    ) == [("02-Oct", None), ("1,200", 1200)]


def test_a_line_without_a_department_is_kept_and_unmatched(world):
    assert world.rows(
        "select department_name, organisation_id, match_method, recipient_sectors, amount_gbp "
        "from grant_schemes where scheme_name = 'Nets'"
    ) == [(None, None, "unmatched", "Public Organisations", Decimal("-1000.00"))]


def test_the_last_change_of_an_award_counts_under_the_body_that_gave_it(world):
    assert world.rows(
        "select award_id, organisation_id, match_method, amount, report_count, financial_year "
        "from grant_awards order by 1"
    ) == [
        ("360G-halfmoor-GA-000001", "beta", "title", Decimal("250.00"), 2, "2024-25"),
        ("360G-halfmoor-GA-000002", None, "unmatched", Decimal("0.00"), 1, "2024-25"),
    ]


def test_a_recipient_has_the_key_that_suppliers_have(world):
    assert world.value("select min(recipient_key) from grant_awards") == "ann other t a boats"
