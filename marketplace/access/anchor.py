"""The head of the audit chain, kept in a file beside the database.

Whoever can rewrite the database's tables can also rewrite the head that is kept there. The file
is a second witness: it also shows that the end of the log was cut off, or an old copy put back.
"""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from marketplace.access.model import ChainHead


@dataclass(frozen=True, slots=True)
class HeadAnchor:
    """A file with the newest head that this machine has seen committed.

    Written after the commit, so it may lag behind the chain and never leads it.
    """

    path: Path

    def write(self, head: ChainHead) -> None:
        """Replace the anchor in one step."""
        scratch = self.path.with_name(f"{self.path.name}.{os.getpid()}-{threading.get_ident()}")
        scratch.write_text(json.dumps({"sequence": head.sequence, "hash": head.hash}))
        scratch.replace(self.path)

    def read(self) -> ChainHead | None:
        """The anchored head; None where the file is missing or is no anchor."""
        try:
            document = json.loads(self.path.read_text())
            return ChainHead(int(document["sequence"]), str(document["hash"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
