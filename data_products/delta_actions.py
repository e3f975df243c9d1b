"""What a commit adds and removes, as delta-rs takes it. Nothing here commits: Lakehouse does."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from deltalake import Schema
from deltalake.transaction import AddAction, RemoveAction

from contracts.model import Contract
from data_products.candidate import Candidate
from data_products.column_types import delta_schema
from data_products.errors import CandidateLost
from data_products.publishing_rules import changed_files, personal_columns, removed_files
from data_products.snapshots import Snapshot
from data_products.statistics import without


def table_schema(candidate: Candidate) -> Schema:
    """The columns of the table as it will be."""
    return Schema.from_json(json.dumps(delta_schema(candidate.columns)))


def add_actions(contract: Contract, candidate: Candidate) -> list[AddAction]:
    """The candidate's new files; nothing of personal values is in their statistics."""
    personal = personal_columns(contract)
    return [
        AddAction(
            path=file.path,  # as it is on disk: delta-rs quotes it itself
            size=file.size_bytes,
            partition_values=file.partition_values,
            modification_time=(candidate.table / file.path).stat().st_mtime_ns // 1_000_000,
            data_change=True,
            stats=without(file.statistics, personal),
        )
        for file in candidate.files
    ]


def remove_actions(candidate: Candidate, served: Snapshot, at: datetime) -> list[RemoveAction]:
    """The served files that an incremental candidate takes out; none for one that replaces all."""
    if not candidate.kept:
        return []
    moment = int(at.timestamp() * 1000)
    return [
        RemoveAction(file.path, True, moment, file.size_bytes, dict(file.partition_values))
        for file in removed_files(candidate, served)
    ]


def kept_rows(candidate: Candidate, served: Snapshot | None) -> int:
    """Rows of the served files that stay."""
    kept = set(candidate.kept)
    files: Sequence[Any] = () if served is None else served.table_files
    return sum(file.rows for file in files if file.path in kept)


def verify_files(candidate: Candidate) -> None:
    """The bytes that were judged are the bytes that are published. Raises CandidateLost."""
    faults, sound = changed_files(candidate)
    written = {file.path: file.sha256 for file in candidate.files}
    for name in sound:
        with (candidate.table / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != written[name]:
                faults.append(f"`{name}` has other content than was checked")
    if faults:
        raise CandidateLost(candidate.port, candidate.content_hash, faults)
