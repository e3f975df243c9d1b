"""Telling those who rely on a port that its end was announced, once for each set of days."""

from datetime import datetime

from contracts.lifecycle import end_of_service
from contracts.model import Contract
from contracts.port_names import read_name
from data_products.consumers import Consumer, ConsumerKind
from data_products.registry import Registry
from marketplace.access.model import Notice
from marketplace.access.store import AccessStore
from orchestration.affected import affected_consumers
from orchestration.platform import Platform

ENDING = "port.ending"  # kind of notification
SYSTEM = "pipeline"


def announce_end(platform: Platform, contract: Contract, now: datetime) -> None:
    """Tell the holders of grants, and the teams of what is made from the port; the log says whom.

    Nothing where no end is announced; nobody is told the same days twice.
    """
    end = end_of_service(contract, now)
    port = contract.reference
    served = platform.lakehouse.snapshot(port, contract.major)
    is_published = served is not None and (
        served.metadata.get("contract_hash") == contract.content_hash
    )
    if not end.is_announced or end.is_over or not is_published:
        return
    successor = _successor(platform.registry, port)
    told = f"`{port}` was announced to end. {end.announcement}"
    if successor is not None:
        told += f" `{successor}` takes its place, with a grant of its own."
    subject = f"{contract.status} {end.supported_until or '-'} {end.served_until or '-'}"
    consumers = affected_consumers(platform, port, now)
    recipients = {name for consumer in consumers for name in _recipients(consumer)}
    store = AccessStore.open(platform.settings.database_url)
    try:
        store.notify(SYSTEM, Notice(ENDING, port, subject, told), recipients, now)
    finally:
        store.close()


def _recipients(consumer: Consumer) -> tuple[str, ...]:
    return (consumer.name,) if consumer.kind is ConsumerKind.GRANT else consumer.teams


def _successor(registry: Registry, port: str) -> str | None:
    """The newest major version that is offered after this one."""
    later = [p for p in registry.versions(port) if p.contract.major > read_name(port)[1]]
    return later[-1].reference if later else None
