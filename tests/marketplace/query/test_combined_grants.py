"""Several restricted grants show what a plain model says, over generated grants and rows."""

import hmac
import itertools
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.access.model import Actor, Role
from marketplace.access.restriction import (
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Predicate,
    Restriction,
)
from marketplace.query.entitlement import entitlement_of, with_parts

pytestmark = pytest.mark.requirement("SEC-02")

PORT = "commercial.drafts"
SCHEMA = pa.schema(
    {
        "region": pa.string(),
        "supplier": pa.string(),
        "lines": pa.int32(),
        "amount": pa.decimal128(9, 2),
        "paid": pa.date32(),
        "is_late": pa.bool_(),
    }
)
REGIONS = st.sampled_from(["North", "South", "Ünion"])
CELLS: Mapping[str, st.SearchStrategy[Any]] = {
    "region": st.none() | REGIONS,
    "supplier": st.none() | st.sampled_from(["", "Ab", "Acme", "O'Brien", "Zoë & Söhne", 'a"b']),
    "lines": st.none() | st.sampled_from([-120, -1, 0, 7, 10, 999]),
    "amount": st.none()
    | st.sampled_from([Decimal(x) for x in ("-12.50", "0.00", "0.07", "100.00")]),
    "paid": st.none() | st.sampled_from([date(1, 1, 1), date(2024, 2, 29), date(2024, 12, 31)]),
    "is_late": st.none() | st.booleans(),
}
ROWS = st.lists(st.fixed_dictionaries(dict(CELLS)), max_size=12)
MASKS = {
    "region": (Mask.HASH, Mask.PARTIAL, Mask.NULL),
    "supplier": (Mask.HASH, Mask.PARTIAL, Mask.NULL),
    "lines": (Mask.HASH, Mask.BUCKET, Mask.NULL),
    "amount": (Mask.HASH, Mask.BUCKET, Mask.NULL),
    "paid": tuple(Mask),
    "is_late": (Mask.NULL,),
}
OPENNESS = [None, Mask.PARTIAL, Mask.BUCKET, Mask.HASH, Mask.NULL]


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """A comparison that fits its column, with values that rows often have."""
    column = draw(st.sampled_from([*CELLS, "region", "region"]))
    operators = [
        o for o in Operator if column != "is_late" or not o.value.startswith(("l", "m", "at"))
    ]
    operator = draw(st.sampled_from(operators))
    if operator in {Operator.IS_EMPTY, Operator.IS_FILLED}:
        return Comparison(column, operator)
    most = 3 if operator in {Operator.ONE_OF, Operator.NONE_OF} else 1
    filled = CELLS[column].filter(lambda value: value is not None)
    values = draw(st.lists(filled, min_size=1, max_size=most))
    return Comparison(
        column, operator, tuple(v if isinstance(v, bool | int) else str(v) for v in values)
    )


PREDICATES: st.SearchStrategy[Predicate] = st.recursive(
    comparisons(),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: AllOf(tuple(found))),
        st.lists(parts, min_size=1, max_size=3).map(lambda found: AnyOf(tuple(found))),
    ),
    max_leaves=5,
)


@st.composite
def restrictions(draw: st.DrawFn) -> Restriction:
    """A restriction that fits the port."""
    rows = draw(st.none() | PREDICATES)
    hidden = draw(st.frozensets(st.sampled_from(list(CELLS)), max_size=3))
    left = [name for name in CELLS if name not in hidden]
    chosen = draw(st.lists(st.sampled_from(left), max_size=3, unique=True))
    return Restriction(rows, {name: draw(st.sampled_from(MASKS[name])) for name in chosen}, hidden)


# The model: plain Python, one row and one cell at a time


def matches(predicate: Predicate | None, row: Mapping[str, Any]) -> bool:
    """Whether a row matches; an empty cell matches `is_empty` and nothing else."""
    if predicate is None:
        return True
    if isinstance(predicate, AllOf):
        return all(matches(part, row) for part in predicate.parts)
    if isinstance(predicate, AnyOf):
        return any(matches(part, row) for part in predicate.parts)
    held = row[predicate.column]
    if predicate.operator in {Operator.IS_EMPTY, Operator.IS_FILLED}:
        return (held is None) == (predicate.operator is Operator.IS_EMPTY)
    if held is None:
        return False
    values = [v if isinstance(held, bool) else type(held)(v) if not isinstance(held, date)
              else date.fromisoformat(str(v)) for v in predicate.values]  # fmt: skip
    return {
        Operator.EQUALS: lambda: held == values[0],
        Operator.NOT_EQUALS: lambda: held != values[0],
        Operator.LESS: lambda: held < values[0],
        Operator.AT_MOST: lambda: held <= values[0],
        Operator.MORE: lambda: held > values[0],
        Operator.AT_LEAST: lambda: held >= values[0],
        Operator.ONE_OF: lambda: held in values,
        Operator.NONE_OF: lambda: held not in values,
    }[predicate.operator]()


