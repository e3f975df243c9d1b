"""Departments as they were at the end of each year, with renames, mergers and splits followed."""

from decimal import Decimal

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def profile(world, year):
    return {
        row[0]: row[1:]
        for row in world.rows(
            "select department_id, average_headcount, paybill_gbp, payments_gbp, body_count, "
            f"workforce_months_reported from department_profile where financial_year = '{year}'"
        )
    }


def test_a_merged_department_counts_under_its_successor_from_the_year_it_merged(world):
    assert "beta" not in profile(world, "2024-25")
    assert profile(world, "2023-24")["beta"][2] == Decimal("20.00")


def test_a_split_department_keeps_its_own_row(world):
    assert profile(world, "2024-25")["gamma"] == (Decimal("5.0"), Decimal("5000.00"), None, 1, 1)


def test_staff_are_averaged_over_the_months_reported(world):
    heads, paybill, _, bodies, months = profile(world, "2024-25")["alpha"]

    # May: 110 own, 40 of the merged department, 10 of its unknown board, 7 of the agency
    assert heads == Decimal("139.0")  # (167 + 120 + 130) / 3
    assert paybill == Decimal("418000.00")
    assert (bodies, months) == (4, 3)


def test_payments_count_every_published_line_of_the_department_and_its_bodies(world):
    # 2 x 100 + 20 + 30 + 5 + 7 + 8 from monthly files, 100 + 4 x 9 + 44 from the ledger
    assert profile(world, "2024-25")["alpha"][2] == Decimal("450.00")


def test_the_match_rates_say_what_could_not_be_attributed(world):
    assert world.rows(
        "select distinct workforce_match_percent, payments_match_percent "
        "from department_profile where financial_year = '2024-25'"
    ) == [(Decimal("99.76"), Decimal("100.00"))]


def test_a_department_is_shown_under_its_name_of_the_year(world):
    assert world.rows(
        "select financial_year, department_name from department_profile "
        "where department_id in ('alpha', 'beta') order by 1"
    ) == [("2023-24", "Department of Beta"), ("2024-25", "Department of Alpha and Omega")]
