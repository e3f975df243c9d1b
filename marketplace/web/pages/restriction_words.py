"""A restriction in words, for those who decide on it and those who live with it."""

from collections.abc import Iterator

from marketplace.access.restriction import (
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Predicate,
    Restriction,
    Value,
)

OPERATORS = {
    Operator.EQUALS: "is",
    Operator.NOT_EQUALS: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.ONE_OF: "is one of",
    Operator.NONE_OF: "is none of",
    Operator.IS_EMPTY: "is empty",
    Operator.IS_FILLED: "is filled",
}
MASKS = {
    Mask.HASH: "as a hash, the same for the same value",
    Mask.PARTIAL: "in part: first and last character, or the year",
    Mask.BUCKET: "in rough steps: order of magnitude, or the month",
    Mask.NULL: "emptied",
}


def restriction_words(restriction: Restriction) -> tuple[str, ...]:
    """One sentence per rule; `Every row and column.` where there is none."""
    if restriction.is_whole:
        return ("Every row and column.",)
    return tuple(_sentences(restriction))


def _sentences(restriction: Restriction) -> Iterator[str]:
    if restriction.rows is None:
        yield "Every row."
    else:
        yield f"Only rows where {predicate_words(restriction.rows)}."
    for column, mask in sorted(restriction.masked.items()):
        yield f"`{column}` {MASKS[mask]}."
    if restriction.hidden:
        names = ", ".join(f"`{name}`" for name in sorted(restriction.hidden))
        yield f"Without {names}."


def predicate_words(predicate: Predicate) -> str:
    """The predicate as the end of a sentence."""
    if isinstance(predicate, Comparison):
        values = " or ".join(f"`{_shown(value)}`" for value in predicate.values)
        return f"`{predicate.column}` {OPERATORS[predicate.operator]} {values}".rstrip()
    parts = [_bracketed(part) for part in predicate.parts]
    if not parts:
        return "anything holds" if isinstance(predicate, AllOf) else "nothing holds"
    return (" and " if isinstance(predicate, AllOf) else " or ").join(parts)


def _bracketed(part: Predicate) -> str:
    words = predicate_words(part)
    many = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return f"({words})" if many else words


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
