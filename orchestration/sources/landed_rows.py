"""One source file into its landed rows and rejects, with every row accounted for."""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.sources.cell_tables import ReadFile, Reading, read_file
from orchestration.sources.errors import AccountingBroken, UnreadableFile
from orchestration.sources.headers import HeaderMatch
from orchestration.sources.landing_store import LANDED_COLUMNS, LandedFile, sync_folder
from orchestration.sources.reject_table import REJECTS
from orchestration.sources.text_tables import HEADER_ROWS
from orchestration.sources.typed_values import described, identifier, literal
from orchestration.sources.typing_sql import Cells, TypedRows, constant, typed_rows, united

# As everywhere in the lake: larger row groups make selective reads 4-5 times slower.
_FEW = 10_000  # rejected lines whose numbers fit into one statement
_PARQUET = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows of one file go, and what they are marked with."""

    rows: Path
    rejects: Path
    source_hash: str
    landed_at: datetime


def land_rows(reading: Reading, target: Target, record: LandedFile) -> LandedFile:
    """Writes the rows and the rejects of one file; completes its record with what was found.

    The files are in place and synced when this returns; the record is the caller's to keep.
    Raises AccountingBroken, and then leaves nothing behind.
    """
    for path in (target.rows, target.rejects):
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        read = read_file(reading)
        refusal = _refusal(reading, read)
    except UnreadableFile as error:
        return _unreadable(reading, target, record, error.reason)
    typed = None if refusal is not None else _typed(reading, read)
    rounded = _reject(reading.connection, read, typed, refusal)
    landed = _write_rows(reading, typed, target)
    rejected = _write_rejects(reading, target)
    duplicates = _duplicates(reading.connection, _beside(target.rows))
    _account(reading.name, read.rows_read, (landed, rejected, duplicates))
    _settle(target, rejected)
    match = read.tables[0].match if read.tables else None
    return replace(
        record,
        format=read.format,
        encoding=read.encoding,
        rows_read=read.rows_read,
        rows_landed=landed,
        rows_rejected=rejected,
        rows_duplicate=duplicates,
        columns_taken=match.taken if match is not None and refusal is None else (),
        columns_dropped=match.dropped if match is not None and refusal is None else (),
        rejects=record.rejects if rejected else None,
        preamble_rows=read.preamble_rows,
        blank_rows_below=read.blank_rows_below,
        values_rounded=rounded,
        sheets_ignored=read.sheets_ignored,
        refusal=refusal,
    )


def _refusal(reading: Reading, read: ReadFile) -> str | None:
    """Why the file as a whole cannot be landed, if so."""
    for table in read.tables:
        reason = _header_fault(table.match) or _path_fault(reading, table.match)
        if reason is not None:
            return reason
    return None if read.tables else "it holds no table"


def _header_fault(match: HeaderMatch | None) -> str | None:
    if match is None:
        return f"no header row found in the first {HEADER_ROWS} rows"
    if match.missing:
        columns = {place.column.name: place.column for place in match.places}
        by_path = [name for name in match.missing if not columns[name].headers]
        by_header = [f"`{name}`" for name in match.missing if name not in by_path]
        reasons = [f"no column for {', '.join(by_header)}"] if by_header else []
        reasons += [f"its path does not say `{name}`" for name in by_path]
        return "; ".join(reasons)
    if not match.is_header:
        return f"only {match.score} of its headers are in the contract"
    return None


def _path_fault(reading: Reading, match: HeaderMatch | None) -> str | None:
    """A part of the path that is no value of its column's type."""
    for place in match.places if match is not None else ():
        if place.path_value is None:
            continue
        row = reading.connection.execute(f"SELECT {constant(place)}").fetchone()
        if row is None or row[0] is None:
            value = f"`{place.column.name}`: `{place.path_value}` in its path"
            return f"{value} is not {described(place.column)}"
    return None


def _typed(reading: Reading, read: ReadFile) -> TypedRows:
    """The typed rows; text is typed once into a table, Parquet is quicker read twice."""
    several = [
        typed_rows(table.cells, table.match) for table in read.tables if table.match is not None
    ]
    if read.format == "parquet":
        return several[0]
    typed = united(several, [column.name for column in reading.source.columns])
    # The optimizer hoists what only the rows of one CASE branch need: it doubles the time.
    reading.connection.execute("PRAGMA disable_optimizer")
    try:
        reading.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE landing_typed AS SELECT * FROM {typed.rows}"
        )
    finally:
        reading.connection.execute("PRAGMA enable_optimizer")
    return replace(typed, rows="landing_typed")


