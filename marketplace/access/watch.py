"""What is looked at every few minutes: unusual use, reviews that are due, grants that lapsed.

Whoever answers is told once of each; running it again changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.model import Contract
from marketplace.access.alert_book import WATCH, Alert
from marketplace.access.anomalies import BASELINE, Thresholds, anomalies
from marketplace.access.facts import Facts, facts_of
from marketplace.access.grant_life import CONFIRM_DAYS, ON_HOLD, Hindrance
from marketplace.access.issue_notices import GOVERNANCE
from marketplace.access.model import AuditFilter, AuditRecord, Grant, Notice
from marketplace.access.store import AccessStore

LOOKED_BACK = timedelta(days=2)  # a watch that stood still for so long misses nothing
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look brought to light."""

    alerts: tuple[Alert, ...]
    told: tuple[Notice, ...]  # that are new


def watch(
    store: AccessStore,
    contracts: Mapping[str, Contract],
    now: datetime,
    rules: Thresholds | None = None,
) -> Watched:
    """Open alerts, and tell of reviews and of lost access. `contracts` are those of all ports."""
    since = now - LOOKED_BACK
    found = anomalies(_records(store, since - BASELINE), since, rules)
    opened = tuple(alert for each in found if (alert := store.alerts.open(each, now)) is not None)
    told = [_tell_alert(store, alert, contracts, now) for alert in opened]
    for contract in contracts.values():
        for grant in store.grants_on(contract.reference):
            told += _tell_grant(store, grant, facts_of(contract), now)
    told += _tell_emergencies(store, contracts, now)
    return Watched(opened, tuple(notice for notice in told if notice is not None))


def _records(store: AccessStore, since: datetime) -> Iterator[AuditRecord]:
    after = 0
    while records := store.audit(AuditFilter(since=since, after_sequence=after, limit=_PAGE)):
        yield from records
        after = records[-1].sequence


def _tell_alert(
    store: AccessStore, alert: Alert, contracts: Mapping[str, Contract], now: datetime
) -> Notice | None:
    """Governance, and owners of the ports, unless the alert is about them."""
    owners = {
        name
        for port in alert.ports
        if port in contracts
        for name in facts_of(contracts[port]).owners
    }
    port = alert.ports[0] if len(alert.ports) == 1 else "query"
    notice = Notice("alert.open", port, alert.id, f"{alert.actor_id} {alert.sentence}")
    return _told(store, notice, owners - {alert.actor_id} | {GOVERNANCE}, now)


def _tell_grant(
    store: AccessStore, grant: Grant, facts: Facts, now: datetime
) -> list[Notice | None]:
    hindrance, due = grant.hindrance(now), grant.confirm_by
    deciders = {*facts.owners, *facts.approvers}
    if hindrance in {Hindrance.LAPSED, Hindrance.LEFT}:
        why = "has left" if hindrance is Hindrance.LEFT else "was not confirmed in time"
        message = f"{grant.actor_id} lost access to {grant.port}: {why}"
        notice = Notice("access.lapsed", grant.port, grant.id, message)
        return [_told(store, notice, {*facts.owners, grant.actor_id}, now)]
    is_alive = hindrance is None or hindrance in ON_HOLD
    if is_alive and due is not None and due - timedelta(days=CONFIRM_DAYS) <= now:
        message = (
            f"Access of {grant.actor_id} to {grant.port} lapses on {due:%d %B %Y} "
            "unless it is confirmed"
        )
        subject = f"{grant.id}:{due:%Y-%m-%d}"
        notice = Notice("access.review_due", grant.port, subject, message)
        return [_told(store, notice, deciders - {grant.actor_id}, now)]
    return []


def _tell_emergencies(
    store: AccessStore, contracts: Mapping[str, Contract], now: datetime
) -> list[Notice | None]:
    """Reviews that are late: deciders and governance are told once more."""
    told = []
    for opened in store.emergencies.everything():
        if opened.reviewed_by is None and opened.review_by <= now:
            port = opened.grant.port
            facts = facts_of(contracts[port]) if port in contracts else Facts(port)
            message = f"The emergency access of {opened.grant.actor_id} to {port} was not reviewed"
            notice = Notice("access.emergency_unreviewed", port, opened.grant.id, message)
            told.append(_told(store, notice, {*facts.owners, *facts.approvers, GOVERNANCE}, now))
    return told


def _told(store: AccessStore, notice: Notice, recipients: set[str], now: datetime) -> Notice | None:
    """The notice, where anybody was told of it for the first time."""
    return notice if store.notify(WATCH, notice, recipients, now) else None
