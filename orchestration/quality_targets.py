"""What a verdict says of critical data, kept with the improvement plans; late ones escalate."""

from datetime import datetime

from contracts.model import Contract
from contracts.quality.targets import measurements
from contracts.verdict import Verdict
from data_products.evidence_rows import verdict_hash
from marketplace.access.issue_notices import remind, tell_of_plans
from marketplace.access.plan_book import ElementMeasured
from marketplace.access.plan_model import Measured
from marketplace.access.request_notices import remind_of_requests
from marketplace.access.store import AccessStore
from orchestration.platform import Platform
from orchestration.port_service import SYSTEM


def follow_targets(
    platform: Platform, contract: Contract, verdict: Verdict | None, now: datetime
) -> None:
    """Open, measure and close the improvement plans of a port, and remind of what is late.

    Reminds of its access requests too, and escalates those that nobody decided in time.

    None for `verdict` where nothing was checked: only reminders then.
    """
    store = AccessStore.open(platform.settings.database_url)
    try:
        if verdict is not None:
            changed = store.plans.measure(SYSTEM, measured_elements(contract, verdict), now)
            tell_of_plans(store, contract, SYSTEM, changed, now)
        remind(store, contract, SYSTEM, now)
        remind_of_requests(store, contract, SYSTEM, now)
    finally:
        store.close()


def measured_elements(contract: Contract, verdict: Verdict) -> tuple[ElementMeasured, ...]:
    """Every target of the contract held against a verdict.

    A target that only a refused candidate meets is left out: no user was given that data.
    """
    counts = verdict.passed or verdict.is_recheck
    name = verdict_hash(verdict)
    return tuple(
        ElementMeasured(
            port=contract.reference,
            element=each.element,
            target=each.shown_target,
            measured=Measured(
                score=each.shown,
                is_met=each.is_met,
                broken=each.broken,
                candidate_hash=verdict.candidate_hash,
                verdict_hash=name,
                at=verdict.checked_at,
            ),
        )
        for each in measurements(contract, verdict)
        if counts or not each.is_met
    )
