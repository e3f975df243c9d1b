"""Which DuckDB types a Delta table can hold, and how each is spelled on either side."""

import re
from collections.abc import Iterable
from typing import Any

import duckdb
from duckdb.sqltypes import DuckDBPyType

from data_products.errors import UnstorableColumn
from data_products.sql import quoted

# Cast before writing, without loss. What does not fit in 38 digits is an error of the cast.
_CASTS = {
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "UUID": "VARCHAR",
    "JSON": "VARCHAR",
    "TIME": "VARCHAR",
    "TIME WITH TIME ZONE": "VARCHAR",
    "TIME_NS": "VARCHAR",
    "INTERVAL": "VARCHAR",
    "BIT": "VARCHAR",
    "BIGNUM": "VARCHAR",
}
_DELTA = {
    "BOOLEAN": "boolean",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "INTEGER": "integer",
    "BIGINT": "long",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "BLOB": "binary",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_DUCKDB = {delta: kind for kind, delta in _DELTA.items()}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTITIONS = {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "VARCHAR", "DATE"}


def storable(name: str, kind: DuckDBPyType) -> str:
    """The DuckDB type that column `name` of type `kind` is written as; its own where Delta has it.

    Never a silent rounding: a type that Delta cannot hold without loss raises UnstorableColumn.
    """
    text = str(kind)
    if text in _DELTA or kind.id == "decimal":
        return text
    if kind.id == "enum":
        return "VARCHAR"
    if text in _CASTS:
        return _CASTS[text]
    if kind.id in {"list", "array"}:
        return f"{storable(name, _children(kind)['child'])}[]"
    if kind.id == "struct":
        return f"STRUCT({', '.join(_field(name, part) for part in _children(kind).items())})"
    if kind.id == "map":
        parts = _children(kind)
        return f"MAP({storable(name, parts['key'])}, {storable(name, parts['value'])})"
    raise UnstorableColumn(name, text, "cast it in the mart to a type that keeps what you need")


def check_partition(name: str, kind: str) -> None:
    """Raises UnstorableColumn unless files can be split by a column of this type."""
    if kind not in _PARTITIONS:
        raise UnstorableColumn(
            name, kind, "split files by a text, whole number, date or boolean column"
        )


def check_partition_value(name: str, kind: str, value: str | None) -> None:
    """Raises UnstorableColumn for a date that Delta cannot spell, which would brick its log."""
    if kind == "DATE" and value is not None and _DAY.fullmatch(value) is None:
        remedy = f"`{value}` is no day from year 1 to 9999, as files can be split by"
        raise UnstorableColumn(name, kind, remedy)


def delta_schema(columns: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The Delta schema of DuckDB columns, as its JSON document; every column may hold NULL.

    Whether a column is required is the contract's promise, checked before publishing.
    """
    fields = [_delta_field(name, duckdb.sqltype(kind)) for name, kind in columns]
    return {"type": "struct", "fields": fields}


def duckdb_type(delta: Any) -> str:
    """The DuckDB type of a column from its type in a Delta schema."""
    if isinstance(delta, str):
        return _DUCKDB.get(delta, delta.upper())  # decimal(18,2) is spelled alike
    if delta["type"] == "array":
        return f"{duckdb_type(delta['elementType'])}[]"
    if delta["type"] == "map":
        return f"MAP({duckdb_type(delta['keyType'])}, {duckdb_type(delta['valueType'])})"
    fields = (f"{quoted(f['name'])} {duckdb_type(f['type'])}" for f in delta["fields"])
    return f"STRUCT({', '.join(fields)})"


def _delta_field(name: str, kind: DuckDBPyType) -> dict[str, Any]:
    return {"name": name, "type": _delta_type(kind), "nullable": True, "metadata": {}}


def _delta_type(kind: DuckDBPyType) -> Any:
    if kind.id == "decimal":
        parts = _children(kind)
        return f"decimal({parts['precision']},{parts['scale']})"
    if kind.id == "list":
        element = _delta_type(_children(kind)["child"])
        return {"type": "array", "elementType": element, "containsNull": True}
    if kind.id == "struct":
        fields = [_delta_field(name, part) for name, part in _children(kind).items()]
        return {"type": "struct", "fields": fields}
    if kind.id == "map":
        parts = _children(kind)
        return {
            "type": "map",
            "keyType": _delta_type(parts["key"]),
            "valueType": _delta_type(parts["value"]),
            "valueContainsNull": True,
        }
    return _DELTA[str(kind)]


def _field(column: str, part: tuple[str, Any]) -> str:
    name, kind = part
    return f"{quoted(name)} {storable(column, kind)}"


def _children(kind: DuckDBPyType) -> dict[str, Any]:
    return dict(kind.children)
