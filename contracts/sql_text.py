"""The one place of this package that writes names and values into SQL."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

MOST_CHARACTERS = 20_000  # of a rule's SQL
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def quoted_name(name: str) -> str:
    """An identifier that DuckDB reads as exactly this name."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"


def literal(value: Any, column_type: str) -> str:
    """A value of a contract as a literal that DuckDB compares with a column of `column_type`.

    Text for a temporal column becomes a typed literal, a time zone is made explicit (UTC where
    none is written), so that statistics of files can prune. Raises ValueError for other text.
    """
    if isinstance(value, bool):
        value = "true" if value else "false"
    if column_type == "VARCHAR":
        return quoted_text(str(value))
    if isinstance(value, int | float | Decimal):
        return str(value)
    return _typed_literal(str(value), column_type)


def _typed_literal(text: str, column_type: str) -> str:
    if column_type == "DATE":
        return f"DATE {quoted_text(date.fromisoformat(text).isoformat())}"
    if column_type == "TIME":
        return f"TIME {quoted_text(time.fromisoformat(text).isoformat())}"
    if column_type.startswith("TIMESTAMP"):
        moment = in_utc(datetime.fromisoformat(text))
        if column_type == "TIMESTAMP WITH TIME ZONE":
            return f"TIMESTAMPTZ {quoted_text(moment.isoformat(sep=' '))}"
        return f"TIMESTAMP {quoted_text(moment.replace(tzinfo=None).isoformat(sep=' '))}"
    return f"CAST({quoted_text(text)} AS {column_type})"


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def is_plain_name(name: str) -> bool:
    """Whether a name is lower case words joined by underscores."""
    return _PLAIN_NAME.fullmatch(name) is not None
