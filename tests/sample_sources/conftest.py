"""One sample that the tests of this room read, and files as a naive reader sees them."""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from sample_sources import SampleReport, SampleSize, make_sample

SIZE = SampleSize(rows=6_000, seed=42, until=date(2026, 11, 22))


class Sample(NamedTuple):
    """A sample on disk and what its maker says of it."""

    folder: Path
    report: SampleReport


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A sample of 6,000 payment rows; read it, never write it."""
    folder = tmp_path_factory.mktemp("sample")
    return Sample(folder, make_sample(folder, SIZE))


@pytest.fixture(scope="session")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> SampleReport:
    """The smallest sample that is made."""
    size = SampleSize(rows=1_000, seed=3, until=date(2027, 3, 1))
    return make_sample(tmp_path_factory.mktemp("smallest"), size)
