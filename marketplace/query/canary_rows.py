"""Whether an answer shows rows that were planted to be noticed.

A canary is found where its text stands in a cell of the answer as it is. A statement that changes
or counts the planted cells shows nothing, and is not found.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from marketplace.access.alert_book import Canary
from marketplace.query.result import QueryResult


def shown_canaries(result: QueryResult, planted: Sequence[Canary]) -> dict[str, Any]:
    """What the log says of planted rows in the answer; nothing where there are none."""
    if not planted:
        return {}
    values = pa.array([canary.value for canary in planted], pa.large_string())
    seen: set[str] = set()
    for batch in result.batches():
        for column in batch.columns:
            if _is_text(column.type):
                texts = column.cast(pa.large_string())
                found = pyarrow.compute.is_in(values, value_set=texts)
                seen.update(
                    canary.id
                    for canary, is_there in zip(planted, found.to_pylist(), strict=True)
                    if is_there
                )
    return {"canaries": sorted(seen)} if seen else {}


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    is_plain = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(is_plain or pa.types.is_string_view(kind))
