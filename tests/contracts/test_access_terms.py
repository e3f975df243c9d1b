"""`accessTerms`: what is read of them, and every slip that is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from contracts.access_terms import (
    MASKS,
    OPERATORS,
    AccessTerms,
    RowOffer,
    access_term_faults,
    access_terms,
)
from contracts.model import AccessRole, Contract
from marketplace.access.restriction import Mask, Operator

TERMS: dict[str, Any] = {
    "longestDays": 90,
    "decideWithinDays": 3,
    "deputies": ["team:owners"],
    "hiddenColumns": ["note"],
    "maskedColumns": {"person": "hash"},
    "rows": [{"name": "Since 2025", "column": "day", "operator": "at_least", "values": ["2025"]}],
    "reviewers": {"legal": ["team:lawyers"]},
}


def document(terms: Any) -> dict[str, Any]:
    columns = [{"name": name} for name in ("person", "note", "day")]
    return {
        "schema": [{"properties": columns}],
        "customProperties": [{"property": "accessTerms", "value": terms}],
    }


def faults(terms: Any) -> list[str]:
    return [str(fault.fault) for fault in access_term_faults(document(terms))]


def test_terms_are_read_and_have_defaults(contract_with: Callable[..., Contract]) -> None:
    read = access_terms(contract_with(custom={"accessTerms": TERMS}))

    assert read == AccessTerms(
        90, 3, ("team:owners",), ("note",),
        {"person": "hash"}, (RowOffer("Since 2025", "day", "at_least", ("2025",)),),
        {"legal": ("team:lawyers",)},
    )  # fmt: skip
    assert access_terms(contract_with(custom={})) == AccessTerms()
    assert faults(TERMS) == []


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("longestDays", 0, "`0` is not a number of days."),
        ("longestDays", 366, "`366` is not a number of days."),
        ("decideWithinDays", "3", "`3` is not a number of days."),
        ("deputies", "team:owners", "is no list of texts."),
        ("deputies", [1], "is no list of texts."),
        ("hiddenColumns", ["colour"], "`colour` is not a column of the contract."),
        ("hiddenColumns", ["note", "day", "person"], "`person` is hidden as well."),
        ("maskedColumns", {"person": "blur"}, "`blur` is not a mask."),
        ("maskedColumns", {"colour": "hash"}, "`colour` is not a column of the contract."),
        ("maskedColumns", ["person"], "is no mapping."),
        ("rows", "all", "is no list."),
        ("rows", [{"where": "true"}], "is no named comparison."),
        (
            "rows",
            [{"name": "x", "column": "colour", "operator": "equals"}],
            "`colour` is not a column of the contract.",
        ),
        (
            "rows",
            [{"name": "x", "column": "day", "operator": ">="}],
            "`>=` is not an operator.",
        ),
        ("rows", [{"name": "", "column": "day", "operator": "is_empty"}], "does not name it."),
        ("reviewers", {"magic": ["team:x"]}, "`magic` is not a review."),
        ("reviewers", {"legal": []}, "names nobody."),
        ("longDays", 1, "`longDays` is not a term of access."),
    ],
)
def test_each_slip_is_named(key: str, value: Any, fault: str) -> None:
    assert fault in faults({**copy.deepcopy(TERMS), key: value})


def test_terms_are_a_mapping() -> None:
    assert faults(["90 days"]) == ["is no mapping."]


def test_masks_and_operators_are_those_of_grants() -> None:
    assert tuple(Mask) == MASKS
    assert tuple(Operator) == OPERATORS


def test_first_and_second_level_approvers_are_two_stages(
    contract_with: Callable[..., Contract],
) -> None:
    one = AccessRole("reader", "read", ("a",), (("a",),))
    two = AccessRole("auditor", "read", ("a", "b", "c"), (("a", "b"), ("c",)))

    assert contract_with(roles=(one, two)).approval_stages == (("a", "b"), ("c",))
    assert contract_with(roles=(one,)).approval_stages == (("a",),)
    assert contract_with(roles=()).approval_stages == ()


@pytest.fixture
def contract_with() -> Callable[..., Contract]:
    """Makes a contract about nothing, with these parts."""

    def make(**parts: Any) -> Contract:
        facts: dict[str, Any] = {
            **dict.fromkeys(("id", "name", "business_unit", "status", "title"), "x"),
            **dict.fromkeys(("purpose", "limitations", "usage", "content_hash"), ""),
            **dict.fromkeys(("objects", "service_levels", "team", "roles", "support", "tags"), ()),
            "version": "1.0.0",
            "custom": {},
        }
        return Contract(**{**facts, **parts})

    return make
