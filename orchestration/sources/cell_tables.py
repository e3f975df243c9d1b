"""A source file of any format as relations of cells in a DuckDB connection, before typing."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.sources.encodings import open_text, text_facts
from orchestration.sources.errors import AccountingBroken, UnreadableFile
from orchestration.sources.headers import HeaderMatch, match_headers
from orchestration.sources.json_tables import read_objects
from orchestration.sources.reject_table import (
    REJECTS,
    create_rejects,
    drop_blank_tail,
    insert,
    insert_rejects,
)
from orchestration.sources.source_objects import SourceObject
from orchestration.sources.spreadsheets import SheetTable, find_tables, read_sheets
from orchestration.sources.text_tables import BLANK_ROW, TextRows, find_layout, read_rows
from orchestration.sources.typed_values import identifier, literal
from orchestration.sources.typing_sql import Cells

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "spreadsheet",
    ".xlsm": "spreadsheet",
    ".xls": "spreadsheet",
    ".ods": "spreadsheet",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}


@dataclass(frozen=True, slots=True)
class CellTable:
    """A table of cells; `match` is None, or lacks required columns, where it is refused."""

    cells: Cells
    match: HeaderMatch | None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One source file, read; rows that are no rows are in the table `landing_rejects` already.

    `rows_read` is what the format's reader counted, without the blank rows below the last one
    that says anything: `blank_rows_below`. A file has several tables only when it is a workbook of
    several sheets with the contracted header.
    """

    format: str
    encoding: str | None
    rows_read: int
    preamble_rows: int
    tables: tuple[CellTable, ...]
    sheets_ignored: tuple[str, ...] = ()
    blank_rows_below: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is given: where the file is, what it is called, what it should hold."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    name: str  # below the root, POSIX
    source: SourceObject
    most_bytes: int


def format_of(name: str) -> str | None:
    """The format that a file's name promises; None where it is not read. `.gz` is transparent."""
    lowered = name.lower()
    packed = lowered.endswith(".gz")
    found = FORMATS.get("." + lowered.removesuffix(".gz").rpartition(".")[2])
    return None if packed and found not in {"csv", "json"} else found


def read_file(reading: Reading) -> ReadFile:
    """Reads one file into relations of cells.

    Raises UnreadableFile for what is damaged or of a format that is not read.
    """
    connection = reading.connection
    create_rejects(connection)
    readers: dict[str | None, Callable[[Reading], ReadFile]] = {
        "csv": _read_text,
        "spreadsheet": _read_workbook,
        "json": _read_json,
        "parquet": _read_parquet,
    }
    reader = readers.get(format_of(reading.name))
    if reader is None:
        raise UnreadableFile(reading.name, f"its format is none of {', '.join(FORMATS)}")
    try:
        return reader(reading)
    except (EOFError, OSError, UnicodeError, zipfile.BadZipFile) as error:
        raise UnreadableFile(reading.name, f"{type(error).__name__}: {error}") from error


def _read_text(reading: Reading) -> ReadFile:
    facts = text_facts(reading.path, reading.most_bytes)
    layout = find_layout(reading.path, facts.encoding, reading.source, reading.name)
    used = _used(layout.match)
    cells = _create_cells(reading.connection, "landing_cells", used)
    rows = 0
    lines = layout.first_line - 1 if facts.lines else 0
    for run in read_rows(reading.path, facts.encoding, layout):
        rows += run.records
        lines += run.lines_read
        _insert_run(reading.connection, run, used)
    if lines != facts.lines:
        raise AccountingBroken(reading.name, f"{facts.lines} lines in it, {lines} lines read")
    below = drop_blank_tail(reading.connection, "landing_cells")
    return ReadFile(
        format="csv",
        encoding=facts.encoding,
        rows_read=rows - below,
        preamble_rows=layout.preamble_rows,
        tables=(CellTable(cells, layout.match),),
        blank_rows_below=below,
    )


def _insert_run(connection: duckdb.DuckDBPyConnection, run: TextRows, used: Sequence[int]) -> None:
    if run.rows:
        columns = list(zip(*run.rows, strict=True)) if used else []
        insert(
            connection,
            "landing_cells",
            [
                pa.array(run.starts, pa.int64()),
                pa.array(run.raws, pa.string()),
                *(pa.array(columns[position], pa.string()) for position in used),
            ],
        )
    insert_rejects(connection, run.faults)


def _read_workbook(reading: Reading) -> ReadFile:
    if zipfile.is_zipfile(reading.path):
        with zipfile.ZipFile(reading.path) as archive:
            if sum(part.file_size for part in archive.infolist()) > reading.most_bytes:
                limit = f"it unpacks to more than {reading.most_bytes:,} bytes"
                raise UnreadableFile(reading.name, f"{limit}: split it, or raise the limit")
    found = find_tables(read_sheets(reading.path), reading.source, reading.name)
    good = [table for table in found if table.match is not None and table.match.is_header]
    chosen = good or sorted(found, key=_score)[-1:]
    loaded = [_load_sheet(reading, index, table) for index, table in enumerate(chosen)]
    return ReadFile(
        format=reading.path.suffix.lower().lstrip("."),
        encoding=None,
        rows_read=sum(table.sheet.rows - table.header_row for table in chosen),
        preamble_rows=sum(max(table.header_row - 1, 0) for table in chosen),
        tables=tuple(loaded),
        sheets_ignored=tuple(each.sheet.name for each in found if each not in chosen),
    )


