"""QUA-01: an active port assesses every dimension, or its owner says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.checks import checks_for
from contracts.documents import faults_in, load_contracts
from contracts.quality.assessment_lints import executable
from contracts.quality.dimensions import StrategyDimension
from contracts.quality.not_assessed import NotAssessed, reasons_of

ROOT = Path(__file__).parents[3]
Write = Callable[..., Path]
REASON = {
    "dimension": "relevance",
    "reason": "Nobody has said which suppliers must be there.",
    "approvedBy": "team:finance-owners",
    "approvedOn": "2026-04-01",
}


def active(document: dict[str, Any], *reasons: Any) -> dict[str, Any]:
    """An active contract that checks all but relevance, with these reasons."""
    document["status"] = "active"
    document["schema"][0]["quality"] = [
        {"type": "sql", "query": "select count(*) from {object} where amount < 0", "mustBe": 0,
         "dimension": "accuracy", "name": "No invoice is for less than nothing"},
    ]  # fmt: skip
    document["slaProperties"].append(
        {"property": "freshness", "value": 9, "unit": "d", "element": "invoices.invoiced_at"}
    )
    if reasons:
        document["customProperties"].append({"property": "notAssessed", "value": list(reasons)})
    return document


@pytest.mark.requirement("QUA-01")
def test_a_dimension_without_an_executable_check_is_told(
    document: dict[str, Any], write: Write
) -> None:
    (fault,) = faults_in(write(active(document)))

    assert fault.path == "quality"
    assert fault.fault == "names no executable check of relevance, and no reason why not."
    assert "dimension: coverage" in fault.remedy


@pytest.mark.requirement("QUA-01")
def test_a_rule_in_words_assesses_nothing(document: dict[str, Any], write: Write) -> None:
    active(document)["schema"][0]["quality"].append(
        {"type": "text", "name": "Enough", "description": "There is enough.",
         "dimension": "coverage"}
    )  # fmt: skip

    (fault,) = faults_in(write(document))

    assert "relevance" in fault.fault


@pytest.mark.requirement("QUA-01")
def test_an_approved_and_dated_reason_is_accepted(document: dict[str, Any], write: Write) -> None:
    assert faults_in(write(active(document, REASON))) == ()


@pytest.mark.requirement("QUA-01")
def test_only_an_active_port_must_assess_every_dimension(
    document: dict[str, Any], write: Write
) -> None:
    active(document)["status"] = "draft"

    assert faults_in(write(document)) == ()


BAD_REASONS: list[tuple[Any, str, str]] = [
    ("words", "customProperties.notAssessed[0]", "is not a mapping."),
    ({**REASON, "reason": ""}, "customProperties.notAssessed[0]", "lacks `reason`."),
    ({**REASON, "reason": "none"}, "customProperties.notAssessed[0].reason", "says too little."),
    (
        {**REASON, "approvedBy": "team:engineering"},
        "customProperties.notAssessed[0].approvedBy",
        "`team:engineering` is not an owner of this contract.",
    ),
    (
        {**REASON, "approvedOn": "spring"},
        "customProperties.notAssessed[0].approvedOn",
        "`spring` is not a day.",
    ),
    (
        {**REASON, "dimension": "coverage"},
        "customProperties.notAssessed[0].dimension",
        "`coverage` is not a dimension of the strategy.",
    ),
    ({**REASON, "until": "2027"}, "customProperties.notAssessed[0]", "has `until`."),
]


@pytest.mark.requirement("QUA-01")
@pytest.mark.parametrize(
    ("entry", "path", "fault"), BAD_REASONS, ids=[f for _, _, f in BAD_REASONS]
)
def test_a_reason_that_says_too_little_excuses_nothing(
    document: dict[str, Any], write: Write, entry: Any, path: str, fault: str
) -> None:
    found = faults_in(write(active(document, entry)))

    assert (path, fault) in {(each.path, each.fault) for each in found}
    assert any("names no executable check of relevance" in each.fault for each in found)


def test_reasons_that_are_no_list_are_refused(document: dict[str, Any], write: Write) -> None:
    active(document)["customProperties"].append({"property": "notAssessed", "value": "all"})

    assert "is not a list." in {each.fault for each in faults_in(write(document))}


def test_a_second_reason_for_a_dimension_is_refused(document: dict[str, Any], write: Write) -> None:
    (fault,) = faults_in(write(active(document, REASON, REASON)))

    assert fault.fault == "gives `relevance` a second reason."


def test_a_reason_for_a_dimension_that_is_checked_is_refused(
    document: dict[str, Any], write: Write
) -> None:
    reason = {**REASON, "dimension": "accuracy"}

    faults = [fault.fault for fault in faults_in(write(active(document, REASON, reason)))]

    assert faults == ["says that accuracy is not assessed, and checks it."]


def test_an_unknown_choice_of_dimension_is_refused(document: dict[str, Any], write: Write) -> None:
    active(document, REASON)["schema"][0]["quality"][0]["customProperties"] = [
        {"property": "strategyDimension", "value": "coverage"}
    ]

    (fault,) = faults_in(write(document))

    assert fault.path == "schema[0].quality[0].customProperties.strategyDimension"


@pytest.mark.requirement("QUA-01")
def test_every_contract_of_this_repository_assesses_every_dimension_or_says_why_not() -> None:
    for contract in load_contracts(ROOT / "contracts"):
        counts = executable(checks_for(contract))
        reasoned = {each.dimension for each in reasons_of(contract)}

        missing = [each for each in StrategyDimension if not counts[each] and each not in reasoned]

        assert missing == [], contract.reference
        assert all(isinstance(each, NotAssessed) for each in reasons_of(contract))
