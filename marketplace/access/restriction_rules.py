"""Which restrictions a port's columns allow: every fault found, before anything is kept or shown.

A restriction is judged against the contract when it is decided on, and once more against the
columns of the Delta version that it is carried out on: a contract may have moved on since.
"""

import difflib
from collections.abc import Iterator, Mapping

from contracts.model import Contract
from contracts.type_words import is_float, is_integer, type_tree
from marketplace.access.errors import RestrictionRefused
from marketplace.access.restriction import (
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Predicate,
    Restriction,
)
from marketplace.access.restriction_values import ColumnKind, value_fault

MOST_COMPARISONS = 100
MOST_VALUES = 1_000
DEEPEST = 8
MOST_CHARACTERS = 100_000  # of a restriction as it is kept

_LISTS = frozenset({Operator.ONE_OF, Operator.NONE_OF})
_EMPTINESS = frozenset({Operator.IS_EMPTY, Operator.IS_FILLED})
_EQUALITY = frozenset({Operator.EQUALS, Operator.NOT_EQUALS}) | _LISTS
_MASKS: Mapping[ColumnKind, frozenset[Mask]] = {
    ColumnKind.TEXT: frozenset({Mask.HASH, Mask.PARTIAL, Mask.NULL}),
    ColumnKind.WHOLE: frozenset({Mask.HASH, Mask.BUCKET, Mask.NULL}),
    ColumnKind.DECIMAL: frozenset({Mask.HASH, Mask.BUCKET, Mask.NULL}),
    ColumnKind.FLOAT: frozenset({Mask.HASH, Mask.BUCKET, Mask.NULL}),
    ColumnKind.DATE: frozenset({Mask.HASH, Mask.PARTIAL, Mask.BUCKET, Mask.NULL}),
    ColumnKind.TIMESTAMP: frozenset({Mask.HASH, Mask.PARTIAL, Mask.BUCKET, Mask.NULL}),
    # Two hashes of a yes and a no tell which is which by their number.
    ColumnKind.BOOLEAN: frozenset({Mask.NULL}),
    ColumnKind.OTHER: frozenset({Mask.NULL}),
}


def refuse_unless_it_fits(restriction: Restriction, contract: Contract) -> None:
    """Raises RestrictionRefused with every fault, unless the contract's port can be so shown."""
    faults = restriction_faults(restriction, columns_of(contract))
    if faults:
        raise RestrictionRefused(contract.reference, faults)


def read_restriction(text: str, contract: Contract) -> Restriction:
    """The restriction in a JSON text that somebody sent, once it fits the contract's port.

    Raises RestrictionRefused with every fault, also where the text is no restriction at all.
    """
    if len(text) > MOST_CHARACTERS:
        raise RestrictionRefused(contract.reference, (_too_long(len(text)),))
    try:
        restriction = Restriction.from_text(text)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        fault = (
            "the text is no restriction: expected JSON with `rows` (a comparison, `all`, `any` or "
            "null), `masked` (a mask by column) and `hidden` (a list of columns)"
        )
        raise RestrictionRefused(contract.reference, (fault,)) from error
    refuse_unless_it_fits(restriction, contract)
    return restriction


def columns_of(contract: Contract) -> Mapping[str, str]:
    """The promised columns with DuckDB's words for their types, in order."""
    return {column.name: column.physical_type for column in contract.table.properties}


def allowed_operators(column_type: str) -> tuple[Operator, ...]:
    """How a column of this DuckDB type can be compared, in the order of `Operator`."""
    kind = column_kind(column_type)
    if kind is ColumnKind.OTHER:
        return tuple(each for each in Operator if each in _EMPTINESS)
    if kind is ColumnKind.BOOLEAN:
        return tuple(each for each in Operator if each in _EMPTINESS | _EQUALITY)
    return tuple(Operator)


def allowed_masks(column_type: str) -> tuple[Mask, ...]:
    """How a column of this DuckDB type can be masked, in the order of `Mask`."""
    return tuple(mask for mask in Mask if mask in _MASKS[column_kind(column_type)])


