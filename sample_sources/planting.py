"""Spreading rows over files and oddities over rows."""

import numpy as np
import numpy.typing as npt
import polars as pl

from sample_sources.model import Oddity


def planted(rows: int, one_in: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Which of `rows` rows show an oddity: one in `one_in`, from a random start, evenly spread."""
    is_planted: npt.NDArray[np.bool_] = np.equal(
        (np.arange(rows) + rng.integers(one_in)) % one_in, 0
    )
    return is_planted


def apportioned(total: int, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """`total` split by `weights` into whole numbers that add up to it."""
    edges = np.floor(np.cumsum(weights) / weights.sum() * total + 0.5).astype(np.int64)
    parts: npt.NDArray[np.int64] = np.subtract(edges, np.concatenate([[0], edges[:-1]]))
    return parts


def drawn(name: str, choices: tuple[str, ...], rows: int, rng: np.random.Generator) -> pl.Series:
    """A column of random choices."""
    return pl.Series(name, np.array(choices, dtype=object)[rng.integers(0, len(choices), rows)])


def with_duplicates(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows marked EXACT_DUPLICATE a second time, straight below; only the second keeps the mark."""
    flag = Oddity.EXACT_DUPLICATE.name
    times = frame.select(pl.col(flag).cast(pl.Int64) + 1).to_series()
    place = np.repeat(np.arange(frame.height), times.to_numpy())
    is_second = np.concatenate([[False], place[1:] == place[:-1]])
    return frame[place].with_columns(pl.Series(flag, is_second))


def counted(frame: pl.DataFrame) -> dict[Oddity, int]:
    """How many rows show each oddity that the frame has a boolean column of."""
    flags = [name for name, kind in frame.schema.items() if kind == pl.Boolean]
    counts = frame.select(pl.col(flags).sum()).row(0)
    return {Oddity[flag]: int(n) for flag, n in zip(flags, counts, strict=True) if n > 0}
