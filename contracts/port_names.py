"""What a port is called in each of its major versions.

The first major version has the plain name, `unit.port`; each later one says its number,
`unit.port_v2`. So a name means one major version for good: what read the plain name before there
was a second version goes on reading the first one, and is refused when that has ended.
"""

import re

_VERSIONED = re.compile(r"(?P<plain>.+)_v(?P<major>\d+)")


def port_name(name: str, major: int) -> str:
    """The name of one major version: `port`, `port_v2`."""
    return name if major == 1 else f"{name}_v{major}"


def explicit_name(reference: str) -> str:
    """The name that says the major version in any case: `unit.port_v1`."""
    plain, major = read_name(reference)
    return f"{plain}_v{major}"


def read_name(reference: str) -> tuple[str, int]:
    """The plain name of a port and the major version that a name means."""
    found = _VERSIONED.fullmatch(reference)
    return (reference, 1) if found is None else (found["plain"], int(found["major"]))


def is_versioned(name: str) -> bool:
    """Whether a name ends as a major version does, so that no port may be called so."""
    return _VERSIONED.fullmatch(name) is not None
