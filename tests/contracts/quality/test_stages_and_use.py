"""QUA-07 and QUA-09: drift at landing and in models, and relevance by use; both outcomes each."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.quality.stages import LandedFigures, landing_results, model_results
from contracts.quality.use import UseFacts, use_results
from contracts.verdict import CheckResult, Outcome

USUAL = LandedFigures(
    files=10, rows_read=1000, rows_landed=970, rows_rejected=10, rows_duplicate=20,
    columns=("amount", "supplier"),
)  # fmt: skip
BEFORE = [replace(USUAL, rows_landed=970 + n, rows_read=1000 + n) for n in range(4)]


def the(results: tuple[CheckResult, ...], name: str) -> CheckResult:
    return next(each for each in results if each.check_id.startswith(f"observed.{name}"))


@pytest.mark.requirement("QUA-07")
def test_a_landing_like_those_before_passes() -> None:
    results = landing_results("ledger.lines", USUAL, BEFORE)

    assert {each.outcome for each in results} == {Outcome.PASSED}
    assert the(results, "reconciliation").observed == (
        "970 landed + 10 rejected + 20 duplicates = 1,000"
    )


@pytest.mark.requirement("QUA-07")
@pytest.mark.parametrize(
    ("now", "name", "observed", "expected"),
    [
        (
            replace(USUAL, rows_read=430, rows_landed=400),
            "landing.volume",
            "400 rows of 10 files",
            "from 728 to 1,214 rows",
        ),
        (
            replace(USUAL, rows_landed=780, rows_rejected=200),
            "landing.rejected",
            "20.0 percent of 1,000 rows",
            "at most 3.0 percent rejected",
        ),
        (
            replace(USUAL, columns=("amount", "vendor")),
            "landing.columns",
            "`vendor` is new; `supplier` is gone",
            "the same declared columns",
        ),
        (
            replace(USUAL, rows_rejected=9),
            "reconciliation",
            "970 landed + 9 rejected + 20 duplicates = 999",
            "1,000 rows",
        ),
    ],
    ids=["volume", "rejected share", "columns", "accounting"],
)
def test_an_anomaly_at_landing_is_told_with_what_was_expected(
    now: LandedFigures, name: str, observed: str, expected: str
) -> None:
    found = the(landing_results("ledger.lines", now, BEFORE), name)

    assert (found.outcome, found.observed) == (Outcome.FAILED, observed)
    assert found.expected == expected
    assert not found.is_blocking


@pytest.mark.requirement("QUA-07")
def test_without_history_only_the_accounting_is_assessed() -> None:
    results = landing_results("ledger.lines", USUAL, [])

    assert the(results, "reconciliation").outcome is Outcome.PASSED
    assert the(results, "landing.volume").detail == (
        "Not assessed: 0 landings of history, needs 4."
    )
    assert sum(each.outcome is Outcome.UNCHECKED for each in results) == 3


@pytest.mark.requirement("QUA-07")
def test_a_model_that_loses_rows_is_told_at_the_model() -> None:
    history = [{"int_lines": 1000 + n, "int_bodies": 50} for n in range(5)]

    (calm,) = model_results({"int_lines": 1002, "int_bodies": 50}, history)
    (found,) = model_results({"int_lines": 300, "int_bodies": 50}, history)

    assert (calm.outcome, calm.observed) == (Outcome.PASSED, "2 tables within their ranges")
    assert found.outcome is Outcome.FAILED
    assert found.observed == "`int_lines` 300 rows, expected 752 to 1,252"


def test_models_without_history_or_tables_are_not_assessed() -> None:
    (new,) = model_results({"int_lines": 3}, [])
    (none,) = model_results({}, [])

    assert new.detail == "Not assessed: 0 builds of history, needs 4."
    assert none.detail == "Not assessed: no model of this port is kept as a table."


@pytest.fixture
def contract(contract_with: Any) -> Any:
    purposes = {"property": "permittedPurposes", "value": ["Analysis of spending"]}
    return contract_with(lambda d: d["customProperties"].append(purposes))


USE: list[tuple[UseFacts, str, Outcome, str]] = [
    (UseFacts(3, ("Analyse spend",), 5), "use.active", Outcome.PASSED, "3 statements, 1 standing"),
    (UseFacts(0, (), 90), "use.active", Outcome.FAILED, "0 statements, 0 standing grants"),
    (UseFacts(0, (), 10), "use.active", Outcome.UNCHECKED, "published 10 days ago"),
    (UseFacts(0, (), None), "use.active", Outcome.UNCHECKED, "nothing was published"),
    (
        UseFacts(0, ("Analysing it", "Marketing"), 10),
        "use.purposes",
        Outcome.PASSED,
        "1 of 2 purposes",
    ),
    (UseFacts(0, ("Marketing",), 10), "use.purposes", Outcome.FAILED, "0 of 1 purpose"),
    (UseFacts(9, (), 10), "use.purposes", Outcome.UNCHECKED, "no grant stands"),
]


@pytest.mark.requirement("QUA-09")
@pytest.mark.parametrize(("facts", "name", "outcome", "told"), USE, ids=[t for *_, t in USE])
def test_use_is_relevance_and_traceable_to_its_counts(
    contract: Any, facts: UseFacts, name: str, outcome: Outcome, told: str
) -> None:
    found = the(use_results(contract, facts), name)

    assert found.outcome is outcome
    assert told in (found.observed or found.detail or "")
    assert found.strategy_dimension == "relevance"


def test_without_declared_purposes_their_fit_is_not_assessed(contract_with: Any) -> None:
    found = the(
        use_results(contract_with(lambda d: None), UseFacts(1, ("Analysis",), 3)), "use.purposes"
    )

    assert found.detail == "Not assessed: the contract declares no permitted purposes."
