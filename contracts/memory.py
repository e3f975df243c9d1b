"""How much memory a connection may use; arrays beside it must stay within a share of that."""

import re

import duckdb

_UNITS = {"B": 1, "BYTES": 1}
for _power, _letter in enumerate("KMGTP", start=1):
    _UNITS[f"{_letter}IB"] = 1024**_power
    _UNITS[f"{_letter}B"] = 1000**_power


def memory_limit(connection: duckdb.DuckDBPyConnection) -> int:
    """The connection's memory limit in bytes; 1 GiB where its setting is not understood."""
    setting = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]
    found = re.fullmatch(r"([\d.]+) ?(\w+)", str(setting))
    unit = _UNITS.get(found.group(2).upper()) if found is not None else None
    return int(float(found.group(1)) * unit) if found is not None and unit else 1024**3
