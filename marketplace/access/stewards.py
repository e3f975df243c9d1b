"""What stewards decided, for checks that run beside the marketplace."""

from contracts.personal_data.decisions import ColumnDecision
from marketplace.access.store import AccessStore


def stewards_decisions(database_url: str, port: str) -> tuple[ColumnDecision, ...]:
    """The decisions on a port's columns, newest first. Opens the access state and closes it."""
    store = AccessStore.open(database_url)
    try:
        return store.column_decisions(port)
    finally:
        store.close()
