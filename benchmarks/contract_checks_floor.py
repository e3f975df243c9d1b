"""The bare scan that checks are measured against: every needed column decoded, and nothing else.

`python -m benchmarks.contract_checks_floor <folder> <table> parquet|delta`. It asks for `last(c)`:
`count`, `min` and `max` are answered from statistics and read nothing.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.contract_checks_contract import READ
from benchmarks.contract_checks_run import relation_of


def main() -> None:
    """Reads the columns once."""
    folder, table, form = sys.argv[1:]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2")
    columns = ", ".join(f"last({name})" for name in READ)
    relation = relation_of(Path(folder), table, form)
    connection.execute(f"SELECT {columns} FROM {relation}").fetchall()


if __name__ == "__main__":
    main()
