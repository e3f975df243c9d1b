"""A table of contents: what Dagster runs, and on which resources."""

import dagster as dg

from marketplace.config import Settings
from orchestration.access_probe import probe_job, probe_schedule
from orchestration.access_watch import watch_job, watch_schedule
from orchestration.contract_checks import contract_checks
from orchestration.dbt_models import dbt_models
from orchestration.landed_sources import landed_sources
from orchestration.marketplace_index import marketplace_index
from orchestration.platform import Platform, open_platform
from orchestration.published_ports import published_ports
from orchestration.rechecks import recheck_job, recheck_schedules
from orchestration.run_log import RunLog
from orchestration.schedules import daily_schedule, main_job, new_source_files


def definitions(platform: Platform, run_log: RunLog) -> dg.Definitions:
    """Everything that the documents and the manifest declare; no product is named in Python."""
    registry = platform.registry
    job, recheck, probe, watch = main_job(), recheck_job(), probe_job(), watch_job()
    return dg.Definitions(
        assets=[
            *landed_sources(registry),
            *dbt_models(registry, platform.graph),
            *published_ports(registry),
            marketplace_index(registry),
        ],
        asset_checks=contract_checks(registry),
        jobs=[job, recheck, probe, watch],
        schedules=[
            daily_schedule(job),
            *recheck_schedules(registry),
            probe_schedule(probe),
            watch_schedule(watch),
        ],
        sensors=[new_source_files(job, registry)],
        resources={"platform": platform, "run_log": run_log},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """For Dagster's own processes, which read the environment here."""
    return definitions(open_platform(Settings.from_environment()), RunLog())
