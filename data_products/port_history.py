"""A port's service history, put together from the Delta log, the service log and the alerts."""

from collections.abc import Callable

from contracts.model import Contract
from contracts.service_history import Alert, Publication, ServiceHistory
from data_products.lakehouse import Lakehouse
from data_products.service_log import ServiceLog

Alerts = Callable[[Contract], tuple[Alert, ...]]


def service_history(
    lakehouse: Lakehouse, log: ServiceLog, contract: Contract, alerts: Alerts
) -> ServiceHistory:
    """What service levels of `contract` are measured on, as it is recorded now.

    `alerts` are asked for only where an attempt has failed: they lie in a database.
    """
    port, major = contract.reference, contract.major
    facts = log.facts(port, major)
    snapshot = lakehouse.snapshot(port, major)
    return ServiceHistory(
        publications=tuple(
            Publication(
                version=commit.version,
                published_at=commit.published_at,
                rows=int(commit.metadata.get("new_rows", 0)),
            )
            for commit in reversed(lakehouse.history(port, major))
        ),
        attempts=facts.attempts,
        alerts=alerts(contract) if any(each.failed for each in facts.attempts) else (),
        probes=facts.probes,
        earlier=None if snapshot is None else lakehouse.relation(snapshot),
    )