def _reject(
    connection: duckdb.DuckDBPyConnection,
    read: ReadFile,
    typed: TypedRows | None,
    refusal: str | None,
) -> int:
    """Adds the rows that cannot be typed to the rejects; returns how many values are rounded."""
    if typed is None:
        for table in read.tables:
            cells = table.cells
            connection.execute(
                f"INSERT INTO {REJECTS} SELECT {cells.line}, {cells.raw}, "
                f"{literal(refusal or '')} FROM {cells.relation}"
            )
        return 0
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE landing_marked AS "
        f"SELECT _line, _rejected, CASE WHEN _rejected THEN {typed.reason} END AS reason, "
        f"{typed.rounded} AS rounded FROM {typed.rows} WHERE _rejected OR {typed.rounded} > 0"
    )
    counted = connection.execute(
        "SELECT count(*) FILTER (_rejected), "
        "coalesce(sum(rounded) FILTER (NOT _rejected), 0)::BIGINT FROM landing_marked"
    ).fetchone()
    rejected, rounded = (int(each) for each in counted) if counted is not None else (0, 0)
    if 0 < rejected <= _FEW and read.format == "parquet":
        _reject_few(connection, read.tables[0].cells)
    elif rejected:
        connection.execute(
            f"INSERT INTO {REJECTS} SELECT _line, _raw, {typed.reason} "
            f"FROM {typed.rows} WHERE _rejected"
        )
    return rounded


def _reject_few(connection: duckdb.DuckDBPyConnection, cells: Cells) -> None:
    """Looks up the raw text of the few rejected lines, which spares a scan of every column."""
    lines = connection.execute("SELECT _line FROM landing_marked WHERE _rejected").fetchall()
    listed = ", ".join(str(line) for (line,) in lines)
    connection.execute(
        f"INSERT INTO {REJECTS} SELECT _line, raw, reason FROM landing_marked JOIN ("
        f"SELECT {cells.line} AS _line, {cells.raw} AS raw FROM {cells.relation} "
        f"WHERE {cells.line} IN ({listed})) USING (_line) WHERE _rejected"
    )


def _write_rows(reading: Reading, typed: TypedRows | None, target: Target) -> int:
    """Writes the good rows, exact duplicates collapsed, in the order of the file."""
    return _copy(
        reading.connection,
        _rows_query(reading, typed, target.source_hash),
        _beside(target.rows),
    )


def _rows_query(reading: Reading, typed: TypedRows | None, source_hash: str) -> str:
    columns = reading.source.columns
    if typed is None:
        every = [(each.name, each.type) for each in columns] + list(LANDED_COLUMNS)
        nulls = ", ".join(f"CAST(NULL AS {kind}) AS {identifier(name)}" for name, kind in every)
        return f"SELECT {nulls} WHERE false"
    grouped = ", ".join(identifier(name) for name in typed.columns)
    constants = dict(typed.constants)
    shown = ", ".join(
        f"{constants[each.name]} AS {identifier(each.name)}"
        if each.name in constants
        else identifier(each.name)
        for each in columns
    )
    return (
        f"SELECT {shown}, {literal(reading.name)} AS _source_file, "
        f"{literal(source_hash)} AS _source_hash, _line, _line_count FROM ("
        f"SELECT {grouped}, min(_line)::BIGINT AS _line, count(*)::INTEGER AS _line_count "
        f"FROM {typed.rows} WHERE NOT _rejected GROUP BY {grouped}) ORDER BY _line"
    )


def _write_rejects(reading: Reading, target: Target) -> int:
    moment = literal(target.landed_at.isoformat())
    return _copy(
        reading.connection,
        f"SELECT {literal(reading.name)} AS source_file, "
        f"{literal(target.source_hash)} AS source_hash, line, "
        f"rtrim(raw, chr(13) || chr(10)) AS raw, reason, "
        f"CAST({moment} AS TIMESTAMP WITH TIME ZONE) AS landed_at FROM {REJECTS} ORDER BY line",
        _beside(target.rejects),
    )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    written = connection.execute(f"COPY ({query}) TO {literal(str(path))} ({_PARQUET})").fetchone()
    return int(written[0]) if written is not None else 0


def _duplicates(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Lines beyond the first of each landed row, from the file that was written."""
    row = connection.execute(
        f"SELECT coalesce(sum(_line_count - 1), 0)::BIGINT FROM read_parquet({literal(str(path))})"
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _account(name: str, rows_read: int, parts: tuple[int, int, int]) -> None:
    landed, rejected, duplicates = parts
    if rows_read != landed + rejected + duplicates:
        raise AccountingBroken(
            name,
            f"{rows_read} read, but {landed} landed, {rejected} rejected and "
            f"{duplicates} duplicates",
        )


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _settle(target: Target, rejected: int) -> None:
    """Syncs what was written and gives it its name; an empty rejects file is not kept."""
    if not rejected:
        _beside(target.rejects).unlink()
    for path in (target.rows, target.rejects) if rejected else (target.rows,):
        with _beside(path).open("rb") as file:
            os.fsync(file.fileno())
        _beside(path).replace(path)
        sync_folder(path.parent)


def _unreadable(reading: Reading, target: Target, record: LandedFile, reason: str) -> LandedFile:
    """The record of a file that gives no rows at all; its empty landing keeps the types."""
    _copy(reading.connection, _rows_query(reading, None, target.source_hash), _beside(target.rows))
    _beside(target.rejects).touch()
    _settle(target, 0)
    return replace(record, rejects=None, refusal=f"cannot be read: {reason}")
