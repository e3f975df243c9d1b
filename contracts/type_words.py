"""DuckDB's type words: what they are called in a table, and which logical type they can carry."""

import re

from contracts.type_trees import TypeTree, read_tree

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
_NESTED = {
    "array": ("LIST", "ARRAY"),
    "vector": ("LIST", "ARRAY"),
    "object": ("STRUCT", "MAP", "JSON"),
    "map": ("MAP",),
}
_DECIMAL = re.compile(r"(?:decimal|numeric|dec)(?:\((\d{1,2})(?:, ?(\d{1,2}))?\))?")
_LENGTH = re.compile(r"(varchar|char|bpchar|text|string)\(\d+\)")

# What a Delta table keeps: the others are cast when a candidate is written (design section 3).
_STORABLE = frozenset(
    {"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR"}
    | {"BLOB", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
)


def canonical_type(word: str) -> str | None:
    """The type as DESCRIBE shows it, or None where the word is not one of DuckDB's.

    Lists (`varchar[]`), vectors (`float[3]`), `struct(a integer)` and `map(varchar, integer)` are
    understood, also within each other; ENUM and UNION are not promised by contracts.
    """
    tree = type_tree(word)
    return str(tree) if tree is not None else None


def type_tree(word: str) -> TypeTree | None:
    """The type as a tree of DuckDB's own words; None where one of them is not known."""
    return read_tree(word, _plain_type)


def carries(logical_type: str, column_type: str) -> bool:
    """Whether a column of DuckDB's `column_type` can keep values of ODCS's `logical_type`."""
    tree = type_tree(column_type)
    if tree is None:
        return False
    if tree.parts or logical_type in _NESTED:
        return tree.name in _NESTED.get(logical_type, ())
    return _carries_plain(logical_type, tree.name)


def _carries_plain(logical_type: str, column_type: str) -> bool:
    is_decimal = column_type.startswith("DECIMAL")
    allowed = {
        "string": column_type in {"VARCHAR", "UUID", "JSON", "BLOB"},
        "integer": column_type in _INTEGERS or (is_decimal and column_type.endswith(",0)")),
        "number": column_type in _INTEGERS | {"FLOAT", "DOUBLE"} or is_decimal,
        "boolean": column_type == "BOOLEAN",
        "date": column_type == "DATE",
        "time": column_type == "TIME",
        "timestamp": column_type.startswith("TIMESTAMP"),
    }
    return allowed.get(logical_type, False)


def is_storable(column_type: str) -> bool:
    """Whether a Delta table keeps the type as it is."""
    tree = type_tree(column_type)
    return tree is not None and _is_storable(tree)


def _is_storable(tree: TypeTree) -> bool:
    if tree.parts:
        return tree.name != "ARRAY" and all(_is_storable(part) for _, part in tree.parts)
    return tree.name in _STORABLE or tree.name.startswith("DECIMAL")


def is_float(column_type: str) -> bool:
    """Whether the type has NaN, which DuckDB orders above every number."""
    return column_type in {"FLOAT", "DOUBLE"}


def is_integer(column_type: str) -> bool:
    """Whether the type holds whole numbers of 64 bits or fewer."""
    return column_type in _INTEGERS - {"HUGEINT"}


def is_temporal(column_type: str) -> bool:
    """Whether values of the type lie on a calendar."""
    return column_type == "DATE" or column_type.startswith("TIMESTAMP")


def _plain_type(word: str) -> str | None:
    plain = " ".join(word.split()).lower()
    decimal = _DECIMAL.fullmatch(plain)
    if decimal is not None:
        return _decimal(decimal)
    length = _LENGTH.fullmatch(plain)
    return _TYPES.get(length.group(1) if length is not None else plain)


def _decimal(found: re.Match[str]) -> str | None:
    width = int(found.group(1) or 18)
    scale = int(found.group(2) or (0 if found.group(1) else 3))
    return f"DECIMAL({width},{scale})" if 1 <= width <= 38 and scale <= width else None