def column_kind(column_type: str) -> ColumnKind:
    """What a column of this DuckDB type holds, as far as restrictions care."""
    tree = type_tree(column_type)
    name = "" if tree is None or tree.parts else tree.name
    if name in {"VARCHAR", "UUID"}:
        return ColumnKind.TEXT
    if is_integer(name) or name == "HUGEINT":
        return ColumnKind.WHOLE
    if name.startswith("DECIMAL"):
        return ColumnKind.DECIMAL
    if is_float(name):
        return ColumnKind.FLOAT
    plain = {"BOOLEAN": ColumnKind.BOOLEAN, "DATE": ColumnKind.DATE}
    is_moment = name in {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
    return ColumnKind.TIMESTAMP if is_moment else plain.get(name, ColumnKind.OTHER)


def restriction_faults(restriction: Restriction, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Everything that is wrong with a restriction of a table with these columns; none: it fits.

    `columns` gives DuckDB's word for the type of each.
    """
    rows = () if restriction.rows is None else tuple(_predicate_faults(restriction.rows, columns))
    faults = (*rows, *_column_faults(restriction, columns))
    if faults:
        return tuple(dict.fromkeys(faults))
    length = len(restriction.text())
    return (_too_long(length),) if length > MOST_CHARACTERS else ()


def _column_faults(restriction: Restriction, columns: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(restriction.hidden):
        if name not in columns:
            yield _no_column("hidden", name, columns)
    for name, mask in sorted(restriction.masked.items()):
        if name not in columns:
            yield _no_column("masked", name, columns)
        elif name in restriction.hidden:
            yield f"`{name}` is both masked and hidden: choose one"
        elif mask not in (allowed := allowed_masks(columns[name])):
            spelled = ", ".join(f"`{each.value}`" for each in allowed)
            yield (
                f"masked: `{name}` has type `{columns[name]}`, which has no mask `{mask.value}`; "
                f"expected {spelled}"
            )
    if restriction.hidden >= set(columns):
        yield "hidden: every column is hidden, so that nothing would be shown; leave one out"


def _predicate_faults(predicate: Predicate, columns: Mapping[str, str]) -> Iterator[str]:
    left: list[tuple[Predicate, str, int]] = [(predicate, "rows", 1)]
    comparisons = 0
    while left:
        part, place, depth = left.pop()
        if depth > DEEPEST:
            yield f"rows: more than {DEEPEST} levels of `all` and `any`; write it flatter"
            return
        if isinstance(part, Comparison):
            comparisons += 1
            yield from _comparison_faults(part, place, columns)
            continue
        word = "all" if isinstance(part, AllOf) else "any"
        if isinstance(part, AnyOf) and not part.parts:
            yield f"{place}: `any` of nothing matches no row; name a comparison or leave it out"
        within = [
            (each, f"{place}.{word}[{number}]", depth + 1) for number, each in enumerate(part.parts)
        ]
        if len(left) + len(within) + comparisons > MOST_COMPARISONS:
            yield f"rows: more than {MOST_COMPARISONS} comparisons; use `one_of` for values"
            return
        left += reversed(within)


def _comparison_faults(
    comparison: Comparison, place: str, columns: Mapping[str, str]
) -> Iterator[str]:
    name, operator = comparison.column, comparison.operator
    if name not in columns:
        yield _no_column(place, name, columns)
        return
    column_type = columns[name]
    if operator not in (allowed := allowed_operators(column_type)):
        spelled = ", ".join(f"`{each.value}`" for each in allowed)
        yield (
            f"{place}: `{name}` has type `{column_type}`, which `{operator.value}` cannot compare; "
            f"expected {spelled}"
        )
        return
    counted = _count_fault(comparison)
    if counted is not None:
        yield f"{place}: {counted}"
        return
    kind = column_kind(column_type)
    for value in comparison.values:
        fault = value_fault(value, kind, column_type)
        if fault is not None:
            yield f"{place}: `{name}` {fault}"


def _count_fault(comparison: Comparison) -> str | None:
    operator, count = comparison.operator, len(comparison.values)
    if operator in _EMPTINESS:
        least, most, expected = 0, 0, "no value"
    elif operator in _LISTS:
        least, most, expected = 1, MOST_VALUES, f"1 to {MOST_VALUES:,} values"
    else:
        least, most, expected = 1, 1, "one value"
    if least <= count <= most:
        return None
    return f"`{comparison.column}` `{operator.value}` was given {count:,} values, not {expected}"


def _no_column(place: str, name: str, columns: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, columns, n=3) or sorted(columns)[:8]
    offered = ", ".join(f"`{each}`" for each in near)
    shown = name if len(name) <= 100 else f"{name[:97]}..."
    return f"{place}: there is no column `{shown}`; the port has {offered}"


def _too_long(length: int) -> str:
    return f"it has {length:,} characters, more than {MOST_CHARACTERS:,}; use ranges for values"
