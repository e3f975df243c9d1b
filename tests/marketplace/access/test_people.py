"""The demo people are for a laptop only."""

from pathlib import Path

import pytest

from marketplace.access.errors import PeopleUnavailable
from marketplace.access.model import Role
from marketplace.access.people import demo_people
from marketplace.config import Environment, Settings


def test_the_demo_has_one_person_for_each_role():
    people = demo_people(Settings())

    assert [person.id for person in people.all()] == [
        "analyst",
        "steward",
        "owner",
        "governance",
        "engineer",
        "custodian",
        "administrator",
        "auditor",
    ]
    assert {role for person in people.all() for role in person.roles} == set(Role)
    assert people.by_id("analyst").name == "Ada Fenwick"
    assert "team:commercial-stewards" in people.by_id("steward").references
    assert people.by_id("nobody") is None


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(environment=Environment.PRODUCTION), "the marketplace runs in production"),
        (Settings(demo_people=False), "the setting `MARKETPLACE_DEMO_PEOPLE` is false"),
    ],
)
def test_the_demo_people_are_refused(settings, why):
    with pytest.raises(PeopleUnavailable) as refused:
        demo_people(settings)

    assert str(refused.value) == (
        f"The demo people are not available: {why}. Connect the organisation's own sign-in instead."
    )


def test_production_refuses_them_whatever_else_is_set():
    settings = Settings(environment=Environment.PRODUCTION, demo_people=True, home=Path("x"))

    with pytest.raises(PeopleUnavailable):
        demo_people(settings)
