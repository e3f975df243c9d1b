"""When the main job runs: every morning, and when a source file is new or has changed."""

import hashlib
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from data_products.registry import Registry
from orchestration.platform import Platform
from orchestration.source_root import source_folder
from orchestration.sources.source_files import claimed_by, find_files
from orchestration.sources.source_objects import source_objects

MAIN_JOB = "main"


def main_job() -> UnresolvedAssetJobDefinition:
    """Everything, in this process: Dagster's default executor costs 5.5 s of CPU per step."""
    return dg.define_asset_job(
        MAIN_JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor
    )


def daily_schedule(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """At six in the morning, London time."""
    return dg.ScheduleDefinition(
        name="daily", job=job, cron_schedule="0 6 * * *", execution_timezone="Europe/London"
    )


def new_source_files(job: UnresolvedAssetJobDefinition, registry: Registry) -> dg.SensorDefinition:
    """Runs the job when the set of source files, their sizes or their times have changed."""

    @dg.sensor(name="new_source_files", job=job, minimum_interval_seconds=60)
    def sensor(
        context: dg.SensorEvaluationContext, platform: dg.ResourceParam[Platform]
    ) -> dg.SensorResult:
        root = source_folder(platform.settings)
        if root is None:
            return dg.SensorResult(skip_reason="The sources are downloaded by the run itself.")
        state = source_state(registry, root)
        if state == context.cursor:
            return dg.SensorResult(skip_reason="No source file is new or has changed.")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)

    return sensor


def source_state(registry: Registry, root: Path) -> str:
    """A hash over path, size and time of every file that a source contract claims."""
    files = find_files(root) if root.is_dir() else ()
    digest = hashlib.sha256()
    for contract in registry.sources:
        for source in source_objects(contract):
            for file in claimed_by(source, files):
                digest.update(f"{file.path}\0{file.bytes}\0{file.modified}\0".encode())
    return digest.hexdigest()
