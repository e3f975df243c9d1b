"""How a cell is masked: as an SQL expression over its column, the same for the same value.

A hash is HMAC-SHA256 over the value's text, shortened to 128 bits, under a key of the column's
own: without the secret nobody can try values, and two columns' hashes cannot be held against each
other. The key stays out of SQL texts, which errors may repeat: it comes in variables.
"""

import hashlib
import hmac
from dataclasses import dataclass

import duckdb

from data_products.sql import quoted
from marketplace.access.restriction import Mask
from marketplace.access.restriction_rules import column_kind
from marketplace.access.restriction_values import ColumnKind

HASH_CHARACTERS = 32
_BLOCK = 64  # of SHA-256, in bytes
# Texts shorter than 4 would be told by their ends; the stars say nothing of the length.
_PARTIAL = "CASE WHEN length({c}) < 4 THEN '***' ELSE left({c}, 1) || '***' || right({c}, 1) END"
# The first digit that is not 0 becomes 1 and all others 0: exact up to 38 digits.
_MAGNITUDE = (
    "CAST(replace(regexp_replace(regexp_replace(CAST({c} AS VARCHAR), '[1-9]', 'x'), "
    "'[0-9]', '0', 'g'), 'x', '1') AS {type})"
)
_FLOAT_MAGNITUDE = (
    "CASE WHEN {c} = 0 THEN {c} WHEN isfinite({c}) THEN "
    "CAST(sign({c}) * pow(10, floor(log10(abs(CAST({c} AS DOUBLE))))) AS {type}) END"
)


@dataclass(frozen=True, slots=True)
class HashKey:
    """The secret of one port's hashes."""

    secret: bytes
    port: str  # unit.port, whatever its major version

    def of_column(self, name: str) -> bytes:
        """The key of one column's hashes, 32 bytes."""
        return hmac.digest(self.secret, f"mask\0{self.port}\0{name}".encode(), "sha256")

    def give(self, connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
        """Put the keys of columns where the expressions of `masked` look for them."""
        for name in names:
            key = self.of_column(name).ljust(_BLOCK, b"\0")
            for which, pad in (("inner", 0x36), ("outer", 0x5C)):
                padded = bytes(byte ^ pad for byte in key)
                variable = _variable(which, name)
                connection.execute(f"SET VARIABLE {variable} = ?::BLOB", [padded])


def masked(name: str, column_type: str, mask: Mask) -> str:
    """The expression of a masked column; an empty cell stays empty.

    It has the column's own type, but for a hash, which is text. A day or time that is shown in
    part is the first of its year or, in a bucket, of its month.
    """
    column = quoted(name)
    if mask is Mask.NULL:
        return f"CAST(NULL AS {column_type})"
    if mask is Mask.HASH:
        return _hash(name)
    kind = column_kind(column_type)
    if kind in {ColumnKind.DATE, ColumnKind.TIMESTAMP}:
        unit = "year" if mask is Mask.PARTIAL else "month"
        return f"CAST(date_trunc('{unit}', {column}) AS {column_type})"
    if mask is Mask.PARTIAL:
        return _PARTIAL.format(c=column)
    form = _FLOAT_MAGNITUDE if kind is ColumnKind.FLOAT else _MAGNITUDE
    return form.format(c=column, type=column_type)


def masked_type(column_type: str, mask: Mask) -> str:
    """The type of a masked column."""
    return "VARCHAR" if mask is Mask.HASH else column_type


def keyed(name: str, text: str) -> str:
    """The expression of a text's hash under the key of `name`, which `HashKey.give` was told."""
    inner, outer = (f"getvariable('{_variable(which, name)}')" for which in ("inner", "outer"))
    return f"left(sha256({outer} || unhex(sha256({inner} || encode({text})))), {HASH_CHARACTERS})"


def _hash(name: str) -> str:
    return keyed(name, f"CAST({quoted(name)} AS VARCHAR)")


def _variable(which: str, name: str) -> str:
    return f"{which}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
