"""What a file's partition decides is what SQL says of its rows."""

from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_products.snapshots import TableFile
from data_products.sql import literal
from marketplace.access.restriction import AllOf, AnyOf, Comparison, Operator, Predicate
from marketplace.query.predicates import condition, judge

pytestmark = pytest.mark.requirement("SEC-02")

COLUMNS = {"region": "VARCHAR", "year": "INTEGER", "day": "DATE", "amount": "DOUBLE"}
TEXTS = {
    "region": st.sampled_from(["North", "Ünion", "a'b", "10", "9", "%41"]),
    "year": st.sampled_from(["-1", "9", "10", "2024"]),
    "day": st.dates(date(1, 1, 1), date(2, 1, 1)).map(date.isoformat),
}


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """A comparison of a partition column, or of one that no partition tells of."""
    column = draw(st.sampled_from(list(COLUMNS)))
    operator = draw(st.sampled_from(Operator))
    if operator in {Operator.IS_EMPTY, Operator.IS_FILLED}:
        return Comparison(column, operator)
    most = 3 if operator in {Operator.ONE_OF, Operator.NONE_OF} else 1
    values = st.just("5") if column == "amount" else TEXTS[column]
    return Comparison(column, operator, tuple(draw(st.lists(values, min_size=1, max_size=most))))


PREDICATES: st.SearchStrategy[Predicate] = st.recursive(
    comparisons(),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: AllOf(tuple(found))),
        st.lists(parts, max_size=3).map(lambda found: AnyOf(tuple(found))),
    ),
    max_leaves=6,
)
PARTITIONS = st.fixed_dictionaries({name: st.none() | texts for name, texts in TEXTS.items()})
AMOUNTS = (None, "4", "5", "6", "nan", "-inf")


@settings(max_examples=60, deadline=None)
@given(PREDICATES, PARTITIONS)
def test_what_a_partition_decides_holds_for_each_of_its_rows(
    predicate: Predicate, partition: dict[str, str | None]
) -> None:
    decided = judge(predicate, COLUMNS)(TableFile("a.parquet", 1, 1, partition))

    told = ", ".join(
        f"CAST({'NULL' if text is None else literal(text)} AS {COLUMNS[name]}) AS {name}"
        for name, text in partition.items()
    )
    amounts = ", ".join(f"({'NULL' if a is None else literal(a)}::DOUBLE)" for a in AMOUNTS)
    rows = f"(SELECT {told}, amount FROM (VALUES {amounts}) AS t(amount))"
    query = f"SELECT DISTINCT coalesce({condition(predicate, COLUMNS)}, false) FROM {rows}"
    with duckdb.connect() as connection:
        found = {row[0] for row in connection.execute(query).fetchall()}
    assert decided is None or found == {decided}


@pytest.mark.parametrize(
    ("operator", "values", "decided"),
    [
        (Operator.EQUALS, ("2024-01-01",), True),
        (Operator.MORE, ("2024-01-01",), False),
        (Operator.IS_EMPTY, (), False),
        (Operator.IS_FILLED, (), True),
    ],
)
def test_a_day_decides(operator: Operator, values: tuple[str, ...], decided: bool) -> None:
    file = TableFile("a.parquet", 1, 1, {"day": "2024-01-01"})

    assert judge(Comparison("day", operator, values), COLUMNS)(file) is decided


@pytest.mark.parametrize("text", ["", "tomorrow", "x" * 2000, None])
def test_a_partition_that_cannot_be_read_decides_nothing(text: str | None) -> None:
    file = TableFile("a.parquet", 1, 1, {"day": text})

    assert judge(Comparison("day", Operator.EQUALS, ("2024-01-01",)), COLUMNS)(file) is None
