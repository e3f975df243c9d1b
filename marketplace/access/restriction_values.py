"""The values that a column is compared with: which fit its type, and what each stands for."""

import math
import re
from datetime import date, datetime
from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum

from contracts.sql_text import in_utc
from contracts.type_words import canonical_type
from marketplace.access.restriction import Value

LONGEST_TEXT = 1_000

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_WIDE = Context(prec=200)
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)", re.IGNORECASE)
_DIGITS = re.compile(r"[+-]?\d{1,60}(?:\.\d{1,60})?", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ISO_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII
)

Typed = str | bool | Decimal | float | date | datetime


class ColumnKind(StrEnum):
    """What a column holds; its value is what a person is told to give."""

    TEXT = "text"
    WHOLE = "a whole number"
    DECIMAL = "a number in digits"
    FLOAT = "a number"
    BOOLEAN = "true or false"
    DATE = "a day as `2024-12-31`"
    TIMESTAMP = "a time as `2024-12-31T23:59:00`, in UTC where it has no zone"
    OTHER = "nothing"


def value_fault(value: Value, kind: ColumnKind, column_type: str) -> str | None:
    """Why a column of this kind and type cannot be compared with a value; None where it can."""
    try:
        typed_value(value, kind, column_type)
    except ValueError as error:
        said = str(error)
    else:
        return None
    shown = value if isinstance(value, str) else repr(value)
    if len(shown) > 100:
        shown = f"{shown[:97]}..."
    return f"cannot be compared with `{shown}`: {said}"


def typed_value(value: Value, kind: ColumnKind, column_type: str) -> Typed:
    """What a value stands for in a column: never rounded, never guessed.

    `column_type` is DuckDB's word, in any spelling. A time is aware, in UTC. Raises ValueError,
    which says what was expected.
    """
    if kind is ColumnKind.TEXT:
        return _text(value)
    if kind is ColumnKind.BOOLEAN:
        if not isinstance(value, bool):
            raise _expected(kind)
        return value
    if kind in {ColumnKind.WHOLE, ColumnKind.DECIMAL}:
        return _exact(value, kind, column_type)
    if kind is ColumnKind.FLOAT:
        return _float(value)
    if kind is ColumnKind.DATE:
        return _day(value)
    if kind is ColumnKind.TIMESTAMP:
        return _moment(value)
    raise _expected(kind)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise _expected(ColumnKind.TEXT)
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"it has {len(value):,} characters, more than {LONGEST_TEXT:,}")
    if "\0" in value:
        raise ValueError("it holds a zero byte")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a character") from error
    return value


def _number(value: Value, kind: ColumnKind) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _expected(kind)
    if isinstance(value, str) and _DIGITS.fullmatch(value) is None:
        raise _expected(kind)
    if isinstance(value, float) and not math.isfinite(value):
        raise _expected(kind)
    if isinstance(value, int) and abs(value) >= 10**60:  # as text, Python refuses 4,300 digits
        raise ValueError("it has more than 60 digits")
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation as error:
        raise _expected(kind) from error


def _exact(value: Value, kind: ColumnKind, column_type: str) -> Decimal:
    """A number that the type holds as it is written."""
    number = _number(value, kind)
    least, most, scale = _range(column_type)
    if _places(number) > scale:
        places = "no decimals" if scale == 0 else f"at most {scale} decimals"
        raise ValueError(f"expected {places}")
    units = int(number.scaleb(scale, _WIDE))
    if not least <= units <= most:
        raise ValueError(f"expected a number that fits `{column_type}`")
    return number


def _range(column_type: str) -> tuple[int, int, int]:
    """The least and the largest number of units in the last place, and how many places it has."""
    name = canonical_type(column_type) or ""
    decimal = _DECIMAL.fullmatch(name)
    if decimal is not None:
        most = 10 ** int(decimal[1]) - 1
        return -most, most, int(decimal[2])
    bits = _BITS[name.removeprefix("U")]
    if name.startswith("U"):
        return 0, 2**bits - 1, 0
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 0


def _places(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return max(0, -int(exponent) - (len(digits) - len(text))) if text else 0


def _float(value: Value) -> float:
    number = float(_number(value, ColumnKind.FLOAT))
    if not math.isfinite(number):
        raise _expected(ColumnKind.FLOAT)
    return number


def _day(value: Value) -> date:
    if not isinstance(value, str) or _ISO_DATE.fullmatch(value) is None:
        raise _expected(ColumnKind.DATE)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise _expected(ColumnKind.DATE) from error


def _moment(value: Value) -> datetime:
    if not isinstance(value, str) or _ISO_MOMENT.fullmatch(value) is None:
        raise _expected(ColumnKind.TIMESTAMP)
    try:
        return in_utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError) as error:
        raise _expected(ColumnKind.TIMESTAMP) from error


def _expected(kind: ColumnKind) -> ValueError:
    return ValueError(f"expected {kind.value}")
