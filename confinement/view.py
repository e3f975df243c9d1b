"""A port as a statement sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A granted port as the statement sees it: `unit.port` over a SELECT of its files."""

    unit: str
    port: str
    relation: str
    files: tuple[str, ...]
