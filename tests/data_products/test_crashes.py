"""Kill -9 at every step of a build and its publication leaves the old version or the new one."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

WRITING = ["marked", "copied", "hashed", "synced", "made known"]
COMMITTING = ["allowed", "files verified", "committed", "log on disk", "manifest removed"]
OLD = [("p0", 0), ("p1", 1)]
NEW = [("p0", 100), ("p0", 102), ("p0", 104), ("p1", 101), ("p1", 103), ("p1", 105)]


def crash_and_recover(
    new_lake: Callable[[], Any], publisher: Any, step: str | float, is_first: bool
) -> None:
    lake = new_lake()
    if not is_first:
        old = "SELECT 'p' || i AS p, i AS n FROM range(2) t(i)"
        lake.publish(old, fingerprint="old", partition_columns=("p",))

    killed = publisher.run(lake.root, step)

    assert killed or isinstance(step, float)
    assert_old_or_new(lake, is_first)
    assert_sweep_leaves_no_leftover(lake)
    again = publisher.run(lake.root, "never")
    assert not again
    assert lake.rows() == NEW
    assert_sweep_leaves_no_leftover(lake)
    referred = {f.path for f in lake.lakehouse.snapshot("finance.invoices", 1).table_files}
    past = 0 if is_first else 2
    assert len(lake.parquet_files()) == len(referred) + past
    lake.connection.close()


def assert_old_or_new(lake: Any, is_first: bool) -> None:
    snapshot = lake.lakehouse.snapshot("finance.invoices", 1)
    if snapshot is None:
        assert is_first
        return
    is_new = snapshot.metadata["fingerprint"] == "new"
    assert lake.rows() == (NEW if is_new else OLD)
    assert snapshot.version == (0 if is_first or not is_new else 1)


def assert_sweep_leaves_no_leftover(lake: Any) -> None:
    lake.lakehouse.sweep("finance.invoices", 1)
    assert lake.lakehouse.sweep("finance.invoices", 1) == ()
    candidates = lake.table / "_candidates"
    names = {path.name for path in candidates.iterdir()} if candidates.exists() else set()
    assert not {name for name in names if name.endswith((".writing", ".tmp"))}


def moments(repeats: int) -> Sequence[float]:
    """Milliseconds after the start, spread over the whole of a build and its publication."""
    return [5.0 + 160.0 * number / repeats for number in range(repeats)]


@pytest.mark.parametrize("is_first", [True, False], ids=["first version", "next version"])
@pytest.mark.parametrize("step", [*WRITING, *COMMITTING])
def test_a_crash_at_a_step_leaves_the_old_or_the_new_version(
    new_lake: Callable[[], Any], publisher: Any, step: str, is_first: bool
) -> None:
    for _ in range(2):
        crash_and_recover(new_lake, publisher, step, is_first)


def test_a_crash_at_any_moment_leaves_the_old_or_the_new_version(
    new_lake: Callable[[], Any], publisher: Any
) -> None:
    for milliseconds in moments(20):
        crash_and_recover(new_lake, publisher, milliseconds, is_first=False)


@pytest.mark.slow
@pytest.mark.parametrize("is_first", [True, False], ids=["first version", "next version"])
@pytest.mark.parametrize("step", [*WRITING, *COMMITTING])
def test_twenty_crashes_at_a_step_leave_the_old_or_the_new_version(
    new_lake: Callable[[], Any], publisher: Any, step: str, is_first: bool
) -> None:
    for _ in range(20):
        crash_and_recover(new_lake, publisher, step, is_first)


@pytest.mark.slow
def test_crashes_at_two_hundred_moments_leave_the_old_or_the_new_version(
    new_lake: Callable[[], Any], publisher: Any
) -> None:
    for milliseconds in moments(200):
        crash_and_recover(new_lake, publisher, milliseconds, is_first=False)