def _score(table: SheetTable) -> int:
    return table.match.score if table.match is not None else 0


def _load_sheet(reading: Reading, index: int, table: SheetTable) -> CellTable:
    """Loads the rows below the header; blank rows and rows with error cells become rejects."""
    connection, sheet, used = reading.connection, table.sheet, _used(table.match)
    width = len(sheet.columns)
    name = f"landing_cells_{index}"
    numbers = pa.array(range(1, sheet.rows + 1), pa.int64())
    whole = pa.table([numbers, *sheet.columns], ["_line", *(f"c{i}" for i in range(width))])
    every = ", ".join(f"c{i}" for i in range(width))
    blank = " AND ".join(f"landing_trim(coalesce(c{i}, '')) = ''" for i in range(width))
    wrong = {
        row: [f"column {column + 1}: {detail}" for column, detail in cells if column in used]
        for row, cells in sheet.errors.items()
    }
    faults = [(row, "the cell holds an error: " + "; ".join(f)) for row, f in wrong.items() if f]
    below = (
        "FROM landing_sheet LEFT JOIN landing_faults USING (_line) "
        f"WHERE _line > {table.header_row}"
    )
    reason = f"coalesce(fault, CASE WHEN {blank} THEN {literal(BLANK_ROW)} END)"
    connection.register("landing_sheet", whole)
    connection.register("landing_faults", _fault_table(faults))
    connection.execute(
        f"INSERT INTO {REJECTS} SELECT _line, to_json([{every}]), {reason} "
        f"{below} AND {reason} IS NOT NULL"
    )
    kept = ", ".join(["_line", f"to_json([{every}]) AS _raw", *(f"c{i}" for i in used)])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {kept} {below} AND {reason} IS NULL"
    )
    connection.unregister("landing_sheet")
    connection.unregister("landing_faults")
    return CellTable(_cells(name, used, has_typed_dates=True), table.match)


def _fault_table(faults: list[tuple[int, str]]) -> pa.Table:
    return pa.table(
        [
            pa.array([row for row, _ in faults], pa.int64()),
            pa.array([text for _, text in faults], pa.string()),
        ],
        ["_line", "fault"],
    )


def _read_json(reading: Reading) -> ReadFile:
    facts = text_facts(reading.path, reading.most_bytes)
    with open_text(reading.path, facts.encoding) as file:
        objects = read_objects(file.read(), reading.name)
    headers = list(dict.fromkeys(key for each in objects.rows for key in each))
    match = match_headers(reading.source, headers, reading.name)
    used = _used(match)
    cells = _create_cells(reading.connection, "landing_cells", used)
    insert(
        reading.connection,
        "landing_cells",
        [
            pa.array(objects.numbers, pa.int64()),
            pa.array(objects.raws, pa.string()),
            *(
                pa.array([each.get(headers[position]) for each in objects.rows], pa.string())
                for position in used
            ),
        ],
    )
    insert_rejects(reading.connection, objects.faults)
    rows = len(objects.rows) + len(objects.faults)
    return ReadFile("json", facts.encoding, rows, 0, (CellTable(cells, match),))


def _read_parquet(reading: Reading) -> ReadFile:
    file = literal(str(reading.path))
    relation = f"read_parquet({file}, file_row_number = true, hive_partitioning = false)"
    try:
        described = reading.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        counted = reading.connection.execute(
            f"SELECT num_rows FROM parquet_file_metadata({file})"
        ).fetchone()
    except duckdb.Error as error:
        raise UnreadableFile(reading.name, f"no Parquet file that opens: {error}") from error
    types = {str(row[0]): str(row[1]).lower() for row in described if row[0] != "file_row_number"}
    names = [identifier(name) for name in types]
    raw = f"to_json([{', '.join(f'CAST({name} AS VARCHAR)' for name in names)}])"
    columns = {
        position: (f"CAST({name} AS VARCHAR)", "varchar")
        if kind.startswith("enum")
        else (name, kind)
        for position, (name, kind) in enumerate(zip(names, types.values(), strict=True))
    }
    cells = Cells(relation, "file_row_number + 1", raw, columns)
    match = match_headers(reading.source, list(types), reading.name)
    rows = int(counted[0]) if counted is not None else 0
    return ReadFile("parquet", None, rows, 0, (CellTable(cells, match),))


def _used(match: HeaderMatch | None) -> tuple[int, ...]:
    """The file's columns to load; none where the file is refused and only its rows are kept."""
    return match.used_positions if match is not None and match.is_header else ()


def _create_cells(connection: duckdb.DuckDBPyConnection, name: str, used: Sequence[int]) -> Cells:
    columns = "".join(f", c{position} VARCHAR" for position in used)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (_line BIGINT, _raw VARCHAR{columns})")
    return _cells(name, used)


def _cells(name: str, used: Sequence[int], *, has_typed_dates: bool = False) -> Cells:
    columns = {position: (f"c{position}", "varchar") for position in used}
    return Cells(name, "_line", "_raw", columns, has_typed_dates)
