"""One step per source system: its files become landed rows, with every row accounted for."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from contracts.model import Contract
from contracts.verdict import CheckResult, Outcome
from data_products.registry import Registry
from orchestration.asset_names import column_schema, landed_key, owners
from orchestration.platform import Platform
from orchestration.run_log import LandedObject, RunLog
from orchestration.sources.landing import LandingProgress, LandingRequest, LandingRun, land
from orchestration.sources.landing_store import SourceSummary
from orchestration.stage_checks import record_landing

RETRIES = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


def landed_sources(registry: Registry) -> list[dg.AssetsDefinition]:
    """An asset per kind of source file, in one step per source system."""
    return [_source_system(contract) for contract in registry.sources]


def land_system(platform: Platform, contract: Contract) -> list[LandedObject]:
    """Lands what is new of one source system.

    Raises AccountingBroken when a row is unaccounted for; files landed before stay.
    """
    said = f"Landing {contract.name}"

    def tell(step: LandingProgress) -> None:
        done = step.position - (step.rows is None)
        platform.progress.advance(said, done, step.total)

    now = datetime.now(UTC)
    request = LandingRequest(
        contracts=(contract,),
        root=platform.source_root,
        store=platform.landing,
        now=now,
        memory_mb=platform.settings.memory_mb,
    )
    run = land(request, tell)
    compared = record_landing(platform, contract, run, now)
    return [
        _landed(summary, run, compared.get(summary.object, ()))
        for summary in platform.landing.summary(contract)
    ]


def _source_system(contract: Contract) -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            key=landed_key(contract.name, table.name),
            description=table.description,
            group_name=contract.business_unit,
            owners=owners(contract),
            kinds={"file", "parquet"},
            metadata={"dagster/column_schema": column_schema(contract, index)},
        )
        for index, table in enumerate(contract.objects)
    ]

    @dg.multi_asset(name=f"land__{contract.name}", specs=specs, retry_policy=RETRIES)
    def land_source_system(
        platform: dg.ResourceParam[Platform], run_log: dg.ResourceParam[RunLog]
    ) -> Iterator[dg.MaterializeResult[None]]:
        for landed in land_system(platform, contract):
            run_log.landed.append(landed)
            yield dg.MaterializeResult(
                asset_key=landed_key(contract.name, landed.name), metadata=landed.metadata()
            )

    return land_source_system


def _landed(
    summary: SourceSummary, run: LandingRun, compared: tuple[CheckResult, ...]
) -> LandedObject:
    new = [file for file in run.landed if file.object == summary.object]
    current = [file for file in run.current if file.object == summary.object]
    return LandedObject(
        source_system=summary.source_system,
        name=summary.object,
        files=summary.files,
        new_files=len(new),
        files_refused=tuple(f"{f.path}: {f.refusal}" for f in current if f.refusal is not None),
        rows_read=summary.rows_read,
        rows_landed=summary.rows_landed,
        rows_rejected=summary.rows_rejected,
        rows_duplicate=summary.rows_duplicate,
        columns_dropped=tuple(sorted({name for f in current for name in f.columns_dropped})),
        seconds=sum(file.seconds for file in new),
        anomalies=tuple(
            f"{result.title}: {result.observed}, expected {result.expected}"
            for result in compared
            if result.outcome is Outcome.FAILED
        ),
    )
