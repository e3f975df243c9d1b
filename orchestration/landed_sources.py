"""One step per source system: its files become landed rows, with every row accounted for."""

from collections.abc import Iterator

import dagster as dg
from data_products.registry import Registry

from contracts.model import Contract, SchemaObject
from orchestration.asset_names import column_schema, landed_key, owners
from orchestration.platform import Platform
from orchestration.run_log import LandedObject, RunLog

RETRIES = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL)


def landed_sources(registry: Registry) -> list[dg.AssetsDefinition]:
    """An asset per kind of source file, in one step per source system."""
    return [_source_system(contract) for contract in registry.sources]


def _source_system(contract: Contract) -> dg.AssetsDefinition:
    specs = [_spec(contract, index, table) for index, table in enumerate(contract.objects)]

    @dg.multi_asset(name=f"land__{contract.name}", specs=specs, retry_policy=RETRIES)
    def land_source_system(
        context: dg.AssetExecutionContext,
        platform: dg.ResourceParam[Platform],
        run_log: dg.ResourceParam[RunLog],
    ) -> Iterator[dg.MaterializeResult[None]]:
        for table in contract.objects:
            landed = land_object(platform, contract, table)
            run_log.landed.append(landed)
            yield dg.MaterializeResult(
                asset_key=landed_key(contract.name, table.name), metadata=landed.metadata()
            )

    return land_source_system


def land_object(platform: Platform, contract: Contract, table: SchemaObject) -> LandedObject:
    """Lands one kind of file. Raises AccountingBroken when a row is unaccounted for."""
    raise NotImplementedError


def _spec(contract: Contract, index: int, table: SchemaObject) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=landed_key(contract.name, table.name),
        description=table.description,
        group_name=contract.business_unit,
        owners=owners(contract),
        kinds={"file", "parquet"},
        metadata={"dagster/column_schema": column_schema(contract, index)},
    )
