"""Small numbers of people are withheld, and what is shown does not tell them."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.small_numbers import SmallNumbers
from data_products.lakehouse import Lakehouse
from data_products.registry import Registry
from marketplace.access.restriction import Comparison, Mask, Operator, Restriction
from marketplace.query.engine import QueryEngine
from marketplace.query.errors import NotProtected, QueryError
from marketplace.query.masks import HashKey
from marketplace.query.suppression import ORDER, ORDER_KEY, suppressed

pytestmark = pytest.mark.requirement("ETH-07")

COLUMNS = (("body", "VARCHAR"), ("grade", "VARCHAR"), ("people", "BIGINT"), ("pay", "DOUBLE"))
PORT = "commercial.payments"
RULE = {"threshold": 500, "count": "people", "cells": ["body", "grade"], "totals": ["body"]}
Cells = dict[tuple[str, str], int]


def shown_of(cells: Cells, threshold: int, totals: tuple[str, ...], secret: bytes = b"s") -> Cells:
    """What is shown of a table with these cells; withheld ones are absent."""
    rule = SmallNumbers(threshold, "people", ("body", "grade"), totals)
    rows = [{"body": b, "grade": g, "people": n, "pay": n * 10.0} for (b, g), n in cells.items()]
    with duckdb.connect() as connection:
        HashKey(secret, PORT).give(connection, (ORDER_KEY,))
        connection.register("given", pa.Table.from_pylist(rows))
        select = f"SELECT body, grade, people, pay FROM {suppressed(rule, COLUMNS, 'given')}"
        found = connection.execute(select).fetchall()
    assert len(found) == len(cells)
    assert all(pay == (None if people is None else people * 10) for *_, people, pay in found)
    return {(body, grade): people for body, grade, people, _ in found if people is not None}


def groups(cells: Cells, totals: tuple[str, ...]) -> list[Cells]:
    """The cells of each group whose total may be known."""
    place = {"body": 0, "grade": 1}
    keys = {tuple(cell[place[name]] for name in totals) for cell in cells}
    return [
        {c: n for c, n in cells.items() if tuple(c[place[name]] for name in totals) == key}
        for key in sorted(keys)
    ]


tables = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("1234")),
    st.one_of(st.integers(0, 6), st.integers(0, 30)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(tables, st.integers(3, 6), st.sampled_from([(), ("body",), ("grade",), ("body", "grade")]))
def test_no_small_number_is_shown_and_none_can_be_subtracted(
    cells: Cells, threshold: int, totals: tuple[str, ...]
) -> None:
    shown = shown_of(cells, threshold, totals)

    assert all(n == 0 or n >= threshold for n in shown.values())
    assert shown.items() <= cells.items()
    for group in groups(cells, totals):
        withheld = {cell: n for cell, n in group.items() if cell not in shown}
        if all(n == 0 or n >= threshold for n in group.values()):
            assert withheld == {}
        elif len(withheld) < len(group):
            covers = [n for n in withheld.values() if n >= threshold]
            assert len(withheld) >= 2
            assert sum(n - 1 for n in withheld.values()) >= threshold - 1
            assert len(covers) <= 1 and 0 not in withheld.values()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.integers(3, 9), min_size=1, max_size=2),
    st.integers(3, 5),
)
def test_who_knows_the_total_and_the_rule_cannot_tell_a_small_number(
    few: list[int], others: list[int], threshold: int
) -> None:
    cells = {("A", str(i)): n for i, n in enumerate([*few, *others])}
    shown = shown_of(cells, threshold, ("body",))
    withheld = [cell for cell in cells if cell not in shown]
    if not shown:  # nothing covers them: the total itself is of few people
        return

    total = sum(cells[cell] for cell in withheld)
    possible = [
        numbers
        for numbers in itertools.product(range(1, total + 1), repeat=len(withheld))
        if sum(numbers) == total and _would_be_withheld(numbers, threshold)
    ]

    for place, cell in enumerate(withheld):
        if cells[cell] < threshold:
            assert len({numbers[place] for numbers in possible}) > 1, (cells, withheld)


def _would_be_withheld(numbers: tuple[int, ...], threshold: int) -> bool:
    """Whether the rule, in some secret order, withholds exactly cells with these numbers."""
    small = [n for n in numbers if n < threshold]
    is_covered = len(small) >= 2 and sum(n - 1 for n in small) >= threshold - 1
    return bool(small) and len(numbers) == len(small) + (0 if is_covered else 1)


def test_which_cell_covers_another_is_decided_by_a_secret_not_by_size() -> None:
    cells = {("A", "1"): 2, **{("A", str(n)): n for n in range(6, 12)}}
    secrets = [f"secret {number}".encode() for number in range(40)]

    covers = {cell for key in secrets for cell in cells if cell not in shown_of(cells, 5, (), key)}

    assert len(covers) > 4
    assert shown_of(cells, 5, (), b"a") == shown_of(cells, 5, (), b"a")


def test_a_missing_number_is_withheld_and_covers_nothing() -> None:
    rule = SmallNumbers(5, "people", ("body", "grade"), ("body",))
    given_rows = "(VALUES ('A','1',NULL,9.0),('A','2',2,9.0),('A','3',50,9.0),('A','4',60,9.0))"
    with duckdb.connect() as connection:
        HashKey(b"s", PORT).give(connection, (ORDER_KEY,))
        relation = f"(SELECT * FROM {given_rows} AS t(body, grade, people, pay))"
        found = connection.execute(
            f"SELECT grade, people, pay FROM {suppressed(rule, COLUMNS, relation)}"
        )
        shown = {grade: (people, pay) for grade, people, pay in found.fetchall()}

    assert shown["1"] == shown["2"] == (None, None)
    assert sorted([shown["3"], shown["4"]], key=str)[1] == (None, None)


@pytest.fixture
def counted(world, tmp_path) -> tuple[Lakehouse, Registry]:
    """The payments port, holding people by body and grade, under a contract that withholds."""
    lakehouse = Lakehouse(tmp_path / "lake", tmp_path / "quarantine")
    write_deltalake(lakehouse.table(PORT, 1), people(), partition_by=["body"])
    return lakehouse, with_rule(world.registry, RULE)


def people() -> pa.Table:
    numbers = {("A", "1"): 417, ("A", "2"): 4000, ("A", "3"): 5000, ("B", "1"): 7000, ("B", "2"): 0}
    rows = [{"body": b, "grade": g, "people": n, "pay": n * 1.5} for (b, g), n in numbers.items()]
    return pa.Table.from_pylist(rows)


def with_rule(registry: Registry, rule: object) -> Registry:
    """The registry, whose payments contract says `smallNumbers`."""
    [product] = registry.products
    ports = tuple(
        replace(port, contract=replace(port.contract, custom={"smallNumbers": rule}))
        if port.contract.reference == PORT
        else port
        for port in product.output_ports
    )
    return Registry((replace(product, output_ports=ports),), ())


@pytest.fixture
def counting(room, counted, tmp_path) -> Iterator:
    """The room, over that port."""
    lakehouse, registry = counted
    settings = replace(room.engine._settings, scratch=tmp_path / "other")
    with QueryEngine(settings, lakehouse, registry, room.store) as engine:
        yield replace(room, engine=engine, lakehouse=lakehouse, registry=registry)


def test_every_grant_reads_what_is_left(counting) -> None:
    counting.grant(counting.ada, PORT)
    counting.grant(counting.ben, PORT, restriction=Restriction(masked={"grade": Mask.NULL}))
    sql = f"SELECT body, people, pay FROM {PORT} ORDER BY body, people NULLS FIRST"

    of_ada, of_ben = (counting.rows(sql, actor) for actor in (counting.ada, counting.ben))

    assert of_ada == of_ben
    assert [row["people"] for row in of_ada[:2]] == [row["pay"] for row in of_ada[:2]] == [None] * 2
    assert [row["people"] in {4000, 5000} for row in of_ada] == [False, False, True, False, False]
    assert [row["people"] for row in of_ada[3:]] == [0, 7000]


def test_a_row_filter_sees_what_is_shown_and_tells_nothing_more(counting) -> None:
    few = Comparison("people", Operator.LESS, ("500",))
    first = Comparison("grade", Operator.EQUALS, ("1",))
    counting.grant(counting.ada, PORT, restriction=Restriction(few))
    counting.grant(counting.ben, PORT, restriction=Restriction(first))

    assert counting.rows(f"FROM {PORT}", counting.ada) == [
        {"body": "B", "grade": "2", "people": 0, "pay": 0.0}
    ]
    assert counting.rows(f"SELECT body, people FROM {PORT} ORDER BY body", counting.ben) == [
        {"body": "A", "people": None},
        {"body": "B", "people": 7000},
    ]


def test_two_statements_differ_by_nothing_withheld(counting) -> None:
    counting.grant(counting.ada, PORT)
    sums = [
        f"SELECT sum(people) AS n FROM {PORT} WHERE {which}"
        for which in ("true", "grade <> '1'", "NOT (body = 'A' AND grade = '1')")
    ]

    every, _, without = (counting.rows(sql)[0]["n"] for sql in sums)

    assert every == without


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT min(stats_min_value) FROM parquet_metadata('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT stats FROM parquet_metadata('{lake}/**/*.parquet')",
        "SELECT * FROM read_parquet('{lake}/**/*.parquet')",
        "SELECT * FROM read_json('{lake}/_delta_log/*.json')",
        f"SELECT people + 0 AS n FROM {PORT} WHERE people BETWEEN 1 AND 499",
        f"SELECT 1 / (people % 417) FROM {PORT}",
        f"SELECT rowid, body, grade FROM {PORT} WHERE pay BETWEEN 1 AND 700",
        f"SUMMARIZE {PORT}",
        f"EXPLAIN ANALYZE SELECT * FROM {PORT} WHERE people < 500",
    ],
)
def test_no_statement_tells_what_is_withheld(counting, sql: str) -> None:
    counting.grant(counting.ada, PORT)
    counting.rows(f"FROM {PORT}")
    [copy] = (counting.folder / "copies").glob("*/*/v*/*/*/rows.parquet")

    try:
        found = counting.rows(
            sql.format(file=copy.resolve(), lake=counting.lakehouse.table(PORT, 1))
        )
    except QueryError:
        return

    texts = {str(value) for row in found for value in row.values()}
    assert [text for text in texts if "417" in text or "625.5" in text] == []


def test_the_order_of_the_rows_tells_nothing(counting) -> None:
    counting.grant(counting.ada, PORT)
    rule = SmallNumbers(500, "people", ("body", "grade"), ("body",))
    counting.rows(f"FROM {PORT}")
    [copy] = (counting.folder / "copies").glob("*/*/v*/*/*/rows.parquet")

    with duckdb.connect() as connection:
        lying = connection.execute(f"SELECT body, grade FROM '{copy}'").fetchall()
        HashKey(counting.engine._settings.copies.secret, PORT).give(connection, (ORDER_KEY,))
        connection.register("given", people())
        by_secret = connection.execute(
            f'SELECT body, grade FROM {suppressed(rule, COLUMNS, "given")} ORDER BY "{ORDER}"'
        ).fetchall()

    assert lying == by_secret


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({**RULE, "count": "headcount"}, "it has no column `headcount`"),
        ({**RULE, "count": "pay"}, "`pay` is `DOUBLE`, not a whole number"),
        ({**RULE, "threshold": "5"}, "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_port_that_cannot_be_protected_shows_nothing(
    counting, world, tmp_path, rule: object, fault: str
) -> None:
    counting.grant(counting.ada, PORT)
    settings = replace(counting.engine._settings, scratch=tmp_path / "third")
    registry = with_rule(world.registry, rule)

    with (
        QueryEngine(settings, counting.lakehouse, registry, counting.store) as engine,
        pytest.raises(NotProtected, match=fault),
    ):
        engine.run(counting.ada, f"SELECT count(*) FROM {PORT}", counting.now)
