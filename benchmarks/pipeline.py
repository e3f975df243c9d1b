"""The run from source files to published ports, against bare DuckDB and plain dbt."""

import shutil
from pathlib import Path

from benchmarks.processes import ROOT, Cost, cost_of, median_cost, python
from benchmarks.table import Row

SHARED = ROOT.parent / "shared" / "data"
RUN = python("-m", "orchestration")


def sample_demo(folder: Path) -> list[Row]:
    """`make demo`'s main job on the sample, set-up done."""
    home = folder / "sample"
    environment = {"MARKETPLACE_HOME": str(home)}
    cost_of(python("-m", "marketplace.cli", "sample", "make"), environment)

    def once() -> Cost:
        fresh(home, keep={"sources"})
        return cost_of(RUN, environment)

    cost = median_cost(3, once)
    again = median_cost(3, lambda: cost_of(RUN, environment))
    return [
        Row("sample: main job to the summary", "<= 90 s", f"{cost.wall_seconds:.1f} s", str(cost)),
        Row("sample: second run", "<= 10 s", f"{again.wall_seconds:.1f} s", str(again)),
    ]


def real_inputs(folder: Path) -> list[Row]:
    """All real inputs, the large ledger included; skipped where there are none beside us."""
    if not SHARED.is_dir():
        return [Row("real inputs", "", "skipped", f"no real data at {SHARED.parent.name}/data")]
    home = folder / "real"
    environment = {"MARKETPLACE_HOME": str(home), "MARKETPLACE_SOURCES": str(SHARED)}

    def once() -> Cost:
        fresh(home, keep=set())
        return cost_of(RUN, environment)

    first = median_cost(3, once)
    second = median_cost(3, lambda: cost_of(RUN, environment))
    bare = median_cost(3, lambda: cost_of(python("-m", "benchmarks.bare", str(home), str(SHARED))))
    ratio = first.cpu_seconds / bare.cpu_seconds
    return [
        Row("real inputs: first run, CPU over bare DuckDB", "<= 2x", f"{ratio:.2f}x", str(first)),
        Row("real inputs: bare DuckDB", "", f"{bare.cpu_seconds:.1f} s CPU", str(bare)),
        Row("real inputs: peak memory", "<= 3 GB", f"{first.peak_mb / 1024:.2f} GB", ""),
        Row("real inputs: second run", "<= 10 s", f"{second.wall_seconds:.1f} s", str(second)),
    ]


def publishing(folder: Path) -> list[Row]:
    """Publishing payments (COPY, checks, commit) over the bare COPY of the same rows."""
    home = folder / ("real" if (folder / "real").is_dir() else "sample")
    port = "commercial.payments"
    ours = median_cost(3, lambda: cost_of(python("-m", "benchmarks.publish", str(home), port)))
    bare = median_cost(
        3, lambda: cost_of(python("-m", "benchmarks.publish", str(home), port, "--bare"))
    )
    told = {"ours": inner(ours), "bare": inner(bare)}
    ratio = told["ours"] / told["bare"]
    detail = f"{told['ours']:.1f} s over {told['bare']:.1f} s of CPU, start-up left out"
    return [Row(f"publish {port} over bare COPY", "<= 2x", f"{ratio:.2f}x", detail)]


def orchestration(folder: Path) -> list[Row]:
    """The main job on landed sources over one plain `dbt build` in process, on the sample."""
    home = folder / "sample"
    environment = {"MARKETPLACE_HOME": str(home)}

    def once() -> Cost:
        fresh(home, keep={"sources", "landing"})
        return cost_of(RUN, environment)

    ours = median_cost(3, once)
    plain = median_cost(3, lambda: cost_of(python("-m", "benchmarks.plain_dbt", str(home))))
    ratio = ours.cpu_seconds / plain.cpu_seconds
    detail = f"{ours.cpu_seconds:.1f} s over {plain.cpu_seconds:.1f} s of CPU"
    return [Row("orchestration over plain dbt build", "<= 1.5x", f"{ratio:.2f}x", detail)]


def inner(cost: Cost) -> float:
    """The CPU seconds that the process measured of its own work, on its last line."""
    return float(cost.output.strip().splitlines()[-1])


def fresh(home: Path, keep: set[str]) -> None:
    """Empties a home folder of everything but the named folders."""
    for path in home.iterdir() if home.is_dir() else ():
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
