"""What every room's tests may ask for."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[1] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs beside the checkout."""
    folder = SHARED_DATA.resolve()
    if not folder.is_dir():
        pytest.skip(f"the real inputs are not beside this checkout: no folder {folder}")
    return folder
