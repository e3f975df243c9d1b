"""From yearly reports to one row per project and date; what is withheld says why."""

from datetime import date
from decimal import Decimal

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_a_project_is_followed_from_report_to_report_under_the_body_that_answers_for_it(world):
    assert world.rows(
        "select report_date, organisation_id, project_name, delivery_confidence, rated_by "
        "from major_projects where project_id = 'DOA_0001_2324-Q1' order by 1"
    ) == [
        (date(2024, 3, 31), "alpha", "Harbour Deepening", "amber", "ipa"),
        (date(2025, 3, 31), "alpha", "Harbour Deepening", "red", "sro"),
    ]


def test_millions_with_signs_and_commas_become_pounds(world):
    assert world.rows(
        "select year_baseline_gbp, year_variance_percent, whole_life_cost_gbp from major_projects "
        "where project_id = 'DOA_0001_2324-Q1' order by report_date"
    ) == [
        (Decimal("1050500000.00"), Decimal("-5.00"), Decimal("2000000000.00")),
        (Decimal("1050500000.00"), None, Decimal("2000000000.00")),
    ]


def test_what_is_withheld_is_empty_and_names_its_sections(world):
    assert world.rows(
        "select whole_life_cost_gbp, whole_life_cost_status, rating_status, exemption_sections, "
        "report_count, has_conflicting_reports, end_date from major_projects "
        "where project_id = 'DOA_0002_2324-Q1'"
    ) == [(None, "exempt", "exempt", "24;26", 2, True, date(2040, 12, 31))]


def test_a_project_before_its_first_approval_of_an_unknown_department_is_kept(world):
    assert world.rows(
        "select organisation_id, match_method, end_date_status, benefits_status "
        "from major_projects where project_id = 'DOA_0003_2324-Q1'"
    ) == [(None, "unmatched", "early_planning", "not_given")]
