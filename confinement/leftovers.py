"""What a statement could leave behind for the next one in the same process, looked for afterwards.

The connection of a statement is thrown away with its seed, its temporary types, its variables and
its prepared statements. What belongs to the whole database outlives it: that is counted here.
"""

from pathlib import Path

import duckdb

# Everything that DuckDB lists and that is not a connection's own. No SELECT of a list that the
# guard knows to be plain makes any of it; a worker in which it changed is not used again.
_LASTING = (
    "tables",
    "views",
    "sequences",
    "triggers",
    "databases",
    "secrets",
    "external_resources",
    "external_resource_types",
    "log_contexts",
)
# One after another: as subqueries of one row they would be joined, which takes ten times as long.
_COUNTS = " UNION ALL ".join(f"SELECT '{kind}', count(*) FROM duckdb_{kind}()" for kind in _LASTING)

Trace = frozenset[tuple[str, int]]


def trace_of(connection: duckdb.DuckDBPyConnection, scratch: Path) -> Trace:
    """How much of everything lasting there is, in the database and in the worker's folder."""
    counted = connection.cursor()
    try:
        found = counted.execute(_COUNTS).fetchall()
    finally:
        counted.close()
    files = sum(1 for _ in scratch.iterdir())
    return frozenset({("files", files), *((str(kind), int(count)) for kind, count in found)})
