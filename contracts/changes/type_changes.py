"""Changes of a column's types: which widening loses nothing, and what breaks."""

import re

from contracts.changes.fields import BREAKING, COMPATIBLE, EDITORIAL, Changes, Field, R
from contracts.type_words import canonical_type

# Source: the Delta protocol's type widening, within one logical type.
_WIDENING = (("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), ("FLOAT", "DOUBLE"))
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def logical_type(field: Field) -> Changes:
    """A change of the logical type always breaks."""
    title = f"logical type `{field.before}` became `{field.after}`"
    reason = "Typed readers, joins and comparisons rely on the logical type."
    yield field.change(title, BREAKING, reason)


def physical_type(field: Field) -> Changes:
    """A lossless widening is compatible; everything else but another spelling breaks."""
    before, after = (canonical_type(str(t or "")) for t in (field.before, field.after))
    title = f"physical type `{field.before}` became `{field.after}`"
    if before is None or after is None:
        reason = "A type that is not DuckDB's cannot be compared."
        yield field.change(title, BREAKING, reason, R)
    elif before == after:
        yield field.change(title, EDITORIAL, "Another word for the same type.")
    elif widens(before, after):
        reason = "Every value keeps its meaning, and Delta widens the column in place."
        yield field.change(title, COMPATIBLE, reason)
    elif widens(after, before):
        yield field.change(title, BREAKING, "Values may not fit the narrower type.")
    else:
        yield field.change(title, BREAKING, "Values are of another kind than readers expect.")


def widens(before: str, after: str) -> bool:
    """Whether every value of the first type is one of the second, in the same logical type."""
    for ladder in _WIDENING:
        if before in ladder and after in ladder:
            return ladder.index(before) < ladder.index(after)
    old, new = _DECIMAL.fullmatch(before), _DECIMAL.fullmatch(after)
    if old is None or new is None or before == after:
        return False
    whole, scale = int(new[1]) - int(new[2]), int(new[2])
    return whole >= int(old[1]) - int(old[2]) and scale >= int(old[2])
