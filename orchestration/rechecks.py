"""Re-checks of what is served, when a contract's rules ask for them: `scheduler: cron`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import dagster as dg

from contracts.model import Contract
from contracts.verdict import Verdict
from data_products.port_checks import Rechecking
from data_products.registry import Registry
from marketplace.access.stewards import stewards_decisions
from orchestration.asset_names import op_name
from orchestration.errors import ServedContractNotMet
from orchestration.marketplace_index import refresh_index
from orchestration.platform import Platform
from orchestration.port_service import port_history
from orchestration.quality_targets import follow_targets

RECHECK_JOB = "recheck"
RECHECK_OP = "recheck_port"  # Dagster refuses an op and a job of one name


class Recheck(dg.Config):
    """Which port is checked again."""

    port: str


def recheck_port(platform: Platform, port: str, run_id: str) -> Verdict:
    """Runs the contract on the served version and keeps the verdict as a later check of it.

    What is served does not change. Raises NothingPublished.
    """
    rechecking = Rechecking(
        registry=platform.registry,
        lakehouse=platform.lakehouse,
        connect=platform.connect,
        run_id=run_id,
        now=datetime.now(UTC),
        decisions=partial(stewards_decisions, platform.settings.database_url),
        history=partial(port_history, platform),
        rules=platform.rules,
    )
    verdict = rechecking.version(platform.contract(port))
    platform.evidence.save(verdict)
    follow_targets(platform, platform.contract(port), verdict, datetime.now(UTC))
    return verdict


def recheck_job() -> dg.JobDefinition:
    """One port's contract on its served version; the run fails where it is not met."""

    @dg.op(name=RECHECK_OP)
    def recheck(
        context: dg.OpExecutionContext, config: Recheck, platform: dg.ResourceParam[Platform]
    ) -> None:
        verdict = recheck_port(platform, config.port, context.run.run_id)
        refresh_index(platform)
        if not verdict.passed:
            raise ServedContractNotMet(verdict)
        context.log.info(verdict.summary)

    @dg.job(name=RECHECK_JOB, executor_def=dg.in_process_executor)
    def job() -> None:
        recheck()

    return job


def recheck_schedules(registry: Registry) -> list[dg.ScheduleDefinition]:
    """A schedule for each port with a rule that names one, at all times that its rules name."""
    return [
        dg.ScheduleDefinition(
            name=op_name(RECHECK_JOB, reference),
            job_name=RECHECK_JOB,
            cron_schedule=list(times),
            execution_timezone="Europe/London",
            run_config={"ops": {RECHECK_OP: {"config": {"port": reference}}}},
        )
        for reference, times in scheduled_ports(registry).items()
    ]


def scheduled_ports(registry: Registry) -> Mapping[str, tuple[str, ...]]:
    """The cron expressions in each port's rules, each once; ports without any are left out."""
    found = {reference: _times(port.contract) for reference, port in sorted(registry.ports.items())}
    return {reference: times for reference, times in found.items() if times}


def _times(contract: Contract) -> tuple[str, ...]:
    table = contract.table
    rules = [*table.quality, *(rule for column in table.properties for rule in column.quality)]
    return tuple(dict.fromkeys(rule.schedule.strip() for rule in rules if rule.schedule))
