"""The formats of `logicalTypeOptions.format` that are executed, and what breaks them."""

from contracts.sql_text import quoted_text

_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"{_LABEL}(\.{_LABEL})*"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    [f"({_GROUP}:){{7}}{_GROUP}", f"({_GROUP}:){{1,7}}:", f":(:{_GROUP}){{1,7}}", "::"]
    + [f"({_GROUP}:){{1,{7 - n}}}(:{_GROUP}){{1,{n}}}" for n in range(1, 7)]
)
_TEXT = {
    "email": rf"[^\s@<>,;:()\[\]\\\"]+@{_HOST}\.{_LABEL}",
    "uuid": "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+",
    "hostname": _HOST,
    "ipv4": rf"({_OCTET}\.){{3}}{_OCTET}",
    "ipv6": _IPV6,
}
_INTEGER = {f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)} | {
    f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)
}

FORMATS = frozenset({("string", word) for word in _TEXT} | {("integer", word) for word in _INTEGER})
"""Pairs of logical type and format that are executed."""


def format_violation(word: str, column: str) -> str:
    """The SQL condition of a value that breaks a format of FORMATS; NULL breaks none."""
    if word in _INTEGER:
        low, high = _INTEGER[word]
        return f"{column} < {low} OR {column} > {high}"
    return f"NOT regexp_full_match({column}, {quoted_text(_TEXT[word])})"
