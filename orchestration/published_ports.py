"""The served ports: a checked candidate becomes a new Delta version, and the index follows."""

from time import perf_counter

import dagster as dg

from contracts.model import Contract
from data_products.registry import Registry
from orchestration.asset_names import (
    candidate_key,
    column_schema,
    owners,
    published_key,
)
from orchestration.marketplace_index import refresh_index
from orchestration.platform import Platform
from orchestration.port_builds import publish_port
from orchestration.run_log import RunLog


def published_ports(registry: Registry) -> list[dg.AssetsDefinition]:
    """An asset per output port, downstream of its candidate and of the blocking check."""
    return [_published(port.contract) for port in registry.ports.values()]


def _published(contract: Contract) -> dg.AssetsDefinition:
    port = contract.reference

    @dg.asset(
        key=published_key(port),
        op_tags={"port": port},
        deps=[candidate_key(port)],
        description=f"{contract.title}\n\n{contract.purpose}",
        group_name=contract.business_unit,
        owners=owners(contract),
        kinds={"delta"},
        tags={"marking": contract.marking},
        code_version=contract.version,
        metadata={"dagster/column_schema": column_schema(contract)},
    )
    def publish(
        context: dg.AssetExecutionContext,
        platform: dg.ResourceParam[Platform],
        run_log: dg.ResourceParam[RunLog],
    ) -> dg.MaterializeResult[None]:
        started = perf_counter()
        published = publish_port(platform, port, context.run.run_id)
        snapshot = platform.lakehouse.snapshot(port, contract.major)
        if snapshot is None:
            raise dg.Failure(f"`{port}` has nothing published and nothing to publish.")
        record = run_log.port(port)
        record.is_new = published is not None and not published.already
        if record.is_new:
            refresh_index(platform)
        record.rows, record.delta_version = snapshot.rows, snapshot.version
        record.seconds += perf_counter() - started
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": snapshot.rows,
                "Delta version": snapshot.version,
                "state": record.state,
            }
        )

    return publish
