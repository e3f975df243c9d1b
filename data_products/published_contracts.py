"""The contract that consumers rely on now: that of a port's served version."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.errors import NotComparable
from contracts.yaml_reader import parse_document
from data_products.errors import UnknownPort
from data_products.lakehouse import Lakehouse

_MAJOR = re.compile(r"(?P<port>.+)_v(?P<major>\d+)")


@dataclass(frozen=True, slots=True)
class PublishedContract:
    """The contract of one major version of a port, as it was published last."""

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


def published_contract(lakehouse: Lakehouse, port: str, major: int) -> PublishedContract | None:
    """The contract of the served version; None where nothing is published in that major."""
    snapshot = lakehouse.snapshot(port, major)
    if snapshot is None:
        return None
    return PublishedContract(
        port=port,
        major=major,
        delta_version=snapshot.version,
        version=str(snapshot.metadata.get("contract_version") or f"{major}.0.0"),
        content_hash=str(snapshot.metadata.get("contract_hash") or ""),
        content=lakehouse.contract_text(snapshot),
    )


def find_published(lakehouse: Lakehouse, name: str) -> PublishedContract:
    """The published contract that `unit.port` or `unit.port_v<major>` names.

    A bare name is the newest major that is published. Raises UnknownPort.
    """
    majors = lakehouse.majors(name)
    port, wanted = name, max(majors, default=None)
    versioned = _MAJOR.fullmatch(name)
    if wanted is None and versioned is not None:
        port, wanted = versioned["port"], int(versioned["major"])
    found = None if wanted is None else published_contract(lakehouse, port, wanted)
    if found is None:
        raise UnknownPort(name, lakehouse.ports())
    return found
