"""DuckDB's type words: what they are called in a table, and which logical type they can carry."""

import re

_WORDS = {
    "BOOLEAN": ("boolean", "bool", "logical"),
    "TINYINT": ("tinyint", "int1"),
    "SMALLINT": ("smallint", "int2", "int16", "short"),
    "INTEGER": ("integer", "int", "int4", "int32", "signed"),
    "BIGINT": ("bigint", "int8", "int64", "long"),
    "HUGEINT": ("hugeint", "int128"),
    "UTINYINT": ("utinyint", "uint8"),
    "USMALLINT": ("usmallint", "uint16"),
    "UINTEGER": ("uinteger", "uint32"),
    "UBIGINT": ("ubigint", "uint64"),
    "FLOAT": ("float", "float4", "real"),
    "DOUBLE": ("double", "float8", "double precision"),
    "VARCHAR": ("varchar", "text", "string", "char", "bpchar"),
    "BLOB": ("blob", "bytea", "binary", "varbinary"),
    "DATE": ("date",),
    "TIME": ("time", "time without time zone"),
    "TIMESTAMP": ("timestamp", "datetime", "timestamp without time zone"),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", "timestamptz"),
    "TIMESTAMP_S": ("timestamp_s",),
    "TIMESTAMP_MS": ("timestamp_ms",),
    "TIMESTAMP_NS": ("timestamp_ns",),
    "INTERVAL": ("interval",),
    "UUID": ("uuid", "guid"),
    "JSON": ("json",),
}
_TYPES = {word: name for name, words in _WORDS.items() for word in words}
_INTEGERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_DECIMAL = re.compile(r"(?:decimal|numeric|dec)(?:\((\d{1,2})(?:, ?(\d{1,2}))?\))?")
_LENGTH = re.compile(r"(varchar|char|bpchar|text|string)\(\d+\)")

# What a Delta table keeps: the others are cast when a candidate is written (design section 3).
_STORABLE = frozenset(
    {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR"}
    | {"BLOB", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
)


def canonical_type(word: str) -> str | None:
    """The type as DESCRIBE shows it, or None where the word is not one of DuckDB's.

    Lists (`varchar[]`) are understood; STRUCT, MAP, ENUM and UNION are not promised by contracts.
    """
    plain = " ".join(word.split()).lower()
    if plain.endswith("[]"):
        inner = canonical_type(plain[:-2])
        return f"{inner}[]" if inner is not None else None
    decimal = _DECIMAL.fullmatch(plain)
    if decimal is not None:
        return _decimal(decimal)
    length = _LENGTH.fullmatch(plain)
    return _TYPES.get(length.group(1) if length is not None else plain)


def carries(logical_type: str, column_type: str) -> bool:
    """Whether a column of DuckDB's `column_type` can keep values of ODCS's `logical_type`."""
    if logical_type == "array":
        return column_type.endswith("[]")
    if column_type.endswith("[]"):
        return False
    is_decimal = column_type.startswith("DECIMAL")
    allowed = {
        "string": column_type in {"VARCHAR", "UUID", "JSON", "BLOB"},
        "integer": column_type in _INTEGERS or (is_decimal and column_type.endswith(",0)")),
        "number": column_type in _INTEGERS | {"FLOAT", "DOUBLE"} or is_decimal,
        "boolean": column_type == "BOOLEAN",
        "date": column_type == "DATE",
        "time": column_type == "TIME",
        "timestamp": column_type.startswith("TIMESTAMP"),
        "object": column_type == "JSON",
    }
    return allowed.get(logical_type, False)


def is_storable(column_type: str) -> bool:
    """Whether a Delta table keeps the type as it is."""
    return column_type.removesuffix("[]") in _STORABLE or column_type.startswith("DECIMAL")


def is_float(column_type: str) -> bool:
    """Whether the type has NaN, which DuckDB orders above every number."""
    return column_type in {"FLOAT", "DOUBLE"}


def is_integer(column_type: str) -> bool:
    """Whether the type holds whole numbers of 64 bits or fewer."""
    return column_type in _INTEGERS - {"HUGEINT"}


def is_temporal(column_type: str) -> bool:
    """Whether values of the type lie on a calendar."""
    return column_type == "DATE" or column_type.startswith("TIMESTAMP")


def _decimal(found: re.Match[str]) -> str | None:
    width = int(found.group(1) or 18)
    scale = int(found.group(2) or (0 if found.group(1) else 3))
    return f"DECIMAL({width},{scale})" if 1 <= width <= 38 and scale <= width else None
