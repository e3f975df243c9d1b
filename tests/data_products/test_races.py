"""Two processes publish the same port at once: one of them does."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize("is_first", [True, False], ids=["first version", "next version"])
def test_of_two_processes_exactly_one_publishes(lake: Any, is_first: bool) -> None:
    if not is_first:
        lake.publish("SELECT 0 AS n")
    processes = [start(lake.root, number) for number in (1, 2)]
    wait_for(lake.root / "ready-1", lake.root / "ready-2")

    (lake.root / "go").touch()
    said = [process.communicate(timeout=60)[0].strip() for process in processes]

    assert sorted(said) == ["stale", "version 0" if is_first else "version 1"]
    winner = 1 + said.index("version 0" if is_first else "version 1")
    assert lake.rows() == [(winner,)]
    lake.lakehouse.sweep("finance.invoices", 1)
    assert len(lake.parquet_files()) == (1 if is_first else 2)


def start(root: Path, number: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("racing_publisher.py")
    return subprocess.Popen(
        [sys.executable, str(script), str(root), str(number)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 60
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline, "the processes did not get ready"
        time.sleep(0.01)
