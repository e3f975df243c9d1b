"""Whole processes measured by the operating system: CPU, wall time, peak memory."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a process took; `peak_mb` is of its largest process."""

    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    output: str

    def __str__(self) -> str:
        return f"{self.cpu_seconds:.1f} s CPU, {self.wall_seconds:.1f} s, {self.peak_mb:.0f} MB"


def cost_of(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """One run of `command` from the checkout; raises RuntimeError when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)} ended with {process.returncode}:\n{output[-4000:]}"
        )
    return Cost(
        usage.ru_utime + usage.ru_stime,
        time.perf_counter() - started,
        usage.ru_maxrss / 1024,
        output,
    )


def python(*arguments: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *arguments]


def median_cost(runs: int, once: Callable[[], Cost]) -> Cost:
    """The run with the median CPU time of `runs`."""
    costs = sorted((once() for _ in range(runs)), key=lambda cost: cost.cpu_seconds)
    return costs[len(costs) // 2]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
