"""A restriction is refused with every fault, or fits the columns that it is about."""

import dataclasses
from typing import Any

import pytest

from contracts.model import Contract, Property, SchemaObject
from marketplace.access.errors import RestrictionRefused
from marketplace.access.restriction import (
    WHOLE,
    AllOf,
    AnyOf,
    Comparison,
    Mask,
    Operator,
    Restriction,
)
from marketplace.access.restriction_rules import (
    allowed_masks,
    allowed_operators,
    read_restriction,
    refuse_unless_it_fits,
    restriction_faults,
)

pytestmark = pytest.mark.requirement("SEC-02")

COLUMNS = {
    "supplier": "varchar",
    "payment_id": "bigint",
    "lines": "tinyint",
    "amount": "decimal(6,2)",
    "rate": "double",
    "is_paid": "boolean",
    "paid_date": "date",
    "paid_at": "timestamp with time zone",
    "parts": "struct(a integer)",
}


def contract() -> Contract:
    """A port with a column of every kind."""
    properties = tuple(Property(name, "", kind, "", "") for name, kind in COLUMNS.items())
    return Contract(
        id="payments", name="payments", business_unit="commercial", version="1.0.0",
        status="active", title="", purpose="", limitations="", usage="",
        objects=(SchemaObject("payments", "", properties),), service_levels=(), team=(), roles=(),
        support=(), tags=(), custom={}, content_hash="0" * 64,
    )  # fmt: skip


def where(column: str, operator: Operator, *values: Any) -> Restriction:
    """A restriction of one comparison."""
    return Restriction(Comparison(column, operator, values))


FITTING = [
    WHOLE,
    where("supplier", Operator.ONE_OF, "Acme", "O'Brien; DROP TABLE x"),
    where("payment_id", Operator.AT_LEAST, "9223372036854775807"),
    where("lines", Operator.EQUALS, -128),
    where("amount", Operator.LESS, "9999.99"),
    where("amount", Operator.LESS, 12.5),
    where("amount", Operator.EQUALS, "1.1000"),
    where("rate", Operator.MORE, 1e300),
    where("is_paid", Operator.NOT_EQUALS, False),
    where("paid_date", Operator.AT_MOST, "2024-02-29"),
    where("paid_at", Operator.MORE, "2024-02-29T10:00:00+01:00"),
    where("parts", Operator.IS_FILLED),
    Restriction(AllOf(())),
    Restriction(
        masked={"supplier": Mask.PARTIAL, "amount": Mask.BUCKET}, hidden=frozenset({"rate"})
    ),
]

REFUSED = [
    (
        where("suplier", Operator.EQUALS, "a"),
        "rows: there is no column `suplier`; the port has `supplier`",
    ),
    (
        Restriction(AllOf((AnyOf((Comparison("lines", Operator.EQUALS, (128,)),)),))),
        "rows.all[0].any[0]: `lines` cannot be compared with `128`: expected a number that fits "
        "`tinyint`",
    ),
    (
        where("supplier", Operator.EQUALS, 7),
        "rows: `supplier` cannot be compared with `7`: expected text",
    ),
    (
        where("payment_id", Operator.EQUALS, True),
        "rows: `payment_id` cannot be compared with `True`: expected a whole number",
    ),
    (
        where("payment_id", Operator.EQUALS, "1.5"),
        "rows: `payment_id` cannot be compared with `1.5`: expected no decimals",
    ),
    (
        where("amount", Operator.EQUALS, "1.005"),
        "rows: `amount` cannot be compared with `1.005`: expected at most 2 decimals",
    ),
    (
        where("amount", Operator.EQUALS, "10000"),
        "rows: `amount` cannot be compared with `10000`: expected a number that fits "
        "`decimal(6,2)`",
    ),
    (
        where("rate", Operator.EQUALS, float("nan")),
        "rows: `rate` cannot be compared with `nan`: expected a number",
    ),
    (
        where("is_paid", Operator.EQUALS, "yes"),
        "rows: `is_paid` cannot be compared with `yes`: expected true or false",
    ),
    (
        where("is_paid", Operator.LESS, True),
        "rows: `is_paid` has type `boolean`, which `less` cannot compare; expected `equals`, "
        "`not_equals`, `one_of`, `none_of`, `is_empty`, `is_filled`",
    ),
    (
        where("paid_date", Operator.EQUALS, "2023-02-29"),
        "rows: `paid_date` cannot be compared with `2023-02-29`: expected a day as `2024-12-31`",
    ),
    (
        where("paid_at", Operator.EQUALS, "0001-01-01T00:00:00+01:00"),
        "rows: `paid_at` cannot be compared with `0001-01-01T00:00:00+01:00`: expected a time as "
        "`2024-12-31T23:59:00`, in UTC where it has no zone",
    ),
    (
        where("parts", Operator.EQUALS, "{}"),
        "rows: `parts` has type `struct(a integer)`, which `equals` cannot compare; expected "
        "`is_empty`, `is_filled`",
    ),
    (
        where("supplier", Operator.EQUALS),
        "rows: `supplier` `equals` was given 0 values, not one value",
    ),
    (
        where("supplier", Operator.IS_EMPTY, "a"),
        "rows: `supplier` `is_empty` was given 1 values, not no value",
    ),
    (
        where("payment_id", Operator.ONE_OF, *range(1001)),
        "rows: `payment_id` `one_of` was given 1,001 values, not 1 to 1,000 values",
    ),
    (
        where("supplier", Operator.EQUALS, "a\0b"),
        "rows: `supplier` cannot be compared with `a\0b`: it holds a zero byte",
    ),
    (
        where("supplier", Operator.EQUALS, "x" * 1001),
        f"rows: `supplier` cannot be compared with `{'x' * 97}...`: it has 1,001 characters, "
        "more than 1,000",
    ),
    (
        Restriction(AnyOf(())),
        "rows: `any` of nothing matches no row; name a comparison or leave it out",
    ),
    (
        Restriction(AllOf(tuple(Comparison("rate", Operator.IS_FILLED) for _ in range(101)))),
        "rows: more than 100 comparisons; use `one_of` for values",
    ),
    (
        Restriction(masked={"is_paid": Mask.HASH}),
        "masked: `is_paid` has type `boolean`, which has no mask `hash`; expected `null`",
    ),
    (
        Restriction(masked={"rate": Mask.NULL}, hidden=frozenset({"rate"})),
        "`rate` is both masked and hidden: choose one",
    ),
    (
        Restriction(hidden=frozenset(COLUMNS)),
        "hidden: every column is hidden, so that nothing would be shown; leave one out",
    ),
]