def text_of(value: Any) -> str | None:
    """A cell as the text that is hashed."""
    return None if value is None else str(value)


def masked(value: Any, name: str, mask: Mask | None, secret: bytes) -> Any:
    """What stands in a cell instead of its value."""
    if mask is None or value is None:
        return value
    if mask is Mask.NULL:
        return None
    if mask is Mask.HASH:
        key = hmac.digest(secret, f"mask\0{PORT}\0{name}".encode(), "sha256")
        return hmac.digest(key, str(value).encode(), "sha256").hex()[:32]
    if isinstance(value, date):
        return value.replace(day=1) if mask is Mask.BUCKET else value.replace(month=1, day=1)
    if mask is Mask.PARTIAL:
        return "***" if len(value) < 4 else f"{value[0]}***{value[-1]}"
    return magnitude(value)


def magnitude(value: Any) -> Any:
    """The order of magnitude of a number, with its sign."""
    if value == 0:
        return value
    power = Decimal(1).scaleb(Decimal(abs(value)).adjusted())
    return type(value)(power if value > 0 else -power)


def cells(
    row: Mapping[str, Any], grants: Sequence[Restriction], secret: bytes
) -> dict[str, Any] | None:
    """What grants show of a row; None where none shows it."""
    showing = [each for each in grants if matches(each.rows, row)]
    if not showing:
        return None
    found: dict[str, Any] = {}
    for name in row:
        if all(name in each.hidden for each in grants):
            continue
        ways = [each.masked.get(name) for each in showing if name not in each.hidden]
        found[name] = None
        if ways:
            found[name] = masked(row[name], name, min(ways, key=OPENNESS.index), secret)
        is_text = any(each.masked.get(name) is Mask.HASH for each in grants)
        if is_text and not any(each.is_whole for each in grants):
            found[name] = text_of(found[name])
    return found


# The engine against the model

_numbers = itertools.count()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS, st.lists(restrictions(), min_size=1, max_size=3), st.booleans())
def test_the_engine_shows_what_the_model_shows_and_its_files_hold_no_more(
    room, rows: list[dict[str, Any]], grants: list[Restriction], is_split: bool
) -> None:
    publish(room, rows, ["region"] if is_split else None)
    actor = Actor(f"actor{next(_numbers)}", "Someone", frozenset(), frozenset({Role.ANALYST}))
    for restriction in grants:
        room.grant(actor, PORT, restriction=restriction)

    expected = counted(shown for row in rows if (shown := cells(row, grants, room.copy_secret)))
    assert counted(room.rows(f"FROM {PORT}", actor)) == expected
    assert_files_hold_no_more(room, actor, expected)


def publish(room, rows: list[dict[str, Any]], split_by: list[str] | None) -> None:
    """The port anew, with these rows alone."""
    place = room.lakehouse.table(PORT, 1)
    shutil.rmtree(place, ignore_errors=True)
    write_deltalake(place, pa.Table.from_pylist(rows, SCHEMA), partition_by=split_by)


def counted(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[tuple[str, Any], ...]]:
    """How often each row is there, whatever their order."""
    return Counter(tuple(sorted(row.items())) for row in rows)


def assert_files_hold_no_more(room, actor: Actor, expected: Counter[Any]) -> None:
    """Everything that the sandbox could open holds the expected rows and cells alone."""
    held = entitlement_of(actor, room.now, room.store, room.registry, room.lakehouse)
    given = with_parts(held, room.engine.copies, PORT, room.now)
    files = {file for view in given.views for file in view.files}
    tables = [pq.ParquetFile(file).read() for file in files]

    assert sum(table.num_rows for table in tables) == expected.total()
    if any("copies" in file for file in files):
        assert counted(row for table in tables for row in table.to_pylist()) == expected


@given(ROWS, st.lists(restrictions(), min_size=1, max_size=4))
def test_the_model_shows_no_cell_that_no_single_grant_shows(
    rows: list[dict[str, Any]], grants: list[Restriction]
) -> None:
    for row in rows:
        alone = [cells(row, [each], b"secret") or {} for each in grants]
        for name, value in (cells(row, grants, b"secret") or {}).items():
            one_by_one = [text_of(found[name]) for found in alone if name in found]
            assert value is None or text_of(value) in one_by_one
