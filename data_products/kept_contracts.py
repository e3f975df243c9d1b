"""The documents that a table's versions were published under: `_contracts/<sha256>.odcs.yaml`.

They lie with the table, so that what was promised is known for as long as its rows are. A commit
names its document by hash; many versions share one.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import NotComparable
from contracts.model import Contract
from contracts.odcs_contract import contract_of as typed
from contracts.yaml_reader import parse_document
from data_products.durable import write_bytes
from data_products.snapshots import Snapshot

_FOLDER = "_contracts"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PublishedContract:
    """The contract that one Delta version of a port was published under."""

    port: str  # unit.port
    major: int
    delta_version: int
    version: str
    content_hash: str
    content: bytes | None  # None where only its hash was kept

    def document(self) -> dict[str, Any]:
        """The document as plain values. Raises NotComparable where it was not kept."""
        if self.content is None:
            raise NotComparable(
                f"`{self.port}` {self.version} was published before contracts were kept with the "
                "data, and only the hash of its contract is known"
            )
        return parse_document(self.content, Path(f"{self.port}@{self.version}"))

    def contract(self) -> Contract | None:
        """The contract itself; None where its document was not kept."""
        return None if self.content is None else typed(self.document(), self.content, None)


def keep_contract(table: Path, contract: Contract) -> None:
    """Put the contract's document beside the table's rows; on disk when this returns."""
    path = _path(table, contract.content_hash)
    if contract.content and not path.exists():
        write_bytes(path, contract.content)


def contract_of(snapshot: Snapshot) -> PublishedContract:
    """The contract that a version was published under."""
    said = snapshot.metadata
    content_hash = str(said.get("contract_hash") or "")
    return PublishedContract(
        port=snapshot.port,
        major=snapshot.major,
        delta_version=snapshot.version,
        version=str(said.get("contract_version") or f"{snapshot.major}.0.0"),
        content_hash=content_hash,
        content=_kept(snapshot.table, content_hash),
    )


def _kept(table: Path, content_hash: str) -> bytes | None:
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
