"""Where a foreign key points: the three forms of ODCS, read into unit, port and column."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from contracts.port_names import port_name, read_name

_SHORT = re.compile(r"([A-Za-z_]\w*)\.([A-Za-z_]\w*)")
_QUALIFIED = re.compile(
    r"(?:(?P<file>[^#]+)#)?/?schema/(?P<object>[\w-]+)/properties/(?P<column>[\w-]+)"
)
_FILE = re.compile(r"(?P<port>[a-z][a-z0-9_]*)\.v(?P<major>\d+)\.odcs\.yaml")


@dataclass(frozen=True, slots=True)
class Target:
    """One column of one port."""

    port: str  # unit.port, or unit.port_v2 of a later major version
    column: str


def read_target(text: str, unit: str) -> Target | None:
    """The column that `text` names, seen from a contract of `unit`; None where it names none.

    `port.column` is in the same unit, `schema/<port>/properties/<column>` in the same document,
    `../<unit>/<port>.v<major>.odcs.yaml#/schema/<port>/properties/<column>` in another one.
    Addresses are never fetched: only paths to a contract of this project are read.
    """
    short = _SHORT.fullmatch(text)
    if short is not None:
        return Target(f"{unit}.{short.group(1)}", short.group(2))
    qualified = _QUALIFIED.fullmatch(text)
    if qualified is None:
        return None
    if qualified["file"] is None:
        return Target(f"{unit}.{qualified['object']}", qualified["column"])
    port = _port_of(qualified["file"], unit)
    if port is None or read_name(port)[0].split(".")[1] != qualified["object"]:
        return None
    return Target(port, qualified["column"])


def _port_of(file: str, unit: str) -> str | None:
    path = PurePosixPath(file)
    name = _FILE.fullmatch(path.name)
    if name is None or "//" in file:
        return None
    folders = [part for part in path.parts[:-1] if part != "."]
    port = port_name(name["port"], int(name["major"]))
    if not folders:
        return f"{unit}.{port}"
    if len(folders) == 2 and folders[0] == ".." and folders[1] != "..":
        return f"{folders[1]}.{port}"
    return None
