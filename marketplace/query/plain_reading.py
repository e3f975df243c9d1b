"""A port read without the marketplace's own readers: the Delta log as text, Parquet by DuckDB.

What it finds is held against what a session shows. So nothing here uses snapshots, entitlements,
views or copies: a fault in those would be repeated, and never be seen.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb

_METADATA = "marketplace"


@dataclass(frozen=True, slots=True)
class Served:
    """What the log of a table says is served."""

    version: int
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How many rows there are, and a sum of hashes for each column and for the rows as a whole."""

    rows: int
    columns: tuple[tuple[str, str], ...]
    whole: str


def served(table: Path) -> Served | None:
    """The files of the newest version, told by every entry of the log from the first on.

    None where nothing was published. Raises ValueError where an entry is missing or unreadable.
    """
    files: dict[str, Path] = {}
    entries = list(_entries(table))
    for actions in entries:
        for action in actions:
            if "add" in action:
                name = unquote(action["add"]["path"])
                files[name] = table / name
            elif "remove" in action:
                files.pop(unquote(action["remove"]["path"]), None)
    if not entries:
        return None
    return Served(len(entries) - 1, tuple(files[name] for name in sorted(files)))


def altered_files(table: Path, columns_at: Callable[[int], Sequence[tuple[str, str]]]) -> list[str]:
    """Faults of the files that are served: bytes other than those that were checked.

    Each commit names the hash of its candidate, which is made of the hashes of its files.
    `columns_at` gives the columns of each version with their types, as candidates name them.
    """
    found = served(table)
    if found is None:
        return []
    current, kept, faults = set(found.files), set[str](), []
    for version, actions in enumerate(_entries(table)):
        added = {unquote(a["add"]["path"]) for a in actions if "add" in a}
        kept -= {unquote(a["remove"]["path"]) for a in actions if "remove" in a}
        if any(table / name in current for name in added):
            said = _said(actions)
            fault = _fault(table, said, (columns_at(version), added, kept - added))
            faults += [f"version {version}: {fault}"] if fault else []
        kept |= added
    return faults


def fingerprint(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], columns: Sequence[str]
) -> Fingerprint:
    """The rows of Parquet files, added up without regard to their order."""
    listed = ", ".join(_literal(str(file)) for file in files)
    relation = f"read_parquet([{listed}], hive_partitioning = false)"
    answered = connection.execute(fingerprint_sql(relation, columns)).fetchall()
    return fingerprint_of(columns, answered[0])


def fingerprint_sql(relation: str, columns: Sequence[str]) -> str:
    """The statement whose one row `fingerprint_of` reads; the same for a session and for files."""
    texts = [f"{_quoted(name)}::VARCHAR" for name in columns]
    hashed = [*texts, ", ".join(texts)] if texts else ["0"]
    sums = [f"{_sum(f'hash({text})')} AS f{number}" for number, text in enumerate(hashed)]
    return f"SELECT count(*) AS n, {', '.join(sums)} FROM {relation}"


def fingerprint_of(columns: Sequence[str], row: Sequence[Any]) -> Fingerprint:
    """The fingerprint in the answer to `fingerprint_sql`."""
    rows, *sums = row
    pairs = tuple(zip(columns, map(str, sums[:-1]), strict=True))
    return Fingerprint(int(rows), pairs, str(sums[-1]))


def column_names(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> tuple[str, ...]:
    """The columns of Parquet files, in order."""
    listed = ", ".join(_literal(str(file)) for file in files)
    described = connection.execute(
        f"DESCRIBE FROM read_parquet([{listed}], hive_partitioning = false)"
    )
    return tuple(str(row[0]) for row in described.fetchall())


def quoted_name(reference: str) -> str:
    """`unit.port` as a statement names it."""
    unit, _, port = reference.partition(".")
    return f"{_quoted(unit)}.{_quoted(port)}"


def _entries(table: Path) -> Iterator[list[dict[str, Any]]]:
    """The actions of each log entry, from the first on; none may be missing in between."""
    folder = table / "_delta_log"
    names = sorted(path.name for path in folder.glob("[0-9]*.json")) if folder.is_dir() else []
    for version, name in enumerate(names):
        if name != f"{version:020}.json":
            raise ValueError(f"Entry {version} of the log of `{table.name}` is missing.")
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        yield [json.loads(line) for line in lines if line.strip()]


def _said(actions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What publishing recorded in a commit; nothing where it was not ours."""
    for action in actions:
        if "commitInfo" in action:
            said: Mapping[str, Any] = action["commitInfo"].get(_METADATA, {})
            return said
    return {}


def _fault(
    table: Path,
    said: Mapping[str, Any],
    found: tuple[Sequence[tuple[str, str]], set[str], set[str]],
) -> str | None:
    columns, added, kept = found
    try:
        hashes = sorted(_sha256(table / name) for name in added)
    except FileNotFoundError as error:
        return f"`{Path(str(error.filename)).name}` is gone"
    named = [[name, kind] for name, kind in columns]
    text = json.dumps([named, hashes, sorted(kept)], ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != said.get("candidate_hash"):
        return "its files are not the ones that were checked and published"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sum(expression: str) -> str:
    return f"coalesce(sum(({expression})::HUGEINT), 0)::VARCHAR"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
