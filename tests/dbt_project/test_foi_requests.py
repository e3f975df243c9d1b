"""From wide files of quarters and years to one row per authority, period and measure."""

from datetime import date

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_quarters_and_years_are_told_apart_and_dated(world):
    assert world.rows(
        "select period, period_type, amount, period_start_date, period_end_date from foi_requests "
        "where organisation_id = 'alpha' and measure = 'requests_received' "
        "and period in ('2024', '2024-Q4') order by 1"
    ) == [
        ("2024", "year", 102, date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-Q4", "quarter", 40, date(2024, 10, 1), date(2024, 12, 31)),
    ]


def test_a_value_that_is_given_again_replaces_the_one_before_and_is_counted(world):
    assert world.rows(
        "select authority_id, amount, superseded_count from foi_requests "
        "where period = '2024-Q1' and organisation_id = 'alpha'"
    ) == [("department-of-alpha-and-omega", 11, 1)]


def test_a_nought_is_a_value_and_a_gap_is_none(world):
    assert world.rows(
        "select measure, amount, part_of from foi_requests where authority_name like 'Office%'"
    ) == [("answered_late", 3, "Total requests received")]
    assert world.value("select count(*) from foi_requests where measure = 'complaints'") == 1


def test_authorities_under_the_other_law_are_not_looked_for_in_the_register(world):
    assert world.rows(
        "select authority_id, law, organisation_id, match_method, sector, measure, amount "
        "from foi_requests where law = 'foisa' order by measure"
    ) == [
        ("foisa-7", "foisa", None, "not_in_register", "Local Government", measure, 4)
        for measure in ("answered_on_time", "requests_received")
    ]


def test_a_period_that_is_none_is_found_by_a_test_and_not_published(world):
    assert (
        world.value("select count(*) from foi_requests where authority_name = 'Works Agency'") == 0
    )
