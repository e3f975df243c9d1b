"""What is unusual is told from the log: volume, hour, refusals, planted rows; nothing else is."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from marketplace.access.anomalies import AnomalyKind, anomalies
from marketplace.access.model import AuditRecord

NOW = datetime(2026, 4, 6, 11, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=2)
PORT = "commercial.payments"
_numbers = count(1)


def ran(at: datetime, rows: int = 10, outcome: str = "done", **more: object) -> AuditRecord:
    details = {"ports": [PORT], "rows": rows, **more}
    return AuditRecord(next(_numbers), at, "ada", "query.run", PORT, outcome, details, "", "")


def days_of(rows: int, days: int = 20, a_day: int = 1) -> list[AuditRecord]:
    return [
        ran(NOW - timedelta(days=days + 2 - day), rows // a_day)
        for day in range(days)
        for _ in range(a_day)
    ]


def kinds(records: list[AuditRecord]) -> list[AnomalyKind]:
    return [each.kind for each in anomalies(records, SINCE)]


@pytest.mark.requirement("SEC-05")
def test_ten_times_the_usual_volume_is_unusual():
    usual = days_of(8_000)

    (found,) = anomalies([*usual, ran(NOW, 60_000), ran(NOW, 30_000)], SINCE)

    assert found.kind is AnomalyKind.VOLUME
    assert found.sentence == "read 90,000 rows in a day, where more than 80,000 is unusual"
    assert found.facts == {"rows": 90_000, "limit": 80_000, "usual": 8_000, "days_known": 20}
    assert (found.ports, len(found.sequences)) == ((PORT,), 2)
    assert kinds([*usual, ran(NOW, 80_000)]) == []


def test_little_is_never_an_unusual_volume():
    assert kinds([*days_of(10), ran(NOW, 50_000)]) == []
    assert kinds([*days_of(10), ran(NOW, 50_001)]) == [AnomalyKind.VOLUME]


def test_somebody_new_is_held_against_a_fixed_volume():
    assert kinds([ran(NOW, 500_000)]) == []
    assert kinds([ran(NOW, 500_001)]) == [AnomalyKind.VOLUME]


@pytest.mark.requirement("SEC-05")
def test_a_first_statement_at_night_is_unusual():
    night = NOW.replace(hour=1)  # 02:00 in London, in summer time
    usual = days_of(10, a_day=2)

    (found,) = anomalies([*usual, ran(night)], SINCE)

    assert found.kind is AnomalyKind.HOUR
    assert found.sentence == "ran a statement at 02:00, and none of 40 before was at night"


def test_the_hours_of_somebody_new_or_of_the_night_are_not_unusual():
    night = NOW.replace(hour=1)

    assert kinds([*days_of(10, days=9), ran(night)]) == []
    worked = ran(night - timedelta(days=9))
    assert kinds([*days_of(10, a_day=2), worked, ran(night)]) == []


def test_london_time_counts_in_summer_and_winter():
    winter, summer = datetime(2026, 1, 20, 5, 30, tzinfo=UTC), NOW.replace(hour=5, minute=30)
    usual = [ran(winter - timedelta(days=day, hours=-6)) for day in range(25, 0, -1)]

    assert [a.kind for a in anomalies([*usual, ran(winter)], winter)] == [AnomalyKind.HOUR]
    assert kinds([*days_of(10, a_day=2), ran(summer)]) == []


@pytest.mark.requirement("SEC-05")
def test_ten_refusals_in_ten_minutes_are_unusual():
    refused = [ran(NOW + timedelta(seconds=60 * n), outcome="denied") for n in range(10)]
    slow = [ran(NOW + timedelta(seconds=70 * n), outcome="denied") for n in range(10)]

    (found,) = anomalies(refused, SINCE)

    assert found.kind is AnomalyKind.DENIALS
    assert found.sentence == "was refused 10 times within 10 minutes"
    assert found.sequences == tuple(record.sequence for record in refused)
    assert kinds(slow) == []
    assert kinds(refused[:9]) == []


@pytest.mark.requirement("SEC-05")
def test_a_planted_row_is_unusual_at_once():
    (found,) = anomalies([ran(NOW, canaries=["canary_1"])], SINCE)

    assert found.kind is AnomalyKind.CANARY
    assert found.facts == {"canaries": ["canary_1"]}


def test_what_was_before_is_not_told_again():
    old = SINCE - timedelta(days=1)

    assert kinds([ran(old, 600_000), ran(old, canaries=["canary_1"])]) == []


def test_each_kind_is_told_once_a_day():
    records = [ran(NOW, 600_000, canaries=["canary_1"]), ran(NOW, 600_000, canaries=["canary_2"])]

    assert kinds(records) == [AnomalyKind.VOLUME, AnomalyKind.CANARY]
