"""The documents that a table's versions were published under: `_contracts/<sha256>.odcs.yaml`.

They lie with the table, so that what was promised is known for as long as its rows are. A commit
names its document by hash; many versions share one.
"""

import hashlib
import re
from pathlib import Path

from contracts.model import Contract
from data_products.durable import write_bytes

_FOLDER = "_contracts"
_HASH = re.compile(r"[0-9a-f]{64}")


def keep_contract(table: Path, contract: Contract) -> None:
    """Put the contract's document beside the table's rows; on disk when this returns."""
    path = _path(table, contract.content_hash)
    if contract.content and not path.exists():
        write_bytes(path, contract.content)


def kept_contract(table: Path, content_hash: str) -> bytes | None:
    """The document of that hash; None where it was not kept, or is not what was kept."""
    if _HASH.fullmatch(content_hash) is None:
        return None
    try:
        content = _path(table, content_hash).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == content_hash else None


def _path(table: Path, content_hash: str) -> Path:
    return table / _FOLDER / f"{content_hash}.odcs.yaml"
