"""The formats of `logicalTypeOptions.format` that are executed, and what breaks them."""

from contracts.date_patterns import date_pattern
from contracts.sql_text import quoted_text

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"({_OCTET}\.){{3}}{_OCTET}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    [f"({_GROUP}:){{7}}{_GROUP}", f"({_GROUP}:){{1,7}}:", f":(:{_GROUP}){{1,7}}", "::"]
    + [f"({_GROUP}:){{1,{7 - n}}}(:{_GROUP}){{1,{n}}}" for n in range(1, 7)]
    + [f"({_GROUP}:){{6}}{_IPV4}", f"::({_GROUP}:){{0,5}}{_IPV4}"]
    + [f"({_GROUP}:){{1,{5 - n}}}(:{_GROUP}){{0,{n}}}:{_IPV4}" for n in range(5)]
)
_TEXT = {
    "email": rf"[^\s@<>,;:()\[\]\\\"]+@{_HOST}\.{_LABEL}",
    "uuid": "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+",
    "hostname": _HOST,
    "ipv4": _IPV4,
    "ipv6": _IPV6,
    "byte": "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
}
_LONGEST_HOST = 253
_INTEGER = {
    f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64, 128)
} | {f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)}
_FLOAT = {"f32": 3.4028234663852886e38, "f64": 1.7976931348623157e308}

FORMATS = frozenset(
    {("string", word) for word in _TEXT}
    | {("integer", word) for word in _INTEGER}
    | {("number", word) for word in _FLOAT}
)
"""Pairs of logical type and format that are executed, patterns of dates apart."""


def format_violation(word: str, column: str) -> str:
    """The SQL condition of a value that breaks a format of FORMATS; NULL breaks none."""
    if word in _INTEGER:
        low, high = _INTEGER[word]
        if word == "i128":
            return f"{column} IS NOT NULL AND TRY_CAST({column} AS HUGEINT) IS NULL"
        # every number that a column can hold is below 2^128
        return f"{column} < {low}" + ("" if word == "u128" else f" OR {column} > {high}")
    if word in _FLOAT:
        # infinity and NaN are values of IEEE 754: what a float has no room for is a larger number
        return f"abs({column}) > {_FLOAT[word]!r} AND isfinite(CAST({column} AS DOUBLE))"
    if word not in _TEXT:
        pattern = date_pattern(word)
        if pattern is None:
            raise KeyError(word)
        return pattern.violation(column)
    broken = f"NOT regexp_full_match({column}, {quoted_text(_TEXT[word])})"
    return f"{broken} OR length({column}) > {_LONGEST_HOST}" if word == "hostname" else broken
