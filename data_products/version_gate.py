"""Whether a contract's version tells consumers what its changes do to them (INT-05)."""

from contracts.changes import ContractChange, compare
from contracts.changes.model import read_version
from contracts.model import Contract
from contracts.yaml_reader import parse_document
from data_products.errors import VersionTooLow
from data_products.kept_contracts import PublishedContract, contract_of
from data_products.snapshots import Snapshot


def refuse_low_version(contract: Contract, served: Snapshot | None) -> None:
    """Raises VersionTooLow where the changes since the served version demand a higher one."""
    if served is None:
        return
    published = contract_of(served)
    if contract.content_hash == published.content_hash:
        return
    change = change_since(contract, published)
    if change is not None and change.is_version_enough:
        return
    is_raised = read_version(contract.version) > read_version(published.version)
    if change is None and is_raised:
        return
    raise VersionTooLow(contract.reference, contract.version, published, change)


def change_since(contract: Contract, published: PublishedContract) -> ContractChange | None:
    """What changed since a published contract; None where only the hash of one is known."""
    if published.content is None or not contract.content or contract.path is None:
        return None
    return compare(published.document(), parse_document(contract.content, contract.path))
