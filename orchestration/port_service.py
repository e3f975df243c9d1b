"""What a run records about a port's service, and whom it tells when newer data cannot be published.

Recorded facts are what service levels are measured on: how attempts ended, whether the served
version could be read, and when the owner was told.
"""

from datetime import datetime
from functools import partial

from contracts.model import Contract
from contracts.service_history import Attempt, Probe, ServiceHistory
from contracts.verdict import Verdict
from data_products.candidate import Candidate
from data_products.candidate_manifests import written_at
from data_products.port_history import service_history
from marketplace.access.alerts import BLOCKED, NOT_BUILT, owner_alerts
from marketplace.access.model import Notice
from marketplace.access.store import AccessStore
from orchestration.build_plans import BuildPlan
from orchestration.platform import Platform

SYSTEM = "pipeline"  # the actor of a scheduled run


def port_history(platform: Platform, contract: Contract) -> ServiceHistory:
    """The port's service history, with the alerts that its owner was sent."""
    log, lakehouse = platform.service_log, platform.lakehouse
    return service_history(lakehouse, log, contract, partial(owner_alerts, _state(platform)))


def probe_port(platform: Platform, contract: Contract, now: datetime) -> None:
    """Record whether the served version can be read; nothing where nothing is served."""
    port, major = contract.reference, contract.major
    if platform.lakehouse.has_version(port, major):
        fault = platform.lakehouse.fault(port, major)
        platform.service_log.record_probe(port, major, Probe(now, fault is None), fault or "")


def record_verdict(platform: Platform, candidate: Candidate, verdict: Verdict) -> None:
    """Record how the attempt to publish a candidate ended."""
    attempt = Attempt(
        subject=_subject(candidate.content_hash, candidate.base_version),
        ended_at=verdict.checked_at,
        failed=not verdict.passed,
        begun_at=written_at(candidate),
    )
    reason = "" if verdict.passed else verdict.summary
    platform.service_log.record_attempt(candidate.port, candidate.major, attempt, reason)


def alert_of_verdict(
    platform: Platform, contract: Contract, verdict: Verdict, now: datetime
) -> None:
    """Tell the owner and the stewards that a candidate is in quarantine."""
    stays = "Nothing was published before."
    if verdict.base_version is not None:
        stays = f"Version {verdict.base_version} stays served."
    message = (
        f"Newer data of `{verdict.port}` failed its contract: {len(verdict.blocking)} of "
        f"{len(verdict.results)} checks keep it from being published. {stays}"
    )
    subject = _subject(verdict.candidate_hash, verdict.base_version)
    _tell(platform, contract, Notice(BLOCKED, contract.reference, subject, message), now)


def record_build_failure(
    platform: Platform, planned: BuildPlan, error: Exception, now: datetime
) -> None:
    """Record that a run could not build a port, and tell its owner and stewards."""
    contract = platform.contract(planned.port)
    base = None if planned.base is None else planned.base.version
    subject = _subject(planned.fingerprint, base)
    attempt = Attempt(subject, now, failed=True)
    platform.service_log.record_attempt(planned.port, contract.major, attempt, str(error))
    message = f"`{planned.port}` could not be built. What was published before stays served."
    _tell(platform, contract, Notice(NOT_BUILT, planned.port, subject, message), now)


def _tell(platform: Platform, contract: Contract, notice: Notice, now: datetime) -> None:
    recipients = [
        member.username for role in ("owner", "steward") for member in contract.members(role)
    ]
    store = AccessStore.open(_state(platform))
    try:
        store.notify(SYSTEM, notice, recipients, now)
    finally:
        store.close()


def _state(platform: Platform) -> str:
    return platform.settings.database_url


def _subject(name: str, base_version: int | None) -> str:
    """Names an attempt: the same content may fail again on top of a later version."""
    return f"{name}:{'none' if base_version is None else base_version}"
