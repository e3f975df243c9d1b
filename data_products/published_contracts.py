"""The contract that consumers rely on now: that of a port's served version."""

from contracts.port_names import is_versioned, read_name
from data_products.errors import UnknownPort
from data_products.kept_contracts import PublishedContract, contract_of
from data_products.lakehouse import Lakehouse


def published_contract(lakehouse: Lakehouse, port: str, major: int) -> PublishedContract | None:
    """The contract of the served version; None where nothing is published in that major."""
    snapshot = lakehouse.snapshot(port, major)
    return None if snapshot is None else contract_of(snapshot)


def find_published(lakehouse: Lakehouse, name: str) -> PublishedContract:
    """The published contract that `unit.port` or `unit.port_v<major>` names.

    A bare name is the newest major that is published. Raises UnknownPort.
    """
    majors = lakehouse.majors(name)
    wanted = read_name(name)[1] if is_versioned(name) else max(majors, default=None)
    found = None if wanted is None else published_contract(lakehouse, name, wanted)
    if found is None:
        raise UnknownPort(name, lakehouse.ports())
    return found
