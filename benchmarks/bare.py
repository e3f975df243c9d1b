"""Bare DuckDB doing what the platform does: the same SQL and the same COPY, and nothing else.

`python -m benchmarks.bare <home> <sources>` works in one process on a home folder that the platform
has run in: it lands the large ledger again, reads every text file with DuckDB's own detection of
its columns and types, builds the models of every port as dbt makes them, and writes every mart.
Told where each table begins and how it is encoded, it neither counts nor keeps what
it skips, and leaves out the files that it cannot read, which is in its favour.
`python -m benchmarks.bare <home> --port <unit.port>` writes one mart only.
"""

import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from data_products.candidate_writer import PARTITION_FLUSH_ROWS
from marketplace.config import Settings
from orchestration.model_graph import is_mart, port_of
from orchestration.platform import Platform, open_platform

OPTIONS = "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880"
LEDGER = "payments_over_threshold__ledger_lines"
# What the source contract asks of a ledger file, written by hand: typed dates and amounts with
# their raw columns as fallback, rows that cannot be typed left out, exact duplicates counted.
LAND = """
    COPY (
        SELECT *, '{name}' AS _source_file, '' AS _source_hash FROM (
            SELECT body AS publisher,
                coalesce(
                    payment_date,
                    try_strptime(payment_date_raw, ['%Y-%m-%d', '%A, %B %d, %Y'])::DATE,
                    DATE '1899-12-30' + try_cast(try_cast(payment_date_raw AS DOUBLE) AS INTEGER)
                ) AS payment_date,
                coalesce(
                    round(amount, 2)::DECIMAL(18, 2),
                    try_cast(translate(amount_raw, '£,() ', '') AS DECIMAL(18, 2))
                ) AS amount,
                beneficiary AS supplier, org_unit AS unit,
                min(file_row_number + 1) AS _line, count(*)::INTEGER AS _line_count
            FROM read_parquet('{path}', file_row_number = true)
            GROUP BY ALL
        )
        WHERE payment_date IS NOT NULL AND amount IS NOT NULL
        ORDER BY _line
    ) TO '{target}' ({options})
"""


READ_TEXT = """
    COPY (
        SELECT *, count(*) AS _line_count FROM read_csv(
            '{text}', skip = {skip}, header = true, delim = ',', quote = '"', escape = '"',
            strict_mode = false, null_padding = true, ignore_errors = true, parallel = false
        ) GROUP BY ALL
    ) TO '{target}' ({options})
"""


def main() -> None:
    """Replays the whole, or one mart."""
    home, argument, *port = sys.argv[1:]
    platform = open_platform(Settings(home=Path(home)))
    with TemporaryDirectory(dir=platform.settings.home) as folder, platform.connect() as connection:
        connection.execute("ATTACH ':memory:' AS warehouse")
        connection.execute("USE warehouse")
        connection.execute(f"SET partitioned_write_flush_threshold = {PARTITION_FLUSH_ROWS}")
        connection.execute("SET VARIABLE pseudonym_key = 'bare'")
        landed = None if port else land(Path(argument), connection, Path(folder))
        if not port:
            read_text(platform, Path(argument), connection, Path(folder))
        declare(platform, connection, landed)
        build(platform, connection, Path(folder), port)


def land(sources: Path, connection: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """The large ledger as one COPY per file."""
    target = folder / "landed"
    target.mkdir()
    for path in sorted((sources / "large" / "spend_ledger").glob("*.parquet")):
        name = path.relative_to(sources).as_posix()
        facts = {"name": name, "path": path, "target": target / path.name, "options": OPTIONS}
        connection.execute(LAND.format(**facts))
    return target


def read_text(
    platform: Platform, sources: Path, connection: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    """Every text file that was landed, as one COPY per file; encodings are undone before."""
    text, target = folder / "text.csv", folder / "text.parquet"
    for contract in platform.registry.sources:
        for table in contract.objects:
            for file in platform.landing.files(contract.name, table.name):
                if file.format == "csv" and file.refusal is None and file.rows_read:
                    decoded = (
                        (sources / file.path)
                        .read_bytes()
                        .decode(file.encoding or "utf-8", "replace")
                    )
                    text.write_text(decoded, encoding="utf-8")
                    facts = {"text": text, "skip": file.preamble_rows, "target": target}
                    with suppress(duckdb.InvalidInputException):  # a shape that it cannot read
                        connection.execute(READ_TEXT.format(**facts, options=OPTIONS))


def declare(platform: Platform, connection: duckdb.DuckDBPyConnection, landed: Path | None) -> None:
    """What the models read: landed rows, and ports as they are published."""
    connection.execute("CREATE SCHEMA landing; CREATE SCHEMA ports")
    for contract in platform.registry.sources:
        for table in contract.objects:
            name = f"{contract.name}__{table.name}"
            relation = platform.landing.relation(contract, table.name)
            if landed is not None and name == LEDGER:
                relation = f"SELECT * FROM read_parquet('{landed}/*.parquet')"
            connection.execute(f"CREATE VIEW landing.{name} AS {relation}")
    for reference, port in platform.registry.ports.items():
        snapshot = platform.lakehouse.snapshot(reference, port.contract.major)
        if snapshot is not None:
            name = reference.replace(".", "__", 1)
            relation = platform.lakehouse.relation(snapshot)
            connection.execute(f"CREATE VIEW ports.{name} AS {relation}")


def build(
    platform: Platform, connection: duckdb.DuckDBPyConnection, folder: Path, only: list[str]
) -> None:
    """Views and tables as dbt makes them, and one COPY per mart."""
    seen: set[str] = set()
    for port in only or platform.graph.ports:
        for unique_id in platform.graph.inputs(port).models:
            if unique_id not in seen:
                seen.add(unique_id)
                make(platform, connection, folder, unique_id)


def make(
    platform: Platform, connection: duckdb.DuckDBPyConnection, folder: Path, unique_id: str
) -> None:
    """One model."""
    node = platform.graph.node(unique_id)
    sql, name = node["compiled_code"], node["name"]
    if not is_mart(node):
        kind = "TABLE" if node["config"]["materialized"] == "table" else "VIEW"
        connection.execute(f"CREATE {kind} main.{name} AS {sql}")
        return
    columns = platform.contract(port_of(node)).table.partition_columns
    split = (
        f", PARTITION_BY ({', '.join(columns)}), WRITE_PARTITION_COLUMNS true" if columns else ""
    )
    connection.execute(f"COPY ({sql}) TO '{folder / name}' ({OPTIONS}{split})")


if __name__ == "__main__":
    main()
