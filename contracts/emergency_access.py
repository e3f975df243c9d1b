"""Who may read a port at once in an emergency: nobody, unless its contract lists them.

`emergencyAccess` lists references: ids of people, or `team:<id>`. Such access lasts hours, is told
to everybody who answers for the port, and is reviewed afterwards.
"""

import re
from collections.abc import Iterator

from contracts.errors import DocumentFault
from contracts.model import Contract

NAME = "emergencyAccess"
_REFERENCE = re.compile(r"(team:)?[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


def emergency_readers(contract: Contract) -> tuple[str, ...]:
    """The references that the contract lists; none where it cannot be read."""
    given = contract.custom.get(NAME)
    listed = given if isinstance(given, list) else []
    return tuple(name for name in listed if isinstance(name, str) and _REFERENCE.fullmatch(name))


def emergency_faults(contract: Contract) -> Iterator[DocumentFault]:
    """What is wrong with the contract's list."""
    given = contract.custom.get(NAME)
    path = f"customProperties.{NAME}"
    if given is None:
        return
    if not isinstance(given, list):
        yield DocumentFault(path, "is not a list.", "List ids of people, or `team:<id>`.")
        return
    for position, name in enumerate(given):
        if not isinstance(name, str) or _REFERENCE.fullmatch(name) is None:
            fault = f"`{name}` is no reference to a person or team."
            yield DocumentFault(f"{path}[{position}]", fault, "Write an id, or `team:<id>`.")
