"""The sample maker's errors.

SampleError
├── TooFewRows
└── FolderNotOfSample
"""

from pathlib import Path


class SampleError(Exception):
    """The root of everything the sample maker refuses."""


class TooFewRows(SampleError):
    """A sample was asked for that is too small to show every shape."""

    def __init__(self, rows: int, fewest: int) -> None:
        self.rows = rows
        super().__init__(
            f"No sample was made of `{rows}` rows: every shape of file needs a row to show it. "
            f"Ask for {fewest:,} rows or more."
        )


class FolderNotOfSample(SampleError):
    """The folder holds files that no sample put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"No sample was made in `{folder}`: it holds files that are no sample of ours. "
            "Sample and real files are never mixed; choose an empty folder or remove it."
        )
