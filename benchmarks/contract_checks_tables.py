"""The tables that the contract benchmark checks: order lines sorted by key, and their parents.

`python -m benchmarks.contract_checks_tables <folder> <rows>` writes below the folder:
`lines.parquet` (zstd), `lines_delta` (by delta-rs, in several files) and the same two of `broken`,
in which every data check of the contract is violated; `orders.parquet` and `parts.parquet`, the
parents, and `orders_delta` and `parts_delta`.
"""

import sys
from pathlib import Path

import duckdb
from deltalake import WriterProperties, write_deltalake

LINES_PER_ORDER = 4  # on average
PARTS = 200_000
FILES = 7  # of each Delta table
LINES = """
    SELECT order_id, (h(seed, 1) % {parts} + 1)::BIGINT AS part_id,
        (h(seed, 2) % 10000 + 1)::BIGINT AS supplier_id,
        line_number::INTEGER AS line_number,
        (h(seed, 3) % 50 + 1)::DECIMAL(15,2) AS quantity,
        ((h(seed, 4) % 9500000 + 90000) / 100)::DECIMAL(15,2) AS extended_price,
        ((h(seed, 5) % 11) / 100)::DECIMAL(15,2) AS discount,
        ((h(seed, 6) % 9) / 100)::DECIMAL(15,2) AS tax,
        ['R', 'A', 'N'][(h(seed, 7) % 3 + 1)::INTEGER] AS return_flag,
        ['O', 'F'][(h(seed, 8) % 2 + 1)::INTEGER] AS line_status,
        DATE '1992-01-02' + (h(seed, 9) % 2526)::INTEGER AS ship_date,
        DATE '1992-01-31' + (h(seed, 10) % 2466)::INTEGER AS commit_date,
        DATE '1992-01-02' + (h(seed, 9) % 2526 + h(seed, 11) % 30 + 1)::INTEGER AS receipt_date,
        ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN']
            [(h(seed, 12) % 4 + 1)::INTEGER] AS ship_instruction,
        ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB']
            [(h(seed, 13) % 7 + 1)::INTEGER] AS ship_mode,
        'CMT-' || lpad((h(seed, 14) % 100000000)::VARCHAR, 8, '0') || '-'
            || substr(md5(seed::VARCHAR), 1, 12) AS tracking_code,
        TIMESTAMPTZ '2024-06-01 00:00:00+00' + to_seconds((h(seed, 15) % 1000000)::BIGINT)
            AS loaded_at
    FROM (
        SELECT order_id, line_number, order_id * 8 + line_number AS seed
        FROM (
            SELECT order_id,
                unnest(range(1, 1 + [1, 7, 2, 6, 3, 5, 4, 4, 4, 4][order_id % 10 + 1]))
                    AS line_number
            FROM range({first}, {last}) orders(order_id)
        )
    )
"""
# one row in 10,000 of each column is wrong, each column in other rows
BROKEN = """
    SELECT CASE WHEN x1 THEN NULL WHEN x2 THEN order_id + {far} ELSE order_id END AS order_id,
        CASE WHEN x3 THEN NULL WHEN x4 THEN part_id + 900000 ELSE part_id END AS part_id,
        CASE WHEN x5 THEN NULL WHEN x6 THEN 0 ELSE supplier_id END AS supplier_id,
        CASE WHEN x7 THEN NULL WHEN x8 THEN 0 WHEN x9 THEN 8 ELSE line_number END
            ::INTEGER AS line_number,
        CASE WHEN x10 THEN NULL WHEN x11 THEN 0 WHEN x12 THEN 9000 ELSE quantity END
            ::DECIMAL(15,2) AS quantity,
        CASE WHEN x13 THEN NULL WHEN x14 THEN -1 ELSE extended_price END
            ::DECIMAL(15,2) AS extended_price,
        CASE WHEN x15 THEN -0.01 WHEN x16 THEN 0.5 ELSE discount END
            ::DECIMAL(15,2) AS discount,
        CASE WHEN x17 THEN -0.01 WHEN x18 THEN 0.5 ELSE tax END::DECIMAL(15,2) AS tax,
        CASE WHEN x19 THEN NULL WHEN x20 THEN 'X' ELSE return_flag END AS return_flag,
        CASE WHEN x21 THEN 'X' ELSE line_status END AS line_status,
        CASE WHEN x22 THEN NULL WHEN x23 THEN DATE '1991-01-01'
            WHEN x24 THEN DATE '2031-01-01' ELSE ship_date END AS ship_date,
        commit_date,
        CASE WHEN x25 THEN NULL WHEN x26 THEN DATE '1990-01-01' ELSE receipt_date END
            AS receipt_date,
        CASE WHEN x27 THEN 'THROW' ELSE ship_instruction END AS ship_instruction,
        CASE WHEN x28 THEN 'MULE' ELSE ship_mode END AS ship_mode,
        CASE WHEN x29 THEN NULL WHEN x30 THEN 'cmt' || tracking_code
            WHEN x31 THEN tracking_code || repeat('0', 40) ELSE tracking_code END
            AS tracking_code,
        CASE WHEN x32 THEN TIMESTAMPTZ '2031-01-01 00:00:00+00' ELSE loaded_at END AS loaded_at
    FROM (
        SELECT *, {marks} FROM (
            SELECT *, hash(order_id * 8 + line_number, 77) AS seed FROM ({lines})
        )
    )
"""


