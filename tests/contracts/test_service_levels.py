"""Each service level is kept by one history and broken by another, and unchecked without facts."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.checks import CheckKind, checks_for
from contracts.level_promises import unknown_level_hints
from contracts.model import Contract
from contracts.service_history import (
    Alert,
    Attempt,
    Probe,
    Publication,
    ServiceHistory,
    incidents_of,
)
from contracts.service_levels import (
    NAMES,
    Period,
    read_end,
    read_period,
    read_retention_mode,
    read_share,
    read_time_of_day,
)
from contracts.verdict import CheckResult, Outcome

Results = Callable[..., dict[str, CheckResult]]
Document = dict[str, Any]
NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)  # a Saturday, at which the contracts' checks run
ID = "slaProperties[2]"


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def level(name: str, value: Any, unit: str | None = None, **more: Any) -> Callable[[Document], Any]:
    words = {"property": name, "value": value, **({"unit": unit} if unit else {}), **more}
    return lambda document: document["slaProperties"].append(words)


def published(*moments: datetime, rows: int = 100) -> ServiceHistory:
    return ServiceHistory(publications=publications(*moments, rows=rows))


def publications(*moments: datetime, rows: int = 100) -> tuple[Publication, ...]:
    return tuple(Publication(number, at, rows) for number, at in enumerate(moments))


def incident(
    *, begun: datetime | None, found: datetime, told: datetime | None, mended: datetime | None
) -> ServiceHistory:
    return ServiceHistory(
        publications=publications(ago(days=80), *([mended] if mended else [])),
        attempts=(Attempt("c1", found, failed=True, begun_at=begun),),
        alerts=(Alert("c1", told),) if told else (),
    )


def looks(*seen: tuple[datetime, bool]) -> ServiceHistory:
    return ServiceHistory(
        publications=publications(ago(days=10)),
        probes=tuple(Probe(at, is_readable) for at, is_readable in seen),
    )


FOUND = ago(days=5)
# case: (change to the contract, history that keeps it, history that breaks it, what is told then)
CASES: dict[str, tuple[Callable[[Document], Any], ServiceHistory, ServiceHistory, str]] = {
    "frequency": (
        level("FREQUENCY", 1, "w"),
        published(ago(days=30), ago(days=6)),
        published(ago(days=30), ago(days=20), ago(days=8)),
        "8 days since the last version; longest of 2 intervals before: 12 days",
    ),
    "frequency in the future": (
        level("frequency", 1, "w"),
        published(NOW),
        published(ago(days=-1)),
        "published in the future, 2024-06-16 12:00+00:00",
    ),
    "availability": (
        level("availability", 80, "percent"),
        looks((ago(days=4), False), (ago(days=2), True)),
        looks((ago(days=4), False), (ago(days=1), True)),
        "70 percent of 10 days",
    ),
    "availability while it is down": (
        level("Availability", "99.5%"),
        looks((ago(days=4), True)),
        looks((ago(days=4), True), (ago(hours=12), False)),
        "95 percent of 10 days",
    ),
    "errorRate": (
        level("errorRate", 50, "%"),
        ServiceHistory(attempts=(Attempt("a", FOUND, True), Attempt("b", FOUND, False))),
        ServiceHistory(attempts=(Attempt("a", FOUND, True), Attempt("b", FOUND, True))),
        "100 percent: 2 of 2 attempts failed",
    ),
    "throughput": (
        level("throughput", 20, "rows/d"),
        published(ago(days=10), ago(days=5)),
        published(ago(days=20), ago(days=5)),
        "10 rows a day over 20 days",
    ),
    "timeOfAvailability": (
        level("timeOfAvailability", "09:00 Europe/London"),
        published(datetime(2024, 6, 10, 7, 59, tzinfo=UTC), datetime(2024, 6, 10, 11, tzinfo=UTC)),
        published(datetime(2024, 6, 10, 8, 30, tzinfo=UTC)),
        "late on 1 of 1 day with a version, at 09:30 at the latest",
    ),
    "timeOfAvailability with an offset": (
        level("timeOfAvailability", "09:00-08:00"),
        published(datetime(2024, 6, 10, 17, tzinfo=UTC)),
        published(datetime(2024, 6, 10, 17, 1, tzinfo=UTC)),
        "late on 1 of 1 day with a version, at 09:01 at the latest",
    ),
    "generalAvailability": (
        level("generalAvailability", "2024-06-01"),
        published(datetime(2024, 6, 1, 23, tzinfo=UTC)),
        published(datetime(2024, 6, 2, 0, 0, tzinfo=UTC)),
        "first published 2024-06-02 00:00+00:00",
    ),
    "generalAvailability of nothing": (
        level("generalAvailability", "2024-06-01T09:00:00+01:00"),
        published(datetime(2024, 6, 1, 7, 59, tzinfo=UTC)),
        ServiceHistory(),
        "nothing has been published",
    ),
    "timeToDetect": (
        level("timeToDetect", 1, "h"),
        incident(begun=FOUND - timedelta(minutes=59), found=FOUND, told=None, mended=None),
        incident(begun=FOUND - timedelta(minutes=61), found=FOUND, told=None, mended=None),
        "longest 1 hour; too long in 1 of 1 incident",
    ),
    "timeToNotify": (
        level("timeToNotify", 1, "h"),
        incident(begun=None, found=FOUND, told=FOUND + timedelta(hours=1), mended=None),
        incident(begun=None, found=FOUND, told=FOUND + timedelta(hours=2), mended=None),
        "longest 2 hours; too long in 1 of 1 incident",
    ),
    "timeToNotify of an owner who was never told": (
        level("timeToNotify", 1, "d"),
        incident(begun=None, found=ago(hours=20), told=None, mended=None),
        incident(begun=None, found=FOUND, told=None, mended=None),
        "longest 5 days; too long in 1 of 1 incident",
    ),
    "timeToRepair": (
        level("timeToRepair", 3, "d"),
        incident(begun=None, found=FOUND, told=None, mended=FOUND + timedelta(days=3)),
        incident(begun=None, found=FOUND, told=None, mended=FOUND + timedelta(days=4)),
        "longest 4 days; too long in 1 of 1 incident",
    ),
    "timeToRepair of what is still broken": (
        level("timeToRepair", 6, "d"),
        incident(begun=None, found=FOUND, told=None, mended=None),
        incident(begun=None, found=ago(days=7), told=None, mended=None),
        "longest 7 days; too long in 1 of 1 incident",
    ),
}


@pytest.mark.requirement("QUA-08")
@pytest.mark.parametrize("case", CASES)
def test_a_history_that_keeps_a_level_passes(case: str, check: Results) -> None:
    change, kept, _, _ = CASES[case]

    found = check(change, history=kept)[ID]

    assert found.outcome is Outcome.PASSED, (found.observed, found.detail)
    assert found.observed


@pytest.mark.requirement("QUA-08")
@pytest.mark.parametrize("case", CASES)
def test_a_history_that_breaks_a_level_fails(case: str, check: Results) -> None:
    change, _, broken, observed = CASES[case]

    found = check(change, history=broken)[ID]

    assert (found.outcome, found.observed) == (Outcome.FAILED, observed)
    assert not found.is_blocking  # a service level is a warning


NOTHING = {
    "frequency": "Nothing has been published yet, so there is no interval to measure.",
    "availability": "It has not been served for any time yet.",
    "errorRate": "No attempt of the last 90 days is on record.",
    "throughput": "Nothing has been published yet, so no rate is known.",
    "timeOfAvailability": "No version of the last 90 days shows when it came.",
    "timeToDetect": "No incident of the last 90 days is on record.",
    "timeToNotify": "No incident of the last 90 days is on record.",
    "timeToRepair": "No incident of the last 90 days is on record.",
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_level_without_facts_is_unchecked_and_says_what_is_missing(
    name: str, check: Results
) -> None:
    found = check(CASES[name][0], history=ServiceHistory())[ID]

    assert (found.outcome, found.detail) == (Outcome.UNCHECKED, NOTHING[name])


@pytest.mark.parametrize("name", [*NOTHING, "generalAvailability"])
def test_a_level_is_unchecked_where_the_history_is_not_given(name: str, check: Results) -> None:
    found = check(CASES[name][0])[ID]

    assert (found.outcome, found.detail) == (
        Outcome.UNCHECKED,
        "What the platform recorded of this port is not known to this check.",
    )


def test_an_incident_that_says_not_when_it_began_is_not_measured(check: Results) -> None:
    history = incident(begun=None, found=FOUND, told=None, mended=None)

    found = check(level("timeToDetect", 1, "h"), history=history)[ID]

    assert found.detail == "No incident's record says when its candidate was written."


def test_nothing_is_due_before_the_day_of_general_availability(check: Results) -> None:
    found = check(level("generalAvailability", "2024-07-01"), history=ServiceHistory())[ID]

    assert (found.outcome, found.detail) == (
        Outcome.UNCHECKED,
        "Nothing has been published yet, and nothing is due before 2024-07-02.",
    )


@pytest.mark.parametrize(
    ("name", "day", "outcome", "blocks"),
    [
        ("endOfSupport", "2024-06-15", Outcome.PASSED, False),
        ("endOfSupport", "2024-06-14", Outcome.FAILED, False),
        ("endOfLife", "2024-06-15", Outcome.PASSED, False),
        ("endOfLife", "2024-06-14", Outcome.FAILED, True),
        ("endoflife", "2024-06-15T13:00:00+02:00", Outcome.FAILED, True),
    ],
)
def test_the_calendar_ends_support_and_life(
    name: str, day: str, outcome: Outcome, blocks: bool, check: Results
) -> None:
    found = check(level(name, day))[ID]

    assert (found.outcome, found.is_blocking) == (outcome, blocks)
    is_end = name.lower() == "endoflife"
    assert found.kind == (CheckKind.END_OF_LIFE if is_end else CheckKind.SERVICE_LEVEL).value


# Retention: rows are of 10 to 14 June 2024, one every hour back from midnight of the 14th.


def retention(mode: str | None, value: int, unit: str, element: str) -> Callable[[Document], Any]:
    def change(document: Document) -> None:
        entry = document["slaProperties"][1]
        entry.update(value=value, unit=unit, element=element)
        if mode is not None:
            entries = document["customProperties"]
            entries.append({"property": "retentionMode", "value": mode})

    return change


KEPT = "slaProperties[1]"


@pytest.mark.parametrize("element", ["invoiced_at", "invoices.invoiced_at"])
def test_rows_that_are_kept_too_long_fail_where_they_must_be_deleted(
    element: str, check: Results
) -> None:
    change = retention("deleteAfter", 4, "d", element)

    found = check(change)[KEPT]

    assert (found.outcome, found.failing_rows) == (Outcome.FAILED, 40)
    assert found.observed == ("40 rows past the time to keep them; the oldest is of 2024-06-09")
    assert found.expected == "none older than 4 days"


def test_rows_that_are_deleted_in_time_pass(check: Results) -> None:
    found = check(retention("deleteAfter", 1, "m", "invoiced_at"))[KEPT]

    assert (found.outcome, found.observed) == (Outcome.PASSED, "the oldest is of 2024-06-09")


BEFORE = "CREATE TABLE earlier AS SELECT TIMESTAMPTZ '{}' AS invoiced_at"


@pytest.mark.parametrize(
    ("oldest", "outcome"),
    [
        ("2024-06-01 00:00:00+00", Outcome.FAILED),  # owed for a month, and gone
        ("2024-06-12 00:00:00+00", Outcome.PASSED),  # this version goes further back
        ("2024-05-01 00:00:00+00", Outcome.PASSED),  # its time was over
    ],
)
def test_rows_must_be_kept_for_their_time(oldest: str, outcome: Outcome, check: Results) -> None:
    change = retention(None, 1, "m", "invoiced_at")

    history = ServiceHistory(earlier="earlier")
    found = check(change, BEFORE.format(oldest), history=history)[KEPT]

    assert found.outcome is outcome, found.observed
    assert found.expected == "kept at least 1 month"


def test_a_first_version_has_nothing_that_went(check: Results) -> None:
    found = check(retention(None, 1, "m", "invoiced_at"), history=ServiceHistory())[KEPT]

    assert (found.outcome, found.observed) == (
        Outcome.PASSED,
        "goes back to 2024-06-09; no version before has rows that were still to be kept",
    )


@pytest.mark.parametrize("mode", ["keepAtLeast", "deleteAfter"])
def test_an_empty_table_keeps_no_retention_promise(mode: str, check: Results) -> None:
    change = retention(mode, 1, "m", "invoiced_at")

    found = check(change, "DELETE FROM main.invoices", history=ServiceHistory())[KEPT]

    assert (found.outcome, found.detail) == (
        Outcome.UNCHECKED,
        "`invoiced_at` has no value that an age could be taken from.",
    )


def test_a_table_that_was_emptied_breaks_its_retention(check: Results) -> None:
    change = retention(None, 1, "m", "invoiced_at")
    statements = (BEFORE.format("2024-06-12 00:00:00+00"), "DELETE FROM main.invoices")

    found = check(change, *statements, history=ServiceHistory(earlier="earlier"))[KEPT]

    assert found.outcome is Outcome.FAILED


def test_every_column_of_a_list_is_measured(check: Results) -> None:
    def change(document: Document) -> None:
        column = {**document["schema"][0]["properties"][3], "name": "paid_at"}
        document["schema"][0]["properties"].append(column)
        level("freshness", 2, "d", element="invoiced_at, invoices.paid_at")(document)

    add = "ALTER TABLE main.invoices ADD COLUMN paid_at TIMESTAMPTZ"
    late = check(change, add, "UPDATE main.invoices SET paid_at = '2024-06-01 00:00:00+00'")[ID]

    assert late.outcome is Outcome.FAILED
    assert late.observed == "14 days old (newest 2024-06-01 00:00+00:00)"


def test_a_column_that_has_no_dates_is_an_error(check: Results) -> None:
    change = "ALTER TABLE main.invoices ALTER invoiced_at TYPE VARCHAR"

    found = check(level("freshness", 2, "d", element="invoiced_at"), change)[ID]

    assert (found.outcome, found.detail) == (
        Outcome.ERROR,
        "`invoiced_at` has the type varchar, which has no age.",
    )


@pytest.mark.requirement("QUA-08")
@pytest.mark.parametrize(
    ("zone", "outcome"), [("UTC", Outcome.FAILED), ("Europe/London", Outcome.PASSED)]
)
def test_a_time_without_a_zone_is_in_the_declared_one(
    zone: str, outcome: Outcome, check: Results
) -> None:
    def change(document: Document) -> None:
        column = document["schema"][0]["properties"][3]
        column["physicalType"] = "timestamp"
        column["logicalTypeOptions"] = {"defaultTimezone": zone}
        level("freshness", 2, "d", element="invoiced_at")(document)

    local = "ALTER TABLE main.invoices ALTER invoiced_at TYPE TIMESTAMP USING TIMESTAMP {}"
    found = check(change, local.format("'2024-06-15 12:30:00'"))[ID]

    assert found.outcome is outcome  # 12:30 in London is 11:30 UTC; in UTC it has not been yet
    if outcome is Outcome.FAILED:
        assert found.failing_rows == 100


def test_a_default_zone_that_is_none_is_an_error(check: Results) -> None:
    def change(document: Document) -> None:
        column = document["schema"][0]["properties"][3]
        column["physicalType"] = "timestamp"
        column["logicalTypeOptions"] = {"defaultTimezone": "Mars/Olympus"}
        level("freshness", 2, "d", element="invoiced_at")(document)

    naive = "ALTER TABLE main.invoices ALTER invoiced_at TYPE TIMESTAMP"

    assert check(change, naive)[ID].detail == (
        "`invoiced_at` has the default time zone `Mars/Olympus`, which is none. "
        "Write one as in `Europe/London`."
    )


def test_an_unknown_level_is_unchecked_with_a_hint(
    check: Results, contract_with: Callable[..., Contract]
) -> None:
    found = check(level("carbonPerQuery", 2, "g"))[ID]
    contract = contract_with(lambda document: None)

    assert found.outcome is Outcome.UNCHECKED
    assert found.detail is not None
    assert found.detail.startswith("`carbonPerQuery` is not a service level that ODCS names.")
    assert list(unknown_level_hints(contract)) == [
        "slaProperties[2].property: `carbonPerQuery` is not a service level that ODCS names. "
        f"ODCS names {', '.join(NAMES)}. It stays unchecked."
    ]


def test_every_level_of_odcs_has_a_case() -> None:
    measured = {name.split(" ")[0] for name in CASES}
    elsewhere = {"freshness", "latency", "retention", "endOfSupport", "endOfLife"}

    assert set(NAMES) == measured | elsewhere


# Incidents


def test_failed_attempts_between_two_versions_are_one_incident() -> None:
    attempts = (
        Attempt("c1", ago(days=9), failed=True, begun_at=ago(days=9, minutes=5)),
        Attempt("c2", ago(days=8), failed=True),
        Attempt("c3", ago(days=7), failed=False),
        Attempt("c4", ago(days=3), failed=True),
    )
    alerts = (Alert("c2", ago(days=8)), Alert("c4", ago(days=20)), Alert("other", ago(days=9)))

    first, second = incidents_of(publications(ago(days=10), ago(days=7)), attempts, alerts)

    assert (first.opened_at, first.subjects) == (ago(days=9), ("c1", "c2"))
    assert (first.begun_at, first.notified_at) == (ago(days=9, minutes=5), ago(days=8))
    assert first.closed_at == ago(days=7)
    assert (second.notified_at, second.closed_at) == (None, None)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2024, 3, 1), timezones=st.just(UTC))


@given(st.lists(MOMENTS, max_size=8, unique=True), st.lists(MOMENTS, max_size=8, unique=True))
def test_every_failed_attempt_is_in_exactly_one_incident(
    commits: list[datetime], failures: list[datetime]
) -> None:
    attempts = [Attempt(str(at), at, failed=True) for at in failures]

    incidents = incidents_of(publications(*sorted(commits)), attempts, ())

    named = [subject for each in incidents for subject in each.subjects]
    assert sorted(named) == sorted(map(str, failures))
    for each in incidents:
        assert not any(
            each.opened_at < commit < (each.closed_at or datetime.max.replace(tzinfo=UTC))
            for commit in commits
        )


# The calendar

UNITS = st.sampled_from(["second", "minute", "hour", "day", "week", "month", "year"])
DAYS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@pytest.fixture(scope="module")
def calendar() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that is asked for dates."""
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


