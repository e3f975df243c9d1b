"""The answer to a statement: its rows, and what every copy of them must say of itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from marketplace.client.errors import AnswerIncomplete, PackageMissing
from marketplace.client.model import PortTerms
from marketplace.client.reading import Facts, terms

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_METADATA = ("marking", "is_sample", "delta_versions", "terms", "notices", "truncated")


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one statement with their Delta versions, marking and terms."""

    marking: str  # of the most sensitive port that it read
    is_sample: bool  # made up for a demonstration: nothing to decide on
    delta_versions: Mapping[str, int]  # of each port that it read
    terms: tuple[PortTerms, ...]  # one for each of those ports
    notices: str  # what must be known of the ports: stale, released, issues, their end
    truncated: bool  # the limit of a statement was reached, and the rest left out
    _table: "pyarrow.Table" = field(repr=False)

    @property
    def row_count(self) -> int:
        """How many rows arrived."""
        return int(self._table.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(self._table.column_names)

    def arrow(self) -> "pyarrow.Table":
        """The rows as an Arrow table, whose metadata keeps marking, versions and terms."""
        return self._table

    def rows(self) -> list[dict[str, Any]]:
        """The rows as plain Python values, by column."""
        return list(self._table.to_pylist())

    def polars(self) -> "polars.DataFrame":
        """The rows as a polars frame. Raises PackageMissing."""
        try:
            import polars
        except ImportError as error:
            raise PackageMissing("polars", "polars()") from error
        frame = polars.from_arrow(self._table)
        assert isinstance(frame, polars.DataFrame)  # noqa: S101  (a table is never a series)
        return frame

    def pandas(self) -> "pandas.DataFrame":
        """The rows as a pandas frame. Raises PackageMissing."""
        try:
            import pandas
        except ImportError as error:
            raise PackageMissing("pandas", "pandas()") from error
        frame: pandas.DataFrame = self._table.to_pandas()
        return frame


def answer_of(stream: bytes, sent_rows: int | None) -> Answer:
    """The answer in an Arrow stream of the query interface.

    Raises AnswerIncomplete where rows are missing, and KeyError, TypeError or ValueError (so is
    pyarrow's) where it is no such stream.
    """
    import pyarrow.ipc

    table = pyarrow.ipc.open_stream(stream).read_all()
    if sent_rows is not None and table.num_rows != sent_rows:
        raise AnswerIncomplete(table.num_rows, sent_rows)
    said = {name: table.schema.metadata[name.encode()].decode() for name in _METADATA}
    return Answer(
        marking=said["marking"],
        is_sample=said["is_sample"] == "true",
        delta_versions={str(k): int(v) for k, v in json.loads(said["delta_versions"]).items()},
        terms=tuple(terms(Facts(each)) for each in json.loads(said["terms"])),
        notices=said["notices"],
        truncated=said["truncated"] == "true",
        _table=table,
    )
