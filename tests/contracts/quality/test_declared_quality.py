"""QUA-09: control totals and required coverage, declared in the contract, with both outcomes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.checks import checks_for
from contracts.documents import faults_in
from contracts.quality.named_ports import named_ports
from contracts.runner import CheckRun, run_checks
from contracts.verdict import CheckResult, Outcome

ROWS = """(SELECT * FROM (VALUES
    (1, 10.50, 'GB', TIMESTAMPTZ '2024-01-15 09:00+00'),
    (2, 20.25, 'FR', TIMESTAMPTZ '2024-02-15 09:00+00'),
    (3, -0.75, 'GB', TIMESTAMPTZ '2024-04-15 09:00+00')
) AS listed(invoice_id, amount, country, invoiced_at))"""
LEDGER = "(SELECT * FROM (VALUES (15.00::DECIMAL(9,2), true), (15.00, true), (99.00, false)) v(paid, ok))"  # noqa: E501
COUNTRIES = "(SELECT unnest(['GB', 'FR', 'DE', NULL]) AS code, 'x' AS kind)"
SOURCES = {"ledger_system.lines": LEDGER, "reference.countries": COUNTRIES}

Judge = Callable[..., CheckResult]


@pytest.fixture
def judge(contract_with: Any, now: Any) -> Judge:
    """The result of one declared entry on the rows."""

    def result(name: str, entry: dict[str, Any], **more: Any) -> CheckResult:
        def declare(document: dict[str, Any]) -> None:
            entries = [{"name": "It adds up", **entry}]
            document["customProperties"].append({"property": name, "value": entries})
            more.get("change", lambda d: None)(document)

        contract = contract_with(declare)
        sources: Mapping[str, str] = more.get("sources", SOURCES)
        with duckdb.connect() as connection:
            run = CheckRun(connection, more.get("rows", ROWS), contract, now, references=sources)
            (found,) = [r for r in run_checks(run) if r.check_id.startswith("customProperties")]
        return found

    return result


TOTAL = {
    "published": "sum(amount)",
    "source": "ledger_system.lines",
    "total": "sum(paid)",
    "where": "ok",
}


@pytest.mark.requirement("QUA-09")
def test_totals_that_agree_pass_exactly(judge: Judge) -> None:
    found = judge("controlTotals", TOTAL)

    assert found.outcome is Outcome.PASSED
    assert found.observed == "30.00 in both"
    assert (found.strategy_dimension, found.framework_dimension) == ("reliability", "consistency")
    assert found.severity.value == "warning"


@pytest.mark.requirement("QUA-09")
@pytest.mark.parametrize(
    ("tolerance", "outcome"),
    [(0, Outcome.FAILED), (76, Outcome.FAILED), (76.75, Outcome.PASSED), (77, Outcome.PASSED)],
)
def test_a_difference_is_held_against_the_tolerance(
    judge: Judge, tolerance: float, outcome: Outcome
) -> None:
    every_line = {key: value for key, value in TOTAL.items() if key != "where"}

    found = judge("controlTotals", {**every_line, "tolerancePercent": tolerance})

    assert found.outcome is outcome
    assert found.observed == ("30.00 published, 129.00 in `ledger_system.lines`, difference -99.00")


def test_a_source_that_is_not_at_hand_leaves_the_total_unchecked(judge: Judge) -> None:
    found = judge("controlTotals", TOTAL, sources={})

    assert found.outcome is Outcome.UNCHECKED
    assert found.detail == "`ledger_system.lines` is not at hand in this check."


def test_the_total_of_no_rows_is_nought(judge: Judge) -> None:
    found = judge("controlTotals", {**TOTAL, "where": "false"}, rows=f"(FROM {ROWS} WHERE false)")

    assert found.observed == "0 in both"


@pytest.mark.parametrize(
    "expression",
    ["count(*) FROM read_csv('/etc/passwd') --", "getenv('HOME')", "1; DROP TABLE x"],
)
def test_an_expression_that_reads_elsewhere_is_refused(judge: Judge, expression: str) -> None:
    found = judge("controlTotals", {**TOTAL, "published": expression})

    assert found.outcome is Outcome.ERROR
    assert "refused" in (found.detail or "")


def test_a_total_that_is_no_number_is_an_error(judge: Judge) -> None:
    found = judge("controlTotals", {**TOTAL, "published": "min(country)"})

    assert found.outcome is Outcome.ERROR
    assert found.detail == "The total gave str, which is no number."


COVERAGE: list[tuple[dict[str, Any], Outcome, str]] = [
    (
        {"column": "country", "values": ["GB", "FR"]},
        Outcome.PASSED,
        "2 of 2 are there",
    ),
    (
        {"column": "country", "values": ["GB", "DE"]},
        Outcome.FAILED,
        "1 of 2 are there; missing DE",
    ),
    (
        {"column": "country", "port": "reference.countries", "key": "code"},
        Outcome.FAILED,
        "2 of 3 are there; missing DE",
    ),
    (
        {
            "column": "country",
            "port": "reference.countries",
            "key": "code",
            "minimumPercent": 66.6,
        },
        Outcome.PASSED,
        "2 of 3 are there; missing DE",
    ),
    (
        {"column": "invoiced_at", "every": "month"},
        Outcome.FAILED,
        "3 of 4 are there; missing 2024-03-01",
    ),
    (
        {"column": "invoiced_at", "every": "month", "until": "2024-02-29"},
        Outcome.PASSED,
        "2 of 2 are there",
    ),
    (
        {"column": "invoiced_at", "every": "quarter", "from": "2023-10-01"},
        Outcome.FAILED,
        "2 of 3 are there; missing 2023-10-01",
    ),
    ({"column": "invoiced_at", "every": "year"}, Outcome.PASSED, "1 of 1 are there"),
]


@pytest.mark.requirement("QUA-09")
@pytest.mark.parametrize(
    ("entry", "outcome", "observed"), COVERAGE, ids=[f"{o} {s}" for _, o, s in COVERAGE]
)
def test_required_coverage_lists_its_gaps(
    judge: Judge, entry: dict[str, Any], outcome: Outcome, observed: str
) -> None:
    found = judge("requiredCoverage", entry)

    assert (found.outcome, found.observed) == (outcome, observed)
    assert (found.strategy_dimension, found.framework_dimension) == ("relevance", "completeness")


def test_gaps_of_a_personal_column_are_counted_and_not_named(judge: Judge) -> None:
    def mark(document: dict[str, Any]) -> None:
        personal = {"property": "personalData", "value": {"category": "location"}}
        document["schema"][0]["properties"][2]["customProperties"] = [personal]

    found = judge("requiredCoverage", {"column": "country", "values": ["DE"]}, change=mark)

    assert (found.outcome, found.observed) == (Outcome.FAILED, "0 of 1 are there")


def test_an_empty_population_requires_nothing_and_is_not_assessed(judge: Judge) -> None:
    entry = {"column": "country", "port": "reference.countries", "key": "code", "where": "false"}

    found = judge("requiredCoverage", entry)

    assert found.outcome is Outcome.UNCHECKED
    assert found.detail == "Not assessed: the required population is empty."


FAULTS: list[tuple[str, Any, str]] = [
    ("controlTotals", "all", "is not a list."),
    ("controlTotals", ["all"], "is not a mapping."),
    ("controlTotals", [{"name": "x", "source": "a.b", "total": "1"}], "lacks `published`."),
    ("controlTotals", [{"name": "x", **TOTAL, "source": "b"}], "`b` is neither a source system's"),
    ("controlTotals", [{"name": "x", **TOTAL, "tolerancePercent": -1}], "`-1` is no number"),
    ("controlTotals", [{"name": "x", **TOTAL, "severity": "bad"}], "`bad` is not a severity."),
    ("controlTotals", [{"name": "x", **TOTAL, "margin": 2}], "has `margin`."),
    ("requiredCoverage", [{"name": "x", "column": "no", "values": [1]}], "`no` is not a column"),
    ("requiredCoverage", [{"name": "x", "column": "country"}], "has 0 forms of coverage."),
    (
        "requiredCoverage",
        [{"name": "x", "column": "country", "values": []}],
        "is not a list with values.",
    ),
    (
        "requiredCoverage",
        [{"name": "x", "column": "invoiced_at", "every": "fortnight"}],
        "`fortnight` is not a period.",
    ),
    (
        "requiredCoverage",
        [{"name": "x", "column": "invoiced_at", "every": "day", "from": "May"}],
        "`May` is not a day.",
    ),
    (
        "requiredCoverage",
        [{"name": "x", "column": "country", "port": "reference.countries"}],
        "is missing.",
    ),
]


@pytest.mark.parametrize(("name", "value", "fault"), FAULTS, ids=[fault for _, _, fault in FAULTS])
def test_a_declaration_that_is_not_understood_is_refused(
    document: dict[str, Any], write: Callable[..., Path], name: str, value: Any, fault: str
) -> None:
    document["customProperties"].append({"property": name, "value": value})

    (found,) = faults_in(write(document))

    assert found.path.startswith(f"customProperties.{name}")
    assert found.fault.startswith(fault)


def test_every_declared_entry_is_one_promise_and_names_what_it_reads(contract_with: Any) -> None:
    def declare(document: dict[str, Any]) -> None:
        document["customProperties"] += [
            {"property": "controlTotals", "value": [{"name": "a", **TOTAL}]},
            {
                "property": "requiredCoverage",
                "value": [{"name": "b", "column": "country", "port": "reference.countries",
                           "key": "code"}],
            },
        ]  # fmt: skip
        rule = {"type": "sql", "query": "select count(*) from {finance.orders}", "mustBe": 1}
        document["schema"][0]["quality"] = [rule]

    contract = contract_with(declare)

    ids = [check.id for check in checks_for(contract)]
    assert ids[-2:] == ["customProperties.controlTotals[0]", "customProperties.requiredCoverage[0]"]
    assert named_ports(contract) == ("finance.orders", "ledger_system.lines", "reference.countries")
