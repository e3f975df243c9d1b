"""Masks at their edges: each type's extremes, and what is no number."""

import hmac
from typing import Any

import duckdb
import pytest

from marketplace.access.restriction import Mask
from marketplace.access.restriction_rules import allowed_masks
from marketplace.query.masks import HashKey, masked, masked_type

pytestmark = pytest.mark.requirement("SEC-02")

_KEY = HashKey(b"secret", "commercial.payments")


def shown(value: str, column_type: str, mask: Mask) -> Any:
    """What a cell with this SQL value shows, as text."""
    with duckdb.connect() as connection:
        _KEY.give(connection, ("c",))
        cell = f"SELECT {masked('c', column_type, mask)} AS c"
        row = f"SELECT CAST({value} AS {column_type}) AS c"
        query = f"SELECT c::VARCHAR, typeof(c) FROM ({cell} FROM ({row}))"
        text, kind = connection.execute(query).fetchall()[0]
    assert kind == masked_type(column_type, mask)
    return text


@pytest.mark.parametrize(
    ("value", "column_type", "expected"),
    [
        ("0", "INTEGER", "0"),
        ("7", "TINYINT", "1"),
        ("-128", "TINYINT", "-100"),
        ("-9223372036854775808", "BIGINT", "-1000000000000000000"),
        ("9223372036854775807", "BIGINT", "1000000000000000000"),
        ("999999999999999999", "BIGINT", "100000000000000000"),
        ("'-1234.56'", "DECIMAL(18,2)", "-1000.00"),
        ("'0.07'", "DECIMAL(18,2)", "0.01"),
        ("'0.00'", "DECIMAL(18,2)", "0.00"),
        (f"'{'9' * 38}'", "DECIMAL(38,0)", "1" + "0" * 37),
        ("1234.5", "DOUBLE", "1000.0"),
        ("-0.05", "DOUBLE", "-0.01"),
        ("1000", "DOUBLE", "1000.0"),
        ("0", "DOUBLE", "0.0"),
        ("'nan'", "DOUBLE", None),
        ("'-inf'", "DOUBLE", None),
        ("250.0", "FLOAT", "100.0"),
        ("'2024-02-29'", "DATE", "2024-02-01"),
        ("'2024-02-29 23:59:59.5'", "TIMESTAMP", "2024-02-01 00:00:00"),
        ("NULL", "INTEGER", None),
    ],
)
def test_a_bucket_is_the_order_of_magnitude(value: str, column_type: str, expected: Any) -> None:
    assert shown(value, column_type, Mask.BUCKET) == expected


@pytest.mark.parametrize(
    ("value", "column_type", "expected"),
    [
        ("'Acme Ltd'", "VARCHAR", "A***d"),
        ("'Acme'", "VARCHAR", "A***e"),
        ("'Abc'", "VARCHAR", "***"),
        ("''", "VARCHAR", "***"),
        ("'Ünïö'", "VARCHAR", "Ü***ö"),
        ("'2024-02-29'", "DATE", "2024-01-01"),
        ("'infinity'", "DATE", "infinity"),
        ("NULL", "VARCHAR", None),
    ],
)
def test_a_part_is_the_ends_of_a_text_or_the_year(
    value: str, column_type: str, expected: Any
) -> None:
    assert shown(value, column_type, Mask.PARTIAL) == expected


@pytest.mark.parametrize(
    ("value", "column_type", "text"),
    [("'Ünïö'", "VARCHAR", "Ünïö"), ("''", "VARCHAR", ""), ("1.50", "DECIMAL(9,2)", "1.50")],
)
def test_a_hash_is_hmac_sha256_of_the_text(value: str, column_type: str, text: str) -> None:
    key = hmac.digest(b"secret", b"mask\0commercial.payments\0c", "sha256")

    assert (
        shown(value, column_type, Mask.HASH) == hmac.digest(key, text.encode(), "sha256").hex()[:32]
    )


def test_an_empty_cell_has_no_hash() -> None:
    assert shown("NULL", "VARCHAR", Mask.HASH) is None


@pytest.mark.parametrize(
    "column_type",
    ["VARCHAR", "HUGEINT", "UBIGINT", "DECIMAL(4,4)", "FLOAT", "BOOLEAN", "DATE", "BLOB",
     "TIMESTAMP WITH TIME ZONE", "INTEGER[]", "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)"],
)  # fmt: skip
def test_every_allowed_mask_of_a_type_can_be_carried_out(column_type: str) -> None:
    for mask in allowed_masks(column_type):
        assert shown("NULL", column_type, mask) is None
