"""From snapshots of the register to periods, departments and successors."""

from datetime import date

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def periods(world, body):
    return world.rows(
        "select name, status, valid_from, valid_to from ports.machinery_of_government__"
        f"organisation_history where organisation_id = '{body}' order by valid_from"
    )


def test_a_snapshot_that_was_cut_off_begins_no_period(world):
    assert min(world.rows("select min(valid_from) from organisation_history")) == (
        date(2024, 1, 2),
    )
    assert world.rows(
        "select snapshot_date from int_machinery_of_government__complete_snapshots order by 1"
    ) == [(date(2024, 1, 2),), (date(2024, 7, 1),), (date(2025, 7, 1),), (date(2025, 8, 1),)]


def test_a_rename_ends_one_period_and_begins_the_next_on_the_same_day(world):
    assert periods(world, "alpha") == [
        ("Department of Alpha", "live", date(2024, 1, 2), date(2024, 7, 1)),
        ("Department of Alpha and Omega", "live", date(2024, 7, 1), None),
    ]


def test_a_body_that_is_missing_once_and_comes_back_has_one_period(world):
    assert periods(world, "mists") == [("Office of Mists", "live", date(2024, 1, 2), None)]


def test_a_body_that_the_register_dropped_ends_with_the_first_snapshot_without_it(world):
    assert periods(world, "about") == [("Circle about", "live", date(2024, 1, 2), date(2025, 8, 1))]
    assert world.rows("select is_listed from organisations where organisation_id = 'about'") == [
        (False,)
    ]


def test_the_day_of_closing_is_read_where_the_register_gives_it(world):
    assert world.rows(
        "select organisation_id, closed_date from organisations where status = 'closed' order by 1"
    ) == [("beta", date(2024, 6, 30)), ("gamma", None)]


@pytest.mark.parametrize(
    ("body", "department"),
    [
        pytest.param("alpha", "alpha", id="a department is its own"),
        pytest.param("works", "alpha", id="a body has the first of its parents"),
        pytest.param("beta", "alpha", id="a merged department leads to its successor"),
        pytest.param("gamma", "gamma", id="a split department keeps its own row"),
        pytest.param("mists", "delta", id="another kind of body has its parent's"),
        pytest.param("round", None, id="a walk in circles ends nowhere"),
    ],
)
def test_every_body_leads_to_the_department_of_today(world, body, department):
    query = f"select department_id from organisations where organisation_id = '{body}'"

    assert world.value(query) == department
