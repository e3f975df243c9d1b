"""Regular expressions of contracts: ODCS writes ECMA-262, DuckDB runs RE2."""

from functools import lru_cache

import duckdb


@lru_cache(maxsize=1024)
def pattern_fault(pattern: str) -> tuple[str, str] | None:
    """Why the pattern cannot be run, and what to do; None where it can."""
    connection = duckdb.connect()
    try:
        connection.execute("SELECT regexp_matches('', ?)", [pattern]).fetchone()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].split(": ", 1)[-1]
        return (
            f"`{pattern}` cannot be run ({reason}).",
            "Write it without look-around and back-references, or as a sql rule.",
        )
    finally:
        connection.close()
    return None