@settings(max_examples=200)
@given(DAYS, st.integers(1, 400), UNITS)
def test_a_period_lies_ahead_and_duckdb_agrees_on_it(
    calendar: duckdb.DuckDBPyConnection, moment: datetime, count: int, unit: str
) -> None:
    period = Period(count, unit)

    found = period.after(moment)

    assert found > moment
    shown = moment.replace(tzinfo=None).isoformat(sep=" ")
    rows = calendar.execute(f"SELECT TIMESTAMP '{shown}' + {period.interval()}").fetchall()
    assert rows == [(found.replace(tzinfo=None),)]


@given(DAYS, DAYS, st.integers(1, 60), UNITS)
def test_a_later_day_is_never_over_earlier(
    one: datetime, other: datetime, count: int, unit: str
) -> None:
    period = Period(count, unit)
    first, second = sorted([one, other])

    assert period.after(first) <= period.after(second)


@given(DAYS, st.integers(1, 600))
def test_a_month_later_is_the_same_day_or_the_months_last(moment: datetime, months: int) -> None:
    found = Period(months, "month").after(moment)

    next_day = found + timedelta(days=1)
    assert found.day == moment.day or (found.day < moment.day and next_day.day == 1)
    assert (found.year * 12 + found.month) - (moment.year * 12 + moment.month) == months


