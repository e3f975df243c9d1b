"""Conditions of access are named plainly, once each, or the contract is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.access_conditions import (
    AccessCondition,
    access_conditions,
    condition_faults,
    review_days_of,
)
from contracts.documents import load_contract

ROOT = Path(__file__).parents[2]
COURSE = {"name": "course", "title": "A course", "url": "https://learning.example.gov.uk"}


def contract_with(conditions: object):
    contract = load_contract(ROOT / "contracts" / "commercial" / "payments.v1.odcs.yaml")
    return replace(contract, custom={**contract.custom, "accessConditions": conditions})


@pytest.mark.requirement("LIT-02")
def test_conditions_are_read_from_the_contract():
    assert access_conditions(contract_with([COURSE, COURSE])) == (
        AccessCondition("course", "A course", "https://learning.example.gov.uk"),
    )


@pytest.mark.parametrize(
    ("conditions", "fault"),
    [
        ("course", "is not a list."),
        (["course"], "is not a mapping."),
        ([{"name": "course"}], "lacks `title`."),
        ([{**COURSE, "name": "A Course"}], "`A Course` is not lower case words joined"),
        ([COURSE, COURSE], "`course` is there twice."),
        ([{**COURSE, "url": "javascript:1"}], "`javascript:1` is no web address."),
        ([{**COURSE, "days": 3}], "has `days`."),
    ],
)
def test_a_faulty_condition_is_named(conditions, fault):
    (found,) = condition_faults(contract_with(conditions))

    assert fault in found.fault


def test_a_contract_without_conditions_has_no_fault():
    assert list(condition_faults(contract_with([COURSE]))) == []


@pytest.mark.parametrize(("days", "kept"), [(None, None), (90, 90), (0, 1), (181, 1), ("x", 1)])
def test_a_review_that_cannot_be_read_is_the_strictest(days, kept):
    contract = replace(contract_with([]), custom={"accessReviewDays": days})

    assert review_days_of(contract) == kept
    assert len(list(condition_faults(contract))) == (days in (0, 181, "x"))
