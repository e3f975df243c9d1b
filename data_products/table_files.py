"""Somebody's Parquet or CSV files as a table, before they are anybody's data product."""

import glob
import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from contracts.model import SchemaObject
from data_products.errors import UnreadableFiles
from data_products.sql import literal, quoted

_CSV = (".csv", ".csv.gz", ".tsv")
_PARQUET = (".parquet",)


def table_files(pattern: str) -> tuple[Path, ...]:
    """The files that a path or a glob pattern names, in order.

    Raises UnreadableFiles where there is none, or where they are not all Parquet or all CSV.
    """
    exact = Path(pattern)
    names = [pattern] if exact.is_file() else glob.glob(pattern, recursive=True)  # noqa: PTH207  may be absolute
    files = tuple(sorted(path for path in map(Path, names) if path.is_file()))
    if not files:
        raise UnreadableFiles(pattern, "no file is there")
    if not (_are(files, _CSV) or _are(files, _PARQUET)):
        raise UnreadableFiles(pattern, "its files are neither all Parquet nor all CSV")
    return files


def content_hash(files: Sequence[Path]) -> str:
    """SHA-256 over the bytes of the files, in their order."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def promised_relation(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], promised: SchemaObject
) -> str:
    """A bracketed SELECT over files, to be read by any connection.

    Parquet has its own types. A CSV column gets its promised type where every value fits it, and
    stays text where one does not, so that its type check says so. Raises UnreadableFiles.
    """
    listed = ", ".join(literal(str(path.absolute())) for path in files)
    try:
        if _are(files, _PARQUET):
            source = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
            connection.execute(f"DESCRIBE SELECT * FROM {source}")
            return f"(SELECT * FROM {source})"
        source = (
            f"read_csv([{listed}], header = true, all_varchar = true, union_by_name = true, "
            "hive_partitioning = false)"
        )
        return f"(SELECT {_typed(connection, source, promised)} FROM {source})"
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise UnreadableFiles(str(files[0]), reason) from error


def _typed(connection: duckdb.DuckDBPyConnection, source: str, promised: SchemaObject) -> str:
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    names = [str(row[0]) for row in described]
    types = {p.name: p.physical_type for p in promised.properties if p.name in names}
    if not names:
        return "*"
    fits = ", ".join(
        f"count({quoted(name)}) = count(TRY_CAST({quoted(name)} AS {kind}))"
        for name, kind in types.items()
    )
    found = connection.execute(f"SELECT {fits} FROM {source}").fetchall()[0] if types else ()
    fitting = {name for name, fit in zip(types, found, strict=True) if fit}
    return ", ".join(
        f"CAST({quoted(name)} AS {types[name]}) AS {quoted(name)}"
        if name in fitting
        else quoted(name)
        for name in names
    )


def _are(files: Sequence[Path], suffixes: tuple[str, ...]) -> bool:
    return all(path.name.lower().endswith(suffixes) for path in files)
