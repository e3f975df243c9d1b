"""Kill -9 during an append loses no verdict that was saved, and leaves none in half."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from data_products.evidence import EvidenceStore
from data_products.evidence_table import MERGE_AT

SCRIPT = Path(__file__).with_name("crashing_evidence_writer.py")
spec = importlib.util.spec_from_file_location("crashing_evidence_writer", SCRIPT)
assert spec is not None and spec.loader is not None
writer: Any = importlib.util.module_from_spec(spec)
spec.loader.exec_module(writer)

Run = Callable[..., bool]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    def save(root: Path, step: str | float, first: int, count: int) -> bool:
        assert process.stdin is not None and process.stdout is not None
        case = {"root": str(root), "step": step, "first": first, "count": count}
        process.stdin.write(json.dumps(case) + "\n")
        process.stdin.flush()
        return bool(json.loads(process.stdout.readline())["killed"])

    yield save
    process.communicate(timeout=30)
    assert process.returncode == 0


def assert_nothing_is_lost_or_in_half(root: Path) -> set[int]:
    acknowledged = {int(line) for line in (root / "acknowledged").read_text().split()}
    page = EvidenceStore(root / "evidence").history_page(writer.PORT, 1, 0, 10_000)
    found = {kept.verdict.rows for kept in page.verdicts}
    assert all(kept.is_intact for kept in page.verdicts)
    assert [kept.verdict for kept in page.verdicts] == [
        writer.verdict_number(number) for number in sorted(found, reverse=True)
    ]
    assert acknowledged <= found
    if (root / "evidence" / "_delta_log").exists():
        rows = DeltaTable(root / "evidence").to_pyarrow_dataset().count_rows()
        assert rows == 3 * len(found)
    return found


@pytest.mark.parametrize("is_first", [True, False], ids=["first verdict", "next verdict"])
@pytest.mark.parametrize("step", ["rows on disk", "appended"])
def test_an_append_that_is_killed_can_be_repeated(
    run: Run, tmp_path: Path, step: str, is_first: bool
) -> None:
    (tmp_path / "acknowledged").touch()
    if not is_first:
        run(tmp_path, "never", 0, 1)

    assert run(tmp_path, step, 1, 1)
    found = assert_nothing_is_lost_or_in_half(tmp_path)
    assert (1 in found) == (step == "appended")

    assert not run(tmp_path, "never", 1, 2)
    assert assert_nothing_is_lost_or_in_half(tmp_path) == {1, 2} | (set() if is_first else {0})


@pytest.mark.parametrize("step", ["merged file on disk", "merged"])
def test_merging_files_that_is_killed_changes_no_verdict(
    run: Run, tmp_path: Path, step: str
) -> None:
    (tmp_path / "acknowledged").touch()

    assert run(tmp_path, step, 0, MERGE_AT)
    assert assert_nothing_is_lost_or_in_half(tmp_path) == set(range(MERGE_AT))

    assert not run(tmp_path, "never", MERGE_AT, 1)
    assert len(assert_nothing_is_lost_or_in_half(tmp_path)) == MERGE_AT + 1
    assert len(DeltaTable(tmp_path / "evidence").file_uris()) <= 2


@pytest.mark.parametrize(
    "milliseconds",
    [
        *(5.0, 60.0, 150.0),
        *(pytest.param(float(ms), marks=pytest.mark.slow) for ms in range(10, 1500, 40)),
    ],
)
def test_a_kill_at_any_moment_loses_nothing_that_was_saved(
    run: Run, tmp_path: Path, milliseconds: float
) -> None:
    (tmp_path / "acknowledged").touch()

    run(tmp_path, milliseconds, 0, 200)
    found = assert_nothing_is_lost_or_in_half(tmp_path)

    assert not run(tmp_path, "never", max(found, default=-1) + 1, 1)
    assert len(assert_nothing_is_lost_or_in_half(tmp_path)) == len(found) + 1


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    """Also while their files are merged."""
    (tmp_path / "acknowledged").touch()
    processes = [
        subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(3)
    ]
    for number, process in enumerate(processes):
        case = {"root": str(tmp_path), "step": "never", "first": 1000 * number, "count": 15}
        assert process.stdin is not None
        process.stdin.write(json.dumps(case) + "\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)

    assert len(assert_nothing_is_lost_or_in_half(tmp_path)) == 45
