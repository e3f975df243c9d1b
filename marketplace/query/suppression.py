"""Withholding small numbers of people: a SELECT over a port's rows, before anything is shown.

In every group whose total may be known, the small cells are withheld, and with them as many
others as it takes that the rest of the total does not tell them: at least two cells, which
together hold enough people beyond one each. Which others, a secret order decides and not their
size: the smallest, for example, would tell that what is withheld is no larger.

Rows leave in that secret order too: the order of a file would tell who was withheld for whom.
"""

from contracts.small_numbers import SmallNumbers
from data_products.sql import quoted
from marketplace.query.masks import keyed

ORDER_KEY = "\0small numbers"  # no column is called so
ORDER = "withheld order"
_CLASS, _EXCESS, _IS_WITHHELD = "withheld class", "withheld excess", "is withheld"
_ALWAYS, _MAY, _ZERO = 0, 1, 2


def suppressed(rule: SmallNumbers, columns: tuple[tuple[str, str], ...], relation: str) -> str:
    """A bracketed SELECT of `relation`, which holds every row, with what is withheld NULL.

    It has the same columns and one more, ORDER, by which its rows are to be sorted.
    """
    cells = ", ".join(
        quoted(name)
        if name in rule.cells
        else f"CASE WHEN {quoted(_IS_WITHHELD)} THEN NULL ELSE {quoted(name)} END AS {quoted(name)}"
        for name, _ in columns
    )
    return f"(SELECT {cells}, {quoted(ORDER)} FROM ({_judged(rule, _classed(rule, relation))}))"


def _classed(rule: SmallNumbers, relation: str) -> str:
    """Each row with its class, and the people in it beyond one.

    A number that is missing is withheld, and is no cover for another.
    """
    count = quoted(rule.count)
    row = ", ".join(quoted(name) for name in rule.cells)
    return (
        f"SELECT *, CASE WHEN {count} IS NULL THEN {_ALWAYS} WHEN {count} = 0 THEN {_ZERO} "
        f"WHEN {count} < {rule.threshold} THEN {_ALWAYS} ELSE {_MAY} END AS {quoted(_CLASS)}, "
        f"CAST({count} AS HUGEINT) - 1 AS {quoted(_EXCESS)}, "
        f"{keyed(ORDER_KEY, f'CAST(ROW({row}) AS VARCHAR)')} AS {quoted(ORDER)} FROM {relation}"
    )


def _judged(rule: SmallNumbers, classed: str) -> str:
    """Each row with the answer whether it is withheld.

    In the order of class and secret, a row is withheld while those before it do not cover each
    other; zeros last, so that a group without any cover is withheld as a whole.
    """
    totals = ", ".join(quoted(name) for name in rule.totals)
    group = f"PARTITION BY {totals}" if totals else ""
    before = (
        f"OVER ({group} ORDER BY {quoted(_CLASS)}, {quoted(ORDER)} "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    has_small = (
        f"count({quoted(rule.count)}) FILTER ({quoted(_CLASS)} = {_ALWAYS}) OVER ({group}) > 0"
    )
    covered = (
        f"count({quoted(rule.count)}) {before} >= 2 "
        f"AND coalesce(sum({quoted(_EXCESS)}) {before}, 0) >= {rule.threshold - 1}"
    )
    withheld = f"{quoted(_CLASS)} = {_ALWAYS} OR ({has_small} AND NOT ({covered}))"
    return f"SELECT *, ({withheld}) AS {quoted(_IS_WITHHELD)} FROM ({classed})"
