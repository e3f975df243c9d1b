"""Unusual use, read from the audit log: how much, when, how often refused, and planted rows.

Pure rules over records. A person's volume and hours are held against their own last 30 days. Who
has too little behind them is held against a fixed volume, and their hours are not judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from marketplace.access.model import AuditRecord

BASELINE = timedelta(days=30)
_LONDON = ZoneInfo("Europe/London")
_MOST_EVIDENCE = 50  # sequences in one alert; the log has all


class AnomalyKind(StrEnum):
    """What is unusual."""

    VOLUME = "volume"
    HOUR = "hour"
    DENIALS = "denials"
    CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on something is unusual."""

    volume_times: int = 10  # the median day of one's own
    volume_least: int = 50_000  # rows a day; below this nothing is unusual
    volume_new: int = 500_000  # rows a day of somebody with fewer days than `days_known`
    days_known: int = 5
    night_from: int = 22  # London time
    night_to: int = 6
    statements_known: int = 20  # before the hours of a person are known
    denials: int = 10
    denials_within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something unusual that one person did on one day, with the records that show it."""

    kind: AnomalyKind
    actor_id: str
    day: date  # UTC, of the first record
    ports: tuple[str, ...]
    sentence: str
    facts: Mapping[str, Any]
    sequences: tuple[int, ...]  # of the audit records that show it


def anomalies(
    records: Iterable[AuditRecord], since: datetime, rules: Thresholds | None = None
) -> tuple[Anomaly, ...]:
    """What was unusual from `since` on; earlier records are what it is held against.

    `records` are in the order of the log and go back BASELINE before `since`. One anomaly for each
    person, kind and day.
    """
    kept = rules if rules is not None else Thresholds()
    by_actor: dict[str, list[AuditRecord]] = defaultdict(list)
    for record in records:
        by_actor[record.actor_id].append(record)
    found: dict[tuple[str, AnomalyKind, date], Anomaly] = {}
    for actor_id in sorted(by_actor):
        for anomaly in _of_actor(by_actor[actor_id], since, kept):
            found.setdefault((actor_id, anomaly.kind, anomaly.day), anomaly)
    return tuple(found.values())


def _of_actor(
    records: Sequence[AuditRecord], since: datetime, rules: Thresholds
) -> Iterator[Anomaly]:
    done = [r for r in records if r.action == "query.run" and r.outcome == "done"]
    denied = [r for r in records if r.outcome == "denied" and r.at >= since]
    yield from _volumes(done, since, rules)
    yield from _nights(done, since, rules)
    yield from _bursts(denied, rules)
    yield from _canaries([r for r in done if r.at >= since])


def _volumes(done: Sequence[AuditRecord], since: datetime, rules: Thresholds) -> Iterator[Anomaly]:
    by_day: dict[date, list[AuditRecord]] = defaultdict(list)
    for record in done:
        by_day[record.at.date()].append(record)
    for day, of_day in by_day.items():
        if day < since.date():
            continue
        before = [_rows(each) for other, each in by_day.items() if day - BASELINE <= other < day]
        is_known = len(before) >= rules.days_known
        usual = median(before) if is_known else None
        limit = rules.volume_new
        if usual is not None:
            limit = max(rules.volume_least, round(usual * rules.volume_times))
        rows = _rows(of_day)
        if rows > limit:
            sentence = f"read {rows:,} rows in a day, where more than {limit:,} is unusual"
            facts = {"rows": rows, "limit": limit, "usual": usual, "days_known": len(before)}
            yield _anomaly(AnomalyKind.VOLUME, of_day, sentence, facts)


def _nights(done: Sequence[AuditRecord], since: datetime, rules: Thresholds) -> Iterator[Anomaly]:
    by_day: dict[date, list[AuditRecord]] = defaultdict(list)
    for record in done:
        if record.at >= since and _is_night(record, rules):
            by_day[record.at.date()].append(record)
    for of_day in by_day.values():
        first = of_day[0].at
        before = [
            r for r in done if first - BASELINE <= r.at < first and r.at.date() < first.date()
        ]
        if len(before) < rules.statements_known or any(_is_night(r, rules) for r in before):
            continue
        at = first.astimezone(_LONDON)
        sentence = f"ran a statement at {at:%H:%M}, and none of {len(before)} before was at night"
        facts = {"at": at.isoformat(), "statements_before": len(before)}
        yield _anomaly(AnomalyKind.HOUR, of_day, sentence, facts)


def _bursts(denied: Sequence[AuditRecord], rules: Thresholds) -> Iterator[Anomaly]:
    start = 0
    for end, record in enumerate(denied):
        while record.at - denied[start].at > rules.denials_within:
            start += 1
        if end - start + 1 == rules.denials:
            minutes = round(rules.denials_within.total_seconds() / 60)
            burst = [r for r in denied[start:] if r.at - denied[start].at <= rules.denials_within]
            sentence = f"was refused {len(burst)} times within {minutes} minutes"
            yield _anomaly(AnomalyKind.DENIALS, burst, sentence, {"denials": len(burst)})


def _canaries(done: Sequence[AuditRecord]) -> Iterator[Anomaly]:
    by_day: dict[date, list[AuditRecord]] = defaultdict(list)
    for record in done:
        if record.details.get("canaries"):
            by_day[record.at.date()].append(record)
    for of_day in by_day.values():
        planted = sorted({str(name) for r in of_day for name in r.details["canaries"]})
        sentence = f"was shown {len(planted)} of the rows that were planted to be noticed"
        yield _anomaly(AnomalyKind.CANARY, of_day, sentence, {"canaries": planted})


def _anomaly(
    kind: AnomalyKind, shown_by: Sequence[AuditRecord], sentence: str, facts: Mapping[str, Any]
) -> Anomaly:
    ports = sorted({str(port) for r in shown_by for port in r.details.get("ports") or ()})
    return Anomaly(
        kind=kind,
        actor_id=shown_by[0].actor_id,
        day=shown_by[0].at.date(),
        ports=tuple(ports),
        sentence=sentence,
        facts=facts,
        sequences=tuple(record.sequence for record in shown_by[:_MOST_EVIDENCE]),
    )


def _rows(records: Iterable[AuditRecord]) -> int:
    counts = (record.details.get("rows") for record in records)
    return sum(rows for rows in counts if isinstance(rows, int))


def _is_night(record: AuditRecord, rules: Thresholds) -> bool:
    hour = record.at.astimezone(_LONDON).hour
    return hour >= rules.night_from or hour < rules.night_to
