"""A bounded sample spreads evenly over the files and never gives more than was asked."""

from pathlib import Path

import duckdb
import pytest

from data_products.sampling import STRIPS, sampled_relation

COLUMNS = (("place", "BIGINT"), ("half", "DECIMAL(9,1)"))


@pytest.fixture
def files(tmp_path: Path) -> list[tuple[Path, int]]:
    """Three files of 40,000 rows in all, numbered through, and one that is empty."""
    made, start = [], 0
    with duckdb.connect() as connection:
        for name, rows in (("a", 30_000), ("empty", 0), ("b", 9_000), ("c", 1_000)):
            path = tmp_path / f"{name}.parquet"
            connection.execute(
                f"COPY (SELECT i::BIGINT AS place, (i / 2)::DECIMAL(9,1) AS half "
                f"FROM range({start}, {start + rows}) numbers(i)) TO '{path}' "
                "(FORMAT parquet, ROW_GROUP_SIZE 2048)"
            )
            made.append((path, rows))
            start += rows
    return made


def sample(files: list[tuple[Path, int]], rows: int) -> list[int]:
    with duckdb.connect() as connection:
        relation = sampled_relation(files, COLUMNS, rows)
        found = connection.execute(f"SELECT place FROM {relation} ORDER BY place").fetchall()
    return [place for (place,) in found]


def test_a_sample_has_strips_from_the_first_row_to_the_last(files: list[tuple[Path, int]]) -> None:
    places = sample(files, 1600)

    assert len(places) == len(set(places))
    assert 1600 * 0.9 <= len(places) <= 1600
    assert places[0] == 0
    assert places[-1] == 39_999
    assert len({place * STRIPS // 40_000 for place in places}) >= STRIPS - 1


def test_a_small_table_is_taken_whole(files: list[tuple[Path, int]]) -> None:
    assert len(sample(files, 40_000)) == 40_000


def test_no_files_give_no_rows() -> None:
    assert sample([], 10) == []


def test_a_sample_of_two_rows_is_no_more(files: list[tuple[Path, int]]) -> None:
    assert len(sample(files, 2)) <= STRIPS