def main() -> None:
    """Writes everything below a folder."""
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, rows)


def write_tables(folder: Path, rows: int) -> None:
    """The tables with `rows` order lines; those that a folder holds already are kept."""
    with connect() as connection:
        orders = rows // LINES_PER_ORDER
        _write(
            connection,
            folder / "orders",
            f"SELECT range AS order_id FROM range(1, {orders + 1})",
            1,
        )
        _write(
            connection, folder / "parts", f"SELECT range AS part_id FROM range(1, {PARTS + 1})", 1
        )
        _write(connection, folder / "lines", lines_query(1, orders), FILES)
        _write(connection, folder / "broken", broken_query(1, orders), FILES)


def connect() -> duckdb.DuckDBPyConnection:
    """A connection that knows what the queries of this module use."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2; SET memory_limit = '3GB'")
    connection.execute("CREATE MACRO h(seed, salt) AS hash(seed, salt) >> 20")
    return connection


def lines_query(first: int, last: int) -> str:
    """The lines of the orders from `first` to `last`, sorted by key."""
    return LINES.format(parts=PARTS, first=first, last=last + 1)


def broken_query(first: int, last: int) -> str:
    """The same lines with wrong values among them, and with the lines of 40 orders twice."""
    marks = ", ".join(f"seed % 10000 = {number} AS x{number}" for number in range(1, 33))
    once = BROKEN.format(lines=lines_query(first, last), far=10 * last, marks=marks)
    return f"{once} UNION ALL {lines_query(last - 40, last)}"


def _write(connection: duckdb.DuckDBPyConnection, stem: Path, query: str, files: int) -> None:
    parquet, delta = stem.with_suffix(".parquet"), stem.with_name(f"{stem.name}_delta")
    if delta.exists():
        return
    connection.execute(f"COPY ({query}) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")
    found = connection.execute(f"SELECT count(*) FROM read_parquet('{parquet}')").fetchall()
    size = -(-int(found[0][0]) // files)
    for number in range(files):
        rows = connection.sql(
            f"SELECT * EXCLUDE (file_row_number) "
            f"FROM read_parquet('{parquet}', file_row_number = true) WHERE file_row_number "
            f"BETWEEN {number * size} AND {(number + 1) * size - 1}"
        ).to_arrow_reader(100_000)
        write_deltalake(
            delta.with_suffix(".writing"),
            rows,
            mode="append",
            writer_properties=WriterProperties(compression="ZSTD"),
        )
    delta.with_suffix(".writing").rename(delta)


if __name__ == "__main__":
    main()