@pytest.mark.parametrize("restriction", FITTING)
def test_a_restriction_that_fits_the_contract_passes(restriction: Restriction) -> None:
    refuse_unless_it_fits(restriction, contract())

    assert read_restriction(restriction.text(), contract()) == restriction


@pytest.mark.parametrize(("restriction", "fault"), REFUSED)
def test_a_restriction_is_refused_with_its_exact_fault(
    restriction: Restriction, fault: str
) -> None:
    assert restriction_faults(restriction, COLUMNS) == (fault,)


def test_all_faults_are_told_at_once() -> None:
    restriction = Restriction(
        Comparison("amont", Operator.EQUALS, ("1",)), {"is_paid": Mask.HASH}, frozenset({"rat"})
    )

    with pytest.raises(RestrictionRefused) as refused:
        refuse_unless_it_fits(restriction, contract())

    assert str(refused.value) == (
        "The restriction on `commercial.payments` was refused: rows: there is no column `amont`; "
        "the port has `amount`; hidden: there is no column `rat`; the port has `rate`; masked: "
        "`is_paid` has type `boolean`, which has no mask `hash`; expected `null`. Correct it "
        "against the port's contract and send it again; nothing was changed."
    )


def test_a_predicate_may_not_be_nested_without_end() -> None:
    predicate: Any = Comparison("rate", Operator.IS_FILLED)
    for _ in range(9):
        predicate = AllOf((predicate,))

    assert restriction_faults(Restriction(predicate), COLUMNS) == (
        "rows: more than 8 levels of `all` and `any`; write it flatter",
    )


def test_a_restriction_is_never_longer_than_is_kept() -> None:
    names = tuple("x" * 990 + str(number) for number in range(200))
    faults = restriction_faults(where("supplier", Operator.ONE_OF, *names), COLUMNS)

    assert len(faults) == 1
    assert faults[0].endswith("more than 100,000; use ranges for values")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        "7",
        '{"rows": 7, "masked": {}, "hidden": []}',
        '{"rows": null, "masked": {"rate": "blur"}, "hidden": []}',
        '{"rows": null, "masked": [], "hidden": []}',
        '{"rows": null, "masked": {}, "hidden": 7}',
        '{"rows": {"column": "a", "operator": "like", "values": []}, "masked": {}, "hidden": []}',
        '{"rows": ' + '{"all": [' * 3000 + "]}" * 3000 + ', "masked": {}, "hidden": []}',
        "x" * 100_001,
    ],
)
def test_text_that_is_no_restriction_is_refused(text: str) -> None:
    with pytest.raises(RestrictionRefused):
        read_restriction(text, contract())


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_a_value_of_no_kind_is_refused(value: Any) -> None:
    for column in COLUMNS:
        faults = restriction_faults(where(column, Operator.EQUALS, value), COLUMNS)
        assert len(faults) == 1


def test_every_type_can_at_least_be_left_out_and_told_empty() -> None:
    for kind in (*COLUMNS.values(), "blob", "time", "no type at all", "varchar[]"):
        assert Mask.NULL in allowed_masks(kind)
        assert {Operator.IS_EMPTY, Operator.IS_FILLED} <= set(allowed_operators(kind))


def test_a_column_without_a_type_is_not_compared() -> None:
    odd = dataclasses.replace(contract().table.properties[0], physical_type="")

    assert allowed_masks(odd.physical_type) == (Mask.NULL,)
