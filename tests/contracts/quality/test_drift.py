"""QUA-07: what differs from the versions before is told with the range that was expected."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checked_table import checked_table
from contracts.file_statistics import ColumnStatistics, TableStatistics
from contracts.model import Contract
from contracts.quality.bands import MINIMUM_VERSIONS, band
from contracts.quality.drift import Earlier, drift_results
from contracts.quality.drift_bounds import DriftBounds, bounds_of
from contracts.quality.profiles import (
    ColumnProfile,
    Profile,
    ProfileSource,
    from_document,
    profile_of,
    to_document,
)
from contracts.quality.stability import mean_shift, stability_index
from contracts.verdict import CheckResult, Outcome

ROWS = """(
    SELECT i::BIGINT AS invoice_id, (i % 97 * {factor})::DECIMAL(18,2) AS amount,
           CASE WHEN i % 10 < {empty} THEN NULL ELSE ['GB', 'FR', 'DE'][i % {kinds} + 1] END AS country,
           TIMESTAMPTZ '2024-06-14 00:00:00+00' - INTERVAL (i) HOUR AS invoiced_at
    FROM range({rows}) numbers(i)
)"""  # noqa: E501

Taken = Callable[..., Profile]


@pytest.fixture
def taken(contract_with: Any) -> Taken:
    """The profile of invoices after changes to the rows or to the contract."""
    contract: Contract = contract_with(lambda document: None)

    def profile(rows: int = 1000, factor: int = 1, empty: int = 1, kinds: int = 3) -> Profile:
        relation = ROWS.format(rows=rows, factor=factor, empty=empty, kinds=kinds)
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            types = {row[0]: row[1] for row in described}
            return profile_of(connection, ProfileSource(relation, rows, types), contract)

    return profile


def outcomes(results: tuple[CheckResult, ...]) -> dict[str, Outcome]:
    return {each.check_id.removeprefix("observed."): each.outcome for each in results}


def the(results: tuple[CheckResult, ...], name: str) -> CheckResult:
    return next(each for each in results if each.check_id == f"observed.{name}")


def judged(now: Profile, *before: Profile, **bounds: Any) -> tuple[CheckResult, ...]:
    return drift_results(now, Earlier(before[0] if before else None, before), DriftBounds(**bounds))


@pytest.mark.requirement("QUA-07")
def test_a_first_version_is_not_assessed_and_says_why(taken: Taken) -> None:
    results = judged(taken())

    assert {each.outcome for each in results} == {Outcome.UNCHECKED}
    assert the(results, "drift.volume").detail == "Not assessed: 0 versions of history, needs 4."
    assert the(results, "stability.volume").detail == "Not assessed: nothing was served before."
    assert not any(each.is_blocking for each in results)


@pytest.mark.requirement("QUA-07")
def test_a_version_like_those_before_passes_every_comparison(taken: Taken) -> None:
    results = judged(taken(1010), *(taken(1000 + n) for n in range(MINIMUM_VERSIONS)))

    assert set(outcomes(results).values()) == {Outcome.PASSED}


@pytest.mark.requirement("QUA-07")
@pytest.mark.parametrize(
    ("changes", "broken", "observed"),
    [
        ({"rows": 400}, {"drift.volume", "stability.volume"}, "400 rows, 1,000 before"),
        ({"empty": 3}, {"drift.nulls", "stability.nulls"}, "`country` moved by 20.0 points"),
        (
            {"factor": 40},
            {"stability.means", "stability.distribution"},
            "`amount` has the index",
        ),
        ({"kinds": 1}, {"stability.distribution"}, "`country` has the index"),
    ],
    ids=["fewer rows", "more empty values", "larger amounts", "one country only"],
)
def test_a_change_is_told_where_it_shows(
    taken: Taken, changes: dict[str, int], broken: set[str], observed: str
) -> None:
    before = [taken() for _ in range(MINIMUM_VERSIONS)]

    results = judged(taken(**changes), *before)

    failed = {name for name, outcome in outcomes(results).items() if outcome is Outcome.FAILED}
    assert failed == broken
    assert any(observed in (each.observed or "") for each in results)
    assert all(each.severity.value == "warning" for each in results)


@pytest.mark.requirement("QUA-07")
def test_the_expected_range_is_told(taken: Taken) -> None:
    before = [taken(rows) for rows in (1000, 1020, 980, 1010)]

    volume = the(judged(taken(400), *before), "drift.volume")

    assert volume.outcome is Outcome.FAILED
    assert volume.expected == "from 904 to 1,106 rows, as 4 versions had"
    assert volume.observed == "400 rows"


@pytest.mark.requirement("QUA-07")
def test_a_column_that_comes_goes_or_changes_type_is_told(taken: Taken) -> None:
    before = taken()
    columns = {
        **before.columns,
        "extra": ColumnProfile("VARCHAR"),
        "amount": ColumnProfile("DOUBLE"),
    }
    del columns["country"]

    schema = the(judged(replace(before, columns=columns), before), "drift.schema")

    assert schema.outcome is Outcome.FAILED
    assert schema.observed == (
        "`extra` is new; `country` is gone; `amount` was decimal(18,2) and is double"
    )


def test_a_contract_may_declare_tighter_bounds(taken: Taken, contract_with: Any) -> None:
    drift = {"leastVolumePercent": 99, "minimumVersions": 2}
    contract = contract_with(
        lambda d: d["customProperties"].append({"property": "drift", "value": drift})
    )
    bounds = bounds_of(contract)

    results = drift_results(taken(980), Earlier(taken(), (taken(), taken())), bounds)

    assert (bounds.least_volume, bounds.minimum_versions) == (0.99, 2)
    assert outcomes(results)["stability.volume"] is Outcome.FAILED
    assert outcomes(results)["drift.volume"] is Outcome.PASSED


def test_keys_times_and_personal_columns_have_no_distribution(
    contract_with: Any, taken: Taken
) -> None:
    def mark(document: dict[str, Any]) -> None:
        personal = {"property": "personalData", "value": {"category": "location"}}
        document["schema"][0]["properties"][2]["customProperties"] = [personal]

    contract = contract_with(mark)
    types = {name: each.type for name, each in taken().columns.items()}
    with duckdb.connect() as connection:
        source = ProfileSource(ROWS.format(rows=50, factor=1, empty=1, kinds=3), 50, types)
        found = profile_of(connection, source, contract)

    for name in ("invoice_id", "country", "invoiced_at"):
        column = found.columns[name]
        assert column.mean is None and column.deciles is None and column.categories is None
    assert found.columns["country"].null_share == pytest.approx(0.1)
    assert found.columns["country"].distinct == 3
    assert found.columns["amount"].mean is not None


def test_no_value_stands_in_a_profile(taken: Taken) -> None:
    text = json.dumps(to_document(taken()))

    assert "GB" not in text and "FR" not in text


def test_a_profile_survives_json(taken: Taken) -> None:
    profile = taken()

    assert from_document(json.loads(json.dumps(to_document(profile)))) == profile


def test_exact_null_counts_of_the_files_win_over_the_sample(contract_with: Any) -> None:
    contract = contract_with(lambda document: None)
    relation = ROWS.format(rows=100, factor=1, empty=1, kinds=3)
    statistics = TableStatistics(1_000_000, {"amount": ColumnStatistics(nulls=250_000)})
    types = {"invoice_id": "BIGINT", "amount": "DECIMAL(18,2)"}

    with duckdb.connect() as connection:
        source = ProfileSource(relation, 1_000_000, types, statistics)
        found = profile_of(connection, source, contract)

    assert found.columns["amount"].null_share == 0.25
    assert found.is_sample


def test_an_empty_version_has_a_profile_and_compares_nothing(taken: Taken) -> None:
    results = judged(taken(0), taken())

    assert outcomes(results)["stability.volume"] is Outcome.FAILED
    assert outcomes(results)["stability.distribution"] is Outcome.UNCHECKED


figures = st.lists(st.integers(0, 10**9).map(float), min_size=MINIMUM_VERSIONS, max_size=12)


@given(figures, st.integers(0, 10**6).map(float))
def test_a_band_holds_its_own_middle_and_needs_enough_history(
    history: list[float], floor: float
) -> None:
    found = band(history, floor)

    assert found is not None
    assert found.holds(sorted(history)[len(history) // 2]) or len(history) % 2 == 0
    assert found.high - found.low >= 2 * floor * 0.999
    assert band(history[: MINIMUM_VERSIONS - 1], floor) is None


def test_steady_growth_stays_within_its_band() -> None:
    growing = [1000.0 + 100 * step for step in range(9)]

    expected = band(growing[:-1], 0.1 * 1400)

    assert expected is not None and expected.holds(growing[-1])


deciles = st.lists(st.floats(-1e6, 1e6), min_size=11, max_size=11).map(sorted).map(tuple)


@given(deciles, deciles)
def test_the_stability_index_is_never_negative_and_nought_for_the_same(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    before = ColumnProfile("DOUBLE", filled=10**6, mean=0.0, deciles=one)
    now = ColumnProfile("DOUBLE", filled=10**6, mean=0.0, deciles=other)

    assert stability_index(before, before) == 0
    found = stability_index(before, now)
    assert found is not None and found >= 0


def test_a_mean_of_a_constant_column_is_not_compared() -> None:
    constant = ColumnProfile("DOUBLE", filled=500, mean=3.0, deciles=(3.0,) * 11)

    assert mean_shift(constant, constant) is None


def test_a_few_values_are_no_distribution(taken: Taken) -> None:
    results = judged(taken(60, factor=3), taken(60))

    assert outcomes(results)["stability.distribution"] is Outcome.UNCHECKED
    assert outcomes(results)["stability.means"] is Outcome.UNCHECKED


def test_two_draws_of_one_distribution_are_alike(contract_with: Any) -> None:
    contract = contract_with(lambda document: None)
    drawn = (
        "(SELECT (hash(i) % 1000)::DECIMAL(18,2) AS amount, 'c' || hash(i, 1) % 30 AS country "
        "FROM range({low}, {low} + 300) numbers(i))"
    )
    types = {"amount": "DECIMAL(18,2)", "country": "VARCHAR"}
    with duckdb.connect() as connection:
        profiles = [
            profile_of(connection, ProfileSource(drawn.format(low=low), 300, types), contract)
            for low in range(0, 6000, 300)
        ]

    indexes = [
        stability_index(profiles[0].columns[name], each.columns[name])
        for each in profiles[1:]
        for name in types
    ]

    assert max(index for index in indexes if index is not None) < 0.25


def test_bounds_are_wider_for_a_sample(taken: Taken) -> None:
    counted = replace(taken(empty=2), rows=60_000)
    columns = {name: replace(each, is_exact=False) for name, each in counted.columns.items()}
    sampled = replace(counted, columns=columns)

    found = the(judged(sampled, taken()), "stability.nulls")

    assert found.outcome is Outcome.PASSED
    assert (found.observed or "").endswith("by a sample of 1,000 rows")
    assert outcomes(judged(counted, taken()))["stability.nulls"] is Outcome.FAILED


def test_hashes_of_another_engine_are_not_compared(taken: Taken) -> None:
    older = replace(taken(), hashed_by="1.0.0")

    assert outcomes(judged(taken(), older))["stability.distribution"] is Outcome.UNCHECKED


BAD_BOUNDS: list[tuple[Any, str]] = [
    ("tight", "is not a mapping."),
    ({"volume": 3}, "is no bound."),
    ({"stabilityIndex": -1}, "`-1` is no number from 0 to 100."),
    ({"stabilityIndex": "much"}, "`much` is no number from 0 to 100."),
    ({"minimumVersions": True}, "`True` is no number from 2 to 100."),
]


@pytest.mark.parametrize(("value", "fault"), BAD_BOUNDS, ids=[fault for _, fault in BAD_BOUNDS])
def test_bounds_that_are_none_are_refused(
    document: dict[str, Any], write: Any, value: Any, fault: str
) -> None:
    from contracts.documents import faults_in

    document["customProperties"].append({"property": "drift", "value": value})

    assert [each.fault for each in faults_in(write(document))] == [fault]


def test_the_view_of_a_check_is_left_as_it_was(contract_with: Any) -> None:
    contract = contract_with(lambda document: None)
    relation = ROWS.format(rows=5, factor=1, empty=1, kinds=3)
    with duckdb.connect() as connection:
        with checked_table(connection, relation, contract.table, False, None) as table:
            types = dict(table.columns)
        profile_of(connection, ProfileSource(relation, 5, types), contract)

        assert connection.execute("SHOW TABLES").fetchall() == []