@given(st.dates(date(1950, 1, 1), date(2150, 1, 1)))
def test_a_named_day_ends_when_the_next_begins(day: date) -> None:
    end = read_end(day.isoformat())

    assert end is not None
    assert (end - timedelta(microseconds=1)).date() == day
    assert end.date() == day + timedelta(days=1)


@given(st.times(), st.sampled_from(["Europe/London", "Asia/Kolkata", "UTC"]))
def test_a_time_of_day_is_read_with_its_zone(clock: Any, zone: str) -> None:
    found = read_time_of_day(f"{clock:%H:%M}", zone)

    assert found is not None
    local = found.on(date(2024, 7, 1)).astimezone(ZoneInfo(zone))
    assert f"{local:%H:%M}" == f"{clock:%H:%M}"


@pytest.mark.parametrize("text", ["09:00", "25:00Z", "nine", "09:00 Mars/Olympus", "09:00+99:00"])
def test_a_time_without_a_zone_is_no_promise(text: str) -> None:
    assert read_time_of_day(text, None) is None


def test_values_that_are_none_are_not_guessed() -> None:
    assert read_share(101, "percent") is None
    assert read_share(5, "kg") is None
    assert read_end("soon") is None
    assert read_period(3, "moons") is None
    assert read_retention_mode({"retentionMode": "sometimes"}) is None
    assert read_retention_mode({"retention": {"mode": "DELETEAFTER"}}) == "deleteAfter"


def test_a_level_names_its_title_by_what_the_author_said(
    contract_with: Callable[..., Contract],
) -> None:
    contract = contract_with(level("availability", 99, description="Open on most days"))

    assert [check.title for check in checks_for(contract) if check.id == ID] == [
        "Open on most days"
    ]
