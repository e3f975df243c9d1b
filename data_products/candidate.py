"""A built table that awaits its verdict: its files lie in the table's folder, unseen by readers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """One Parquet file of a candidate."""

    path: str  # relative to the table's folder, never quoted
    size_bytes: int
    rows: int
    sha256: str
    statistics: str  # Delta `stats` JSON
    partition_values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a mart's build left in the table's folder, and what publishing it would change."""

    port: str  # unit.port
    major: int
    table: Path
    columns: tuple[tuple[str, str], ...]  # name, DuckDB type, in order
    partition_columns: tuple[str, ...]
    files: tuple[CandidateFile, ...]  # new files
    kept: tuple[str, ...]  # files of `base_version` that stay (incremental build), relative paths
    base_version: int | None  # Delta version it was built against; None where there is no table
    fingerprint: str  # of everything that went in: SQL, contract, source files, input versions
    sources: Mapping[str, str]  # source file or input port -> SHA-256 or `delta:<version>`
    content_hash: str  # of new and kept files: names the candidate

    @property
    def new_rows(self) -> int:
        """Rows in the new files."""
        return sum(file.rows for file in self.files)
