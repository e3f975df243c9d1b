"""What every room's tests may ask for."""

import os
from pathlib import Path

import pytest

# What commands print is not folded: rich takes the width when it is imported.
os.environ["COLUMNS"] = "250"

SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the checkout."""
    folder = SHARED_DATA.resolve()
    if not folder.is_dir():
        pytest.skip(f"the real inputs are not beside this checkout: no folder {folder}")
    return folder
