"""A version's profile: what its columns look like, small enough to be kept with its verdict.

Rows and null shares are exact where the files' own statistics say them; the rest is of a bounded
sample, and of all rows where there are few. Values are not in it: categories are hashes, columns
with personal data or above OFFICIAL have no distribution at all, nor have keys and times, which
grow by nature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from contracts.file_statistics import TableStatistics
from contracts.model import Contract, Property
from contracts.sql_text import quoted_name
from contracts.subjects import is_guarded
from contracts.type_words import is_temporal

SAMPLE_ROWS = 8192
WHOLE_UP_TO = 50_000  # rows: all of them cost 30 ms, and neighbours alike deceive nobody
MOST_CATEGORIES = 50
_DECILES = np.linspace(0, 1, 11)
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT")


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `None` where it was not looked at."""

    type: str
    null_share: float | None = None  # 0 to 1
    is_exact: bool = False  # the share of empty values, counted over all rows
    filled: int | None = None  # values in the sample
    distinct: int | None = None  # in the sample
    mean: float | None = None
    deciles: tuple[float, ...] | None = None  # 11 of them
    categories: Mapping[str, float] | None = None  # hash -> share of the filled values


@dataclass(frozen=True, slots=True)
class Profile:
    """One version."""

    rows: int
    sampled_rows: int
    columns: Mapping[str, ColumnProfile]
    hashed_by: str = ""  # the engine whose hashes name the categories: others are not comparable

    @property
    def is_sample(self) -> bool:
        """Whether it was taken from some of the rows only."""
        return self.sampled_rows < self.rows


@dataclass(frozen=True, slots=True)
class ProfileSource:
    """What a profile is taken from."""

    relation: str  # SQL relation of the sample, or of all rows
    rows: int  # of the whole table
    columns: Mapping[str, str]  # name -> DuckDB type, of the whole table
    statistics: TableStatistics | None = None


def profile_of(
    connection: duckdb.DuckDBPyConnection, source: ProfileSource, contract: Contract
) -> Profile:
    """The profile of a version, by one scan of the sample's flat columns."""
    promised = {column.name: column for column in contract.table.properties}
    key = frozenset(contract.table.primary_key)
    flat = [name for name, kind in source.columns.items() if not _is_nested(kind)]
    selected = [_sampled(name, source.columns[name]) for name in flat]
    arrays: Mapping[str, Any] = {}
    sampled = 0
    if flat and source.rows:
        query = f"SELECT {', '.join(selected)} FROM {source.relation} AS sampled"
        arrays = connection.execute(query).fetchnumpy()
        sampled = len(next(iter(arrays.values())))
    columns = {}
    for name, kind in source.columns.items():
        found = arrays.get(name)
        share, is_exact = _null_share(name, found, source)
        base = ColumnProfile(kind, share, is_exact or sampled == source.rows)
        is_shown = _has_distribution(promised.get(name), kind, name in key)
        columns[name] = base if found is None else _with_values(base, found, is_shown)
    return Profile(source.rows, min(sampled, source.rows), columns, duckdb.__version__)


def to_document(profile: Profile) -> dict[str, Any]:
    """The profile as plain values that JSON keeps."""
    document = asdict(profile)
    for column in document["columns"].values():
        column["deciles"] = None if column["deciles"] is None else list(column["deciles"])
    return document


def from_document(document: Mapping[str, Any]) -> Profile:
    """The profile that to_document wrote."""
    return Profile(
        rows=int(document["rows"]),
        sampled_rows=int(document["sampled_rows"]),
        columns={
            name: ColumnProfile(
                **{**each, "deciles": None if each["deciles"] is None else tuple(each["deciles"])}
            )
            for name, each in document["columns"].items()
        },
        hashed_by=str(document.get("hashed_by", "")),
    )


def _sampled(name: str, kind: str) -> str:
    column = quoted_name(name)
    if _is_number(kind):
        return f"CAST({column} AS DOUBLE) AS {column}"
    return f"CASE WHEN {column} IS NOT NULL THEN hash({column}) END AS {column}"


def _is_nested(kind: str) -> bool:
    return "[" in kind or kind.startswith(("STRUCT", "MAP", "UNION"))


def _is_number(kind: str) -> bool:
    return kind.removeprefix("U").startswith(_NUMBERS)


def _has_distribution(column: Property | None, kind: str, is_key: bool) -> bool:
    if column is None or is_guarded(column) or is_key or column.unique:
        return False
    return not is_temporal(kind)


def _null_share(name: str, found: Any, source: ProfileSource) -> tuple[float | None, bool]:
    """The share of empty values, and whether the files' own statistics are the proof of it."""
    known = None if source.statistics is None else source.statistics.columns.get(name)
    if known is not None and known.nulls is not None and source.rows:
        return _short(known.nulls / source.rows), True
    if found is None or not len(found):
        return None, False
    return _short(float(np.ma.getmaskarray(found).mean())), False


def _with_values(base: ColumnProfile, found: Any, is_shown: bool) -> ColumnProfile:
    filled = np.asarray(found.compressed() if np.ma.isMaskedArray(found) else found)
    if filled.dtype.kind == "f":
        filled = filled[np.isfinite(filled)]
    if not len(filled):
        return replace(base, filled=0, distinct=0)
    values, counts = np.unique(filled, return_counts=True)
    is_number = _is_number(base.type)
    few = is_shown and len(values) <= MOST_CATEGORIES
    return replace(
        base,
        filled=len(filled),
        distinct=len(values),
        mean=_short(float(filled.mean())) if is_shown and is_number else None,
        deciles=_deciles(filled) if is_shown and is_number and not few else None,
        categories=_categories(values, counts) if few else None,
    )


def _deciles(filled: npt.NDArray[Any]) -> tuple[float, ...]:
    found: Sequence[float] = np.quantile(filled, _DECILES).tolist()
    return tuple(_short(value) for value in found)


def _categories(values: npt.NDArray[Any], counts: npt.NDArray[Any]) -> dict[str, float]:
    total = int(counts.sum())
    return {
        f"{value:x}" if isinstance(value, int) else f"{value:.6g}": _short(count / total)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    }


def _short(value: float) -> float:
    """Six significant digits: a profile is kept with every verdict."""
    return float(f"{value:.6g}")
