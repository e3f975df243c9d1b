"""`smallNumbers`: what is read of it, and every slip that is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.errors import ContractError
from contracts.model import Contract
from contracts.small_numbers import SmallNumbers, small_number_faults, small_numbers

pytestmark = pytest.mark.requirement("ETH-07")

RULE: dict[str, Any] = {
    "threshold": 10,
    "count": "people",
    "cells": ["body", "grade"],
    "totals": ["body"],
}


def columns() -> list[dict[str, Any]]:
    return [
        {"name": "body", "logicalType": "string", "primaryKey": True, "required": True},
        {"name": "grade", "logicalType": "string", "primaryKey": True, "required": True},
        {"name": "people", "logicalType": "integer", "classification": "restricted"},
        {"name": "pay", "logicalType": "number", "classification": "restricted"},
    ]


def faults(rule: Any, properties: list[dict[str, Any]] | None = None) -> list[str]:
    document = {
        "schema": [{"properties": columns() if properties is None else properties}],
        "customProperties": [{"property": "smallNumbers", "value": rule}],
    }
    return [fault.fault for fault in small_number_faults(document)]


def test_a_rule_is_read_and_a_contract_may_say_nothing(
    contract_with: Callable[..., Contract],
) -> None:
    silent = contract_with(lambda document: None)
    read = small_numbers(replace(silent, custom={"smallNumbers": RULE}))

    assert read == SmallNumbers(10, "people", ("body", "grade"), ("body",))
    assert small_numbers(silent) is None
    assert faults(RULE) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"threshold": 2}, "`2` is no threshold."),
        ({"threshold": True}, "`True` is no threshold."),
        ({"threshold": "10"}, "`10` is no threshold."),
        ({"count": None}, "is no column."),
        ({"count": "heads"}, "`heads` is not a column of the contract."),
        ({"count": "pay"}, "`pay` is no whole number."),
        ({"count": "body"}, "`body` cannot be withheld where it says which cell a row is."),
        ({"cells": "body"}, "is no list of columns."),
        ({"cells": ["body", "body", "grade"]}, "names a column twice."),
        ({"cells": ["body", "grade", "site"]}, "`site` is not a column of the contract."),
        ({"cells": ["body"]}, "does not tell one row from another."),
        ({"totals": ["pay"]}, "`pay` is no part of a cell."),
        ({"else": 1}, "does not say what is withheld."),
    ],
)
def test_every_slip_is_named(changed: dict[str, Any], fault: str) -> None:
    assert fault in faults({**RULE, **changed})


@pytest.mark.parametrize("rule", [None, [], "10", {}, {"threshold": 10}])
def test_what_cannot_be_read_is_refused_and_never_taken_for_nothing(
    rule: Any, contract_with: Callable[..., Contract]
) -> None:
    assert faults(rule) == ["does not say what is withheld."]
    contract = contract_with(lambda document: None)
    with pytest.raises(ValueError, match="`smallNumbers` of"):
        small_numbers(replace(contract, custom={"smallNumbers": rule}))


def test_a_withheld_column_may_be_empty_and_stays_out_of_evidence() -> None:
    properties = columns()
    properties[3] = {"name": "pay", "logicalType": "number", "required": True}

    assert faults(RULE, properties) == [
        "`pay` is required and would be withheld in some rows.",
        "`pay` would be withheld in some rows and shown in evidence.",
    ]


def test_loading_a_contract_refuses_a_rule_that_does_not_fit_it(
    contract_with: Callable[..., Contract],
) -> None:
    entry = {"property": "smallNumbers", "value": RULE}

    with pytest.raises(ContractError, match="`people` is not a column of the contract"):
        contract_with(lambda document: document["customProperties"].append(entry))


def test_a_table_without_a_key_cannot_be_protected() -> None:
    properties = [{**column, "primaryKey": False} for column in columns()]

    assert faults(RULE, properties) == ["does not tell one row from another."]
