"""The JSON twin of a page: the same facts that its template is given."""

import json
import math
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


def plain(value: Any) -> Any:
    """`value` as JSON has it: ISO 8601 times, exact decimals as text, sets in order."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = (field for field in fields(value) if field.metadata.get("twin", True))
        return {field.name: plain(getattr(value, field.name)) for field in shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(inner) for inner in value)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def encode(document: Any) -> bytes:
    """`document` as UTF-8 JSON."""
    return json.dumps(plain(document), ensure_ascii=False, separators=(",", ":")).encode()
