"""The probe of effective access, every hour: `marketplace access probe` as a process of its own.

Orchestration never queries. What the probe finds it puts on record itself; the run fails with it.
"""

import subprocess
import sys

import dagster as dg

from orchestration.errors import AccessDiffers

PROBE_JOB = "access_probe"
_COMMAND = (sys.executable, "-m", "marketplace.cli", "access", "probe")
_LONGEST_SECONDS = 3600


def probe_job() -> dg.JobDefinition:
    """Holds what each person's session shows against the decisions in the audit log."""

    @dg.op(name="probe_access")
    def probe(context: dg.OpExecutionContext) -> None:
        context.log.info(run_probe(_COMMAND))

    @dg.job(name=PROBE_JOB, executor_def=dg.in_process_executor)
    def job() -> None:
        probe()

    return job


def probe_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """At twenty past each hour, when no other schedule begins."""
    return dg.ScheduleDefinition(
        name=PROBE_JOB, job=job, cron_schedule="20 * * * *", execution_timezone="Europe/London"
    )


def run_probe(command: tuple[str, ...]) -> str:
    """What the probe says where everything agrees. Raises AccessDiffers with what it says else."""
    try:
        ended = subprocess.run(  # noqa: S603 - our own command
            command, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise AccessDiffers(f"the probe did not end within {_LONGEST_SECONDS} s") from error
    if ended.returncode != 0:
        raise AccessDiffers((ended.stdout + ended.stderr).strip())
    return ended.stdout.strip()
