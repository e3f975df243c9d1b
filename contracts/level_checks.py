"""Service levels measured on what the platform recorded: publications, attempts, incidents."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from contracts.check_model import Check
from contracts.findings import Finding, counted, passed_if
from contracts.service_history import Incident, ServiceHistory
from contracts.service_levels import CALENDAR, Period, Rate, TimeOfDay
from contracts.verdict import Outcome

WINDOW_DAYS = 90  # of the past that shares, rates and times of incidents are taken from


def run_level_check(check: Check, history: ServiceHistory | None, now: datetime) -> Finding:
    """Whether a service level was kept up to `now`; unchecked, and why, where no fact shows it.

    The levels of the calendar need no history but for `generalAvailability`.
    """
    name = "" if check.service_level is None else check.service_level.name
    if name in CALENDAR and name != "generalAvailability":
        return _end_finding(check.arguments["end"], now)
    if history is None:
        return _unchecked("What the platform recorded of this port is not known to this check.")
    return _MEASURES[name](check, history, now)


def _end_finding(end: datetime, now: datetime) -> Finding:
    if now < end:
        days = -(-(end - now) // timedelta(days=1))
        return Finding(Outcome.PASSED, observed=f"{counted(days, 'day')} left")
    return Finding(Outcome.FAILED, observed=f"ended {_ago(end, now)}")


def _first_publication(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    end: datetime = check.arguments["end"]
    first = history.first_published_at
    if first is not None:
        return Finding(passed_if(first < end), observed=f"first published {_shown(first)}")
    if now < end:
        return _unchecked(f"Nothing has been published yet, and nothing is due before {end:%F}.")
    return Finding(Outcome.FAILED, observed="nothing has been published")


def _frequency(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    period: Period = check.arguments["period"]
    moments = sorted(each.published_at for each in history.publications)
    if not moments:
        return _unchecked("Nothing has been published yet, so there is no interval to measure.")
    if moments[-1] > now:
        return Finding(Outcome.FAILED, observed=f"published in the future, {_shown(moments[-1])}")
    told = f"{_span(now - moments[-1])} since the last version"
    earlier = [after - before for before, after in pairwise(moments)]
    if earlier:
        told += f"; longest of {counted(len(earlier), 'interval')} before: {_span(max(earlier))}"
    return Finding(passed_if(now <= period.after(moments[-1])), observed=told)


def _availability(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    """Of the time since the first look, the share in which the last look had found it readable."""
    looks = [(probe.at, probe.is_readable) for probe in history.probes]
    looks += [(each.published_at, True) for each in history.publications]  # read back to commit
    looks = sorted(look for look in looks if look[0] <= now)
    since = now - timedelta(days=WINDOW_DAYS)
    known = timedelta()
    up = timedelta()
    for (at, is_readable), (following, _) in zip(looks, [*looks[1:], (now, True)], strict=False):
        length = max(timedelta(), following - max(at, since))
        known += length
        up += length if is_readable else timedelta()
    if not known:
        return _unchecked("It has not been served for any time yet.")
    share = 100 * (up / known)
    observed = f"{_percent(share)} of {_span(known)}"
    return Finding(passed_if(share >= check.arguments["share"]), observed=observed)


def _error_rate(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    since = now - timedelta(days=WINDOW_DAYS)
    attempts = [each for each in history.attempts if since <= each.ended_at <= now]
    if not attempts:
        return _unchecked(f"No attempt of the last {WINDOW_DAYS} days is on record.")
    failed = sum(each.failed for each in attempts)
    share = 100 * failed / len(attempts)
    observed = f"{_percent(share)}: {failed} of {counted(len(attempts), 'attempt')} failed"
    return Finding(passed_if(share <= check.arguments["share"]), observed=observed)


def _throughput(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    rate: Rate = check.arguments["rate"]
    first = history.first_published_at
    if first is None:
        return _unchecked("Nothing has been published yet, so no rate is known.")
    start = max(first, now - timedelta(days=WINDOW_DAYS))
    seconds = (now - start).total_seconds()
    if seconds <= 0 or Period(1, rate.unit).after(start) > now:
        return _unchecked(f"It has been published for less than a {rate.unit}.")
    rows = sum(each.rows for each in history.publications if start <= each.published_at <= now)
    found = rate.of(rows, seconds)
    observed = f"{found:,.0f} rows a {rate.unit} over {_span(now - start)}"
    return Finding(passed_if(found >= rate.rows), observed=observed)


def _time_of_day(check: Check, history: ServiceHistory, now: datetime) -> Finding:
    """By days of the promised zone: the first version of each day with one came in time."""
    promised: TimeOfDay = check.arguments["time"]
    since = now - timedelta(days=WINDOW_DAYS)
    first: dict[object, datetime] = {}
    for moment in sorted(each.published_at for each in history.publications):
        if since <= moment <= now:
            first.setdefault(moment.astimezone(promised.zone).date(), moment)
    if not first:
        return _unchecked(f"No version of the last {WINDOW_DAYS} days shows when it came.")
    days = [(moment.astimezone(promised.zone), moment) for moment in first.values()]
    late = [local for local, moment in days if moment > promised.on(local.date())]
    observed = f"late on {len(late)} of {counted(len(days), 'day')} with a version"
    if late:
        observed += f", at {max(local.time() for local in late):%H:%M} at the latest"
    return Finding(passed_if(not late), observed=observed)


def _incident_times(
    span: Callable[[Incident], tuple[datetime | None, datetime | None]],
    missing: str,
    check: Check,
    history: ServiceHistory,
    now: datetime,
) -> Finding:
    """The longest time of the incidents that opened in the window, or are still open.

    What has not happened yet lasts until now.
    """
    period: Period = check.arguments["period"]
    since = now - timedelta(days=WINDOW_DAYS)
    incidents = [
        each
        for each in history.incidents
        if each.opened_at <= now and (each.closed_at is None or each.opened_at >= since)
    ]
    if not incidents:
        return _unchecked(f"No incident of the last {WINDOW_DAYS} days is on record.")
    spans = [(start, end or now) for start, end in map(span, incidents) if start is not None]
    if not spans:
        return _unchecked(missing)
    late = sum(end > period.after(start) for start, end in spans)
    longest = _span(max(end - start for start, end in spans))
    observed = f"longest {longest}; too long in {late} of {counted(len(spans), 'incident')}"
    return Finding(passed_if(late == 0), observed=observed)


_MEASURES: Mapping[str, Callable[[Check, ServiceHistory, datetime], Finding]] = {
    "generalAvailability": _first_publication,
    "frequency": _frequency,
    "availability": _availability,
    "errorRate": _error_rate,
    "throughput": _throughput,
    "timeOfAvailability": _time_of_day,
    "timeToDetect": partial(
        _incident_times,
        lambda incident: (incident.begun_at, incident.opened_at),
        "No incident's record says when its candidate was written.",
    ),
    "timeToNotify": partial(
        _incident_times,
        lambda incident: (incident.opened_at, incident.notified_at or incident.closed_at),
        "",
    ),
    "timeToRepair": partial(
        _incident_times, lambda incident: (incident.opened_at, incident.closed_at), ""
    ),
}


def _unchecked(detail: str) -> Finding:
    return Finding(Outcome.UNCHECKED, detail=detail)


def _span(length: timedelta) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(length.total_seconds() // size)
        if count >= 1:
            return counted(count, unit)
    return counted(int(length.total_seconds()), "second")


def _ago(moment: datetime, now: datetime) -> str:
    return f"{_span(now - moment)} ago" if moment < now else "now"


def _shown(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")


def _percent(share: float) -> str:
    return f"{share:.2f}".rstrip("0").rstrip(".") + " percent"
