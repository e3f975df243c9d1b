"""When the owner of a port was told that newer data could not be published."""

from contracts.model import Contract
from contracts.service_history import Alert
from marketplace.access.store import AccessStore

BLOCKED, NOT_BUILT = "quarantine.candidate", "run.failed"  # kinds of notifications


def owner_alerts(database_url: str, contract: Contract) -> tuple[Alert, ...]:
    """The alerts to a contract's owners, oldest first. Opens the access state and closes it."""
    owners = {member.username for member in contract.members("owner")}
    store = AccessStore.open(database_url)
    try:
        told = store.notifications_about(contract.reference, (BLOCKED, NOT_BUILT))
    finally:
        store.close()
    return tuple(Alert(each.subject, each.created_at) for each in told if each.recipient in owners)
