"""From returns, own and collected, to one figure per body, month and measure."""

from datetime import date
from decimal import Decimal

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_the_latest_return_counts_and_says_how_many_went_before(world):
    assert world.rows(
        "select amount, superseded_count from workforce_monthly where measure = 'headcount' "
        "and body_id = 'department-of-alpha' and month = date '2024-05-01'"
    ) == [(Decimal("110.00"), 2)]


def test_only_totals_of_payroll_staff_are_taken_from_collected_values(world):
    assert world.rows(
        "select measure, amount from workforce_monthly where month = date '2024-07-01' order by 1"
    ) == [
        ("full_time_equivalent", Decimal("125.00")),
        ("headcount", Decimal("130.00")),
        ("paybill_gbp", Decimal("131000.00")),
    ]


def test_articles_and_notes_in_brackets_make_no_other_body(world):
    assert (
        world.value(
            "select count(distinct body_id) from workforce_monthly where body_name like '%Alpha%'"
        )
        == 1
    )


def test_a_month_in_the_future_is_left_out_and_counted(world):
    assert world.value("select max(month) from workforce_monthly") == date(2024, 7, 1)
    assert world.rows(
        "select measure, value_count from int_people__values_left_out "
        "where reason_left_out = 'the month is in the future' order by 1"
    ) == [("full_time_equivalent", 1), ("headcount", 1), ("paybill_gbp", 1)]


def test_a_body_that_the_register_does_not_know_stays_under_its_own_name(world):
    assert world.rows(
        "select body_id, organisation_id, department_organisation_id, match_method "
        "from workforce_monthly where body_name = 'Unheard-of Board' and measure = 'headcount'"
    ) == [("unheard-of-board", None, "beta", "unmatched")]


def test_the_newest_file_has_the_last_word_on_a_learning_record(world):
    assert world.rows("select record_id, result from learning_records order by 1") == [
        ("LR1", "passed"),
        ("LR2", "passed"),
        ("LR3", "passed"),
    ]


@pytest.mark.requirement("PRP-02")
def test_a_person_has_one_pseudonym_and_no_staff_number_is_published(world):
    assert world.rows(
        "select count(distinct staff_id), min(length(staff_id)) from learning_records"
    ) == [(2, 16)]
    assert world.value("select count(*) from learning_records where staff_id in ('H1', 'H2')") == 0


def test_the_key_of_the_pseudonyms_is_in_no_compiled_sql(world):
    compiled = [path.read_text() for path in world.project.glob("target/**/learning_records.sql")]

    assert compiled
    assert not any("a key of this test" in text for text in compiled)
