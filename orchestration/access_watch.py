"""The look for unusual use and lapsing grants, every five minutes."""

from collections.abc import Mapping
from datetime import UTC, datetime

import dagster as dg

from contracts.model import Contract
from marketplace.access.store import AccessStore
from marketplace.access.watch import Watched, watch
from orchestration.platform import Platform

WATCH_JOB = "access_watch"


def watch_job() -> dg.JobDefinition:
    """Opens alerts, and tells of reviews that are due and of access that was lost."""

    @dg.op(name="watch_access")
    def watched(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
        found = watch_platform(platform, datetime.now(UTC))
        context.log.info(f"{len(found.alerts)} alerts opened, {len(found.told)} notices sent")

    @dg.job(name=WATCH_JOB, executor_def=dg.in_process_executor)
    def job() -> None:
        watched()

    return job


def watch_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Every five minutes: an alert opens within minutes of what it is about."""
    return dg.ScheduleDefinition(
        name=WATCH_JOB, job=job, cron_schedule="*/5 * * * *", execution_timezone="Europe/London"
    )


def watch_platform(platform: Platform, now: datetime) -> Watched:
    """One look over the platform's access state."""
    ports = platform.registry.ports
    contracts: Mapping[str, Contract] = {name: port.contract for name, port in ports.items()}
    store = AccessStore.open(platform.settings.database_url)
    try:
        return watch(store, contracts, now)
    finally:
        store.close()
