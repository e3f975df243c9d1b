"""A predicate as SQL over a table, and as a judgement of a whole file by its partition."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from data_products.snapshots import TableFile
from data_products.sql import literal, quoted
from marketplace.access.restriction import AllOf, Comparison, Operator, Predicate
from marketplace.access.restriction_rules import column_kind
from marketplace.access.restriction_values import (
    ColumnKind,
    Typed,
    typed_value,
    value_fault,
)

Judge = Callable[[TableFile], bool | None]

_SIGNS = {
    Operator.EQUALS: "=",
    Operator.NOT_EQUALS: "<>",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.MORE: ">",
    Operator.AT_LEAST: ">=",
}
_PARTITION_KINDS = frozenset({ColumnKind.TEXT, ColumnKind.WHOLE, ColumnKind.DATE})


def condition(predicate: Predicate | None, columns: Mapping[str, str]) -> str:
    """An SQL condition that is true for the rows that match, and false or NULL for all others.

    No predicate: every row. `columns` gives DuckDB's types; the predicate fits them.
    """
    if predicate is None:
        return "true"
    if isinstance(predicate, Comparison):
        return _comparison(predicate, columns[predicate.column])
    is_all = isinstance(predicate, AllOf)
    if not predicate.parts:
        return "true" if is_all else "false"
    word = " AND " if is_all else " OR "
    return f"({word.join(condition(part, columns) for part in predicate.parts)})"


def judge(predicate: Predicate | None, columns: Mapping[str, str]) -> Judge:
    """Tells of a file whether every row of it matches, or none does; None: its partition does not.

    The predicate is read once, for tables of thousands of files.
    """
    if predicate is None:
        return lambda _: True
    if isinstance(predicate, Comparison):
        return _judge_of_comparison(predicate, columns[predicate.column])
    judges = [judge(part, columns) for part in predicate.parts]
    decisive = not isinstance(predicate, AllOf)

    def judged(file: TableFile) -> bool | None:
        found = {each(file) for each in judges}
        return decisive if decisive in found else None if None in found else not decisive

    return judged


def _comparison(comparison: Comparison, column_type: str) -> str:
    column, operator = quoted(comparison.column), comparison.operator
    if operator is Operator.IS_EMPTY:
        return f"{column} IS NULL"
    if operator is Operator.IS_FILLED:
        return f"{column} IS NOT NULL"
    kind = column_kind(column_type)
    values = [
        _literal(typed_value(value, kind, column_type), column_type) for value in comparison.values
    ]
    if operator in _SIGNS:
        compared = f"{column} {_SIGNS[operator]} {values[0]}"
    else:
        negation = "NOT " if operator is Operator.NONE_OF else ""
        compared = f"{column} {negation}IN ({', '.join(values)})"
    # DuckDB orders what is no number above every number: here it matches no comparison.
    return f"({compared} AND NOT isnan({column}))" if kind is ColumnKind.FLOAT else f"({compared})"


def _literal(value: Typed, column_type: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(sep=" ")
        if "ZONE" in column_type.upper():
            return f"TIMESTAMPTZ {literal(f'{text}+00')}"
        return f"TIMESTAMP {literal(text)}"
    if isinstance(value, date):
        return f"DATE {literal(value.isoformat())}"
    text = f"{value:f}" if isinstance(value, Decimal) else repr(value)
    return f"CAST({literal(text)} AS {column_type})"


def _judge_of_comparison(comparison: Comparison, column_type: str) -> Judge:
    kind, name, operator = column_kind(column_type), comparison.column, comparison.operator
    if kind not in _PARTITION_KINDS:
        return lambda _: None
    values = [typed_value(value, kind, column_type) for value in comparison.values]
    known: dict[str, bool | None] = {}  # many files have the same partition

    def judged(text: str) -> bool | None:
        if operator in {Operator.IS_EMPTY, Operator.IS_FILLED}:
            return operator is Operator.IS_FILLED
        if value_fault(text, kind, column_type) is not None:
            return None
        return _holds(operator, typed_value(text, kind, column_type), values)

    def of_file(file: TableFile) -> bool | None:
        text = file.partition_values.get(name)
        if text is None:  # Delta spells an empty text and an empty cell alike
            return None
        if text not in known:
            known[text] = judged(text)
        return known[text]

    return of_file


def _holds(operator: Operator, held: Typed, values: list[Typed]) -> bool:
    if operator in {Operator.EQUALS, Operator.ONE_OF}:
        return held in values
    if operator in {Operator.NOT_EQUALS, Operator.NONE_OF}:
        return held not in values
    order = (held > values[0]) - (held < values[0])  # type: ignore[operator]  # of one kind
    return {
        Operator.LESS: order < 0,
        Operator.AT_MOST: order <= 0,
        Operator.MORE: order > 0,
        Operator.AT_LEAST: order >= 0,
    }[operator]
